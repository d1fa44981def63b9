"""Identification (one-to-many): what a search of a whole gallery finds, and what it finds of strangers.

A search ranks the enrolled subjects by their best reference. Its mate is found at rank r if r - 1 other
subjects score **at least** as high: ties count against the system, so a matcher that gives everybody the
same score returns no candidate. In the modes of NIST's FRTE (Grother, Ngan and Hanaoka, "Face Recognition Technology
Evaluation Part 2: Identification"):

- *investigation*: the first R candidates are looked at whatever they score; FNIR(R) is the share of mated
searches
  whose mate is not among them. 1 - FNIR(R) over R is the CMC.
- *identification*: whatever scores at or above a threshold is returned; FNIR(T) is the share of mated
searches whose
  mate scores below it, FPIR(T) the share of non-mated searches that return anybody.

A probe without a template is a miss in a mated search and returns no candidate in a non-mated one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bareface.errors import EvaluationError
from bareface.evaluation.bootstrap import Estimate, Plan, estimate
from bareface.evaluation.metrics import Support, Trials, at_fmr, share, support
from bareface.evaluation.resampling import Comparisons, Replicates, Weights
from bareface.scores.score_file import FAILED, Bool, Int32, ScoreFile
from bareface.values.face import Float64

FPIR_TARGETS = (0.1, 0.03, 0.01, 0.003)
RANKS = (1, 5, 20)


@dataclass(frozen=True, slots=True, eq=False)
class Searches:
    """One row a probe.

    Attributes
    ----------
    probe, subject
        int32 [m], into the score file's ``samples`` and ``subjects``.
    mated
        bool [m]: a mate is enrolled, so the search counts for FNIR.
    nonmated
        bool [m]: the search counts for FPIR. In a file of all pairs each probe makes both searches, the
        second one with its own subject taken out of the gallery.
    mate
        float64 [m], the mate's best score; ``-inf`` if there is none.
    rank
        int32 [m], the mate's rank; 0 if there is none.
    stranger
        float64 [m], the highest score of anybody else; ``-inf`` if there is none.
    gallery
        Enrolled subjects, the most that any probe was compared with.
    """

    probe: Int32
    subject: Int32
    mated: Bool
    nonmated: Bool
    mate: Float64
    rank: Int32
    stranger: Float64
    gallery: int

    @classmethod
    def of(cls, scores: ScoreFile) -> Searches:
        """Gather a score file's rows into searches.

        Raises
        ------
        EvaluationError
            ``evaluation.kind`` for a list of pairs: its probes were not compared with a gallery.
        """
        if scores.info.kind == "pairs":
            raise EvaluationError("evaluation.kind")
        both = scores.info.kind == "all pairs"
        probe, subject, other, score = _rows(scores, both)
        # The best score of each subject in each search; rows of a search lie together afterwards.
        key = probe.astype(np.int64) * len(scores.subjects) + other
        order = np.argsort(key, kind="stable")
        starts = np.flatnonzero(np.diff(key[order], prepend=-1))
        best = np.maximum.reduceat(score[order], starts) if starts.size else score
        probe, subject, other = (column[order][starts] for column in (probe, subject, other))
        searches = np.flatnonzero(np.diff(probe, prepend=-1))
        size = np.diff(searches, append=probe.size)
        own = subject == other

        def highest(values: Float64) -> Float64:
            return np.maximum.reduceat(values, searches) if searches.size else values

        enrolled = np.logical_or.reduceat(own, searches) if searches.size else own
        mate = highest(np.where(own, best, FAILED))
        ahead = ~own & (best >= np.repeat(mate, size))
        rank = (np.add.reduceat(ahead, searches, dtype=np.int32) if searches.size else ahead.astype(np.int32)) + 1
        return cls(
            probe=probe[searches],
            subject=subject[searches],
            mated=enrolled,
            nonmated=np.ones_like(enrolled) if both else ~enrolled,
            mate=mate,
            rank=np.where(mate > FAILED, rank, 0).astype(np.int32),
            stranger=highest(np.where(own, FAILED, best)),
            gallery=int(size.max(initial=0)),
        )

    def missed(self, rank: int) -> Bool:
        """Return, for each mated search, whether the mate is beyond this rank."""
        ranks = self.rank[self.mated]
        beyond: Bool = (ranks == 0) | (ranks > rank)
        return beyond

    def trials(self) -> Trials:
        """Return the mates' and strangers' scores, so that FNIR(T) and FPIR(T) are their FNMR and FMR."""
        return Trials(np.sort(self.mate[self.mated]), np.sort(self.stranger[self.nonmated]))


@dataclass(frozen=True, slots=True)
class RankPoint:
    """Investigation mode: the miss rate when the first ``rank`` candidates are looked at."""

    rank: int
    fnir: Estimate


@dataclass(frozen=True, slots=True)
class ThresholdPoint:
    """Identification mode: the miss rate at the threshold for a false positive identification rate.

    ``support`` is ``too small`` where fewer than one false positive is expected among the non-mated searches.
    """

    target: float
    support: Support
    threshold: float
    fpir: float
    fnir: Estimate


@dataclass(frozen=True, slots=True)
class Identification:
    """One-to-many results.

    Attributes
    ----------
    mated, nonmated
        Searches.
    gallery
        Enrolled subjects.
    investigation
        FNIR by rank.
    identification
        FNIR by FPIR.
    """

    mated: int
    nonmated: int
    gallery: int
    investigation: tuple[RankPoint, ...]
    identification: tuple[ThresholdPoint, ...]


def cmc(searches: Searches, ranks: int = 50) -> Float64:
    """Compute the cumulative match characteristic, float64 [ranks]: the share of mated searches with the mate by each
    rank.
    """
    mate_ranks = searches.rank[searches.mated]
    by_rank = np.bincount(mate_ranks[(mate_ranks > 0) & (mate_ranks <= ranks)], minlength=ranks + 1)[1:]
    return share(np.cumsum(by_rank), mate_ranks.size)


def identify(
    scores: ScoreFile,
    plan: Plan | None = None,
    ranks: Sequence[int] = RANKS,
    targets: Sequence[float] = FPIR_TARGETS,
) -> Identification:
    """Compute one-to-many error rates with their intervals.

    Intervals draw the *probes'* subjects again and keep the gallery: they say how the figures would vary
    with other people searched for in this gallery.

    Raises
    ------
    EvaluationError
        ``evaluation.kind`` for a list of pairs.
    """
    plan = plan or Plan()
    searches = Searches.of(scores)
    trials = searches.trials()
    subjects, code = np.unique(searches.subject, return_inverse=True)
    resampler = _Resampler.of(searches, code.astype(np.int32))
    fnir_at: dict[float, list[Float64]] = {target: [np.empty(0)] for target in targets}
    missed_at: dict[int, list[Float64]] = {rank: [np.empty(0)] for rank in ranks}
    for weights in plan.batches(subjects.size):
        replicates = resampler.replicate(trials, weights)
        of_search = weights[code[searches.mated]]
        for target in targets:
            fnir_at[target].append(replicates.fnmr_at_fmr(target))
        for rank in ranks:
            missed_at[rank].append(share(searches.missed(rank) @ of_search, of_search.sum(axis=0)))
    units = resampler.mated.units()

    def at_rank(rank: int) -> RankPoint:
        missed = searches.missed(rank)
        value = float(share(missed.sum(), missed.size))
        return RankPoint(rank, estimate(value, np.concatenate(missed_at[rank]), units, plan))

    def at_fpir(target: float) -> ThresholdPoint:
        point = at_fmr(trials, target)
        fnir = estimate(point.fnmr, np.concatenate(fnir_at[target]), units, plan)
        enough = support(target, trials.nonmated.size)
        return ThresholdPoint(target, enough, point.threshold, point.fmr, fnir)

    return Identification(
        mated=trials.mated.size,
        nonmated=trials.nonmated.size,
        gallery=searches.gallery,
        investigation=tuple(at_rank(rank) for rank in ranks if rank <= searches.gallery),
        identification=tuple(at_fpir(target) for target in targets),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Resampler:
    """Mates' and strangers' scores, each weighed by the probe's subject."""

    mated: Comparisons
    nonmated: Comparisons

    @classmethod
    def of(cls, searches: Searches, code: Int32) -> _Resampler:
        sides = []
        for rows, score in ((searches.mated, searches.mate), (searches.nonmated, searches.stranger)):
            order = np.argsort(score[rows], kind="stable")
            sides.append(Comparisons(score[rows][order], code[rows][order], None))
        return cls(*sides)

    def replicate(self, trials: Trials, weights: Weights) -> Replicates:
        return Replicates(trials, self.mated.weigh(weights), self.nonmated.weigh(weights))


def _rows(scores: ScoreFile, both: bool) -> tuple[Int32, Int32, Int32, Float64]:
    """Return the probe, its subject, the reference's subject and the score; every pair in both orders."""
    if not both:
        return scores.probe, scores.probe_subject, scores.reference_subject, scores.score
    return (
        np.concatenate([scores.probe, scores.reference]),
        np.concatenate([scores.probe_subject, scores.reference_subject]),
        np.concatenate([scores.reference_subject, scores.probe_subject]),
        np.concatenate([scores.score, scores.score]),
    )
