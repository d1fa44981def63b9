"""The trained network as ONNX: batch norm folded in, weights stored as float16, classes instead of scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import TensorProto
from torch import nn

from bareface.faces.occlusion.base import UNCERTAIN
from bareface.values.face import Float32
from training.occlusion.config import CHIP
from training.occlusion.labels import DARK, MASK
from training.occlusion.model import BORDER, CLASSES, MEAN, Block, Network, Unit
from training.onnx_graph import Graph

_DOUBT = float(np.log(1 / 0.1 - 1))
"""Log odds from which on it is uncertain that a face is seen: one in ten that a mask or something else hides it."""


def export(network: Network, path: Path) -> None:
    """Write the network: ``pixels`` uint8 [n, 150, 150, 3] to ``classes`` uint8 [n, 150, 150]."""
    graph = Graph(half=True)
    x, skips = graph.photo_input(np.full(3, MEAN, np.float32)), []
    for down, encode in zip(network.down, network.encode, strict=True):
        x = _unit(graph, x, down)
        for block in encode:
            x = _block(graph, x, block)
        skips.append(x)
    for level in reversed(range(len(network.up))):
        x = graph.node("Add", skips[level], _doubled(graph, _unit(graph, x, network.up[level])))
        for block in network.decode[level]:
            x = _block(graph, x, block)
    x = _convolution(graph, x, network.head, _array(network.head.weight), _array(network.head.bias))
    _classes(graph, x)
    graph.save(path, "classes", ["n", CHIP, CHIP, 3], ["n", CHIP, CHIP], TensorProto.UINT8)


def _array(tensor: object) -> Float32:
    return np.asarray(tensor.detach().cpu().numpy(), np.float32)  # type: ignore[attr-defined]


def _unit(graph: Graph, x: str, unit: Unit) -> str:
    convolution, norm = unit[0], unit[1]
    gain = _array(norm.weight) / np.sqrt(_array(norm.running_var) + norm.eps)
    weight = _array(convolution.weight) * gain[:, None, None, None]
    x = _convolution(graph, x, convolution, weight, _array(norm.bias) - _array(norm.running_mean) * gain)
    return graph.node("Relu", x) if len(unit) > 2 else x


def _block(graph: Graph, x: str, block: Block) -> str:
    return graph.node("Add", x, _unit(graph, _unit(graph, x, block.depthwise), block.pointwise))


def _convolution(graph: Graph, x: str, layer: nn.Conv2d, weight: Float32, bias: Float32) -> str:
    return graph.node(
        "Conv",
        x,
        graph.weights(weight),
        graph.constant(bias.astype(np.float32)),
        kernel_shape=list(layer.kernel_size),
        strides=list(layer.stride),
        pads=list(layer.padding) * 2,
        group=layer.groups,
    )


def _doubled(graph: Graph, x: str) -> str:
    scales = graph.constant(np.array([1, 1, 2, 2], np.float32))
    how = {"mode": "nearest", "nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"}
    return graph.node("Resize", x, "", scales, **how)


def _classes(graph: Graph, scores: str) -> str:
    """Write the best class of every pixel; pixels are put in place as bytes, which is faster than as scores."""
    cells = (CHIP + 2 * BORDER) // 2
    apart = graph.node("Reshape", scores, _whole(graph, -1, CLASSES, 4, cells, cells))
    best = graph.node("ArgMax", apart, axis=1, keepdims=1)
    background, face, mask, other = (
        graph.node("Slice", apart, *(_whole(graph, value) for value in (kind, kind + 1, 1))) for kind in range(DARK)
    )
    hidden = graph.node("Add", graph.node("Max", mask, other), graph.constant(np.array(_DOUBT, np.float32)))
    doubted = graph.node("Less", graph.node("Max", background, face), hidden)
    seen = graph.node("Less", best, _whole(graph, MASK))
    uncertain = graph.node("Add", best, _whole(graph, UNCERTAIN[0]))
    best = graph.node("Where", graph.node("And", seen, doubted), uncertain, best)
    best = graph.node("Cast", best, to=TensorProto.UINT8)
    inner = graph.node("Reshape", best, _whole(graph, -1, 2, 2, cells, cells))
    spread = graph.node("Transpose", inner, perm=[0, 3, 1, 4, 2])
    x = graph.node("Reshape", spread, _whole(graph, -1, 2 * cells, 2 * cells))
    first, last, axes = [BORDER] * 2, [BORDER + CHIP] * 2, [1, 2]
    return graph.node("Slice", x, *(_whole(graph, *values) for values in (first, last, axes)))


def _whole(graph: Graph, *values: int) -> str:
    return graph.constant(np.array(values, np.int64))
