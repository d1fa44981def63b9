"""Rates and intervals in words: no more digits than they carry, and never a number where there is none."""

from __future__ import annotations

import math

from bareface.evaluation.bootstrap import Estimate

TOO_SMALL = "n too small"


def measured(share: float) -> str:
    """Express a counted share as a percentage, with about two digits of the smaller of it and its complement.

    >>> measured(0.0125), measured(0.99374), measured(0.58), measured(0), measured(float("nan"))
    ('1.25 %', '99.37 %', '58.0 %', '0 %', '–')
    """
    if math.isnan(share):
        return "–"
    away = min(abs(share), abs(1 - share)) * 100
    if away < 1e-9:
        return f"{100 * share:.0f} %"
    return f"{100 * share:.{_digits(away)}f} %"


def percent(share: float) -> str:
    """Express a chosen share, a target or a level, as a percentage without needless zeros.

    >>> percent(0.1), percent(0.01), percent(1e-5), percent(0.003), percent(0.95)
    ('10 %', '1 %', '0.001 %', '0.3 %', '95 %')
    """
    number = measured(share).removesuffix(" %")
    return f"{number.rstrip('0').rstrip('.') if '.' in number else number} %"


def interval(found: Estimate) -> str:
    """Return the interval of an estimate, ``97.1 to 98.2 %``; empty without one."""
    if found.method == "none":
        return ""
    return f"{measured(found.low).removesuffix(' %')} to {measured(found.high)}"


def _digits(away: float) -> int:
    """Return the decimals of a percentage this far from 0 or 100."""
    return 1 if away >= 10 else 2 if away >= 1 else 1 - math.floor(math.log10(away))
