"""Normalise the score of a comparison by either face's scores on a cohort."""

from __future__ import annotations

import numpy as np

from bareface.matching.normalisation import HIGHEST, Float64, NonMatedLaw, non_mated_law
from bareface.values.face import Float32


def laws_on(cohort: Float32, vectors: Float32, typical: float) -> NonMatedLaw:
    """Measure templates float32 [n, d] of any length by their scores on a cohort of unit templates float32 [m, d]."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    scores = unit @ cohort.T
    highest = np.partition(scores, len(cohort) - HIGHEST, axis=1)[:, -HIGHEST:]
    return non_mated_law(-np.sort(-highest, axis=1), len(cohort), typical)


def normalise_pairs(scores: Float64, one: NonMatedLaw, other: NonMatedLaw) -> Float64:
    """Return the mean of scores float64 [...] normalised by the laws of either face."""
    return np.asarray((one.normalise(scores) + other.normalise(scores)) / 2, np.float64)


def normalise_matrix(scores: Float32, rows: NonMatedLaw, columns: NonMatedLaw) -> Float32:
    """Normalise scores float32 [p, r] of all pairs by the laws [p] and [r] of either side."""
    one = (scores - rows.mean[:, None]) / rows.spread[:, None]
    other = (scores - columns.mean[None, :]) / columns.spread[None, :]
    return np.asarray((one + other) / 2, np.float32)


def score_of_pairs(normalised: Float64, one: NonMatedLaw, other: NonMatedLaw) -> Float64:
    """Return the scores float64 [...] that :func:`normalise_pairs` would map to these values."""
    slopes = 1 / one.spread + 1 / other.spread
    return np.asarray((2 * normalised + one.mean / one.spread + other.mean / other.spread) / slopes, np.float64)
