from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareface.calibration.fpir import hazard, log_survival
from bareface.calibration.strangers import fit_strangers
from bareface.errors import CalibrationError

from .worlds import World

MODEL = fit_strangers(World(0.5, 0.8).sample(200))
SIMILARITY = st.floats(0.2, 1.0)
SUBJECTS = st.integers(1, 10**7)
REFERENCES = st.floats(1, 50)


@given(SIMILARITY, SIMILARITY, SUBJECTS, REFERENCES)
def test_fpir_falls_with_the_similarity(one, other, subjects, references):
    low, high = sorted((one, other))
    values = MODEL.fpir([low, high], subjects, references).value
    assert values[1] <= values[0] * (1 + 1e-9)


@given(SIMILARITY, SUBJECTS, SUBJECTS, REFERENCES)
def test_fpir_rises_with_the_gallery(similarity, one, other, references):
    few, many = sorted((one, other))
    assert MODEL.fpir(similarity, few, references).value <= MODEL.fpir(similarity, many, references).value * (1 + 1e-9)


@given(SIMILARITY, SUBJECTS, REFERENCES)
def test_the_interval_holds_the_estimate(similarity, subjects, references):
    estimate = MODEL.fpir(similarity, subjects, references)
    assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1


@given(st.floats(1e-6, 0.9), st.floats(0.01, 100))
def test_hazard_gives_one_comparison_its_rate(rate, shape):
    assert -np.expm1(-log_survival(hazard(rate, shape), np.asarray(shape))) == pytest.approx(rate, rel=1e-6)


def test_one_subject_is_the_false_match_rate():
    np.testing.assert_allclose(MODEL.fpir([0.4, 0.5, 0.6], 1).value, MODEL.rate([0.4, 0.5, 0.6]))


def test_equal_strangers_follow_the_textbook_law():
    rate, subjects = 1e-3, 500
    risk = log_survival(subjects * hazard(rate, 1e8), np.asarray(1e8))
    assert -np.expm1(-risk) == pytest.approx(1 - (1 - rate) ** subjects, rel=1e-5)


@pytest.mark.parametrize("fpir", [0.3, 0.1, 0.01])
def test_thresholds_invert(fpir):
    similarity = MODEL.similarity_at_fpir(fpir, 100)
    assert MODEL.fpir(similarity, 100).value == pytest.approx(fpir, rel=1e-4)
    assert MODEL.rate(MODEL.similarity_at_rate(fpir)) == pytest.approx(fpir, rel=1e-4)


def test_unreachable_thresholds_are_the_grids_ends():
    assert MODEL.similarity_at_rate(1e-30) == MODEL.similarities[-1]
    assert MODEL.similarity_at_rate(0.999999) == MODEL.similarities[0]


def test_what_was_not_counted_is_marked():
    assert MODEL.fpir(MODEL.similarity_at_fpir(2.9 / MODEL.probes, 10), 10).extrapolated
    assert not MODEL.fpir(MODEL.similarity_at_fpir(3.1 / MODEL.probes, 10), 10).extrapolated
    beyond = MODEL.similarity_at_rate(2.9 / MODEL.pairs)
    assert MODEL.fpir(beyond, 10**6).extrapolated


def test_uncertainty_grows_into_the_tail():
    counted, tail, far = (MODEL.fpir(s, 100) for s in (0.5, MODEL.counted_to + 0.1, 0.99))
    assert counted.high / counted.low < tail.high / tail.low < far.high / far.low


def test_nan_is_refused():
    with pytest.raises(CalibrationError) as caught:
        MODEL.fpir(np.nan, 100)
    assert caught.value.code == "calibration.scores"
