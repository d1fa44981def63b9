"""Small ONNX networks: a sound embedder, and what an ONNX file from elsewhere may be instead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE: Final = 150
LENGTH: Final = 75
"""Length of the sound embedder's templates: means of 25 fields of a chip, in three colours."""
Nodes = Sequence[onnx.NodeProto]

_INPUT = ["n", SIDE, SIDE, 3]
_MEANS = [
    helper.make_node("Cast", ["pixels"], ["real"], to=TensorProto.FLOAT),
    helper.make_node("Transpose", ["real"], ["planes"], perm=[0, 3, 1, 2]),
    helper.make_node("AveragePool", ["planes"], ["fields"], kernel_shape=[30, 30], strides=[30, 30]),
    helper.make_node("Flatten", ["fields"], ["means"]),
]


def const(name: str, values: Any, dtype: Any = np.float32) -> onnx.NodeProto:
    return helper.make_node("Constant", [], [name], value=numpy_helper.from_array(np.array(values, dtype)))


def network(
    nodes: Nodes,
    *,
    inputs: Sequence[tuple[str, int, Sequence[Any]]] = (("pixels", TensorProto.UINT8, _INPUT),),
    outputs: Sequence[tuple[str, int, Sequence[Any] | None]] = (("out", TensorProto.FLOAT, ["n", "d"]),),
    initializers: Sequence[onnx.TensorProto] = (),
    domains: Sequence[str] = (),
) -> onnx.ModelProto:
    """Return a model; an output's shape may be None, which says nothing about it."""
    graph = helper.make_graph(
        list(nodes),
        "g",
        [helper.make_tensor_value_info(name, kind, list(shape)) for name, kind, shape in inputs],
        [helper.make_tensor_value_info(name, kind, shape) for name, kind, shape in outputs],
        list(initializers),
    )
    opsets = [helper.make_opsetid("", 17), *(helper.make_opsetid(domain, 1) for domain in domains)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def after_means(*nodes: onnx.NodeProto, **settings: Any) -> onnx.ModelProto:
    """Return the sound embedder's means, under the name ``means``, and then what these nodes do."""
    return network([*_MEANS, *nodes], **settings)


def node(op: str, inputs: Sequence[str], **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(op, list(inputs), ["out"], **attributes)


def sound() -> onnx.ModelProto:
    return after_means(node("Identity", ["means"]))


def planar(side: int = 112, kind: int = TensorProto.FLOAT) -> onnx.ModelProto:
    """Return a sound embedder that takes planes of floats."""
    pool = helper.make_node("AveragePool", ["pixels"], ["fields"], kernel_shape=[28, 28], strides=[28, 28])
    return network([pool, node("Flatten", ["fields"])], inputs=(("pixels", kind, ["n", 3, side, side]),))


def rows_of_floats(side: int = 112) -> onnx.ModelProto:
    """Return a sound embedder that takes floats, a pixel's colours together: their means in 16 fields."""
    planes = helper.make_node("Transpose", ["pixels"], ["planes"], perm=[0, 3, 1, 2])
    pool = helper.make_node("AveragePool", ["planes"], ["fields"], kernel_shape=[28, 28], strides=[28, 28])
    inputs = (("pixels", TensorProto.FLOAT, ["n", side, side, 3]),)
    return network([planes, pool, node("Flatten", ["fields"])], inputs=inputs)


def wide(batch: int | str = "n", seed: int = 0) -> onnx.ModelProto:
    """Return an embedder of 512 numbers that takes planes of floats: random sums of the means of 256 fields."""
    weights = np.random.default_rng(seed).normal(size=(768, 512)).astype(np.float32)
    pool = helper.make_node("AveragePool", ["pixels"], ["fields"], kernel_shape=[7, 7], strides=[7, 7])
    flat = helper.make_node("Flatten", ["fields"], ["means"])
    inputs = (("pixels", TensorProto.FLOAT, [batch, 3, 112, 112]),)
    initializers = [numpy_helper.from_array(weights, "weights")]
    return network([pool, flat, node("MatMul", ["means", "weights"])], inputs=inputs, initializers=initializers)


def endless() -> onnx.ModelProto:
    """Return a loop whose condition stays true."""
    value = helper.make_tensor_value_info
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["go_on"]),
            helper.make_node("Add", ["sum", "sum"], ["sum_on"]),
        ],
        "body",
        [
            value("turn", TensorProto.INT64, []),
            value("go", TensorProto.BOOL, []),
            value("sum", TensorProto.FLOAT, None),
        ],
        [value("go_on", TensorProto.BOOL, []), value("sum_on", TensorProto.FLOAT, None)],
    )
    turns, true = const("turns", 2**62, np.int64), const("true", True, np.bool_)
    return after_means(turns, true, node("Loop", ["turns", "true", "means"], body=body))


