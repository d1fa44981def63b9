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
    count = len(ranked.subjects)
    result, used = np.full(count, np.nan), np.zeros(count, np.int64)
    head = at_unit_length(now.fetch(ranked.references))
    # For so few rows the threads of a BLAS cost more than they do.
    left_out = np.einsum("id,jd->ij", at_unit_length(vectors), head) >= normalisation.alike
    left_out |= ranked.owners[None, :] == np.array([hit.subject_id for hit in ranked.subjects])[:, None]
    scores = np.array([hit.similarity for hit in ranked.subjects])
    everything = np.ones(count, bool), np.ones(len(head), bool), now.generation.references
    parts: list[tuple[NDArray[np.bool_], NDArray[np.bool_], int]] = [everything]
    if now.generation.masked:
        own = np.array([hit.reference_id for hit in ranked.subjects], np.int64)
        masked = lookups.masked(now.reading.plain, np.union1d(own, ranked.references))
        of_own, of_head = np.isin(own, masked), np.isin(ranked.references, masked)
        parts.append((of_own, of_head, now.generation.masked))
        parts.append((~of_own, ~of_head, now.generation.references - now.generation.masked))
    for rows, columns, size in parts:
        out = left_out[np.ix_(rows, columns)]
        if not rows.any() or size < SMALLEST_GALLERY or not columns.any():
            continue
        law = non_mated_law(ranked.scores[columns], size, normalisation.typical, out)
        found = law.normalise(scores[rows])
        enough = np.isfinite(found) & (size - out.sum(axis=1) >= SMALLEST_GALLERY)
        result[rows] = np.where(enough, found, result[rows])
        used[rows] = np.where(enough, law.used, used[rows])
    return result, used, (~left_out).sum(axis=1)
