"""The subject bootstrap: weights, re-weighted metrics against repeated rows, intervals that have a width."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from bareface.errors import EvaluationError
from bareface.evaluation.bootstrap import Plan, clopper_pearson, estimate
from bareface.evaluation.metrics import Trials, at_fmr, eer, exceed, folded_accuracy, ten_fold
from bareface.evaluation.resampling import GROUP, Resampler, draw
from bareface.evaluation.verification import compare, verify
from bareface.scores.score_file import ScoreFile
from tests.examples import examples

from .helpers import build, random_scores, score_files


def repeated(scores: ScoreFile, weight_of: dict[str, int]) -> ScoreFile:
    """Return the replicate written out: each row as often as it weighs."""
    weight = np.array([weight_of.get(name, 0) for name in scores.subjects], dtype=int)
    first, second = weight[scores.probe_subject], weight[scores.reference_subject]
    rows = np.repeat(np.arange(len(scores)), np.where(scores.mated, first, first * second))
    return scores.select(rows)


def assert_equals_repeated_rows(scores: ScoreFile, seed: int) -> None:
    resampler = Resampler.of(scores)
    weights = draw(len(resampler.subjects), 3, np.random.default_rng(seed))
    replicates = resampler.replicate(weights)
    for r in range(3):
        weight_of = {name: int(w) for name, w in zip(resampler.subjects, weights[:, r], strict=True)}
        written_out = repeated(scores, weight_of)
        trials = Trials.of(written_out)
        for threshold in (-1.0, 0.25, 0.5, float(np.median(scores.score)), np.inf):
            np.testing.assert_allclose(replicates.fmr(threshold)[r], trials.fmr(threshold), atol=1e-12)
            np.testing.assert_allclose(replicates.fnmr(threshold)[r], trials.fnmr(threshold), atol=1e-12)
        for target in (0.5, 0.1, 0.01):
            if trials.mated.size and trials.nonmated.size:
                exceeded = exceed(trials, target)
                expected = np.mean(trials.mated <= exceeded)
            else:
                expected = np.nan
            np.testing.assert_allclose(replicates.fnmr_at_fmr(target)[r], expected, atol=1e-12)
        np.testing.assert_allclose(replicates.eer()[r], eer(trials)[0], atol=1e-12)


@settings(deadline=None, max_examples=examples(60))
@given(score_files, st.integers(0, 1000))
def test_a_replicate_equals_the_file_with_its_rows_repeated(scores: ScoreFile, seed: int) -> None:
    assume(len(scores))
    assert_equals_repeated_rows(scores, seed)


@pytest.mark.parametrize("seed", range(3))
def test_a_replicate_of_many_rows_equals_the_file_with_its_rows_repeated(seed: int) -> None:
    scores = random_scores(seed, subjects=40, photos=4, failing=0.02)
    assert (~scores.mated).sum() > 5 * GROUP
    rounded = ScoreFile.from_columns(
        probe=[scores.samples[i] for i in scores.probe],
        reference=[scores.samples[i] for i in scores.reference],
        probe_subject=[scores.subjects[i] for i in scores.probe_subject],
        reference_subject=[scores.subjects[i] for i in scores.reference_subject],
        score=scores.score.round(2),
        fta=scores.fta,
    )
    assert_equals_repeated_rows(rounded, seed)


@given(score_files, st.integers(0, 1000))
def test_weighted_accuracy_over_folds_equals_the_file_with_its_rows_repeated(scores: ScoreFile, seed: int) -> None:
    assume(np.unique(scores.fold).size > 1)
    rng = np.random.default_rng(seed)
    weight = rng.integers(0, 3, len(scores))
    order = np.argsort(scores.score, kind="stable")
    order = order[weight[order] > 0]
    written_out = scores.select(np.repeat(np.arange(len(scores)), weight))
    assume(np.unique(written_out.fold).size > 1)
    columns = scores.score[order], scores.mated[order], scores.fold[order]
    weighted, expected = folded_accuracy(*columns, weight[order].astype(float)), ten_fold(written_out)
    np.testing.assert_array_equal(weighted.thresholds, expected.thresholds)
    np.testing.assert_allclose(weighted.folds, expected.folds, atol=1e-12)


def test_weights_are_multinomial_and_do_not_depend_on_batches() -> None:
    weights = draw(50, 20, np.random.default_rng(0))
    assert weights.shape == (50, 20)
    assert (weights.sum(axis=0) == 50).all()
    together = np.concatenate(list(Plan(replicates=150, seed=3).batches(50)), axis=1)
    np.testing.assert_array_equal(together, draw(50, 150, np.random.default_rng(3)))


def test_units_are_subjects_and_pairs_of_subjects() -> None:
    rows = [(0, 0, 0.1, 1, 1), (0, 0, 0.2, 1, 1), (1, 1, 0.3, 1, 1)]
    rows += [(0, 1, 0.4, 1, 1), (1, 0, 0.5, 1, 1), (0, 2, 0.6, 1, 1)]
    resampler = Resampler.of(build(rows))
    assert (resampler.mated.units(), resampler.nonmated.units()) == (2, 2)


@given(
    st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    st.sampled_from([0.9, 0.95]),
)
def test_clopper_pearson_agrees_with_scipy(case: tuple[int, int], level: float) -> None:
    errors, n = case
    expected = binomtest(errors, n).proportion_ci(level, method="exact")
    np.testing.assert_allclose(clopper_pearson(errors, n, level), expected, atol=1e-9)


def test_no_errors_give_the_exact_binomial_bound() -> None:
    perfect = estimate(0.0, np.zeros(100), 30, Plan())
    assert (perfect.low, perfect.method) == (0.0, "binomial")
    assert perfect.high == pytest.approx(1 - 0.025 ** (1 / 30))
    hopeless = estimate(1.0, np.ones(100), 30, Plan())
    assert (hopeless.low, hopeless.high) == pytest.approx((0.025 ** (1 / 30), 1.0))


@settings(deadline=None, max_examples=examples(40))
@given(score_files)
def test_no_interval_is_ever_of_zero_width_and_each_holds_its_value(scores: ScoreFile) -> None:
    result = verify(scores, Plan(replicates=20), targets=(0.5, 0.1))
    estimates = [result.eer, *(point.tar for point in result.tar), *(b.fnmr for b in result.band)]
    estimates += [result.accuracy] if result.accuracy else []
    for found in estimates:
        if np.isnan(found.value):
            assert found.method == "none"
        else:
            assert 0 <= found.low < found.high <= 1
            if found.method == "binomial":
                assert found.low <= found.value <= found.high


@pytest.mark.slow
def test_intervals_narrow_with_subjects_and_not_with_photos_of_them() -> None:
    plan = Plan(replicates=100)
    widths = {}
    for subjects, photos in ((20, 3), (20, 9), (120, 3)):
        point = verify(random_scores(1, subjects, photos, spread=2), plan, (0.1,)).tar[0].tar
        widths[subjects, photos] = point.high - point.low
    assert widths[120, 3] < 0.6 * widths[20, 9]
    assert widths[20, 9] > 0.4 * widths[20, 3]


@pytest.mark.slow
def test_intervals_hold_the_true_rate_about_as_often_as_they_say() -> None:
    # The truth: mated scores are N(2 + u/2, 1) with u a subject's own N(0, 1), so N(2, 1.25) over all
    # subjects.
    from scipy.stats import norm

    threshold = norm.isf(0.1)
    truth = 1 - norm.cdf((threshold - 2) / np.sqrt(1.25))
    held = []
    for seed in range(150):
        point = verify(random_scores(seed, 40, 3), Plan(replicates=100, seed=seed), targets=(0.1,)).tar[0].tar
        held.append(point.low <= truth <= point.high)
    assert 0.88 <= np.mean(held) <= 0.99


def test_a_file_against_itself_differs_by_zero_with_a_width() -> None:
    scores = random_scores(0, subjects=10, folds=2)
    for row in compare(scores, scores, Plan(replicates=50), targets=(0.1,)):
        assert row.difference.value == 0
        assert row.difference.low < 0 < row.difference.high


@pytest.mark.slow
def test_pairing_removes_what_both_files_share() -> None:
    rng = np.random.default_rng(0)
    a = random_scores(0, subjects=30, folds=5)
    better = np.where(a.mated, a.score + 0.5 + 0.05 * rng.normal(size=len(a)), a.score)
    b = ScoreFile(**{**{name: getattr(a, name) for name in a.__slots__}, "score": better})
    plan = Plan(replicates=100)
    rows = {row.metric: row for row in compare(a, b, plan, targets=(0.1,))}
    alone = verify(a, plan, targets=(0.1,))
    tar = rows["tar@0.1"]
    assert tar.b - tar.a == pytest.approx(tar.difference.value)
    assert 0 < tar.difference.low < tar.difference.value < tar.difference.high
    assert tar.difference.high - tar.difference.low < alone.tar[0].tar.high - alone.tar[0].tar.low
    assert rows["eer"].difference.high < 0
    assert rows["accuracy"].difference.value > 0
    swapped = {row.metric: row for row in compare(b, a, plan, targets=(0.1,))}
    assert swapped["tar@0.1"].difference.low == pytest.approx(-tar.difference.high)


def test_files_of_different_subjects_are_not_compared() -> None:
    with pytest.raises(EvaluationError) as caught:
        compare(random_scores(0, subjects=5), random_scores(0, subjects=6))
    assert caught.value.code == "evaluation.unpaired"


def test_without_replicates_there_are_values_and_no_intervals() -> None:
    scores = random_scores(0)
    result = verify(scores, Plan(replicates=0))
    assert result.eer.method == "none"
    assert np.isnan(result.eer.low)
    assert result.eer.value == eer(Trials.of(scores))[0]
    assert result.tar[0].tar.value == at_fmr(Trials.of(scores), 1e-2).tar
    assert [point.support for point in result.tar] == ["enough", "few", "too small", "too small"]


@pytest.mark.parametrize("bad", [{"replicates": -1}, {"replicates": 10**9}, {"level": 1.0}, {"level": 0.0}])
def test_a_plan_out_of_range_is_refused(bad: dict[str, float]) -> None:
    with pytest.raises(EvaluationError):
        Plan(**bad)
