"""From a similarity to the share of strangers' searches in which anyone scores that high.

Strangers differ: each probe meets high scores at a rate of its own, and so does each reference (Doddington et al.,
"Sheep, goats, lambs and wolves", 1998). The rates of probes are taken to follow a Gamma law of mean hazard ``h`` and
shape ``a``, so that a search of N subjects returns no candidate with probability

    mean over probes of (1 - F_p)^N  =  (1 + N h / a)^(-a)

which tends to exp(-N h), the law of equal strangers, as ``a`` grows. Both depend on the similarity; both are counted
by :mod:`bareface.calibration.strangers`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bareface.errors import CalibrationError
from bareface.values.face import Float64

T95 = 2.023
"""Student's quantile for the 39 degrees of freedom of a jackknife over 40 groups: both variances come from one."""
RULE_OF_THREE = 3.0
MOST_CHANCE = 8.0
_NEAR = 1e-9
"""Beyond this relative variance Wilson and Hilferty's quantiles turn back."""


def hazard(rate: ArrayLike, shape: ArrayLike) -> Float64:
    """Return the mean hazard at which a comparison exceeds with probability ``rate``, for strangers of ``shape``."""
    shape = np.asarray(shape, np.float64)
    return np.asarray(shape * np.expm1(-np.log1p(-np.asarray(rate, np.float64)) / shape), np.float64)


def log_survival(exposure: Float64, shape: Float64) -> Float64:
    """Return minus the logarithm of the probability that ``exposure`` (subjects times hazard) returns no candidate."""
    return np.asarray(shape * np.log1p(exposure / shape), np.float64)


