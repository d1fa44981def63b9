"""Ten thousand mutated pictures of eight formats: no crash, no hang, little memory, a typed outcome each."""

from __future__ import annotations

import pytest

from tests.fuzz.pictures import MEMORY, check


@pytest.mark.slow
def test_ten_thousand_mutated_pictures() -> None:
    result = check(seed=0, count=10_000)
    assert result.failures == []
    assert sum(result.outcomes.values()) == 10_000
    assert result.peak <= MEMORY


def test_some_mutated_pictures() -> None:
    result = check(seed=1, count=160)
    assert result.failures == []
    assert result.outcomes["read"] > 10
    assert sum(result.outcomes.values()) == 160
