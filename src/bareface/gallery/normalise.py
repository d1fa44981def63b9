"""Normalise the scores of a search by the probe's other scores in the gallery."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bareface.gallery.rank import Ranked
from bareface.matching.normalisation import Float64, Normalisation, non_mated_law
from bareface.matching.scoring import at_unit_length
from bareface.storage.index_sync import Snapshot
from bareface.storage.ports import Int64
from bareface.storage.sqlite import lookups
from bareface.values.face import Float32

SMALLEST_GALLERY = 10
"""Number of references from which on a gallery is its own cohort."""


def normalise(
    now: Snapshot, normalisation: Normalisation, ranked: Ranked, vectors: Float32
) -> tuple[Float64, Int64, Int64]:
    """Normalise the scores of a probe's best subjects.

    Of the references that were looked up, those of the candidate's subject and those that look like the candidate are
    left out. A masked reference is compared with other masked ones, and a bare one with bare ones: a comparison across
    a mask is of another kind. Only where they are too few, all count.

    Parameters
    ----------
    now
        The gallery.
    normalisation
        Constants of its space.
    ranked
        The subjects, and the references that were looked up.
    vectors
        Templates of the subjects' best references, float32 [n, d].

    Returns
    -------
    normalised
        float64 [n], one for each of ``ranked.subjects``; NaN where the gallery is too small.
    used
        int64 [n], number of references that each was compared with.
    left
        int64 [n], number of references that were looked up and not left out.
    """
    head = at_unit_length(now.fetch(ranked.references))
    # For so few rows the threads of a BLAS cost more than they do.
    left_out = np.einsum("id,jd->ij", at_unit_length(vectors), head) >= normalisation.alike
    left_out |= ranked.owners == np.array([[hit.subject_id] for hit in ranked.subjects])
    scores = np.array([hit.similarity for hit in ranked.subjects])
    size, masked = now.generation.references, now.generation.masked
    result, used = _measured(scores, ranked.scores, left_out, size, normalisation)
    if masked:
        own = np.array([hit.reference_id for hit in ranked.subjects], np.int64)
        covered = lookups.masked(now.reading.plain, np.union1d(own, ranked.references))
        of_own, of_head = np.isin(own, covered), np.isin(ranked.references, covered)
        for rows, columns, count in ((of_own, of_head, masked), (~of_own, ~of_head, size - masked)):
            out = left_out[np.ix_(rows, columns)]
            alike, by = _measured(scores[rows], ranked.scores[columns], out, count, normalisation)
            enough = np.isfinite(alike)
            result[rows] = np.where(enough, alike, result[rows])
            used[rows] = np.where(enough, by, used[rows])
    return result, used, np.add.reduce(~left_out, axis=1, dtype=np.int64)


def _measured(
    scores: Float64, head: Float32, left_out: NDArray[np.bool_], size: int, normalisation: Normalisation
) -> tuple[Float64, Int64]:
    """Normalise scores [n] by the highest ones [m] of so many references; NaN and 0 where these are too few."""
    if not left_out.size or size < SMALLEST_GALLERY:
        return np.full(len(scores), np.nan), np.zeros(len(scores), np.int64)
    law = non_mated_law(head, size, normalisation.typical, left_out)
    found = law.normalise(scores)
    enough = np.isfinite(found) & (size - np.add.reduce(left_out, axis=1, dtype=np.int64) >= SMALLEST_GALLERY)
    return np.where(enough, found, np.nan), np.where(enough, law.used, 0)
