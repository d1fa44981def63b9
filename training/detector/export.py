"""From a trained network to the ONNX file that bareface loads: batch norm folded, weights kept as float16."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

from bareface.values.face import Float32
from training.detector.config import OUTPUTS
from training.detector.model import ConvNorm, FaceNet, Head, Separable
from training.onnx_graph import Graph

MEAN = np.full(3, 127.5, np.float32)


def export(network: FaceNet, path: Path) -> None:
    """Write ``pixels`` uint8 [1, h, w, 3] -> ``faces`` float32 [1, locations, 18].

    Height and width are multiples of 32. Locations come by ascending stride, rows first; their outputs are raw: see
    :mod:`bareface.faces.detection.bareface_detector`.

    Parameters
    ----------
    network
        In evaluation mode, on the CPU.
    path
        The file to write.
    """
    graph = Graph(half=True)
    x = graph.photo_input(MEAN)
    for layer in network.stem:
        x = _layer(graph, layer, x)
    levels = []
    for stage in network.stages:
        for layer in stage:
            x = _layer(graph, layer, x)
        levels.append(x)
    above, outputs = "", []
    for level, lateral, head in reversed(list(zip(levels, network.lateral, network.heads, strict=True))):
        x = _layer(graph, lateral, level)
        if above:
            doubled = _doubled(graph, above)
            x = graph.node("Add", x, doubled)
        above = graph.node("Relu", x)
        outputs.append(_rows(graph, _head(graph, head, above)))
    graph.node("Concat", *outputs[::-1], axis=1)
    graph.save(path, "faces", [1, "height", "width", 3], [1, "locations", OUTPUTS])


def _layer(graph: Graph, layer: nn.Module, x: str) -> str:
    if isinstance(layer, Separable):
        y = _layer(graph, layer.pointwise, _layer(graph, layer.depthwise, x))
        return graph.node("Relu", graph.node("Add", x, y)) if layer.shortcut else y
    if not isinstance(layer, ConvNorm):
        raise TypeError(f"no way to export {type(layer).__name__}")
    weight, bias = folded(layer)
    x = _convolve(graph, x, weight, bias, layer.conv.stride[0], layer.conv.groups)
    return graph.node("Relu", x) if layer.relu else x


def folded(layer: ConvNorm) -> tuple[Float32, Float32]:
    """Return weight and bias of a convolution with its batch norm's running statistics multiplied in."""
    norm = layer.norm
    if norm.running_mean is None or norm.running_var is None:
        raise TypeError("batch norm without running statistics")
    with torch.no_grad():
        gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        weight = layer.conv.weight * gain[:, None, None, None]
        bias = norm.bias - norm.running_mean * gain
    return weight.numpy(), bias.numpy()


def _convolve(graph: Graph, x: str, weight: Float32, bias: Float32, stride: int = 1, groups: int = 1) -> str:
    kernel = weight.shape[2]
    return graph.node(
        "Conv",
        x,
        graph.weights(weight),
        graph.constant(bias),
        kernel_shape=[kernel, kernel],
        strides=[stride, stride],
        pads=[kernel // 2] * 4,
        group=groups,
    )


def _head(graph: Graph, head: Head, x: str) -> str:
    x = _layer(graph, head.task, _layer(graph, head.smooth, x))
    bias = head.out.bias
    if bias is None:
        raise TypeError("a head without bias")
    return _convolve(graph, x, head.out.weight.detach().numpy(), bias.detach().numpy())


def _doubled(graph: Graph, x: str) -> str:
    scales = graph.constant(np.array([1, 1, 2, 2], np.float32))
    return graph.node(
        "Resize", x, "", scales, mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"
    )


def _rows(graph: Graph, x: str) -> str:
    """Map [1, 18, h, w] to [1, h * w, 18]."""
    last = graph.node("Transpose", x, perm=[0, 2, 3, 1])
    return graph.node("Reshape", last, graph.constant(np.array([1, -1, OUTPUTS], np.int64)))
