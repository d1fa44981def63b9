"""Rank a gallery's references and subjects by their scores for a probe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bareface.gallery.rescore import Rescorer, depth
from bareface.storage.index_sync import Snapshot
from bareface.storage.ports import Int64, VectorIndex
from bareface.values.face import Float32


class CandidateScore(NamedTuple):
    """A subject's best reference and its similarity, before it is a :class:`bareface.values.search.Candidate`."""

    subject_id: int
    reference_id: int
    similarity: float


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """Result of looking a probe up in an index.

    Attributes
    ----------
    subjects
        The most similar subjects, each by its best reference.
    references
        Numbers of the most similar references, int64 [k], at least as many as subjects.
    scores
        Their scores, float32 [k], falling.
    owners
        Number of each reference's subject, int64 [k].
    """

    subjects: list[CandidateScore]
    references: Int64
    scores: Float32
    owners: Int64


def best_of_subjects(
    now: Snapshot, queries: Float32, top: int, rescorers: Mapping[int, Rescorer] | None = None
) -> list[list[CandidateScore]]:
    """Return for each query [q, d] the ``top`` most similar subjects; see :func:`rank`."""
    return [one.subjects for one in rank(now, queries, top, rescorers)]


def rank(
    now: Snapshot, queries: Float32, top: int, rescorers: Mapping[int, Rescorer] | None = None, *, others: int = 0
) -> list[Ranked]:
    """Return for each query [q, d] the ``top`` most similar subjects, each by its best reference.

    Equal similarities are in the order of subject numbers. A subject with many references can fill the head of the
    list of references, so the search goes deeper until there are enough subjects and no tie is cut off.

    A query with a rescorer, by its place, is looked up deeper from the start, and what is found is ranked by the new
    scores. A reference beyond that depth could have a higher one, so ties at its end then mean nothing.

    Parameters
    ----------
    now
        The gallery, which has an index.
    queries
        float32 [q, d].
    top
        Number of subjects.
    rescorers
        By place of the query.
    others
        Number of references to find that do not belong to the best subject.
    """
    assert now.index is not None
    rescorers = rescorers or {}
    plain = [query for query in range(len(queries)) if query not in rescorers]
    found: dict[int, Ranked] = {}
    most = others * 3 // 2  # some belong to the best subject, and some look like it
    for group, k in ((plain, max(2 * top, most)), (list(rescorers), max(depth(top), most))):
        _look_up(now, now.index, queries, top, others, group, min(len(now.index), k), rescorers, found)
    return [found[query] for query in range(len(queries))]


def _look_up(
    now: Snapshot,
    index: VectorIndex,
    queries: Float32,
    top: int,
    others: int,
    waiting: list[int],
    k: int,
    rescorers: Mapping[int, Rescorer],
    found: dict[int, Ranked],
) -> None:
    while waiting:
        similarities, numbers = index.search(queries[waiting], k, now.fetch)
        unfinished = []
        for row, query in enumerate(waiting):
            held = np.count_nonzero(numbers[row] >= 0)
            given, references = similarities[row, :held], numbers[row, :held]
            scores = rescorers[query](given, references) if query in rescorers else given
            one = _ranked(scores, references, now.owners(references), top)
            found[query] = one
            same = scores is given or np.array_equal(scores, given)
            cut_off = len(one.subjects) < top or (same and one.subjects[top - 1].similarity <= given[-1])
            alone = others and np.count_nonzero(one.owners != one.subjects[0].subject_id) < others
            if (cut_off or alone) and k < len(index):
                unfinished.append(query)
        waiting, k = unfinished, min(len(index), 4 * k)


def _ranked(scores: Float32, references: Int64, owners: Int64, top: int) -> Ranked:
    """Rank one query's references [k], and the subjects [k] that they belong to."""
    falling = np.lexsort((references, -scores))
    scores, references, owners = scores[falling], references[falling], owners[falling]
    subjects, best = np.unique(owners, return_index=True)
    order = np.lexsort((subjects, -scores[best]))[:top]
    best = best[order]
    columns = subjects[order].tolist(), references[best].tolist(), scores[best].tolist()
    return Ranked(list(map(CandidateScore, *columns)), references, scores, owners)
