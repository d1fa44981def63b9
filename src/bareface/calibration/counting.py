"""Counting how often each probe meets a high score among strangers; any group of subjects can be left out again."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bareface.errors import CalibrationError
from bareface.system.extras import optional
from bareface.values.face import Float32, Float64

Int64 = NDArray[np.int64]

GROUPS = 40
"""Groups of subjects that the jackknife leaves out in turn."""
VIEWS = 5
"""Photos of a subject that are looked at, on either side, where there are few subjects."""
MOST_ROWS = 5000
"""Maximum number of searches counted: with many subjects, one photo each tells as much as several."""


@dataclass(frozen=True, slots=True, eq=False)
class NonMatedScores:
    """Every probe photo against every reference photo.

    Attributes
    ----------
    scores
        float32 [P, R]; NaN where not compared, and for every mated comparison.
    probe_subjects, reference_subjects
        int64 [P] and [R], one numbering for both sides.
    symmetric
        Whether both sides are the same photos in the same mask state, so that a pair of subjects counts once.
    top
        A score that hardly any comparison exceeds; the fitted tail ends there.
    """

    scores: Float32
    probe_subjects: Int64
    reference_subjects: Int64
    symmetric: bool
    top: float = 1.0

    @property
    def swapped(self) -> NonMatedScores:
        """References as probes."""
        return NonMatedScores(self.scores.T, self.reference_subjects, self.probe_subjects, self.symmetric, self.top)

    @classmethod
    def of(
        cls,
        scores: Float32,
        probe_subjects: Int64,
        reference_subjects: Int64,
        *,
        symmetric: bool,
        top: float = 1.0,
    ) -> NonMatedScores:
        """Blank the mated comparisons and check the rest.

        Raises
        ------
        CalibrationError
            ``calibration.scores`` for an infinite score.
        """
        mated = probe_subjects[:, None] == reference_subjects[None, :]
        blanked = np.where(mated, np.float32(np.nan), scores.astype(np.float32, copy=False))
        if np.isinf(blanked).any():
            raise CalibrationError("calibration.scores/infinite")
        return cls(blanked, probe_subjects, reference_subjects, symmetric, top)


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Jackknife group, int64 [n], of each of the sorted subjects."""

    subjects: Int64
    numbers: Int64

    @classmethod
    def deal(cls, subjects: Int64, seed: int) -> Groups:
        """Deal sorted subjects into groups of equal size."""
        return cls(subjects, np.random.default_rng(seed).permutation(subjects.size) % GROUPS)

    def of(self, subjects: Int64) -> Int64:
        """Select the groups of some subjects."""
        return self.numbers[np.searchsorted(self.subjects, subjects)]


