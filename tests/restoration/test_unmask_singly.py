"""Each completion compared singly with the rivals."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.unmask import singly

FACES = 200


@pytest.fixture
def rivals() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {"Telea": rng.normal(3.0, 0.2, FACES), "mean face": rng.normal(2.0, 0.2, FACES)}


def drawn(*means: float) -> np.ndarray:
    """Return one column per completion."""
    return np.random.default_rng(1).normal(means, 0.2, (FACES, len(means)))


def test_each_has_its_mean_and_its_paired_difference(rivals: dict[str, np.ndarray]) -> None:
    each = drawn(1.0, 1.2, 1.4, 1.1)
    found = singly(each, rivals, 1)
    assert list(found["singly"]) == [*(f"completion {n}" for n in (1, 2, 3, 4)), "the worst of each face's 4"]
    for number in range(4):
        one = found["singly"][f"completion {number + 1}"]
        assert one["mean"][0] == pytest.approx(each[:, number].mean())
        for name, values in rivals.items():
            value, low, high = one["less"][name]
            assert value == pytest.approx((each[:, number] - values).mean())
            assert low < value < high
    worst = found["singly"]["the worst of each face's 4"]
    assert worst["mean"][0] == pytest.approx(each.max(axis=1).mean())
    assert found["worst on average"] == "completion 3"
    assert found["each completion better"] is True


@pytest.mark.parametrize("last", [2.0, 2.2])
def test_one_that_is_no_better_spoils_it_though_the_mean_is(rivals: dict[str, np.ndarray], last: float) -> None:
    each = drawn(1.0, 1.0, 1.0, last)
    assert (each.mean(axis=1) - rivals["mean face"]).mean() < -0.5
    assert singly(each, rivals, 1)["each completion better"] is False


def test_where_more_is_better_the_worst_is_the_least(rivals: dict[str, np.ndarray]) -> None:
    each = drawn(4.0, 3.6, 4.2, 4.0)
    found = singly(each, rivals, -1)
    assert found["singly"]["the worst of each face's 4"]["mean"][0] == pytest.approx(each.min(axis=1).mean())
    assert found["worst on average"] == "completion 2"
    assert found["each completion better"] is True
    assert singly(each, rivals, 1)["each completion better"] is False
    assert singly(drawn(4.0, 3.0, 4.0, 4.0), rivals, -1)["each completion better"] is False
