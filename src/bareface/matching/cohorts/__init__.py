"""Cohorts: templates to normalise scores by where there is no gallery, or only a small one."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

import numpy as np

from bareface.models.fitted import decoded, fitted_of
from bareface.values.face import Float32


def cohort_of(space: str, length: int, *, leave_out: str | None = None) -> Float32 | None:
    """Return the unit templates float32 [n, length] of a space's cohort; None if it has none of this length.

    The packaged cohort comes first, then those that were fitted for added models.

    Parameters
    ----------
    space
        Template space.
    length
        Length of its templates: a model that was added may state a space that it does not make templates of.
    leave_out
        Name of a model whose cohort is not used.
    """
    packaged = _packaged(space)
    if packaged is not None and packaged.shape[1] == length:
        return packaged
    fitted = (one.cohort for one in fitted_of(space) if one.model != leave_out)
    return next((cohort for cohort in fitted if cohort is not None and cohort.shape[1] == length), None)


@lru_cache(maxsize=4)
def _packaged(space: str) -> Float32 | None:
    file = resources.files(__name__) / f"{space}.npz"
    if "/" in space or not file.is_file():
        return None
    with resources.as_file(file) as path, np.load(path, allow_pickle=False) as held:
        return decoded(held["vectors"], held["scale"])
