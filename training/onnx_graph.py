"""Small ONNX graphs, built node by node."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from training.dlib_format import Convolution, Float32

OPSET = 17


class Graph:
    """Collects nodes; each method returns the name of its output.

    Parameters
    ----------
    half
        Store weights as float16 and cast them when the network is loaded; the arithmetic stays float32.
    """

    def __init__(self, *, half: bool = False) -> None:
        self.half = half
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []

    def constant(self, values: NDArray[np.generic]) -> str:
        """Add a constant as it is."""
        name = f"c{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def weights(self, values: Float32) -> str:
        """Add a constant float32 tensor, stored as float16 where the graph says so."""
        if not self.half:
            return self.constant(values)
        return self.node("Cast", self.constant(values.astype(np.float16)), to=TensorProto.FLOAT)

    def node(self, operator: str, *inputs: str, **attributes: object) -> str:
        """Add an operator with one output."""
        name = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], name=f"{operator}_{name}", **attributes))
        return name

    def photo_input(self, mean: Float32, scale: float = 256.0) -> str:
        """Add the input: RGB uint8 [n, h, w, 3] to (x - mean) / scale as float32 [n, 3, h, w]."""
        pixels = self.node("Transpose", self.node("Cast", "pixels", to=TensorProto.FLOAT), perm=[0, 3, 1, 2])
        centred = self.node("Sub", pixels, self.constant(mean.reshape(1, 3, 1, 1)))
        return self.node("Mul", centred, self.constant(np.array(1 / scale, np.float32)))

    def convolve(
        self, x: str, layer: Convolution, *, stride: int = 1, padding: int | tuple[int, ...] = 0, groups: int = 1
    ) -> str:
        """Add a convolution with its bias; ``padding`` may be (rows, columns) or (top, left, bottom, right)."""
        pads = (padding, padding) if isinstance(padding, int) else padding
        return self.node(
            "Conv",
            x,
            self.weights(layer.weight),
            self.constant(layer.bias),
            kernel_shape=list(layer.weight.shape[2:]),
            strides=[stride, stride],
            pads=list(pads * 2 if len(pads) == 2 else pads),
            group=groups,
        )

    def save(
        self,
        path: Path,
        output: str,
        input_shape: Sequence[object],
        output_shape: Sequence[object],
        output_type: int = TensorProto.FLOAT,
    ) -> None:
        """Check the graph and write it."""
        self.nodes[-1].output[0] = output
        graph = helper.make_graph(
            self.nodes,
            path.stem,
            [helper.make_tensor_value_info("pixels", TensorProto.UINT8, input_shape)],
            [helper.make_tensor_value_info(output, output_type, output_shape)],
            self.initializers,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="bareface")
        model.ir_version = 8
        onnx.checker.check_model(model, full_check=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        onnx.save(model, str(path))
