"""Rates in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareface.evaluation.bootstrap import Estimate
from bareface.reports.rates import interval, measured, percent


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.58, "58.0 %"),
        (0.0125, "1.25 %"),
        (0.99374, "99.37 %"),
        (0.99995, "99.9950 %"),
        (2.345e-5, "0.0023 %"),
        (float("nan"), "–"),
    ],
)
def test_measured_rates_carry_about_two_digits(share: float, text: str) -> None:
    assert measured(share) == text


@pytest.mark.parametrize("target", [0.1, 0.03, 0.01, 0.003, 1e-3, 1e-4, 1e-5, 1e-6, 0.95])
def test_targets_have_no_needless_zeros(target: float) -> None:
    assert float(percent(target).removesuffix(" %")) == pytest.approx(100 * target)
    assert not percent(target).removesuffix(" %").endswith(".")


@given(st.floats(0, 1))
def test_what_is_shown_is_near_what_was_measured(share: float) -> None:
    shown = float(measured(share).removesuffix(" %")) / 100
    assert shown == pytest.approx(share, abs=1e-6 + 0.06 * min(share, 1 - share))


def test_an_estimate_without_interval_shows_none() -> None:
    assert interval(Estimate(0.5)) == ""
    assert interval(Estimate(0.5, 0.4, 0.625, "bootstrap")) == "40.0 to 62.5 %"
