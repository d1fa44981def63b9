"""Normalise the scores of a search by the probe's other scores in the gallery."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bareface.gallery.rank import Ranked
from bareface.matching.normalisation import HIGHEST, MORE, Float64, Normalisation, non_mated_law
from bareface.storage.index_sync import Snapshot
from bareface.storage.ports import Int64
from bareface.storage.sqlite import lookups
from bareface.values.face import Float32

LOOKED_UP = HIGHEST + MORE
"""References of other subjects that a search looks up."""
SMALLEST_GALLERY = 10
"""Number of references from which on a gallery is its own cohort."""


def normalise(now: Snapshot, normalisation: Normalisation, ranked: Ranked) -> tuple[Float64, Int64]:
    """Normalise the scores of a probe's best subjects.

    Of the references that were looked up, those of the candidate's subject and those that look like the candidate are
    left out. A masked reference is compared with other masked ones, and a bare one with bare ones: a comparison across
    a mask is of another kind. Only where they are too few, all count.

    Returns
    -------
    normalised
        float64 [n], one for each of ``ranked.subjects``; NaN where the gallery is too small.
    used
        int64 [n], number of references that each was compared with.
    """
    count = len(ranked.subjects)
    result, used = np.full(count, np.nan), np.zeros(count, np.int64)
    own = np.array([hit.reference_id for hit in ranked.subjects], np.int64)
    numbers, place = np.unique(np.concatenate([own, ranked.references]), return_inverse=True)
    vectors = _unit(now.fetch(numbers))
    candidates, head = vectors[place[:count]], vectors[place[count:]]
    left_out = candidates @ head.T >= normalisation.alike
    left_out |= ranked.owners[None, :] == np.array([hit.subject_id for hit in ranked.subjects])[:, None]
    scores = np.array([hit.similarity for hit in ranked.subjects])
    masked = np.isin(numbers, lookups.masked(now.connection, numbers) if now.generation.masked else [])
    of_candidate, of_head = masked[place[:count]], masked[place[count:]]
    sizes = {True: now.generation.masked, False: now.generation.references - now.generation.masked}
    parts: list[tuple[NDArray[np.bool_], NDArray[np.bool_], int]] = [
        (np.ones(count, bool), np.ones(len(head), bool), now.generation.references),
        *((of_candidate == kind, of_head == kind, size) for kind, size in sizes.items()),
    ]
    for rows, columns, size in parts:
        out = left_out[np.ix_(rows, columns)]
        if not rows.any() or size < SMALLEST_GALLERY or not columns.any():
            continue
        law = non_mated_law(ranked.scores[columns], size, normalisation.typical, out)
        found = law.normalise(scores[rows])
        enough = np.isfinite(found) & (size - out.sum(axis=1) >= SMALLEST_GALLERY)
        result[rows] = np.where(enough, found, result[rows])
        used[rows] = np.where(enough, law.used, used[rows])
    return result, used


def _unit(vectors: Float32) -> Float32:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)
