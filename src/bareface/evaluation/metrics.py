"""Verification metrics (one-to-one), counted exactly.

A comparison is a match when its score is **at or above** the threshold. Scores that tie share one threshold,
so no metric depends on the order of rows.

Failures to acquire count against the system: a mated comparison that could not be made is a false non-match
at every threshold, a non-mated one never matches. With FTA the share of failures, FNMR here is what ISO/IEC
19795-1 calls the false reject rate of a single attempt, ``FTA + (1 - FTA) * FNMR``, and FMR its false accept
rate, ``(1 - FTA) * FMR``; NIST's FRTE counts failures in both the same way. Without failures they are FNMR
and FMR as such.

A rate of no comparisons at all is NaN, never 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bareface.errors import EvaluationError
from bareface.scores.score_file import FAILED, Bool, ScoreFile
from bareface.values.face import Float64

FMR_TARGETS = (1e-2, 1e-3, 1e-4, 1e-5)
RULE_OF_30 = 30
Support: TypeAlias = Literal["enough", "few", "too small"]


@dataclass(frozen=True, slots=True, eq=False)
class Trials:
    """The scores of a file, sorted: what every one-to-one metric is counted from.

    Attributes
    ----------
    mated, nonmated
        float64, ascending; failures to acquire come first as ``-inf``.
    """

    mated: Float64
    nonmated: Float64

    @classmethod
    def of(cls, scores: ScoreFile) -> Trials:
        """Split a score file by mated flag and sort."""
        mated = scores.mated
        return cls(np.sort(scores.score[mated]), np.sort(scores.score[~mated]))

    def fmr(self, threshold: ArrayLike) -> Float64:
        """Return the false match rate: the share of non-mated comparisons at or above each threshold."""
        return share(self.nonmated.size - count_below(self.nonmated, threshold), self.nonmated.size)

    def fnmr(self, threshold: ArrayLike) -> Float64:
        """Return the false non-match rate: the share of mated comparisons below each threshold."""
        return share(count_below(self.mated, threshold), self.mated.size)

    @property
    def fta(self) -> float:
        """The share of comparisons lost to failures to acquire."""
        failures = sum(int(np.searchsorted(side, FAILED, "right")) for side in (self.mated, self.nonmated))
        n = self.mated.size + self.nonmated.size
        return failures / n if n else float("nan")


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """Operating point of a threshold chosen for a false match rate.

    Attributes
    ----------
    target
        The false match rate asked for.
    support
        ``too small``: fewer than one false match is expected at this rate, so nothing is reported; ``few``:
        fewer than 30 are (the rule of 30: Doddington et al., "The NIST speaker recognition evaluation",
        2000).
    threshold
        The lowest observed score whose FMR does not exceed the target; ``inf`` if the highest score's does.
    fmr, fnmr, tar
        At that threshold; ``tar`` is ``1 - fnmr``. NaN where ``support`` is ``too small``.
    """

    target: float
    support: Support
    threshold: float
    fmr: float
    fnmr: float

    @property
    def tar(self) -> float:
        """True accept rate, ``1 - fnmr``."""
        return 1.0 - self.fnmr


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """The trade-off of errors over every observed score: the DET curve, and as ``1 - fnmr`` the ROC.

    Attributes
    ----------
    threshold
        float64 [k], ascending distinct scores, then ``inf``.
    fmr, fnmr
        float64 [k], at each threshold.
    """

    threshold: Float64
    fmr: Float64
    fnmr: Float64


@dataclass(frozen=True, slots=True, eq=False)
class TenFold:
    """Accuracy in LFW's way (Huang et al. 2007): each fold is judged by the threshold best on the others.

    Attributes
    ----------
    accuracy, standard_error
        Mean over folds, and its standard error (of the mean, as LFW reports it).
    folds, thresholds
        float64 [k], a value a fold.
    """

    accuracy: float
    standard_error: float
    folds: Float64
    thresholds: Float64


def count_below(ascending: Float64, threshold: ArrayLike) -> NDArray[np.intp]:
    """Count the sorted values strictly below each threshold."""
    return np.searchsorted(ascending, np.asarray(threshold, dtype=np.float64), "left")


def share(count: ArrayLike, total: ArrayLike) -> Float64:
    """Divide counts by their total; NaN if the total is 0."""
    with np.errstate(invalid="ignore"):
        return np.divide(count, total, dtype=np.float64)


def support(target: float, n: int) -> Support:
    """Classify whether n trials can show a rate at all (one error expected) or well (30 expected)."""
    expected = target * n * (1 + 1e-9)
    return "too small" if expected < 1 else "few" if expected < RULE_OF_30 else "enough"


def allowed_errors(target: float, total: float) -> float:
    """Return the maximum errors among ``total`` that keep a rate at or below the target, exact despite rounding."""
    return float(np.floor(target * total * (1 + 1e-12)))


def exceed(trials: Trials, target: float) -> float:
    """Return the non-mated score that an accepted score must *exceed* for FMR to stay at or below the target.

    ``-inf`` if every score may be accepted.
    """
    n = trials.nonmated.size
    allowed = int(allowed_errors(target, n))
    return float(trials.nonmated[n - 1 - allowed]) if allowed < n else FAILED


def at_fmr(trials: Trials, target: float) -> OperatingPoint:
    """Compute threshold, FMR and FNMR for a false match rate, or ``too small`` where n cannot show it."""
    enough = support(target, trials.nonmated.size)
    if enough == "too small":
        nan = float("nan")
        return OperatingPoint(target, enough, nan, nan, nan)
    threshold = next_observed(trials, exceed(trials, target))
    return OperatingPoint(target, enough, threshold, float(trials.fmr(threshold)), float(trials.fnmr(threshold)))


def next_observed(trials: Trials, score: float) -> float:
    """Return the lowest observed score above this one, ``inf`` if there is none."""
    following = np.inf
    for side in (trials.mated, trials.nonmated):
        position = int(np.searchsorted(side, score, "right"))
        if position < side.size:
            following = min(following, float(side[position]))
    return float(following)


ErrorRate: TypeAlias = Callable[[float], float]


def equal_error(trials: Trials, fmr: ErrorRate, fnmr: ErrorRate) -> tuple[float, float]:
    """Return the equal error rate and its threshold, for any (also re-weighted) pair of error functions.

    FNMR rises and FMR falls with the threshold. Of the two observed scores around their crossing, the one
    where they differ less is taken, and the mean of the two rates there is the equal error rate.
    """
    sides = (trials.mated, trials.nonmated)
    crossing = min(_first(side, lambda score: fnmr(score) >= fmr(score)) for side in sides)
    before = [float(side[i - 1]) for side in sides if (i := int(np.searchsorted(side, crossing)))]
    candidates = [score for score in (max(before, default=FAILED), crossing) if score > FAILED]
    best = min(candidates, key=lambda score: abs(fnmr(score) - fmr(score)))
    return (fnmr(best) + fmr(best)) / 2, best


def _first(ascending: Float64, holds: Callable[[float], bool]) -> float:
    """Return the lowest finite score from which on a monotone condition holds; ``inf`` if it never does."""
    low, high = int(np.searchsorted(ascending, FAILED, "right")), ascending.size
    while low < high:
        middle = (low + high) // 2
        if holds(float(ascending[middle])):
            high = middle
        else:
            low = middle + 1
    return float(ascending[low]) if low < ascending.size else float("inf")


def eer(trials: Trials) -> tuple[float, float]:
    """Compute the equal error rate and its threshold; NaN where a class is empty."""
    if not trials.mated.size or not trials.nonmated.size:
        return float("nan"), float("nan")
    return equal_error(trials, lambda t: float(trials.fmr(t)), lambda t: float(trials.fnmr(t)))


def det(trials: Trials) -> Curve:
    """Compute FMR and FNMR at every distinct observed score and at ``inf`` (nothing matches)."""
    thresholds = np.concatenate([trials.mated, trials.nonmated, [np.inf]])
    thresholds.sort()
    first = np.searchsorted(thresholds, FAILED, "right")
    keep = np.concatenate([np.zeros(first, dtype=bool), np.diff(thresholds[first:], prepend=FAILED) > 0])
    thresholds = thresholds[keep]
    return Curve(thresholds, trials.fmr(thresholds), trials.fnmr(thresholds))


def auc(trials: Trials) -> float:
    """Compute the area under the ROC: the chance that a mated score beats a non-mated one, ties counting half."""
    if not trials.mated.size or not trials.nonmated.size:
        return float("nan")
    beaten = np.searchsorted(trials.nonmated, trials.mated, "left").sum(dtype=np.float64)
    tied_or_beaten = np.searchsorted(trials.nonmated, trials.mated, "right").sum(dtype=np.float64)
    return float((beaten + tied_or_beaten) / 2 / trials.mated.size / trials.nonmated.size)


def ten_fold(scores: ScoreFile) -> TenFold:
    """Compute accuracy by LFW's protocol; a failure to acquire is a wrong answer, mated or not.

    Raises
    ------
    EvaluationError
        ``evaluation.folds`` if the file has fewer than two folds.
    """
    order = np.argsort(scores.score, kind="stable")
    score, mated, fold = scores.score[order], scores.mated[order], scores.fold[order]
    return folded_accuracy(score, mated, fold, np.ones(score.size))


def folded_accuracy(score: Float64, mated: Bool, fold: NDArray[np.int16], weight: Float64) -> TenFold:
    """Compute accuracy over folds for weighted comparisons sorted by score; see :func:`ten_fold`.

    The threshold of a fold lies midway between two neighbouring scores of the other folds; of several equally
    good ones the middle one is taken.
    """
    used = [int(value) for value in np.unique(fold[fold > 0])]
    if len(used) < 2:
        raise EvaluationError("evaluation.folds")
    valid = score > FAILED
    right_if_below = np.where(valid & ~mated, weight, 0.0)
    right_if_above = np.where(valid & mated, weight, 0.0)
    accuracies, thresholds = [], []
    for number in used:
        inside = fold == number
        threshold = _best_threshold(score, ~inside & (fold > 0) & valid, right_if_below, right_if_above)
        above = score >= threshold
        right = right_if_above[inside & above].sum() + right_if_below[inside & ~above].sum()
        total = weight[inside].sum()
        accuracies.append(right / total if total else np.nan)
        thresholds.append(threshold)
    folds = np.array(accuracies)
    judged = folds[~np.isnan(folds)]
    nan = float("nan")
    error = float(np.std(judged, ddof=1) / np.sqrt(judged.size)) if judged.size > 1 else nan
    return TenFold(float(judged.mean()) if judged.size else nan, error, folds, np.array(thresholds))


def _best_threshold(score: Float64, rows: Bool, right_if_below: Float64, right_if_above: Float64) -> float:
    score = score[rows]
    below = np.concatenate([[0.0], np.cumsum(right_if_below[rows])])
    above = np.concatenate([[0.0], np.cumsum(right_if_above[rows])])
    starts = np.append(np.flatnonzero(np.diff(score, prepend=-np.inf) > 0), score.size)
    right = below[starts] + above[-1] - above[starts]
    best = starts[right >= right.max() * (1 - 1e-12)]
    chosen = int(best[best.size // 2])
    if chosen == score.size:
        return float("inf")
    upper = float(score[chosen])
    middle = (upper + float(score[chosen - 1])) / 2 if chosen else upper
    return middle if chosen == 0 or middle > score[chosen - 1] else upper
