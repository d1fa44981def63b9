"""Counting how often strangers score high: rates, how they differ, a fitted tail, and the error of it all.

The number k of references that a probe exceeds, out of n, gives the unbiased chance that a random gallery of N of them
holds one: 1 - C(n-k, N) / C(n, N). Averaged over probes it is a U-statistic for the FPIR, and the shape of the Gamma
law is what makes the closed form of :mod:`bareface.matching.fpir` equal to it, at the N where that FPIR is near 0.15.
Beyond the last 40 pairs of subjects the mean rate follows a generalised Pareto law (Pickands 1975) fitted to their
excesses, and the shape goes on as the power of the rate that it was below.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, isotonic_regression
from scipy.special import gammaln

from bareface.errors import CalibrationError
from bareface.matching.fpir import StrangerModel, hazard, log_survival
from bareface.types import Float32, Float64

Int64 = NDArray[np.int64]

MIN_SUBJECTS = 100
"""Fewer give under 4,950 pairs of subjects: not even a false match rate of 1 in 1,000 could be counted."""
GROUPS = 40
"""Groups of subjects that the jackknife leaves out in turn."""
TAIL_PAIRS = 40
"""Counting ends, and the fitted tail begins, where so many pairs of subjects score higher."""
TAIL_SHAPES = (-0.1, 0.5)
"""Allowed Pareto shapes. A tail that ends sooner would call a look-alike's score impossible: so much is not to be had
from 40 pairs."""
FURTHEST = 1e-6
"""The fitted tail is followed no further than this share of its start: look-alikes obey no law fitted to others."""
LEVELS_PER_DECADE = 8
TAIL_STEPS = 24
TREND_DECADES = 2
SHAPES = (1e-3, 1e3)
"""From "a handful of hubs does it all" to "strangers are alike"."""
COUNTED_FPIR = 0.15
VIEWS = 5
GAIN_RATE = 1e-3


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
    """

    scores: Float32
    probe_subjects: Int64
    reference_subjects: Int64
    symmetric: bool

    @classmethod
    def of(
        cls, scores: Float32, probe_subjects: Int64, reference_subjects: Int64, *, symmetric: bool
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
            raise CalibrationError("calibration.scores", "Some scores are infinite.", remedy="Leave them out.")
        return cls(blanked, probe_subjects, reference_subjects, symmetric)

    @property
    def swapped(self) -> NonMatedScores:
        """References as probes."""
        return NonMatedScores(self.scores.T, self.reference_subjects, self.probe_subjects, self.symmetric)


def fit_strangers(data: NonMatedScores, seed: int = 0) -> StrangerModel:
    """Fit a :class:`StrangerModel`.

    Parameters
    ----------
    data
        Non-mated scores, dense enough that each probe meets most reference subjects.
    seed
        Of the grouping of subjects for the jackknife.

    Raises
    ------
    CalibrationError
        ``calibration.subjects``: too few; ``calibration.sparse``: a probe meets too few references;
        ``calibration.ties``: the scores take too few values to rank strangers.
    """
    probes, references = np.unique(data.probe_subjects), np.unique(data.reference_subjects)
    fewest = min(probes.size, references.size)
    if fewest < MIN_SUBJECTS:
        raise CalibrationError(
            "calibration.subjects",
            f"{fewest} subjects are too few to say how often strangers score high: "
            f"{MIN_SUBJECTS - fewest} more are needed.",
            remedy="Until then the packaged calibration serves.",
        )
    everyone = np.union1d(probes, references)
    groups = _Groups(everyone, np.random.default_rng(seed).permutation(everyone.size) % GROUPS)
    finite = data.scores[np.isfinite(data.scores)]
    per_pair = finite.size / (data.probe_subjects.size * data.reference_subjects.size)
    pairs = round(per_pair * probes.size * references.size / (2 if data.symmetric else 1))
    if per_pair < 0.5:
        raise CalibrationError(
            "calibration.sparse",
            f"only {per_pair:.1%} of the probe and reference photos were compared: how strangers differ stays unknown.",
            remedy="Use a protocol that compares every probe with every reference.",
        )
    grid = _grid(finite, TAIL_PAIRS / pairs)

    counts = _count(data, groups, grid)
    others = counts if data.symmetric else _count(data.swapped, groups, grid)
    rates = counts.totals().rates()
    galleries = np.clip(np.round(COUNTED_FPIR / rates), 2, np.floor(counts.compared.sum(1).min() * (1 - 2 / GROUPS)))
    tail = _Tail.above(data, groups, float(grid[-1]))

    everywhere = np.concatenate([grid, tail.similarities])
    estimates = np.stack(
        [_estimate(counts, galleries, tail, left_out) for left_out in (None, *range(GROUPS))]
    )  # [1 + G, 2, k]
    variances = _jackknife(estimates[1:], grid.size)
    reference_shape = np.clip(-np.log(np.maximum(others.relative_variance(), 1e-9)), *np.log(SHAPES))
    log_rates = np.concatenate([np.log(rates), np.log(rates[-1]) + tail.log_survival()])
    return StrangerModel(
        similarities=everywhere,
        log_hazard=np.maximum(estimates[0, 0], estimates[0, 0, grid.size - 1] + np.log(FURTHEST)),
        log_shape=estimates[0, 1],
        log_reference_shape=_continued(log_rates, reference_shape),
        variances=variances,
        gain=_gain(data, grid[np.flatnonzero(rates >= GAIN_RATE)[-1]]),
        probes=probes.size,
        pairs=pairs,
        counted_to=float(grid[-1]),
    )


def _jackknife(estimates: Float64, counted: int) -> Float64:
    """Variances of log hazard and log shape, and their covariance, float64 [k, 3], from [G, 2, k] estimates.

    Far in the tail the replicates run into the ends of their ranges and agree for no good reason: from the end of
    counting on, error never shrinks.
    """
    hazards, shapes = np.moveaxis(estimates - estimates.mean(axis=0), 1, 0)
    sums = np.stack([(hazards**2).sum(0), (shapes**2).sum(0), (hazards * shapes).sum(0)], axis=1)
    variances = (len(estimates) - 1) / len(estimates) * sums
    widest = np.arange(len(variances))
    for step in range(counted, len(variances)):
        before = widest[step - 1]
        widest[step] = step if variances[step, 0] >= variances[before, 0] else before
    return np.asarray(variances[widest], np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class _Groups:
    """Which jackknife group each subject is in."""

    subjects: Int64
    numbers: Int64

    def of(self, subjects: Int64) -> Int64:
        return self.numbers[np.searchsorted(self.subjects, subjects)]


def _grid(scores: Float32, last: float) -> Float64:
    """Similarities that are exceeded at rates evenly spaced on a logarithmic scale, down to ``last``."""
    steps = int(np.ceil(LEVELS_PER_DECADE * np.log10(0.9 / last))) + 1
    levels = np.geomspace(0.9, last, steps)
    grid = np.unique(np.quantile(scores, 1 - levels)).astype(np.float64)
    if grid.size < steps // 2 or grid[-1] >= scores.max():
        raise CalibrationError(
            "calibration.ties",
            f"the non-mated scores take too few values ({np.unique(scores).size}) to rank strangers.",
            remedy="Export scores with more digits.",
        )
    return grid


def _views(subjects: Int64) -> tuple[Int64, NDArray[np.intp]]:
    """The subjects, and some choices of one photo of each: a subject with fewer photos than there are views repeats.

    Returns
    -------
    tuple
        int64 [S] and, for each view, indices of photos [V, S].
    """
    unique, inverse, counts = np.unique(subjects, return_inverse=True, return_counts=True)
    order = np.argsort(inverse, kind="stable")
    start = np.cumsum(counts) - counts
    return unique, np.stack([order[start + view % counts] for view in range(min(VIEWS, int(counts.max())))])


@dataclass(frozen=True, slots=True, eq=False)
class _Counts:
    """Exceedances of each row: a probe photo against one photo of every reference subject.

    ``exceeding`` is int64 [rows, G, k] (references of each jackknife group that score at least the grid's k
    similarities), ``compared`` int64 [rows, G], ``weight`` float64 [rows] (a subject's rows sum to 1), ``group``
    int64 [rows].
    """

    exceeding: Int64
    compared: Int64
    weight: Float64
    group: Int64

    def totals(self, left_out: int | None = None) -> _Totals:
        """Exceedances over all groups, or over all but one, whose own rows go too."""
        exceeding, compared = self.exceeding.sum(1), self.compared.sum(1)
        if left_out is None:
            return _Totals(exceeding, compared, self.weight)
        rows = self.group != left_out
        return _Totals(
            exceeding[rows] - self.exceeding[rows, left_out],
            compared[rows] - self.compared[rows, left_out],
            self.weight[rows],
        )

    def relative_variance(self) -> Float64:
        """Squared coefficient of variation of the rates, float64 [k]; products of disjoint groups carry no noise."""
        total, compared = self.exceeding.sum(1), self.compared.sum(1)
        cross = total**2 - (self.exceeding**2).sum(1)
        of = (compared**2 - (self.compared**2).sum(1))[:, None]
        second = self.weight @ (cross / of) / self.weight.sum()
        return np.asarray(second / self.totals().rates() ** 2 - 1, np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class _Totals:
    """Exceedances int64 [rows, k] among int64 [rows] comparisons, and the weight of each row."""

    exceeding: Int64
    compared: Int64
    weight: Float64

    def rates(self) -> Float64:
        """Mean over probes of the share of references that exceed, float64 [k]."""
        share = self.exceeding / self.compared[:, None]
        return np.asarray(self.weight @ share / self.weight.sum(), np.float64)

    def fpir(self, galleries: Float64) -> Float64:
        """The U-statistic for galleries of the given size at each similarity, float64 [k]."""
        compared = self.compared[:, None]
        clear = compared - self.exceeding
        left = np.maximum(clear - galleries, 0)
        none = gammaln(clear + 1) - gammaln(left + 1) - gammaln(compared + 1) + gammaln(compared - galleries + 1)
        none = np.where(clear >= galleries, none, -np.inf)
        return np.asarray(-(self.weight @ np.expm1(none)) / self.weight.sum(), np.float64)


def _count(data: NonMatedScores, groups: _Groups, grid: Float64) -> _Counts:
    _, probe_views = _views(data.probe_subjects)
    rows = np.unique(probe_views)
    subjects, reference_views = _views(data.reference_subjects)
    columns = groups.of(subjects)
    bins = grid.size + 1
    cells = (np.arange(rows.size)[:, None] * GROUPS + columns[None, :]) * bins
    exceeding, compared = [], []
    for view in reference_views:
        scores = data.scores[np.ix_(rows, view)]
        known = np.isfinite(scores)
        # How many of the grid's similarities a score reaches; what was not compared is counted in no bin.
        reached = np.searchsorted(grid, scores, side="right")
        histogram = np.bincount((cells + reached)[known], minlength=rows.size * GROUPS * bins)
        cumulated = histogram.reshape(rows.size, GROUPS, bins)[:, :, ::-1].cumsum(axis=2)[:, :, ::-1]
        exceeding.append(cumulated[:, :, 1:])
        compared.append(cumulated[:, :, 0])
    probes = np.tile(data.probe_subjects[rows], len(reference_views))
    _, inverse, repeats = np.unique(probes, return_inverse=True, return_counts=True)
    return _Counts(np.concatenate(exceeding), np.concatenate(compared), 1 / repeats[inverse], groups.of(probes))


@dataclass(frozen=True, slots=True, eq=False)
class _Tail:
    """Excesses above the last counted similarity, and the groups of the two subjects of each."""

    similarities: Float64
    start: float
    excesses: Float64
    groups: Int64

    @classmethod
    def above(cls, data: NonMatedScores, groups: _Groups, start: float) -> _Tail:
        row, column = np.nonzero(data.scores >= start)
        both = np.stack([groups.of(data.probe_subjects[row]), groups.of(data.reference_subjects[column])], axis=1)
        similarities = np.linspace(start, max(1.0, float(np.nanmax(data.scores))), TAIL_STEPS + 1)[1:]
        return cls(similarities, start, data.scores[row, column].astype(np.float64) - start, both)

    def log_survival(self, left_out: int | None = None) -> Float64:
        """Logarithm of the share of excesses beyond each similarity: probability-weighted moments (Hosking 1987)."""
        kept = np.ones(self.excesses.size, bool) if left_out is None else (self.groups != left_out).all(axis=1)
        excesses = np.sort(self.excesses[kept])
        size = excesses.size
        mean = excesses.mean()
        weighted = float(excesses @ (size - 1 - np.arange(size))) / (size * (size - 1))
        shape = float(np.clip(2 - mean / (mean - 2 * weighted), *TAIL_SHAPES))
        # With the shape held in its range, the scale still gives the excesses their mean.
        scale = mean * (1 - shape)
        reach = (self.similarities - self.start) / scale
        log = -reach if abs(shape) < 1e-6 else -np.log(np.maximum(1 + shape * reach, 1e-30)) / shape
        return np.asarray(np.maximum(log, LEAST), np.float64)


LEAST = -60.0
"""Logarithm of what is as good as never."""


def _estimate(counts: _Counts, galleries: Float64, tail: _Tail, left_out: int | None) -> Float64:
    """Log hazard and log shape over the grid and the tail, float64 [2, k], with a group of subjects left out."""
    kept = counts.totals(left_out)
    rates = kept.rates()
    counted = _shape(rates, kept.fpir(galleries), galleries)
    log_rates = np.concatenate([np.log(rates), np.log(rates[-1]) + tail.log_survival(left_out)])
    log_shape = _continued(log_rates, np.log(counted))
    return np.stack([np.log(hazard(np.exp(log_rates), np.exp(log_shape))), log_shape])


def _shape(rates: Float64, fpir: Float64, galleries: Float64) -> Float64:
    """The Gamma shape that gives each FPIR at its rate and gallery size; by bisection of its logarithm."""
    low, high = (np.full(rates.shape, np.log(end)) for end in SHAPES)
    for _ in range(40):
        middle = (low + high) / 2
        shape = np.exp(middle)
        with np.errstate(over="ignore"):
            less = -np.expm1(-log_survival(galleries * hazard(rates, shape), shape)) < fpir
        low, high = np.where(less, middle, low), np.where(less, high, middle)
    return np.asarray(np.exp((low + high) / 2), np.float64)


def _continued(log_rates: Float64, log_shapes: Float64) -> Float64:
    """Log shapes made to fall with the rate, and continued into the tail along their trend in the last decades.

    Shapes that rose with the similarity would let the FPIR rise with it.
    """
    falling = isotonic_regression(log_shapes, increasing=False).x
    recent = slice(-TREND_DECADES * LEVELS_PER_DECADE, None)
    counted = log_rates[: falling.size]
    trend = np.clip(np.polyfit(counted[recent], falling[recent], 1)[0], 0.0, 1.0)
    beyond = falling[-1] + trend * (log_rates[falling.size :] - counted[-1])
    return np.asarray(np.maximum(np.concatenate([falling, beyond]), np.log(SHAPES[0])), np.float64)


def _gain(data: NonMatedScores, similarity: float) -> float:
    """The exponent by which the best of m references exceeds more often than one: 1 if photos were independent."""
    order = np.argsort(data.reference_subjects, kind="stable")
    _, starts, sizes = np.unique(data.reference_subjects[order], return_index=True, return_counts=True)
    several = sizes > 1
    if not several.any():
        return 1.0
    reaches = (data.scores[:, order] >= similarity).astype(np.float64)
    single = (np.add.reduceat(reaches, starts, axis=1).mean(axis=0) / sizes)[several]
    best = np.maximum.reduceat(reaches, starts, axis=1).mean(axis=0)[several]
    ratio = best.sum() / max(single.sum(), 1e-12)
    if ratio >= sizes[several].mean():
        return 1.0
    return float(brentq(lambda gain: np.mean(sizes[several] ** gain) - ratio, 0.0, 1.0))
