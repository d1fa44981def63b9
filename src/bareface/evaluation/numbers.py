"""Rates and intervals in words: no more digits than they carry, and never a bare number where there is none."""

from __future__ import annotations

import math

from bareface.evaluation.bootstrap import Estimate

TOO_SMALL = "n too small"


def percent(share: float) -> str:
    """A share as a percentage with two to three significant digits of the smaller of it and its complement.

    >>> percent(0.0125), percent(0.99374), percent(1e-5), percent(0), percent(float("nan"))
    ('1.25 %', '99.37 %', '0.001 %', '0 %', '–')
    """
    if math.isnan(share):
        return "–"
    away = min(abs(share), abs(1 - share)) * 100
    digits = 1 if away >= 10 or away < 1e-9 else 2 if away >= 1 else 1 - math.floor(math.log10(away))
    text = f"{100 * share:.{digits}f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} %"


def interval(found: Estimate) -> str:
    """The interval of an estimate, ``97.1 to 98.2 %``; empty without one."""
    if found.method == "none":
        return ""
    return f"{percent(found.low).removesuffix(' %')} to {percent(found.high)}"


def with_interval(found: Estimate) -> str:
    """An estimate and, in brackets, its interval."""
    ends = interval(found)
    return f"{percent(found.value)} ({ends})" if ends else percent(found.value)
