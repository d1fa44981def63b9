"""Normalised scores of calibration people: what searches of galleries of other people would have given."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bareface.calibration.counting import Int64
from bareface.matching.normalisation import (
    HIGHEST,
    MORE,
    Normalisation,
    non_mated_law,
    typical_spread,
)
from bareface.values.face import Float32

GALLERY = 200
"""Number of people in the galleries that calibration people are dealt into. Normalised scores hardly depend on it; in
small galleries they vary a little more."""
ALIKE_RATE = 1e-4
"""Rate at which non-mated pairs are as alike as :attr:`Normalisation.alike`."""
NORMALISED_TOP = 12.0
"""A normalised score that no comparison reaches: that of a template with itself is lower."""
_ROWS = 512


def estimate(scores: Float32, subjects: Int64) -> Normalisation:
    """Estimate the constants of a space from the cosines float32 [n, n] of all pairs of bare faces.

    Parameters
    ----------
    scores
        NaN where not compared.
    subjects
        int64 [n].
    """
    nonmated = np.where(subjects[:, None] == subjects[None, :], np.float32(np.nan), scores)
    one_each = np.unique(subjects, return_index=True)[1][:GALLERY]
    return Normalisation(
        typical=typical_spread(nonmated[np.ix_(one_each, one_each)]),
        alike=float(np.nanquantile(nonmated, 1 - ALIKE_RATE)),
    )


def normalise_searches(
    scores: Float32,
    probe_subjects: Int64,
    reference_subjects: Int64,
    references: Float32,
    normalisation: Normalisation,
    *,
    seed: int = 0,
) -> Float32:
    """Normalise scores as searches do.

    Parameters
    ----------
    scores
        float32 [P, R], every probe photo against every reference photo; NaN where not compared.
    probe_subjects, reference_subjects
        int64 [P] and [R].
    references
        Unit templates float32 [R, d].
    normalisation
        Constants of the space.
    seed
        Of the galleries: each holds one photo each of about :data:`GALLERY` people, and a probe's own photos are not
        part of its cohort.

    Returns
    -------
    ndarray
        float32 [P, R]; NaN where not compared or where too few were.
    """
    normalised = np.full(scores.shape, np.nan, np.float32)
    for places in _galleries(reference_subjects, np.random.default_rng(seed)):
        alike = references[places] @ references[places].T >= normalisation.alike
        for start in range(0, len(scores), _ROWS):
            rows = np.arange(start, min(start + _ROWS, len(scores)))
            own = probe_subjects[rows, None] == reference_subjects[places]
            normalised[np.ix_(rows, places)] = normalise_gallery(
                scores[np.ix_(rows, places)], own, alike, normalisation
            )
    return normalised


def normalise_gallery(
    scores: Float32, own: NDArray[np.bool_], alike: NDArray[np.bool_], normalisation: Normalisation
) -> Float32:
    """Normalise the scores of searches of one gallery.

    Parameters
    ----------
    scores
        float32 [p, r]; NaN where not compared.
    own
        bool [p, r], where a reference is the probe's own subject.
    alike
        bool [r, r], where two references are as alike as :attr:`Normalisation.alike`.
    normalisation
        Constants of the space.

    Returns
    -------
    ndarray
        float32 [p, r].
    """
    others = np.where(own | ~np.isfinite(scores), -np.inf, scores)
    order = np.argsort(-others, axis=1)[:, : HIGHEST + MORE]
    falling = np.take_along_axis(others, order, 1)
    size = int(np.isfinite(others).sum(axis=1).max())
    # Leaving a low score out changes nothing but the size, by one.
    whole = non_mated_law(falling, size, normalisation.typical)
    result = ((scores - whole.mean[:, None]) / whole.spread[:, None]).astype(np.float32)
    first, highest = order[:, :HIGHEST], falling[:, :HIGHEST]
    law = non_mated_law(falling, size, normalisation.typical, alike[first[:, :, None], order[:, None, :]])
    known = np.isfinite(highest)
    exact = np.where(known, law.normalise(np.where(known, highest, np.nan)), np.take_along_axis(result, first, 1))
    np.put_along_axis(result, first, exact.astype(np.float32), 1)
    return result


def _galleries(subjects: Int64, rng: np.random.Generator) -> list[Int64]:
    """Deal photos into galleries of one photo a person, about :data:`GALLERY` people each."""
    order = rng.permutation(len(subjects))
    order = order[np.argsort(subjects[order], kind="stable")]
    _, first, inverse = np.unique(subjects[order], return_index=True, return_inverse=True)
    view = np.arange(len(order)) - first[inverse]
    galleries: list[Int64] = []
    for number in range(int(view.max()) + 1):
        places = rng.permutation(order[view == number])
        parts = max(1, round(len(places) / GALLERY))
        galleries.extend(part.astype(np.int64) for part in np.array_split(places, parts))
    return _with_enough(galleries)


def _with_enough(galleries: list[Int64]) -> list[Int64]:
    """Join galleries of few people (further photos of those who have many) to the one before."""
    joined: list[Int64] = []
    for places in galleries:
        if joined and len(places) < GALLERY // 4:
            joined[-1] = np.concatenate([joined[-1], places])
        else:
            joined.append(places)
    return joined
