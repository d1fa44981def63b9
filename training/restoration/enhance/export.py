"""The network as ONNX: faces in and out as bytes, weights stored as float16, arithmetic in float32."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import TensorProto
from torch import nn

from bareface.restoration.base import SIDE
from training.dlib_format import Float32
from training.onnx_graph import Graph
from training.restoration.enhance.model import Block, Network


def export(network: Network, path: Path) -> None:
    """Write the network: ``pixels`` uint8 [n, 160, 160, 3] to ``enhanced`` uint8 [n, 160, 160, 3]."""
    graph = Graph(half=True)
    pixels = graph.node("Transpose", graph.node("Cast", "pixels", to=TensorProto.FLOAT), perm=[0, 3, 1, 2])
    pixels = graph.node("Mul", pixels, _number(graph, 1 / 255))
    x, skips = _convolution(graph, graph.node("Sub", pixels, _number(graph, 0.5)), network.head), []
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
    x = graph.node("Add", pixels, _shuffled(graph, _convolution(graph, x, network.tail)))
    x = graph.node("Round", graph.node("Mul", x, _number(graph, 255)))
    x = graph.node("Clip", x, _number(graph, 0), _number(graph, 255))
    graph.node("Transpose", graph.node("Cast", x, to=TensorProto.UINT8), perm=[0, 2, 3, 1])
    shape = ["n", SIDE, SIDE, 3]
    graph.save(path, "enhanced", shape, shape, TensorProto.UINT8)


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
