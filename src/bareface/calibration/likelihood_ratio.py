"""Scores to log-likelihood ratios: how much more likely is this similarity if both photos show one person?

Ratios are logarithms to base 10, as the ENFSI guideline for evaluative reporting writes them: 2 means "a hundred times
more likely if mated". Two fits are made. The logistic one (linear in the score) is what is reported; the isotonic one
(pool adjacent violators) assumes nothing but order, and bounds the first: no ratio leaves the range that this many
comparisons can show.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bareface.errors import CalibrationError
from bareface.system.extras import optional
from bareface.values.face import Float64

LN10 = float(np.log(10.0))


@dataclass(frozen=True, slots=True)
class LogisticLlr:
    """log10 LR = ``offset + slope * score``."""

    offset: float
    slope: float

    def __call__(self, scores: ArrayLike) -> Float64:
        """Return log10 likelihood ratios, float64, of the shape of ``scores``."""
        return self.offset + self.slope * np.asarray(scores, np.float64)

    @classmethod
    def fit(cls, mated: ArrayLike, nonmated: ArrayLike) -> LogisticLlr:
        """Fit a weighted logistic regression; both classes weigh the same, so that the log odds are the log ratio.

        The targets are those of Platt (Probabilistic outputs for support vector machines, 1999), (n+1)/(n+2) for n
        mated and 1/(n+2) for n non-mated scores, so that separable scores still have a finite fit.

        Parameters
        ----------
        mated, nonmated
            Scores, float [n]; higher means more alike.

        Raises
        ------
        CalibrationError
            ``calibration.scores`` for an empty class or a score that is not finite.
        """
        positive, negative = _checked(mated, nonmated)
        scores = np.concatenate([positive, negative])
        weights = np.repeat([0.5 / positive.size, 0.5 / negative.size], [positive.size, negative.size])
        targets = np.repeat(
            [(positive.size + 1) / (positive.size + 2), 1 / (negative.size + 2)], [positive.size, negative.size]
        )
        centre, spread = float(weights @ scores), float(np.std(scores))
        if spread == 0.0:
            return cls(0.0, 0.0)
        design = np.stack([np.ones_like(scores), (scores - centre) / spread], axis=1)
        beta = _newton(design, targets, weights)
        return cls(float(beta[0] - beta[1] * centre / spread) / LN10, float(beta[1] / spread) / LN10)


def _newton(design: Float64, targets: Float64, weights: Float64) -> Float64:
    """Minimise the weighted cross-entropy; halves a step that does not descend."""

    def loss(beta: Float64) -> float:
        linear = design @ beta
        return float(weights @ (np.logaddexp(0.0, linear) - targets * linear))

    beta = np.zeros(design.shape[1])
    current = loss(beta)
    for _ in range(100):
        probability = _expit(design @ beta)
        gradient = design.T @ (weights * (probability - targets))
        curvature = (design * (weights * probability * (1 - probability))[:, None]).T @ design
        step = np.linalg.solve(curvature + 1e-12 * np.eye(beta.size), gradient)
        # Close to the minimum the loss differs by rounding only, which does not justify halving.
        rounding = 8 * np.finfo(np.float64).eps * current
        while (reached := loss(beta - step)) > current + rounding and np.abs(step).max() > 1e-12:
            step = step / 2
        beta, current = beta - step, reached
        if np.abs(step).max() < 1e-10:
            break
    return beta


@dataclass(frozen=True, slots=True, eq=False)
class IsotonicLlr:
    """A step-wise rising curve, linear between its knots and flat outside them.

    Attributes
    ----------
    scores
        Knots, float64 [k], rising.
    llrs
        Log10 likelihood ratios at the knots, float64 [k], non-decreasing.
    """

    scores: Float64
    llrs: Float64

    def __call__(self, scores: ArrayLike) -> Float64:
        """Return log10 likelihood ratios, float64, of the shape of ``scores``."""
        return np.interp(np.asarray(scores, np.float64), self.scores, self.llrs)

    @classmethod
    def fit(cls, mated: ArrayLike, nonmated: ArrayLike, *, finite: bool = True) -> IsotonicLlr:
        """Pool adjacent violators on the class-balanced share of mated scores.

        Parameters
        ----------
        mated, nonmated
            Scores, float [n].
        finite
            Add one mated and one non-mated score beyond each end (Laplace's rule of succession; Bruemmer and
            du Preez 2006), so that no ratio is infinite. Without it the fit is the one that defines the minimum Cllr.

        Raises
        ------
        CalibrationError
            ``calibration.scores`` for an empty class or a score that is not finite.
        """
        positive, negative = _checked(mated, nonmated)
        scores = np.concatenate([positive, negative])
        knots, where = np.unique(scores, return_inverse=True)
        ones = np.bincount(where[: positive.size], minlength=knots.size).astype(np.float64)
        zeros = np.bincount(where[positive.size :], minlength=knots.size).astype(np.float64)
        if finite:
            knots = np.concatenate([knots[:1], knots, knots[-1:]])
            ones = np.concatenate([[1.0], ones, [1.0]])
            zeros = np.concatenate([[1.0], zeros, [1.0]])
        ones, zeros = ones / ones.sum(), zeros / zeros.sum()
        share = optional("scipy.optimize").isotonic_regression(ones / (ones + zeros), weights=ones + zeros).x
        if finite:
            knots, share = knots[1:-1], share[1:-1]
        with np.errstate(divide="ignore"):
            llrs = (np.log(share) - np.log1p(-share)) / LN10
        # Only a block's two ends carry information; dropping the rest keeps the curve small.
        inner = np.zeros(knots.size, bool)
        inner[1:-1] = (llrs[1:-1] == llrs[:-2]) & (llrs[1:-1] == llrs[2:])
        return cls(knots[~inner], llrs[~inner])


def cllr(mated_llrs: ArrayLike, nonmated_llrs: ArrayLike) -> float:
    """Compute the cost of log-likelihood ratios, in bits: 0 is perfect, 1 is uninformative (Bruemmer and du Preez
    2006).

    Parameters
    ----------
    mated_llrs, nonmated_llrs
        Log10 likelihood ratios, float [n]; infinite ones are allowed where they are right.
    """
    mated = np.asarray(mated_llrs, np.float64) * LN10
    nonmated = np.asarray(nonmated_llrs, np.float64) * LN10
    if mated.size == 0 or nonmated.size == 0 or np.isnan(mated).any() or np.isnan(nonmated).any():
        raise CalibrationError("calibration.scores/cllr")
    cost = np.logaddexp(0.0, -mated).mean() + np.logaddexp(0.0, nonmated).mean()
    return float(cost / (2 * np.log(2)))


def cllr_min(mated: ArrayLike, nonmated: ArrayLike) -> float:
    """Compute Cllr after the best monotone transformation of the scores: their discrimination alone."""
    curve = IsotonicLlr.fit(mated, nonmated, finite=False)
    # Every score of the data is a knot of its block, but dropped inner knots lie on flat stretches: interpolation
    # between two infinite ends would give NaN, a step look-up cannot.
    return cllr(_step(curve, mated), _step(curve, nonmated))


def _step(curve: IsotonicLlr, scores: ArrayLike) -> Float64:
    return curve.llrs[np.searchsorted(curve.scores, np.asarray(scores, np.float64), side="right") - 1]


@dataclass(frozen=True, slots=True, eq=False)
class Reliability:
    """Stated against observed: the points of a reliability plot, at even prior odds.

    Attributes
    ----------
    stated
        Mean stated probability of "mated" in each bin, float64 [b], rising.
    observed
        Class-balanced share that was mated, float64 [b].
    mated, nonmated
        Comparisons in each bin, int64 [b].
    """

    stated: Float64
    observed: Float64
    mated: NDArray[np.int64]
    nonmated: NDArray[np.int64]


def reliability(mated_llrs: ArrayLike, nonmated_llrs: ArrayLike, bins: int = 10) -> Reliability:
    """Bin stated probabilities into ``bins`` equal widths of [0, 1]; empty bins are left out."""
    stated = [_expit(np.asarray(llrs, np.float64) * LN10) for llrs in (mated_llrs, nonmated_llrs)]
    which = [np.minimum((p * bins).astype(np.int64), bins - 1) for p in stated]
    counts = [np.bincount(w, minlength=bins) for w in which]
    shares = [count / max(count.sum(), 1) for count in counts]
    sums = [np.bincount(w, weights=p, minlength=bins) / max(p.size, 1) for w, p in zip(which, stated, strict=True)]
    total = shares[0] + shares[1]
    filled = total > 0
    return Reliability(
        stated=(sums[0] + sums[1])[filled] / total[filled],
        observed=shares[0][filled] / total[filled],
        mated=counts[0][filled],
        nonmated=counts[1][filled],
    )


@dataclass(frozen=True, slots=True, eq=False)
class LlrModel:
    """Both curves of one kind of comparison, and how well they did on subjects they were not fitted on.

    Attributes
    ----------
    logistic, isotonic
        Fitted on all comparisons.
    cllr_logistic, cllr_isotonic
        Cross-validated by subject, in bits.
    cllr_min
        The part that no calibration could remove.
    mated, nonmated
        Comparisons used.
    reliability
        Of the cross-validated logistic ratios.
    """

    logistic: LogisticLlr
    isotonic: IsotonicLlr
    cllr_logistic: float
    cllr_isotonic: float
    cllr_min: float
    mated: int
    nonmated: int
    reliability: Reliability

    def __call__(self, scores: ArrayLike) -> Float64:
        """Return log10 likelihood ratios: the logistic curve, limited to what this many comparisons can show."""
        return np.clip(self.logistic(scores), self.isotonic.llrs[0], self.isotonic.llrs[-1])


def fit_llr(
    scores: ArrayLike, subjects: NDArray[np.int64], others: NDArray[np.int64], *, folds: int = 5, seed: int = 0
) -> LlrModel:
    """Fit and cross-validate both curves.

    Parameters
    ----------
    scores
        Comparisons, float [n].
    subjects, others
        The two subjects of each, int64 [n]; equal where mated.
    folds
        Parts into which the subjects are dealt. A comparison is tested where both of its subjects were left out, and
        trains where neither was.
    seed
        Of the dealing.

    Raises
    ------
    CalibrationError
        ``calibration.scores``: a class is empty, or holds too few subjects for the folds.
    """
    values, mated = np.asarray(scores, np.float64), subjects == others
    everyone = np.unique(np.concatenate([subjects, others]))
    dealt = np.random.default_rng(seed).permutation(everyone.size) % folds
    left, right = (dealt[np.searchsorted(everyone, side)] for side in (subjects, others))
    tested: list[tuple[Float64, Float64, Float64, Float64]] = []
    for fold in range(folds):
        train, test = (left != fold) & (right != fold), (left == fold) & (right == fold)
        logistic = LogisticLlr.fit(values[train & mated], values[train & ~mated])
        isotonic = IsotonicLlr.fit(values[train & mated], values[train & ~mated])
        positive, negative = values[test & mated], values[test & ~mated]
        tested.append((logistic(positive), logistic(negative), isotonic(positive), isotonic(negative)))
    pooled = [np.concatenate(part) for part in zip(*tested, strict=True)]
    return LlrModel(
        logistic=LogisticLlr.fit(values[mated], values[~mated]),
        isotonic=IsotonicLlr.fit(values[mated], values[~mated]),
        cllr_logistic=cllr(pooled[0], pooled[1]),
        cllr_isotonic=cllr(pooled[2], pooled[3]),
        cllr_min=cllr_min(values[mated], values[~mated]),
        mated=int(mated.sum()),
        nonmated=int((~mated).sum()),
        reliability=reliability(pooled[0], pooled[1]),
    )


def _checked(mated: ArrayLike, nonmated: ArrayLike) -> tuple[Float64, Float64]:
    positive, negative = np.asarray(mated, np.float64).ravel(), np.asarray(nonmated, np.float64).ravel()
    if positive.size == 0 or negative.size == 0:
        raise CalibrationError("calibration.scores/kinds", mated=positive.size, non_mated=negative.size)
    if not (np.isfinite(positive).all() and np.isfinite(negative).all()):
        raise CalibrationError("calibration.scores/nan")
    return positive, negative


def _expit(values: Float64) -> Float64:
    """Return the logistic function 1 / (1 + exp(-x)), without overflow."""
    return np.asarray((1 + np.tanh(values / 2)) / 2, np.float64)
