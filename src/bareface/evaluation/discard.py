"""Error versus discard: how the false non-match rate falls when the photos of lowest quality are set aside.

The characteristic of Grother and Tabassi ("Performance of biometric quality measures", IEEE TPAMI 29(4), 2007), as
ISO/IEC 29794-1 and NIST's FATE Quality use it: the threshold stays as it is, a comparison has the lower quality of its
two photos, and the comparisons of lowest quality are discarded first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bareface.evaluation.bootstrap import Plan, percentiles
from bareface.values.face import Float64


@dataclass(frozen=True, slots=True, eq=False)
class DiscardCurve:
    """An error-versus-discard characteristic with its intervals.

    Attributes
    ----------
    share
        float64 [k]: discarded shares of the comparisons, rising from 0.
    fnmr
        float64 [k]: false non-match rate of the rest.
    low, high
        float64 [k]: its interval, by bootstrap over subjects.
    step_low, step_high
        float64 [k - 1]: interval of each step's change of the rate.
    area, area_low, area_high
        Mean of the curve over its beginning (trapezia), with its interval: 1 for random discarding, less is better.
    """

    share: Float64
    fnmr: Float64
    low: Float64
    high: Float64
    step_low: Float64
    step_high: Float64
    area: float
    area_low: float
    area_high: float

    @property
    def falls(self) -> bool:
        """Whether no step goes up."""
        return bool((np.diff(self.fnmr) <= 0).all())

    @property
    def rises(self) -> bool:
        """Whether some step goes up by more than chance explains: its interval lies above 0."""
        return bool((self.step_low > 0).any())


def error_versus_discard(
    quality: Float64, wrong: NDArray[np.bool_], share: Float64, weight: ArrayLike = 1.0
) -> Float64:
    """Compute the FNMR of the remaining comparisons at each discarded share, float64 [k].

    Of comparisons with equal quality, equally many right and wrong ones are taken to go, so their order is of no
    matter.

    Parameters
    ----------
    quality
        float64 [n]: of each mated comparison, the lower of its two photos' qualities.
    wrong
        bool [n]: whether it is a false non-match.
    share
        float64 [k]: what to discard, each in [0, 1).
    weight
        Of each comparison, where a replicate draws subjects more or less than once.
    """
    weights = np.broadcast_to(np.asarray(weight, np.float64), quality.shape)
    level = np.unique(quality, return_inverse=True)[1]
    gone, errors = (
        np.concatenate([[0.0], np.cumsum(np.bincount(level, values))]) for values in (weights, weights * wrong)
    )
    discarded = share * gone[-1]
    left: Float64 = (errors[-1] - np.interp(discarded, gone, errors)) / (gone[-1] - discarded)
    return left


def relative_area(share: Float64, fnmr: Float64) -> float:
    """Return the mean of a curve over its beginning: 1 for random discarding; NaN if there were no errors."""
    if not fnmr[0] > 0:
        return float("nan")
    return float(np.trapezoid(fnmr, share) / (share[-1] - share[0]) / fnmr[0])


def discard_curve(
    quality: Float64, wrong: NDArray[np.bool_], subject: NDArray[np.integer], share: Float64, plan: Plan | None = None
) -> DiscardCurve:
    """Compute the error-versus-discard curve with intervals by bootstrap over subjects.

    Parameters
    ----------
    quality, wrong, share
        See :func:`error_versus_discard`.
    subject
        int [n]: whose comparison it is, numbered from 0.
    plan
        Method of the intervals.
    """
    plan = plan or Plan()
    fnmr = error_versus_discard(quality, wrong, share)
    rank = np.unique(quality, return_inverse=True)[1].astype(np.float64)
    number = np.unique(subject, return_inverse=True)[1]
    drawn = np.array(
        [
            error_versus_discard(rank, wrong, share, column[number])
            for weights in plan.batches(int(number.max()) + 1)
            for column in weights.T
        ]
    )
    low, high = np.array([percentiles(column, plan.level) for column in drawn.T]).T
    step_low, step_high = np.array([percentiles(column, plan.level) for column in np.diff(drawn, axis=1).T]).T
    area = percentiles(np.array([relative_area(share, curve) for curve in drawn]), plan.level)
    return DiscardCurve(share, fnmr, low, high, step_low, step_high, relative_area(share, fnmr), *area)
