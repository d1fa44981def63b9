"""Errors re-counted under many weightings of the subjects at once: the arithmetic behind the bootstrap.

A replicate gives every subject a weight (how often it was drawn). A mated comparison then weighs its
subject's weight, a non-mated one the product of its two subjects' (Bolle, Ratha and Pankanti 2004; Poh,
Martin and Bengio 2007). Comparisons are sorted once; each batch of replicates leaves cumulative weights at
every 1,024th row, and whatever lies between is added up on demand. So 10 million comparisons cost about a
nanosecond a replicate each, and every rate stays exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from bareface.evaluation.metrics import ErrorRate, Trials, allowed_errors, count_below, equal_error, share
from bareface.scores.score_file import FAILED, Int32, ScoreFile
from bareface.values.face import Float32, Float64

GROUP = 1024
BLOCK = 4 * GROUP
BATCH = 64
"""Replicates in one pass: 64 weights of a subject fill four cache lines."""

Weights: TypeAlias = Float32
"""float32 [subjects, replicates]; whole numbers, so that sums over a group are exact."""


def draw(subjects: int, replicates: int, rng: np.random.Generator) -> Weights:
    """Draw the weights of a bootstrap over subjects: each column is one multinomial draw."""
    drawn = rng.integers(0, subjects, size=(replicates, subjects))
    counts = [np.bincount(row, minlength=subjects) for row in drawn]
    return np.array(counts, dtype=np.float32).reshape(replicates, subjects).T.copy()


@dataclass(frozen=True, slots=True, eq=False)
class Comparisons:
    """Comparisons of one kind, by ascending score, and the subjects that weigh them.

    Attributes
    ----------
    score
        float64 [n].
    first, second
        int32 [n]; ``second`` is None where one subject alone gives the weight.
    """

    score: Float64
    first: Int32
    second: Int32 | None

    def units(self) -> int:
        """Count the different subjects, or pairs of subjects, of the comparisons."""
        return distinct(self.first) if self.second is None else distinct_pairs(self.first, self.second)

    def weigh(self, weights: Weights) -> Weighted:
        """Apply a batch of replicates."""
        n, replicates = self.score.size, weights.shape[1]
        groups = -(-n // GROUP)
        edges = np.zeros((groups + 1, replicates))
        for start in range(0, n, BLOCK):
            rows = self.row_weights(weights, slice(start, min(start + BLOCK, n)))
            whole = rows.shape[0] // GROUP * GROUP
            g = start // GROUP
            edges[g + 1 : g + 1 + whole // GROUP] = rows[:whole].reshape(-1, GROUP, replicates).sum(axis=1)
            if whole < rows.shape[0]:
                edges[-1] = rows[whole:].sum(axis=0)
        return Weighted(self, weights, np.cumsum(edges, axis=0, out=edges))

    def row_weights(self, weights: Weights, rows: slice) -> Float32:
        """Return the weight of each comparison in each replicate."""
        weight: Float32 = np.take(weights, self.first[rows], axis=0)
        if self.second is not None:
            weight *= np.take(weights, self.second[rows], axis=0)
        return weight


@dataclass(frozen=True, slots=True, eq=False)
class Weighted:
    """Comparisons under a batch of replicates.

    Attributes
    ----------
    rows
        The comparisons.
    weights
        The subjects' weights.
    edges
        float64 [groups + 1, replicates]: the weight of all rows before each group.
    """

    rows: Comparisons
    weights: Weights
    edges: Float64

    @property
    def total(self) -> Float64:
        """Return the weight of all comparisons, [replicates]."""
        total: Float64 = self.edges[-1]
        return total

    def before(self, position: int) -> Float64:
        """Return the weight of the rows before a position, [replicates]."""
        group = position // GROUP
        inside = self.rows.row_weights(self.weights, slice(group * GROUP, position))
        weight: Float64 = self.edges[group] + inside.sum(axis=0)
        return weight

    def before_in(self, position: int, replicate: int) -> float:
        """Return the weight of the rows before a position, in one replicate."""
        group = position // GROUP
        inside = self._column(slice(group * GROUP, position), replicate)
        return float(self.edges[group, replicate] + inside.sum())

    def last_before(self, need: float, replicate: int) -> int:
        """Return the last position with less than ``need`` weight before it; -1 if there is none."""
        group = int(np.searchsorted(self.edges[:, replicate], need, "left")) - 1
        if group < 0:
            return -1
        inside = np.cumsum(self._column(slice(group * GROUP, (group + 1) * GROUP), replicate))
        return group * GROUP + int(np.searchsorted(inside, need - self.edges[group, replicate], "left"))

    def _column(self, rows: slice, replicate: int) -> Float32:
        column = self.weights[:, replicate]
        weight: Float32 = column[self.rows.first[rows]]
        return weight if self.rows.second is None else weight * column[self.rows.second[rows]]


@dataclass(frozen=True, slots=True, eq=False)
class Resampler:
    """A score file made ready for re-weighting.

    Attributes
    ----------
    subjects
        Names, sorted; row i of the weights belongs to ``subjects[i]``.
    mated, nonmated
        The comparisons, sorted by score.
    """

    subjects: tuple[str, ...]
    mated: Comparisons
    nonmated: Comparisons

    @classmethod
    def of(cls, scores: ScoreFile, subjects: tuple[str, ...] | None = None) -> Resampler:
        """Prepare a score file; ``subjects`` must hold its subjects (those that appear in it, by default)."""
        names = subjects if subjects is not None else present_subjects(scores)
        position = {name: i for i, name in enumerate(names)}
        recode = np.array([position.get(name, -1) for name in scores.subjects], dtype=np.int32)
        is_mated = scores.mated
        sides = []
        for rows in (np.flatnonzero(is_mated), np.flatnonzero(~is_mated)):
            rows = rows[np.argsort(scores.score[rows], kind="stable")]
            sides.append((scores.score[rows], recode[scores.probe_subject[rows]], rows))
        (mated_score, mated_first, _), (score, first, rows) = sides
        return cls(
            names,
            Comparisons(mated_score, mated_first, None),
            Comparisons(score, first, recode[scores.reference_subject[rows]]),
        )

    @property
    def trials(self) -> Trials:
        """The same comparisons, each weighing 1."""
        return Trials(self.mated.score, self.nonmated.score)

    def replicate(self, weights: Weights) -> Replicates:
        """Re-weight by one batch."""
        return Replicates(self.trials, self.mated.weigh(weights), self.nonmated.weigh(weights))


@dataclass(frozen=True, slots=True, eq=False)
class Replicates:
    """Verification metrics under a batch of replicates; NaN where one drew no comparison of a class."""

    trials: Trials
    mated: Weighted
    nonmated: Weighted

    def fmr(self, threshold: float) -> Float64:
        """Return the FMR at a threshold, [replicates]."""
        below = self.nonmated.before(int(count_below(self.trials.nonmated, threshold)))
        return share(self.nonmated.total - below, self.nonmated.total)

    def fnmr(self, threshold: float) -> Float64:
        """Return the FNMR at a threshold, [replicates]."""
        below = self.mated.before(int(count_below(self.trials.mated, threshold)))
        return share(below, self.mated.total)

    def fnmr_at_fmr(self, target: float) -> Float64:
        """Return the FNMR at the threshold that each replicate would choose for a target FMR, [replicates]."""
        total = self.nonmated.total
        rates = np.full(total.size, np.nan)
        for r in np.flatnonzero((total > 0) & (self.mated.total > 0)):
            position = self.nonmated.last_before(total[r] - allowed_errors(target, total[r]), int(r))
            exceeded = FAILED if position < 0 else self.trials.nonmated[position]
            rejected = int(np.searchsorted(self.trials.mated, exceeded, "right"))
            rates[r] = self.mated.before_in(rejected, int(r)) / self.mated.total[r]
        return rates

    def eer(self) -> Float64:
        """Return the equal error rate, [replicates]."""
        total = self.nonmated.total
        rates = np.full(total.size, np.nan)
        for r in np.flatnonzero((total > 0) & (self.mated.total > 0)):
            rates[r] = equal_error(self.trials, *self._rates(int(r)))[0]
        return rates

    def _rates(self, r: int) -> tuple[ErrorRate, ErrorRate]:
        def fmr(threshold: float) -> float:
            below = self.nonmated.before_in(int(count_below(self.trials.nonmated, threshold)), r)
            return float((self.nonmated.total[r] - below) / self.nonmated.total[r])

        def fnmr(threshold: float) -> float:
            below = self.mated.before_in(int(count_below(self.trials.mated, threshold)), r)
            return float(below / self.mated.total[r])

        return fmr, fnmr


def present_subjects(scores: ScoreFile) -> tuple[str, ...]:
    """Return the names of the subjects that appear in a row, sorted."""
    seen = sum(
        np.bincount(side, minlength=len(scores.subjects)) for side in (scores.probe_subject, scores.reference_subject)
    )
    return tuple(sorted(scores.subjects[code] for code in np.flatnonzero(seen)))


def distinct(codes: Int32) -> int:
    """Count the different codes (counting them is much faster than ``np.unique``)."""
    return int(np.count_nonzero(np.bincount(codes)))


def distinct_pairs(first: Int32, second: Int32) -> int:
    """Count the different unordered pairs of codes."""
    pairs = np.minimum(first, second).astype(np.int64) << 32 | np.maximum(first, second)
    pairs.sort()
    return int(np.count_nonzero(np.diff(pairs))) + int(pairs.size > 0)
