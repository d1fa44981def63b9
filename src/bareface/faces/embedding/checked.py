"""The check that every embedder's output passes before it becomes a template."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from bareface.errors import ModelError
from bareface.values.face import Float32

LONGEST: Final = 8192
"""Numbers of the longest template: embedders give a few hundred, and a gallery keeps one for every face."""
REMEDY = "Use another model, or add it again from a sound file: `bareface models add`."


def checked(output: Any, count: int, model: str, dimension: int | None) -> Float32:
    """Vectors float32 [count, d] that can be compared, from whatever an embedder gave.

    Parameters
    ----------
    output
        The embedder's output.
    count
        How many faces it was given.
    model
        Its name, for messages.
    dimension
        The length its templates must have; None where it is not known yet.

    Raises
    ------
    ModelError
        ``model.output``: not one vector of finite numbers a face, one of another length, or one that is all zero.
    """
    if not isinstance(output, np.ndarray) or output.ndim != 2 or not np.issubdtype(output.dtype, np.floating):
        raise _wrong(model, f"{_described(output)} where {count} vectors of floating point numbers are needed")
    if len(output) != count:
        raise _wrong(model, f"{len(output)} vectors for {count} faces")
    if output.shape[1] != dimension and (dimension is not None or output.shape[1] < 2):
        raise _wrong(model, f"vectors of {output.shape[1]} numbers, not of {dimension or 'two or more'}")
    if output.shape[1] > LONGEST:
        raise _wrong(model, f"vectors of {output.shape[1]:,} numbers, more than {LONGEST:,}")
    with np.errstate(over="ignore"):
        vectors = output.astype(np.float32, copy=False)
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1)
    if not np.isfinite(lengths).all():
        raise _wrong(model, "a template that is not finite")
    if not lengths.all():
        raise _wrong(model, "a template that is all zero")
    return vectors


def _wrong(model: str, what: str) -> ModelError:
    return ModelError("model.output", f"the model {model} gave {what}.", remedy=REMEDY)


def _described(output: Any) -> str:
    if isinstance(output, np.ndarray):
        return f"an array {list(output.shape)} of {output.dtype}"
    return f"a value of the type {type(output).__name__}"
