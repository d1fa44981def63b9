"""Every verification metric against hand-computed cases, brute force and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, roc_auc_score, roc_curve
from sklearn.metrics import det_curve as sklearn_det

from bareface.errors import EvaluationError
from bareface.evaluation.metrics import Trials, at_fmr, auc, det, eer, support, ten_fold
from bareface.scores.score_file import FAILED, ScoreFile

from .helpers import build, random_scores, score_files, values


def finite(scores: ScoreFile) -> np.ndarray:
    return np.unique(scores.score[~scores.fta])


def brute(scores: ScoreFile, threshold: float) -> tuple[float, float]:
    """Compute FMR and FNMR by looking at each comparison."""
    mated = [s for s, m in zip(scores.score, scores.mated, strict=True) if m]
    nonmated = [s for s, m in zip(scores.score, scores.mated, strict=True) if not m]
    fmr = sum(s >= threshold for s in nonmated) / len(nonmated) if nonmated else float("nan")
    fnmr = sum(not s >= threshold for s in mated) / len(mated) if mated else float("nan")
    return fmr, fnmr


@given(score_files, st.lists(values, min_size=1, max_size=5))
def test_rates_agree_with_counting_each_comparison(scores: ScoreFile, thresholds: list[float]) -> None:
    trials = Trials.of(scores)
    for threshold in [*thresholds, float("inf")]:
        expected = brute(scores, threshold)
        np.testing.assert_array_equal([trials.fmr(threshold), trials.fnmr(threshold)], expected)
    fta = scores.fta.mean() if len(scores) else float("nan")
    np.testing.assert_array_equal(trials.fta, fta)


@given(score_files)
def test_det_has_every_distinct_score_once_and_agrees_with_counting(scores: ScoreFile) -> None:
    curve = det(Trials.of(scores))
    np.testing.assert_array_equal(curve.threshold, [*finite(scores), np.inf])
    expected = np.array([brute(scores, t) for t in curve.threshold]).reshape(-1, 2)
    np.testing.assert_array_equal(np.stack([curve.fmr, curve.fnmr], axis=1), expected)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("rounded", [None, 1])
def test_det_roc_and_auc_agree_with_scikit_learn(seed: int, rounded: int | None) -> None:
    scores = random_scores(seed)
    score = scores.score if rounded is None else scores.score.round(rounded)
    trials = Trials(np.sort(score[scores.mated]), np.sort(score[~scores.mated]))
    curve = det(trials)
    fpr, fnr, thresholds = sklearn_det(scores.mated, score, drop_intermediate=False)
    at = np.searchsorted(curve.threshold, thresholds)
    np.testing.assert_array_equal(curve.threshold[at], thresholds)
    np.testing.assert_allclose(curve.fmr[at], fpr, atol=1e-15)
    np.testing.assert_allclose(curve.fnmr[at], fnr, atol=1e-15)
    fpr, tpr, thresholds = roc_curve(scores.mated, score, drop_intermediate=False)
    np.testing.assert_allclose(1 - curve.fnmr[::-1], tpr, atol=1e-15)
    np.testing.assert_allclose(curve.fmr[::-1], fpr, atol=1e-15)
    assert auc(trials) == pytest.approx(roc_auc_score(scores.mated, score), abs=1e-12)


@given(score_files)
def test_auc_is_the_chance_that_a_mated_score_wins(scores: ScoreFile) -> None:
    mated, nonmated = scores.score[scores.mated], scores.score[~scores.mated]
    wins = [(m > n) + 0.5 * (m == n) for m in mated for n in nonmated]
    np.testing.assert_allclose(auc(Trials.of(scores)), np.mean(wins) if wins else np.nan)


@given(score_files, st.sampled_from([0.5, 0.3, 0.1, 0.05]))
def test_the_threshold_at_an_fmr_is_the_best_that_keeps_it(scores: ScoreFile, target: float) -> None:
    trials = Trials.of(scores)
    point = at_fmr(trials, target)
    n = int((~scores.mated).sum())
    if n * target < 1:
        assert point.support == "too small"
        assert np.isnan([point.tar, point.fmr, point.threshold]).all()
        return
    candidates = [t for t in [*finite(scores), np.inf] if brute(scores, t)[0] <= target]
    assert point.threshold == min(candidates)
    np.testing.assert_array_equal([point.fmr, point.fnmr], brute(scores, point.threshold))
    if scores.mated.any():
        assert point.tar == max(1 - brute(scores, t)[1] for t in candidates)


def test_tar_at_fmr_by_hand() -> None:
    # 10 non-mated scores 0.0 ... 0.9: FMR 0.2 accepts two of them, so the threshold passes 0.7 and stops at
    # 0.75.
    trials = Trials(np.array([0.1, 0.75, 0.85, 0.95]), np.arange(10) / 10)
    point = at_fmr(trials, 0.2)
    assert (point.threshold, point.fmr, point.tar, point.support) == (0.75, 0.2, 0.75, "few")
    # A tie at the top admits both or neither.
    tied = at_fmr(Trials(np.array([0.9, 0.95]), np.array([0.1] * 8 + [0.9] * 2)), 0.1)
    assert (tied.threshold, tied.fmr, tied.tar) == (0.95, 0.0, 0.5)


def test_support_counts_the_errors_to_be_expected() -> None:
    assert [support(1e-3, n) for n in (999, 1000, 29_999, 30_000)] == ["too small", "few", "few", "enough"]


@given(score_files)
def test_eer_is_the_mean_where_the_rates_differ_least(scores: ScoreFile) -> None:
    rate, threshold = eer(Trials.of(scores))
    if not scores.mated.any() or scores.mated.all():
        assert np.isnan(rate)
        return
    rates = {t: brute(scores, t) for t in [*finite(scores), np.inf]}
    least = min(abs(fmr - fnmr) for fmr, fnmr in rates.values())
    fmr, fnmr = rates[threshold]
    assert abs(fmr - fnmr) == least
    assert rate == pytest.approx((fmr + fnmr) / 2)


def test_eer_by_hand() -> None:
    assert eer(Trials(np.array([0.8, 0.9]), np.array([0.1, 0.2]))) == (0.0, 0.8)
    assert eer(Trials(np.array([0.3, 0.6, 0.7, 0.8]), np.array([0.1, 0.2, 0.4, 0.65]))) == (0.25, 0.6)
    constant = eer(Trials(np.array([0.5, 0.5]), np.array([0.5])))
    assert constant[0] == 0.5


def test_failures_to_acquire_are_errors_of_mated_comparisons() -> None:
    trials = Trials(np.array([FAILED, 0.8, 0.9, 0.95]), np.array([FAILED, 0.1, 0.2, 0.3]))
    assert (trials.fnmr(-5.0), trials.fmr(-5.0)) == (0.25, 0.75)
    assert trials.fta == 0.25
    assert at_fmr(trials, 0.25).tar == 0.75


def test_no_comparisons_of_a_class_give_nan_and_never_zero() -> None:
    for rows in ([], [(0, 0, 0.5, 1, 1)], [(0, 1, 0.5, 1, 1)]):
        trials = Trials.of(build(rows))
        empty = [trials.fnmr(0.5)] if not trials.mated.size else []
        empty += [trials.fmr(0.5)] if not trials.nonmated.size else []
        assert empty
        assert np.isnan([*empty, eer(trials)[0], auc(trials)]).all()


def slow_ten_fold(scores: ScoreFile) -> list[tuple[float, float]]:
    """Compute the best accuracy on the other folds, and how many thresholds reach it, by trying all."""
    answers = []
    for fold in np.unique(scores.fold):
        train = (scores.fold != fold) & ~scores.fta
        cuts = [*np.unique(scores.score[train]), np.inf]
        best = max(accuracy_score(scores.mated[train], scores.score[train] >= t) for t in cuts) if train.any() else 0
        answers.append((fold, best))
    return answers


@pytest.mark.slow
@settings(deadline=None)
@given(score_files)
def test_ten_fold_thresholds_are_best_on_the_other_folds(scores: ScoreFile) -> None:
    assume(np.unique(scores.fold).size > 1)
    result = ten_fold(scores)
    for (fold, best), threshold, accuracy in zip(slow_ten_fold(scores), result.thresholds, result.folds, strict=True):
        train = (scores.fold != fold) & ~scores.fta
        if train.any():
            assert accuracy_score(scores.mated[train], scores.score[train] >= threshold) == pytest.approx(best)
        test = scores.fold == fold
        right = (scores.score[test] >= threshold) == scores.mated[test]
        assert accuracy == pytest.approx((right & ~scores.fta[test]).mean())
    assert result.accuracy == pytest.approx(result.folds.mean())
    assert result.standard_error == pytest.approx(result.folds.std(ddof=1) / np.sqrt(result.folds.size))


def test_ten_fold_by_hand_counts_failures_of_both_kinds_as_wrong() -> None:
    rows = [(0, 0, 0.9, 1, 1), (0, 1, 0.1, 1, 1), (1, 1, 0.9, 0, 1), (1, 0, 0.1, 0, 1)]
    rows += [(0, 0, 0.8, 1, 2), (0, 1, 0.2, 1, 2)]
    result = ten_fold(build(rows))
    assert list(result.folds) == [0.5, 1.0]
    assert list(result.thresholds) == pytest.approx([0.5, 0.5])


def test_ten_fold_without_folds_is_refused() -> None:
    with pytest.raises(EvaluationError) as caught:
        ten_fold(build([(0, 0, 0.9, 1, 1), (0, 1, 0.1, 1, 1)]))
    assert caught.value.code == "evaluation.folds"
