"""Rank a gallery's references and subjects by their scores for a probe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa

from bareface.gallery.rescore import Rescorer, depth
from bareface.storage.ports import Fetch, Int64, VectorIndex
from bareface.storage.sqlite import lookups
from bareface.values.face import Float32


@dataclass(frozen=True, slots=True)
class CandidateScore:
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
    connection: sa.Connection,
    index: VectorIndex,
    queries: Float32,
    top: int,
    rescorers: Mapping[int, Rescorer] | None = None,
) -> list[list[CandidateScore]]:
    """Return for each query [q, d] the ``top`` most similar subjects; see :func:`rank`."""
    return [one.subjects for one in rank(connection, index, queries, top, rescorers)]


def rank(
    connection: sa.Connection,
    index: VectorIndex,
    queries: Float32,
    top: int,
    rescorers: Mapping[int, Rescorer] | None = None,
    *,
    others: int = 0,
    fetch: Fetch | None = None,
) -> list[Ranked]:
    """Return for each query [q, d] the ``top`` most similar subjects, each by its best reference.

    Equal similarities are in the order of subject numbers. A subject with many references can fill the head of the
    list of references, so the search goes deeper until there are enough subjects and no tie is cut off.

    A query with a rescorer, by its place, is looked up deeper from the start, and what is found is ranked by the new
    scores. A reference beyond that depth could have a higher one, so ties at its end then mean nothing.

    Parameters
    ----------
    connection
        The gallery's database.
    index
        Its templates.
    queries
        float32 [q, d].
    top
        Number of subjects.
    rescorers
        By place of the query.
    others
        Number of references to find that do not belong to the best subject.
    fetch
        Source of templates; by default the database.
    """

    def read(ids: Int64) -> Float32:
        return lookups.vectors(connection, ids, index.dimension)

    rescorers = rescorers or {}
    plain = [query for query in range(len(queries)) if query not in rescorers]
    found: dict[int, Ranked] = {}
    most = others * 3 // 2  # some belong to the best subject, and some look like it
    for group, k in ((plain, max(2 * top, most)), (list(rescorers), max(depth(top), most))):
        _look_up(connection, index, queries, top, others, group, min(len(index), k), rescorers, found, fetch or read)
    return [found[query] for query in range(len(queries))]


def _look_up(
    connection: sa.Connection,
    index: VectorIndex,
    queries: Float32,
    top: int,
    others: int,
    waiting: list[int],
    k: int,
    rescorers: Mapping[int, Rescorer],
    found: dict[int, Ranked],
    fetch: Fetch,
) -> None:
    owners: dict[int, int] = {}
    while waiting:
        similarities, numbers = index.search(queries[waiting], k, fetch)
        new = {number for number in numbers.ravel().tolist() if number >= 0 and number not in owners}
        owners.update(lookups.owners(connection, new))
        unfinished = []
        for row, query in enumerate(waiting):
            given = similarities[row]
            scores = rescorers[query](given, numbers[row]) if query in rescorers else given
            one = _ranked(scores, numbers[row], owners, top)
            found[query] = one
            same = np.array_equal(scores, given)
            cut_off = len(one.subjects) < top or (same and one.subjects[top - 1].similarity <= given[-1])
            alone = others and np.count_nonzero(one.owners != one.subjects[0].subject_id) < others
            if (cut_off or alone) and k < len(index):
                unfinished.append(query)
        waiting, k = unfinished, min(len(index), 4 * k)


def _ranked(scores: Float32, numbers: Int64, owners: Mapping[int, int], top: int) -> Ranked:
    """Rank one query's references, and the subjects that they belong to."""
    ranked = [pair for pair in zip(scores.tolist(), numbers.tolist(), strict=True) if pair[1] >= 0]
    ranked.sort(key=lambda pair: (-pair[0], pair[1]))
    best: dict[int, CandidateScore] = {}
    for score, number in ranked:
        best.setdefault(owners[number], CandidateScore(owners[number], number, score))
    order = sorted(best.values(), key=lambda hit: (-hit.similarity, hit.subject_id))
    references = np.array([number for _, number in ranked], np.int64)
    return Ranked(
        subjects=order[:top],
        references=references,
        scores=np.array([score for score, _ in ranked], np.float32),
        owners=np.array([owners[number] for _, number in ranked], np.int64),
    )
