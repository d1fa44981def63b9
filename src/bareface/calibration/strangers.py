"""Counting how often strangers score high: rates, how they differ, a fitted tail, and the error of it all.

The number k of references that a probe exceeds, out of n, gives the unbiased chance that a random gallery of N of them
holds one: 1 - C(n-k, N) / C(n, N). Averaged over probes it is a U-statistic for the FPIR, and the shape of the Gamma
law is what makes the closed form of :mod:`bareface.calibration.fpir` equal to it, at the N where that FPIR is near
0.15.
Beyond the last 40 pairs of subjects the mean rate follows a generalised Pareto law (Pickands 1975) fitted to their
excesses, and the shape goes on as the power of the rate that it was below.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bareface.calibration.counting import GROUPS, Groups, Int64, NonMatedScores, Totals, count
from bareface.calibration.fpir import StrangerModel, hazard, log_survival
from bareface.errors import CalibrationError
from bareface.system.extras import optional
from bareface.values.face import Float32, Float64

MIN_SUBJECTS = 100
"""Fewer give under 4,950 pairs of subjects: not even a false match rate of 1 in 1,000 could be counted."""
TAIL_PAIRS = 40
"""Number of pairs of subjects above the point where counting ends and the fitted tail begins."""
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
GAIN_RATE = 1e-3


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
        raise CalibrationError("calibration.subjects", subjects=fewest, more=MIN_SUBJECTS - fewest)
    groups = Groups.deal(np.union1d(probes, references), seed)
    finite = data.scores[np.isfinite(data.scores)]
    per_pair = finite.size / (data.probe_subjects.size * data.reference_subjects.size)
    pairs = round(per_pair * probes.size * references.size / (2 if data.symmetric else 1))
    if per_pair < 0.5:
        raise CalibrationError("calibration.sparse", share=per_pair)
    grid = _grid(finite, TAIL_PAIRS / pairs)

    counts = count(data, groups, grid)
    others = counts if data.symmetric else count(data.swapped, groups, grid)
    totals = counts.totals()
    rates = totals.rates()
    galleries = np.clip(np.round(COUNTED_FPIR / rates), 2, np.floor(counts.compared.sum(1).min() * (1 - 2 / GROUPS)))
    tail = _Tail.above(data, groups, float(grid[-1]))

    everywhere = np.concatenate([grid, tail.similarities])
    estimates = np.stack(
        [
            _estimate(totals, galleries, tail),
            *(_estimate(counts.without(group, totals), galleries, tail, group) for group in range(GROUPS)),
        ]
    )  # [1 + G, 2, k]
    variances = _jackknife(estimates[1:], grid.size)
    reference_shape = np.clip(-others.log_relative_variance(), *np.log(SHAPES))
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
    """Return variances of log hazard and log shape, and their covariance, float64 [k, 3], from [G, 2, k] estimates.

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


def _grid(scores: Float32, last: float) -> Float64:
    """Return the similarities exceeded at logarithmically spaced rates, down to ``last``."""
    steps = int(np.ceil(LEVELS_PER_DECADE * np.log10(0.9 / last))) + 1
    levels = np.geomspace(0.9, last, steps)
    grid = np.unique(np.quantile(scores, 1 - levels)).astype(np.float64)
    if grid.size < steps // 2 or grid[-1] >= scores.max():
        raise CalibrationError("calibration.ties", values=np.unique(scores).size)
    return grid


@dataclass(frozen=True, slots=True, eq=False)
class _Tail:
    """Excesses above the last counted similarity, and the groups of the two subjects of each."""

    similarities: Float64
    start: float
    excesses: Float64
    groups: Int64

    @classmethod
    def above(cls, data: NonMatedScores, groups: Groups, start: float) -> _Tail:
        row, column = np.nonzero(data.scores >= start)
        both = np.stack([groups.of(data.probe_subjects[row]), groups.of(data.reference_subjects[column])], axis=1)
        similarities = np.linspace(start, max(data.top, float(np.nanmax(data.scores))), TAIL_STEPS + 1)[1:]
        return cls(similarities, start, data.scores[row, column].astype(np.float64) - start, both)

    def log_survival(self, left_out: int | None = None) -> Float64:
        """Return the logarithm of the share of excesses beyond each similarity: probability-weighted moments (Hosking
        1987).
        """
        included = np.ones(self.excesses.size, bool) if left_out is None else (self.groups != left_out).all(axis=1)
        excesses = np.sort(self.excesses[included])
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


def _estimate(totals: Totals, galleries: Float64, tail: _Tail, left_out: int | None = None) -> Float64:
    """Return log hazard and log shape over the grid and the tail, float64 [2, k], with a group of subjects left out."""
    rates = totals.rates()
    counted = _shape(rates, totals.fpir(galleries), galleries)
    log_rates = np.concatenate([np.log(rates), np.log(rates[-1]) + tail.log_survival(left_out)])
    log_shape = _continued(log_rates, np.log(counted))
    return np.stack([np.log(hazard(np.exp(log_rates), np.exp(log_shape))), log_shape])


def _shape(rates: Float64, fpir: Float64, galleries: Float64) -> Float64:
    """Solve for the Gamma shape of each FPIR at its rate and gallery size, by bisection of its logarithm."""
    low, high = (np.full(rates.shape, np.log(end)) for end in SHAPES)
    for _ in range(40):
        middle = (low + high) / 2
        shape = np.exp(middle)
        with np.errstate(over="ignore"):
            less = -np.expm1(-log_survival(galleries * hazard(rates, shape), shape)) < fpir
        low, high = np.where(less, middle, low), np.where(less, high, middle)
    return np.asarray(np.exp((low + high) / 2), np.float64)


def _continued(log_rates: Float64, log_shapes: Float64) -> Float64:
    """Make log shapes fall with the rate, and continue them into the tail along their trend in the last decades.

    Shapes that rose with the similarity would let the FPIR rise with it.
    """
    falling = optional("scipy.optimize").isotonic_regression(log_shapes, increasing=False).x
    recent = slice(-TREND_DECADES * LEVELS_PER_DECADE, None)
    counted = log_rates[: falling.size]
    trend = np.clip(np.polyfit(counted[recent], falling[recent], 1)[0], 0.0, 1.0)
    beyond = falling[-1] + trend * (log_rates[falling.size :] - counted[-1])
    return np.asarray(np.maximum(np.concatenate([falling, beyond]), np.log(SHAPES[0])), np.float64)


def _gain(data: NonMatedScores, similarity: float) -> float:
    """Return the exponent of how the exceedance rate grows with m references: 1 if photos were independent."""
    order = np.argsort(data.reference_subjects, kind="stable")
    _, starts, sizes = np.unique(data.reference_subjects[order], return_index=True, return_counts=True)
    several = sizes > 1
    if not several.any():
        return 1.0
    reaches = data.scores[:, order] >= similarity
    single = (np.add.reduceat(reaches.mean(axis=0), starts) / sizes)[several]
    best = np.logical_or.reduceat(reaches, starts, axis=1).mean(axis=0)[several]
    ratio = best.sum() / max(single.sum(), 1e-12)
    if ratio >= sizes[several].mean():
        return 1.0
    return float(optional("scipy.optimize").brentq(lambda gain: np.mean(sizes[several] ** gain) - ratio, 0.0, 1.0))
