from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import isotonic_regression
from sklearn.linear_model import LogisticRegression

from bareface.calibration.likelihood_ratio import IsotonicLlr, LogisticLlr, cllr, cllr_min, fit_llr, reliability
from bareface.errors import CalibrationError

SCORES = st.lists(st.floats(-1, 1).map(lambda score: round(score, 2)), min_size=1, max_size=30)


def normal_scores(mated: int, nonmated: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(2, 1, mated), rng.normal(0, 1, nonmated)


def test_logistic_recovers_the_ratio_of_two_normals():
    # log(N(s; 2, 1) / N(s; 0, 1)) = 2 s - 2
    curve = LogisticLlr.fit(*normal_scores(200_000, 100_000))
    assert curve.slope == pytest.approx(2 / np.log(10), rel=0.02)
    assert curve.offset == pytest.approx(-2 / np.log(10), rel=0.02)


def test_logistic_agrees_with_scikit_learn():
    mated, nonmated = normal_scores(300, 900)
    curve = LogisticLlr.fit(mated, nonmated)
    scores = np.concatenate([mated, nonmated])
    # Platt's soft targets are two weighted copies of each score; each class weighs the same.
    positive = np.repeat([301 / 302, 1 / 902], [300, 900])
    weight = np.repeat([1 / 300, 1 / 900], [300, 900])
    model = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(
        np.tile(scores, 2)[:, None],
        np.repeat([1, 0], scores.size),
        sample_weight=np.concatenate([weight * positive, weight * (1 - positive)]),
    )
    assert curve.slope * np.log(10) == pytest.approx(model.coef_[0, 0], rel=1e-4)
    assert curve.offset * np.log(10) == pytest.approx(model.intercept_[0], rel=1e-4)


def test_separable_scores_have_a_finite_fit():
    curve = LogisticLlr.fit([0.9, 0.95], [0.1, 0.2, 0.3])
    assert np.isfinite([curve.slope, curve.offset]).all()
    assert curve(0.95) > 0 > curve(0.1)


def test_equal_scores_say_nothing():
    assert LogisticLlr.fit([0.5, 0.5], [0.5])(0.7) == 0.0
    assert cllr_min([0.5, 0.5], [0.5]) == pytest.approx(1.0)


@pytest.mark.parametrize("bad", [([], [1.0]), ([1.0], []), ([np.nan], [1.0]), ([1.0], [np.inf])])
def test_empty_classes_and_nan_are_refused(bad):
    for fit in (LogisticLlr.fit, IsotonicLlr.fit):
        with pytest.raises(CalibrationError) as caught:
            fit(*bad)
        assert caught.value.code == "calibration.scores"


def test_isotonic_by_hand():
    # Balanced shares 1/2 (m) and 1/2 (n): order n m n m; the middle two pool to one of each, so log10(1) = 0.
    curve = IsotonicLlr.fit([0.2, 0.4], [0.1, 0.3], finite=False)
    np.testing.assert_array_equal(curve(0.25), 0.0)
    assert curve.llrs[0] == -np.inf
    assert curve.llrs[-1] == np.inf
    # With one more of each beyond both ends: the first block is {m, n, n} of 4 and 4, so log10((1/4) / (2/4)).
    assert IsotonicLlr.fit([0.2, 0.4], [0.1, 0.3])(0.0) == pytest.approx(np.log10(1 / 2))


@given(SCORES, SCORES)
def test_isotonic_rises_and_is_bounded(mated, nonmated):
    curve = IsotonicLlr.fit(mated, nonmated)
    assert (np.diff(curve.llrs) >= 0).all()
    assert np.isfinite(curve.llrs).all()
    grid = np.linspace(-1.5, 1.5, 50)
    assert (np.diff(curve(grid)) >= -1e-12).all()


@given(SCORES, SCORES)
def test_minimum_cllr_agrees_with_a_plain_isotonic_fit(mated, nonmated):
    scores = np.concatenate([mated, nonmated])
    knots, where = np.unique(scores, return_inverse=True)
    ones = np.bincount(where[: len(mated)], minlength=knots.size) / len(mated)
    zeros = np.bincount(where[len(mated) :], minlength=knots.size) / len(nonmated)
    share = isotonic_regression(ones / (ones + zeros), weights=ones + zeros).x
    with np.errstate(divide="ignore"):
        cost = (ones[ones > 0] @ -np.log2(share[ones > 0]) + zeros[zeros > 0] @ -np.log2(1 - share[zeros > 0])) / 2
    assert cllr_min(mated, nonmated) == pytest.approx(cost, abs=1e-9)
    assert -1e-12 <= cllr_min(mated, nonmated) <= 1 + 1e-9


def test_cllr_by_hand():
    assert cllr([0.0], [0.0]) == pytest.approx(1.0)
    # LR 10 for the mated and 1/10 for the non-mated: log2(1 + 1/10) on either side.
    assert cllr([1.0], [-1.0]) == pytest.approx(np.log2(1.1))
    assert cllr([np.inf], [-np.inf]) == 0.0
    assert cllr([1.0, 0.0], [0.0]) == pytest.approx((0.5 * (np.log2(1.1) + 1) + 1) / 2)
    with pytest.raises(CalibrationError):
        cllr([np.nan], [0.0])


def test_reliability_by_hand():
    points = reliability([1.0, 1.0, -1.0], [-1.0, -1.0, -1.0, 1.0])
    np.testing.assert_allclose(points.stated, [1 / 11, 10 / 11])
    # Shares of their class: low bin 1/3 mated, 3/4 non-mated; high bin 2/3 and 1/4.
    np.testing.assert_allclose(points.observed, [(1 / 3) / (1 / 3 + 3 / 4), (2 / 3) / (2 / 3 + 1 / 4)])
    np.testing.assert_array_equal(points.mated, [1, 2])
    np.testing.assert_array_equal(points.nonmated, [3, 1])


def subjects_in_pairs(people: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return all pairs of two photos each of some people, whose mated scores are 2 higher on average."""
    photos = np.repeat(np.arange(people), 2)
    row, column = np.triu_indices(photos.size, 1)
    rng = np.random.default_rng(seed)
    scores = rng.normal(0, 1, row.size) + 2 * (photos[row] == photos[column])
    return scores, photos[row], photos[column]


def test_cross_validated_curves_are_close_to_the_best_possible():
    model = fit_llr(*subjects_in_pairs(200))
    assert model.mated == 200
    assert model.cllr_min <= model.cllr_logistic < model.cllr_min + 0.1
    assert model.cllr_isotonic < model.cllr_min + 0.15
    scores = np.linspace(-3, 5, 30)
    np.testing.assert_allclose(
        model(scores), np.clip(model.logistic(scores), model.isotonic.llrs[0], model.isotonic.llrs[-1])
    )


def test_no_ratio_beyond_what_was_seen():
    model = fit_llr(*subjects_in_pairs(60))
    # 60 mated comparisons and two pseudo ones cannot show a ratio below their share.
    assert model(-100.0) >= np.log10(1 / 62)
    assert model(100.0) <= np.log10(model.nonmated + 2)


def test_cross_validation_needs_subjects():
    with pytest.raises(CalibrationError) as caught:
        fit_llr([0.9, 0.1], np.array([0, 0]), np.array([0, 1]))
    assert caught.value.code == "calibration.scores"