class FpirArrays(NamedTuple):
    """Estimates for many similarities: value, 95 % interval, and whether they lie beyond what was counted."""

    value: Float64
    low: Float64
    high: Float64
    extrapolated: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class StrangerModel:
    """Model of the false positive rates of strangers over a grid of similarities.

    Attributes
    ----------
    similarities
        The grid, float64 [k], rising. In between, logarithms are interpolated; outside, the ends hold.
    log_hazard
        Natural logarithm of the mean hazard ``h`` of one comparison, float64 [k], falling.
    log_shape
        Natural logarithm of the Gamma shape ``a`` of the probes' rates, float64 [k], not rising.
    log_reference_shape
        The same for references: how much one gallery differs from the next.
    variances
        float64 [k, 3]: variance of the two estimates before, and their covariance (jackknife over subjects).
    gain
        Exponent of the number of references of a subject: the best of m exceeds as often as m^gain single ones.
    probes, pairs
        Number of different probe subjects, and of different pairs of subjects.
    counted_to
        The similarity at which counting ends and the fitted tail begins.
    """

    similarities: Float64
    log_hazard: Float64
    log_shape: Float64
    log_reference_shape: Float64
    variances: Float64
    gain: float
    probes: int
    pairs: int
    counted_to: float

    def rate(self, similarity: ArrayLike) -> Float64:
        """Return the false match rate of one comparison at a threshold, in [0, 1]."""
        log_hazard, log_shape = self._at(similarity, self.log_hazard, self.log_shape)
        return -np.expm1(-log_survival(np.exp(log_hazard), np.exp(log_shape)))

    def fpir(
        self, similarity: ArrayLike, subjects: float, references: float = 1.0, probes: int | None = None
    ) -> FpirArrays:
        """Return the expected share of strangers' searches that reach a similarity, with its 95 % interval.

        Parameters
        ----------
        similarity
            Float, or float [n].
        subjects
            Size of the gallery.
        references
            Mean number of references a subject.
        probes
            With a number, the interval is a prediction interval for the *share seen* among N strangers; without,
            for the rate of the gallery that is searched. Either holds the error of what was fitted and the chance of
            which subjects the gallery holds.

        Notes
        -----
        The error of the fit is lognormal on the scale of -log(1 - FPIR). The chance of the gallery and of the probes
        is nearer to a Gamma law, whose quantiles are Wilson and Hilferty's (1931). The two are joined as
        Zou and Donner (2008) join intervals.
        """
        hazards, shape, exposure = self._exposure(similarity, subjects, references)
        log_other, *variances = self._at(similarity, self.log_reference_shape, *self.variances.T)
        risk = log_survival(exposure, shape)
        value = -np.expm1(-risk)

        # d log(risk) / d log(hazard); that for the shape is one minus it.
        slope = exposure / (1 + exposure / shape) / risk
        error = slope**2 * variances[0] + (1 - slope) ** 2 * variances[1] + 2 * slope * (1 - slope) * variances[2]
        # A jackknife counts the chance of single pairs twice (Efron and Stein 1981).
        ended = float(np.exp(np.interp(self.counted_to, self.similarities, self.log_hazard)))
        single = slope**2 / (self.pairs * np.maximum(hazards, ended))
        error = np.maximum(error - single, error / 2)
        chance = slope**2 / (np.exp(log_other) * subjects)
        if probes is not None:
            chance = chance + value / (probes * np.exp(-risk) * risk**2)

        low, high = (np.sqrt(T95**2 * error + _gamma_quantile(chance, sign * T95) ** 2) for sign in (-1.0, 1.0))
        return FpirArrays(
            value,
            -np.expm1(-risk * np.exp(-low)),
            -np.expm1(-risk * np.exp(np.minimum(high, 700.0))),
            self._unseen(value, hazards, shape),
        )

    def expected(
        self, similarity: ArrayLike, subjects: float, references: float = 1.0
    ) -> tuple[Float64, NDArray[np.bool_]]:
        """Return values and ``extrapolated`` of :meth:`fpir`, without the work of intervals."""
        hazards, shape, exposure = self._exposure(similarity, subjects, references)
        value = -np.expm1(-log_survival(exposure, shape))
        return value, self._unseen(value, hazards, shape)

    def _exposure(self, similarity: ArrayLike, subjects: float, references: float) -> tuple[Float64, Float64, Float64]:
        """Return hazards, Gamma shapes, and hazards times the number of subjects, or of as many as they count for."""
        log_hazard, log_shape = self._at(similarity, self.log_hazard, self.log_shape)
        hazards = np.exp(log_hazard)
        return hazards, np.exp(log_shape), subjects * references**self.gain * hazards

    def _unseen(self, value: Float64, hazards: Float64, shape: Float64) -> NDArray[np.bool_]:
        """Return whether rates are too low to have been counted."""
        rate = -np.expm1(-log_survival(hazards, shape))
        return np.asarray((value < RULE_OF_THREE / self.probes) | (rate < RULE_OF_THREE / self.pairs))

    def similarity_at_rate(self, rate: float) -> float:
        """Return the similarity at which the false match rate falls to ``rate``; an end of the grid where it never
        does.
        """
        return self._where(lambda similarity: float(self.rate(similarity)) - rate)

    def similarity_at_fpir(self, fpir: float, subjects: float, references: float = 1.0) -> float:
        """Return the similarity at which the FPIR falls to ``fpir``; an end of the grid where it never does."""
        return self._where(lambda similarity: float(self.fpir(similarity, subjects, references).value) - fpir)

    def _where(self, falling: Callable[[float], float]) -> float:
        low, high = float(self.similarities[0]), float(self.similarities[-1])
        if falling(low) <= 0 or falling(high) >= 0:
            return low if falling(low) <= 0 else high
        while high - low > _NEAR:
            middle = (low + high) / 2
            low, high = (middle, high) if falling(middle) > 0 else (low, middle)
        return (low + high) / 2

    def _at(self, similarity: ArrayLike, *columns: Float64) -> list[Float64]:
        where = np.asarray(similarity, np.float64)
        if not np.isfinite(where).all():
            raise CalibrationError("calibration.scores/similarity")
        return [np.interp(where, self.similarities, column) for column in columns]


def _gamma_quantile(variance: Float64, z: float) -> Float64:
    """Approximate the log of a quantile of the Gamma law of mean 1 (Wilson and Hilferty), for small variances."""
    variance = np.minimum(variance, MOST_CHANCE)
    return np.asarray(3 * np.log(np.maximum(1 - variance / 9 + z * np.sqrt(variance) / 3, 1e-2)), np.float64)