def boundless() -> onnx.ModelProto:
    """Return a tensor of 16 TB, of a size that is known only when it runs."""
    shape, zero = const("shape", [1, 2**42], np.int64), const("zero", 0, np.int64)
    count = helper.make_node("Shape", ["means"], ["count"])
    first = helper.make_node("Gather", ["count", "zero"], ["first"])
    size = helper.make_node("Mul", ["shape", "first"], ["size"])
    return after_means(shape, zero, count, first, size, node("ConstantOfShape", ["size"]))


def crashing() -> onnx.ModelProto:
    """Build a division of an integer by zero, which ended the process in early versions of ONNX Runtime."""
    none = const("none", 0, np.int32)
    whole = helper.make_node("Cast", ["means"], ["whole"], to=TensorProto.INT32)
    nothing = helper.make_node("Mul", ["whole", "none"], ["nothing"])
    over = helper.make_node("Div", ["whole", "nothing"], ["over"])
    return after_means(none, whole, nothing, over, node("Cast", ["over"], to=TensorProto.FLOAT))


def elsewhere(location: str, *, nested: bool = False) -> onnx.ModelProto:
    """Return weights that lie in another file."""
    weights = TensorProto(name="weights", data_type=TensorProto.FLOAT, dims=[LENGTH])
    weights.data_location = TensorProto.EXTERNAL
    weights.external_data.add(key="location", value=location)
    if not nested:
        return after_means(node("Mul", ["means", "weights"]), initializers=[weights])
    constant = helper.make_node("Constant", [], ["out_then"], value=weights)
    out = helper.make_tensor_value_info("out_then", TensorProto.FLOAT, None)
    branch = helper.make_graph([constant], "branch", [], [out])
    return after_means(const("true", True, np.bool_), node("If", ["true"], then_branch=branch, else_branch=branch))