@dataclass(frozen=True, slots=True, eq=False)
class Totals:
    """Exceedances int64 [rows, k] among int64 [rows] comparisons, and the weight of each row."""

    exceeding: Int64
    compared: Int64
    weight: Float64

    def rates(self) -> Float64:
        """Return the mean over probes of the share of references that exceed, float64 [k]."""
        share = self.exceeding / self.compared[:, None]
        return np.asarray(self.weight @ share / self.weight.sum(), np.float64)

    def fpir(self, galleries: Float64) -> Float64:
        """Return the U-statistic 1 - C(n-k, N) / C(n, N) for galleries of N at each similarity, float64 [k]."""
        compared = self.compared[:, None]
        clear = compared - self.exceeding
        left = np.maximum(clear - galleries, 0)
        gammaln = optional("scipy.special").gammaln
        nobody = gammaln(clear + 1) - gammaln(left + 1) - gammaln(compared + 1) + gammaln(compared - galleries + 1)
        nobody = np.where(clear >= galleries, nobody, -np.inf)
        return np.asarray(-(self.weight @ np.expm1(nobody)) / self.weight.sum(), np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Exceedances of each row: a probe photo against one photo of every reference subject (a view).

    Attributes
    ----------
    exceeding
        References of each group that score at least each of k similarities, int64 [rows, G, k].
    compared
        References of each group, int64 [rows, G].
    weight
        float64 [rows]; a subject's rows sum to 1.
    group
        Group of each row's subject, int64 [rows].
    """

    exceeding: Int64
    compared: Int64
    weight: Float64
    group: Int64

    def totals(self) -> Totals:
        """Sum exceedances over all groups."""
        return Totals(self.exceeding.sum(1), self.compared.sum(1), self.weight)

    def without(self, left_out: int, totals: Totals) -> Totals:
        """Return the totals without a group of subjects: neither its rows nor its references."""
        rows = self.group != left_out
        return Totals(
            totals.exceeding[rows] - self.exceeding[rows, left_out],
            totals.compared[rows] - self.compared[rows, left_out],
            self.weight[rows],
        )

    def log_relative_variance(self) -> Float64:
        """Return the logarithm of the squared coefficient of variation of the rows' rates, float64 [k].

        Products over different groups of references share no chance, so that counting adds nothing to it. A few hubs
        make most of it and a sample often misses them: the jackknife over the rows' groups takes away that bias. It
        also gives the estimate's own variance, which is added as for a Student law, since what will be predicted from
        it varies by both.
        """
        total, compared = self.exceeding.sum(1), self.compared.sum(1)
        products = total**2 - (self.exceeding**2).sum(1)
        of = compared**2 - (self.compared**2).sum(1)
        member = (self.group == np.arange(GROUPS)[:, None]) * self.weight
        first, second, weight = (
            member @ (total / compared[:, None]), member @ (products / of[:, None]), member.sum(1)[:, None],
        )  # fmt: skip

        def log_ratio(first: Float64, second: Float64, weight: Float64) -> Float64:
            return np.asarray(np.log(np.maximum(second * weight / first**2 - 1, 1e-3)), np.float64)

        whole = log_ratio(first.sum(0), second.sum(0), weight.sum(0))
        parts = log_ratio(first.sum(0) - first, second.sum(0) - second, weight.sum(0) - weight)
        centre = parts.mean(axis=0)
        own = (GROUPS - 1) / GROUPS * ((parts - centre) ** 2).sum(axis=0)
        return np.asarray(whole + (GROUPS - 1) * (whole - centre) + np.minimum(own, 1.0), np.float64)


def count(data: NonMatedScores, groups: Groups, grid: Float64) -> Counts:
    """Count exceedances of each of a rising grid of similarities, float64 [k]."""
    _, probe_views = _views(data.probe_subjects)
    rows = np.unique(probe_views)
    subjects, reference_views = _views(data.reference_subjects)
    bins = grid.size + 1
    cells = (np.arange(rows.size)[:, None] * GROUPS + groups.of(subjects)[None, :]) * bins
    exceeding, compared = [], []
    for view in reference_views:
        scores = data.scores[np.ix_(rows, view)]
        known = np.isfinite(scores)
        reaches = np.searchsorted(grid, scores, side="right")
        histogram = np.bincount((cells + reaches)[known], minlength=rows.size * GROUPS * bins)
        cumulated = histogram.reshape(rows.size, GROUPS, bins)[:, :, ::-1].cumsum(axis=2)[:, :, ::-1]
        exceeding.append(cumulated[:, :, 1:])
        compared.append(cumulated[:, :, 0])
    probes = np.tile(data.probe_subjects[rows], len(reference_views))
    _, inverse, repeats = np.unique(probes, return_inverse=True, return_counts=True)
    return Counts(np.concatenate(exceeding), np.concatenate(compared), 1 / repeats[inverse], groups.of(probes))


def _views(subjects: Int64) -> tuple[Int64, NDArray[np.intp]]:
    """Return the subjects, int64 [S], and choices of one photo of each [V, S]; a subject with fewer photos repeats."""
    unique, inverse, counts = np.unique(subjects, return_inverse=True, return_counts=True)
    order = np.argsort(inverse, kind="stable")
    start = np.cumsum(counts) - counts
    views = min(VIEWS, int(counts.max()), max(1, math.isqrt(MOST_ROWS // unique.size)))
    return unique, np.stack([order[start + view % counts] for view in range(views)])
