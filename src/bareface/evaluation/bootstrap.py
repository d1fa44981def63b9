"""Confidence intervals of rates: percentile bootstrap over subjects, and exact binomial bounds if it fails.

Comparisons share subjects, so they are not independent and a binomial interval over comparisons is far too
narrow; subjects are what is drawn again (see :mod:`bareface.evaluation.resampling`). Where no error, or
nothing but errors, was seen, every replicate agrees and the bootstrap would give a width of zero. The
interval is then Clopper and Pearson's (1934) exact binomial one, over the number of different subjects (or
pairs of subjects) rather than of comparisons.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from bareface.evaluation.resampling import BATCH, Weights, draw
from bareface.messages import Note
from bareface.system.extras import optional
from bareface.values import arguments
from bareface.values.face import Float64

MOST_REPLICATES: Final = 1_000_000

Method: TypeAlias = Literal["bootstrap", "binomial", "none"]


@dataclass(frozen=True, slots=True)
class Plan:
    """Method of the intervals.

    Attributes
    ----------
    replicates
        Bootstrap replicates; 0 for no intervals.
    seed
        The same seed draws the same subjects.
    level
        Confidence level, in (0, 1).
    """

    replicates: int = 1000
    seed: int = 0
    level: float = 0.95

    def __post_init__(self) -> None:
        arguments.count("replicates", self.replicates, 0, MOST_REPLICATES, code="evaluation.plan")
        arguments.count("seed", self.seed, code="evaluation.plan")
        if not 0 < arguments.number("level", self.level, 0, 1, code="evaluation.plan") < 1:
            raise arguments.refused("level", self.level, Note("argument.open-share"), "evaluation.plan")

    def batches(self, subjects: int) -> Iterator[Weights]:
        """Yield the weights of all replicates in batches; equal plans give equal weights."""
        rng = np.random.default_rng(self.seed)
        for start in range(0, self.replicates, BATCH):
            yield draw(subjects, min(BATCH, self.replicates - start), rng)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A rate and how sure it is.

    Attributes
    ----------
    value
        The rate as counted; NaN where there was nothing to count.
    low, high
        Ends of the confidence interval; NaN without one.
    method
        ``bootstrap`` over subjects, ``binomial`` (exact, where the bootstrap has no width) or ``none``.
    """

    value: float
    low: float = float("nan")
    high: float = float("nan")
    method: Method = "none"

    def complement(self) -> Estimate:
        """Return the estimate of 1 minus the rate."""
        return Estimate(1 - self.value, 1 - self.high, 1 - self.low, self.method)


def estimate(value: float, replicates: Float64, units: int, plan: Plan) -> Estimate:
    """Estimate an error rate with its interval.

    Parameters
    ----------
    value
        The rate as counted, in [0, 1].
    replicates
        float64 [replicates], the rate in each; NaN where a replicate drew nothing to count.
    units
        Number of different subjects (or pairs of subjects) of the rate.
    plan
        Replicates and level.
    """
    if not plan.replicates or np.isnan(value):
        return Estimate(value)
    low, high = percentiles(replicates, plan.level)
    if value in (0.0, 1.0) or not low < high:
        return Estimate(value, *clopper_pearson(value * units, units, plan.level), "binomial")
    return Estimate(value, low, high, "bootstrap")


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """An error rate as counted, in every replicate, and the number of units it rests on."""

    value: float
    drawn: Float64
    units: int


def paired(a: Counted, b: Counted, plan: Plan) -> Estimate:
    """Estimate ``b - a`` of two error rates, counted on the same draws of subjects.

    Where every replicate agrees, which says nothing of how sure the difference is, the ends of the two exact binomial
    intervals are taken instead.
    """
    low, high = percentiles(b.drawn - a.drawn, plan.level)
    method: Method = "bootstrap" if plan.replicates else "none"
    if low == high:
        (low_a, high_a), (low_b, high_b) = (
            clopper_pearson(side.value * side.units, side.units, plan.level) for side in (a, b)
        )
        low, high, method = low_b - high_a, high_b - low_a, "binomial"
    return Estimate(b.value - a.value, low, high, method)


def percentiles(replicates: Float64, level: float) -> tuple[float, float]:
    """Return the central interval of the finite replicates; NaN if there are none."""
    seen = replicates[~np.isnan(replicates)]
    if not seen.size:
        return float("nan"), float("nan")
    low, high = np.quantile(seen, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def clopper_pearson(errors: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Compute the exact binomial confidence interval (Clopper and Pearson 1934), two-sided; (0, 1) without trials.

    ``errors`` may be fractional: it may be a rate times a smaller, effective number of trials.
    """
    betaincinv = optional("scipy.special").betaincinv
    tail = (1 - level) / 2
    low = float(betaincinv(errors, n - errors + 1, tail)) if errors > 0 else 0.0
    high = float(betaincinv(errors + 1, n - errors, 1 - tail)) if errors < n else 1.0
    return low, high