_ROWS = ("means",)
HARMLESS: dict[str, tuple[Callable[[], onnx.ModelProto], str]] = {
    "no input": (lambda: network([const("out", [[1, 2]])], inputs=()), "model.interface"),
    "two inputs": (
        lambda: after_means(
            node("Add", ["means", "more"]),
            inputs=(("pixels", TensorProto.UINT8, _INPUT), ("more", TensorProto.FLOAT, [1])),
        ),
        "model.interface",
    ),
    "floats where bytes are said": (
        lambda: after_means(node("Identity", _ROWS), inputs=(("pixels", TensorProto.FLOAT, _INPUT),)),
        "model.interface",
    ),
    "an input of rank 3": (
        lambda: network(
            [
                helper.make_node("Cast", ["pixels"], ["real"], to=TensorProto.FLOAT),
                node("ReduceMean", ["real"], axes=[2], keepdims=0),
            ],
            inputs=(("pixels", TensorProto.UINT8, [SIDE, SIDE, 3]),),
        ),
        "model.interface",
    ),
    "another size": (
        lambda: after_means(node("Identity", _ROWS), inputs=(("pixels", TensorProto.UINT8, ["n", 112, 112, 3]),)),
        "model.interface",
    ),
    "four faces a run": (
        lambda: after_means(node("Identity", _ROWS), inputs=(("pixels", TensorProto.UINT8, [4, SIDE, SIDE, 3]),)),
        "model.interface",
    ),
    "whole numbers": (
        lambda: after_means(
            node("Cast", _ROWS, to=TensorProto.INT64), outputs=(("out", TensorProto.INT64, ["n", "d"]),)
        ),
        "model.interface",
    ),
    "an output of rank 4": (
        lambda: after_means(node("Identity", ["fields"]), outputs=(("out", TensorProto.FLOAT, ["n", 3, 5, 5]),)),
        "model.interface",
    ),
    "an output of rank 4, unsaid": (
        lambda: after_means(node("Identity", ["fields"]), outputs=(("out", TensorProto.FLOAT, None),)),
        "model.interface",
    ),
    "one number": (
        lambda: after_means(node("ReduceMean", _ROWS, keepdims=0), outputs=(("out", TensorProto.FLOAT, None),)),
        "model.output",
    ),
    "a sequence": (
        lambda: _with_sequence(after_means(node("SequenceConstruct", _ROWS))),
        "model.interface",
    ),
    "one number a face": (
        lambda: after_means(node("ReduceMean", _ROWS, axes=[1], keepdims=1)),
        "model.output",
    ),
    "one template for all faces": (
        lambda: after_means(node("ReduceMean", _ROWS, axes=[0], keepdims=1)),
        "model.output",
    ),
    "not a number": (
        lambda: after_means(
            const("zero", 0), helper.make_node("Mul", ["means", "zero"], ["none"]), node("Div", ["none", "none"])
        ),
        "model.output",
    ),
    "infinity": (lambda: after_means(node("Exp", _ROWS)), "model.output"),
    "a number that float32 does not hold": (
        lambda: after_means(
            helper.make_node("Cast", ["means"], ["wide"], to=TensorProto.DOUBLE),
            const("much", 1e300, np.float64),
            node("Mul", ["wide", "much"]),
            outputs=(("out", TensorProto.DOUBLE, ["n", "d"]),),
        ),
        "model.output",
    ),
    "all zero": (lambda: after_means(const("zero", 0), node("Mul", ["means", "zero"])), "model.output"),
    "the same for everybody": (
        lambda: after_means(
            const("zero", 0),
            const("one", 1),
            helper.make_node("Mul", ["means", "zero"], ["none"]),
            node("Add", ["none", "one"]),
        ),
        "model.output",
    ),
    "another template each time": (
        lambda: after_means(
            helper.make_node("RandomNormalLike", ["means"], ["noise"], scale=100.0), node("Add", ["means", "noise"])
        ),
        "model.output",
    ),
    "faces that change each other's templates": (
        lambda: after_means(
            helper.make_node("ReduceMean", ["means"], ["middle"], axes=[0], keepdims=1),
            node("Add", ["means", "middle"]),
        ),
        "model.output",
    ),
    "a shape that cannot be": (
        lambda: after_means(const("shape", [-1, 7], np.int64), node("Reshape", ["means", "shape"])),
        "model.run",
    ),
    "an operator of somebody's own": (
        lambda: after_means(node("Mystery", _ROWS, domain="org.example"), domains=["org.example"]),
        "model.unreadable",
    ),
    "an operator that is not there": (lambda: after_means(node("Mystery", _ROWS)), "model.unreadable"),
    "weights in another file": (lambda: elsewhere("weights.bin"), "model.external"),
    "weights above its folder": (lambda: elsewhere("../../../../../../etc/passwd"), "model.external"),
    "weights anywhere": (lambda: elsewhere("/etc/passwd"), "model.external"),
    "weights in another file, in a branch": (lambda: elsewhere("/dev/zero", nested=True), "model.external"),
}
"""Networks that do no harm when they run, and the code of the error that each is refused with."""


def _with_sequence(model: onnx.ModelProto) -> onnx.ModelProto:
    kind = helper.make_sequence_type_proto(helper.make_tensor_type_proto(TensorProto.FLOAT, None))
    model.graph.output[0].CopyFrom(helper.make_value_info("out", kind))
    return model


def written(model: onnx.ModelProto, path: Path) -> Path:
    path.write_bytes(model.SerializeToString())
    return path
