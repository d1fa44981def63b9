"""The network as ONNX: faces in and out as bytes, weights stored as float16, arithmetic in float32."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import TensorProto
from torch import nn

from bareface.restoration.base import SIDE
from training.dlib_format import Float32
from training.onnx_graph import Graph
from training.restoration.enhance.model import BANDS, GUESSES, LINES, LOUD, LOUDER, SPLINE, Block, Network, lines


def export(network: Network, path: Path) -> None:
    """Write the network: ``pixels``, faces and guesses, uint8 [n, 160, 160, 9], to ``enhanced`` [n, 160, 160, 3]."""
    graph = Graph(half=True)
    given = graph.node("Transpose", graph.node("Cast", "pixels", to=TensorProto.FLOAT), perm=[0, 3, 1, 2])
    given = graph.node("Mul", given, _number(graph, 1 / 255))
    pixels, skips = _part(graph, given, 0, 3), []
    guesses = [_part(graph, given, 3 * place, 3 * place + 3) for place in range(1, GUESSES + 1)]
    bands = [
        *_starlet(graph, pixels),
        *(graph.node("Sub", guess, pixels) for guess in guesses),
        *_along(graph, pixels),
    ]
    loud = (*LOUDER, 0.0, *[LOUD] * (GUESSES + LINES))
    grey = [
        graph.node("Mul", graph.node("ReduceMean", band, axes=[1], keepdims=1), _number(graph, much))
        for much, band in zip(loud, bands, strict=True)
        if much
    ]
    x = graph.node("Concat", graph.node("Sub", pixels, _number(graph, 0.5)), *grey, axis=1)
    x = _convolution(graph, x, network.head)
    for level, blocks in enumerate(network.encode):
        if level:
            x = _convolution(graph, x, network.down[level - 1])
        x = _blocks(graph, x, blocks)
        skips.append(x)
    whole = graph.node("ReduceMean", x, axes=[2, 3], keepdims=1)
    x = graph.node("Add", x, _convolution(graph, whole, network.whole))
    for level in reversed(range(len(network.up))):
        x = graph.node("Add", skips[level], _shuffled(graph, _convolution(graph, x, network.up[level])))
        x = _blocks(graph, x, network.decode[level])
    said = _shuffled(graph, _convolution(graph, x, network.tail))
    x = graph.node("Add", pixels, _part(graph, said, len(bands), len(bands) + 3))
    for place, band in enumerate(bands):
        x = graph.node("Add", x, graph.node("Mul", _part(graph, said, place, place + 1), band))
    x = graph.node("Round", graph.node("Mul", x, _number(graph, 255)))
    x = graph.node("Clip", x, _number(graph, 0), _number(graph, 255))
    graph.node("Transpose", graph.node("Cast", x, to=TensorProto.UINT8), perm=[0, 2, 3, 1])
    shape = ["n", SIDE, SIDE]
    graph.save(path, "enhanced", [*shape, 3 + 3 * GUESSES], [*shape, 3], TensorProto.UINT8)


def _part(graph: Graph, x: str, first: int, last: int, step: int = 1) -> str:
    """Select some of the channels."""
    ends = (graph.constant(np.array([value], np.int64)) for value in (first, last, 1, step))
    return graph.node("Slice", x, *ends)


def _along(graph: Graph, pixels: str) -> list[str]:
    kernels = lines()
    side = kernels.shape[-1]
    pads = graph.constant(np.array([0, 0, side // 2, side // 2] * 2, np.int64))
    wide = graph.node("Pad", pixels, pads, mode="edge")
    weight = graph.constant(np.tile(kernels[:, None], (3, 1, 1, 1)))
    means = graph.node("Conv", wide, weight, kernel_shape=[side, side], group=3)
    return [graph.node("Sub", pixels, _part(graph, means, line, 3 * LINES, LINES)) for line in range(LINES)]


def _starlet(graph: Graph, pixels: str) -> list[str]:
    parts, smooth = [], pixels
    line = np.array(SPLINE, np.float32)
    for band in range(BANDS):
        step = 2**band
        pads = graph.constant(np.array([0, 0, 2 * step, 2 * step] * 2, np.int64))
        coarser = graph.node("Pad", smooth, pads, mode="edge")
        for shape in ((1, 1, 5, 1), (1, 1, 1, 5)):
            weight = graph.constant(np.tile(line.reshape(shape), (3, 1, 1, 1)))
            coarser = graph.node("Conv", coarser, weight, kernel_shape=list(shape[2:]), dilations=[step] * 2, group=3)
        parts.append(graph.node("Sub", smooth, coarser))
        smooth = coarser
    return [*parts, smooth]


def _number(graph: Graph, value: float) -> str:
    return graph.constant(np.array(value, np.float32))


def _array(tensor: object) -> Float32:
    return np.asarray(tensor.detach().cpu().numpy(), np.float32)  # type: ignore[attr-defined]


def _blocks(graph: Graph, x: str, blocks: nn.Module) -> str:
    for block in blocks.children():
        assert isinstance(block, Block)
        inner = graph.node("Relu", _convolution(graph, x, block.first))
        x = graph.node("Add", x, _convolution(graph, inner, block.second))
    return x


def _convolution(graph: Graph, x: str, layer: nn.Module) -> str:
    assert isinstance(layer, nn.Conv2d)
    return graph.node(
        "Conv",
        x,
        graph.weights(_array(layer.weight)),
        graph.constant(_array(layer.bias)),
        kernel_shape=list(layer.kernel_size),
        strides=list(layer.stride),
        pads=[int(side) for side in layer.padding] * 2,
    )


def _shuffled(graph: Graph, x: str) -> str:
    return graph.node("DepthToSpace", x, blocksize=2, mode="CRD")
