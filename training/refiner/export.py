"""From a trained network to the ONNX file that bareface loads: batch norm folded, weights kept as float16."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bareface.detection.refiner import SIZE
from training.detector.export import MEAN, layer_nodes
from training.onnx_graph import Graph
from training.refiner.config import OUTPUTS
from training.refiner.model import RefineNet


def export(network: RefineNet, path: Path) -> None:
    """Write ``pixels`` uint8 [n, SIZE, SIZE, 3] -> ``faces`` float32 [n, 18].

    What the outputs mean, :class:`bareface.detection.refiner.Refiner` says.

    Parameters
    ----------
    network
        In evaluation mode, on the CPU.
    path
        The file to write.
    """
    graph = Graph(half=True)
    x = graph.photo_input(MEAN)
    for layer in [*network.stem, *network.stages[0]]:
        x = layer_nodes(graph, layer, x)
    deep = x
    for layer in network.stages[1]:
        deep = layer_nodes(graph, layer, deep)
    side = layer_nodes(graph, network.side, x)
    features = graph.node("Concat", graph.node("Flatten", deep), graph.node("Flatten", side), axis=1)
    weight, bias = (value.detach().numpy() for value in (network.out.weight, network.out.bias))
    product = graph.node("MatMul", features, graph.weights(np.ascontiguousarray(weight.T)))
    graph.node("Add", product, graph.constant(bias))
    graph.save(path, "faces", ["n", SIZE, SIZE, 3], ["n", OUTPUTS])
