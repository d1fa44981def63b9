"""Make the packaged weights from dlib's public files: ``python -m training.convert_dlib [--out DIR]``.

``face_recognition_models`` (PyPI) carries them under CC0: the 29-layer descriptor, the MMOD detector and the five-point
landmarks. The descriptor's 8-bit version is made by ``training.quantize``, which needs training photos.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from training.dlib_format import (
    LANDMARKS_FILE,
    MMOD_FILE,
    RESNET_FILE,
    Convolution,
    Float32,
    dlib_file,
    read_mmod,
    read_resnet,
    read_shape_predictor,
)
from training.onnx_graph import Graph

WEIGHTS = Path(__file__).resolve().parents[1] / "src" / "bareface" / "models" / "weights"

# (channels, how many blocks keep the size); every level but the first opens with a block that halves it.
RESNET_LEVELS = [(32, 3), (64, 3), (128, 2), (256, 2), (256, 0)]
MMOD_SHAPES = [(3, 16, 5), (16, 32, 5), (32, 32, 5), (32, 45, 5), (45, 45, 5), (45, 45, 5), (45, 1, 9)]


def resnet_shapes() -> list[tuple[int, int, int]]:
    """Return (channels in, channels out, kernel) of the descriptor's 29 convolutions."""
    shapes, channels = [(3, 32, 7)], 32
    for level, (width, blocks) in enumerate(RESNET_LEVELS):
        for _ in range(blocks + (level > 0)):
            shapes += [(channels, width, 3), (width, width, 3)]
            channels = width
    return shapes


def _block(graph: Graph, x: str, first: Convolution, second: Convolution) -> str:
    inner = graph.node("Relu", graph.convolve(x, first, padding=1))
    return graph.node("Relu", graph.node("Add", graph.convolve(inner, second, padding=1), x))


def _halving_block(graph: Graph, x: str, first: Convolution, second: Convolution, size: int) -> tuple[str, int]:
    """Write a block whose shortcut is a 2x2 average; the smaller of the two is zero-padded in size and channels, as
    dlib does.
    """
    convolved, pooled = (size - 3) // 2 + 1, size // 2
    inner = graph.node("Relu", graph.convolve(x, first, stride=2))
    main = graph.convolve(inner, second, padding=1)
    shortcut = graph.node("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
    main = _padded(graph, main, 0, max(0, pooled - convolved))
    channels = second.weight.shape[0] - first.weight.shape[1]
    shortcut = _padded(graph, shortcut, channels, max(0, convolved - pooled))
    return graph.node("Relu", graph.node("Add", main, shortcut)), max(convolved, pooled)


def _padded(graph: Graph, x: str, channels: int, pixels: int) -> str:
    if channels == 0 and pixels == 0:
        return x
    return graph.node("Pad", x, graph.constant(np.array([0, 0, 0, 0, 0, channels, pixels, pixels], np.int64)))


def write_descriptor(path: Path, *, half: bool) -> Float32:
    """Write the descriptor: uint8 [n, 150, 150, 3] -> float32 [n, 128]; returns the mean colour."""
    mean, layers, matrix = read_resnet(dlib_file(RESNET_FILE).read_bytes(), resnet_shapes())
    write_resnet(path, mean, layers, matrix, half=half)
    return mean


def write_resnet(
    path: Path,
    mean: Float32,
    layers: Sequence[Convolution],
    matrix: Float32,
    *,
    half: bool,
    offset: Float32 | None = None,
) -> None:
    """Write a network of the descriptor's shape; ``matrix`` is [256, 128], ``offset`` [128] is added last."""
    graph, queue = Graph(half=half), iter(layers)
    x = graph.node("Relu", graph.convolve(graph.photo_input(mean), next(queue), stride=2))
    x = graph.node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2])
    size = ((150 - 7) // 2 + 1 - 3) // 2 + 1
    for level, (_width, blocks) in enumerate(RESNET_LEVELS):
        if level:
            x, size = _halving_block(graph, x, next(queue), next(queue), size)
        for _ in range(blocks):
            x = _block(graph, x, next(queue), next(queue))
    pooled = graph.node("Flatten", graph.node("GlobalAveragePool", x))
    template = graph.node("MatMul", pooled, graph.weights(matrix))
    if offset is not None:
        graph.node("Add", template, graph.weights(offset))
    graph.save(path, "template", ["n", 150, 150, 3], ["n", 128])


def write_detector(path: Path) -> None:
    """Write the detector: uint8 [n, h, w, 3] -> scores float32 [n, 1, h', w'], one for each 8 pixels."""
    mean, layers, overlap, window = read_mmod(dlib_file(MMOD_FILE).read_bytes(), MMOD_SHAPES)
    if window != 80 or not np.isclose(overlap, 0.33827614):
        raise ValueError("not the detector that bareface.faces.detection.mmod describes")
    graph = Graph()
    x = graph.photo_input(mean)
    for layer, stride, padding in zip(layers, [2, 2, 2, 1, 1, 1], [0, 0, 0, 2, 2, 2], strict=False):
        x = graph.node("Relu", graph.convolve(x, _widened(layer), stride=stride, padding=padding))
    by_row, sum_rows = _rows_then_sum(layers[-1])
    graph.convolve(graph.convolve(x, by_row, padding=(0, 4)), sum_rows, padding=(4, 0))
    graph.save(path, "scores", ["n", "h", "w", 3], ["n", 1, "h_out", "w_out"])


def _widened(layer: Convolution) -> Convolution:
    """Pad a layer with zero channels: the runtime's blocked kernels want multiples of 16."""
    wide = [size if size == 3 else -(-size // 16) * 16 for size in layer.weight.shape[:2]]
    weight = np.zeros((*wide, *layer.weight.shape[2:]), np.float32)
    weight[: layer.weight.shape[0], : layer.weight.shape[1]] = layer.weight
    bias = np.zeros(wide[0], np.float32)
    bias[: layer.bias.size] = layer.bias
    return Convolution(weight, bias)


def _rows_then_sum(layer: Convolution) -> tuple[Convolution, Convolution]:
    """Write a k x k layer with one output as k row filters and the sum of their shifted outputs."""
    _one, channels, size, _ = layer.weight.shape
    rows = Convolution(layer.weight[0].transpose(1, 0, 2).reshape(size, channels, 1, size), np.zeros(size, np.float32))
    wide = _widened(rows)
    shifts = np.zeros((1, wide.weight.shape[0], size, 1), np.float32)
    shifts[0, np.arange(size), np.arange(size), 0] = 1
    return wide, Convolution(shifts, layer.bias)


def write_landmarks(path: Path) -> None:
    """Write the landmark predictor's trees as plain arrays, compressed."""
    trees = read_shape_predictor(dlib_file(LANDMARKS_FILE).read_bytes())
    np.savez_compressed(
        path,
        initial=trees.initial,
        first=trees.first,
        second=trees.second,
        threshold=trees.threshold,
        leaves=trees.leaves,
        anchor=trees.anchor,
        delta=trees.delta,
    )


def main() -> None:
    """Write all three."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="folder for the weights")
    parser.add_argument("--float32", action="store_true", help="store the descriptor in float32 (for parity tests)")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    write_descriptor(options.out / "dlib-resnet.onnx", half=not options.float32)
    write_detector(options.out / "dlib-mmod.onnx")
    write_landmarks(options.out / "dlib-landmarks5.npz")
    for path in sorted(options.out.iterdir()):
        print(f"{path.stat().st_size:>10,}  {path.name}")


if __name__ == "__main__":
    main()
