"""Normalise the score of a comparison by either face's scores on a cohort."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bareface.matching.normalisation import HIGHEST, MORE, Float64, NonMatedLaw, non_mated_law
from bareface.values.face import Float32


def laws_on(cohort: Float32, vectors: Float32, typical: float, own: NDArray[np.bool_] | None = None) -> NonMatedLaw:
    """Measure templates by their scores on a cohort.

    Parameters
    ----------
    cohort
        Unit templates float32 [m, d].
    vectors
        Templates float32 [n, d] of any length.
    typical
        See :class:`bareface.matching.normalisation.Normalisation`.
    own
        Templates of the cohort that show the same person, bool [n, m]: they are not counted.
    """
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    scores = unit @ cohort.T
    count = min(len(cohort), HIGHEST if own is None else HIGHEST + MORE)
    places = np.argpartition(scores, len(cohort) - count, axis=1)[:, -count:]
    highest = np.take_along_axis(scores, places, 1)
    order = np.argsort(-highest, axis=1)
    falling = np.take_along_axis(highest, order, 1)
    if own is None:
        return non_mated_law(falling, len(cohort), typical)
    left_out = np.take_along_axis(own, np.take_along_axis(places, order, 1), 1)
    law = non_mated_law(falling, len(cohort), typical, left_out[:, None])
    return NonMatedLaw(law.mean[:, 0], law.spread[:, 0], law.used[:, 0])


def normalise_pairs(scores: Float64, one: NonMatedLaw, other: NonMatedLaw) -> Float64:
    """Return the mean of scores float64 [...] normalised by the laws of either face."""
    return np.asarray((one.normalise(scores) + other.normalise(scores)) / 2, np.float64)


def normalise_matrix(scores: Float32, rows: NonMatedLaw, columns: NonMatedLaw) -> Float32:
    """Normalise scores float32 [p, r] of all pairs by the laws [p] and [r] of either side."""
    of_rows = NonMatedLaw(rows.mean[:, None], rows.spread[:, None], rows.used[:, None])
    return np.asarray(normalise_pairs(np.asarray(scores, np.float64), of_rows, columns), np.float32)


def score_of_pairs(normalised: Float64, one: NonMatedLaw, other: NonMatedLaw) -> Float64:
    """Return the scores float64 [...] that :func:`normalise_pairs` would map to these values."""
    slopes = 1 / one.spread + 1 / other.spread
    return np.asarray((2 * normalised + one.mean / one.spread + other.mean / other.spread) / slopes, np.float64)
