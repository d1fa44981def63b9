"""The check that every embedder's output passes before it becomes a template."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from bareface.errors import ModelError
from bareface.values.face import Float32

LONGEST: Final = 8192
"""Numbers of the longest template: embedders give a few hundred, and a gallery keeps one for every face."""


def checked(output: Any, count: int, model: str, dimension: int | None) -> Float32:
    """Return an embedder's output as vectors float32 [count, d] that can be compared.

    Parameters
    ----------
    output
        The embedder's output.
    count
        Number of faces that it was given.
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
        if not isinstance(output, np.ndarray):
            raise ModelError("model.output/kind", model=model, kind=type(output).__name__, count=count)
        raise ModelError("model.output/array", model=model, shape=output.shape, dtype=output.dtype, count=count)
    if len(output) != count:
        raise ModelError("model.output/count", model=model, vectors=len(output), faces=count)
    if output.shape[1] != dimension and (dimension is not None or output.shape[1] < 2):
        if dimension is None:
            raise ModelError("model.output/short", model=model, length=output.shape[1])
        raise ModelError("model.output/length", model=model, length=output.shape[1], expected=dimension)
    if output.shape[1] > LONGEST:
        raise ModelError("model.output/long", model=model, length=output.shape[1], most=LONGEST)
    with np.errstate(over="ignore"):
        vectors = output.astype(np.float32, copy=False)
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1)
    if not np.isfinite(lengths).all():
        raise ModelError("model.output/not-finite", model=model)
    if not lengths.all():
        raise ModelError("model.output/zero", model=model)
    return vectors
