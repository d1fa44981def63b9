"""Rarity in words: how often a stranger would score this high."""

from __future__ import annotations

import math

from bareface.messages import Note

_RAREST = 1e-6


def stranger_rate(fpir: float | None, extrapolated: bool = False) -> Note:
    """Say how often a search by a stranger would score this high, in words that a jury understands.

    Parameters
    ----------
    fpir
        Expected share of such searches, in [0, 1]; None where no calibration covers the case.
    extrapolated
        Whether that lies beyond what the calibration counted.

    >>> stranger_rate(1 / 340), stranger_rate(0.7), stranger_rate(None)
    ('1 in 340 searches by strangers', '7 in 10 searches by strangers', 'not calibrated')
    """
    if fpir is None:
        return Note("report.rate/none")
    if extrapolated:
        return Note("report.rate/extrapolated", odds=odds(fpir))
    return Note("report.rate", odds=odds(fpir))


def odds(share: float) -> Note:
    """Express a share in [0, 1] as a count, to the two digits that an estimate carries.

    >>> odds(1 / 34_567), odds(0.5), odds(0.99)
    ('1 in 35,000', '5 in 10', 'nearly all')
    """
    if share >= 0.95:
        return Note("report.odds/nearly-all")
    if share >= 0.15:
        return Note("report.odds/tenths", tenths=round(share * 10))
    if share < _RAREST:
        return Note("report.odds/fewer", searches=round(1 / _RAREST))
    digits = min(0, 1 - math.floor(math.log10(1 / share)))
    return Note("report.odds", searches=round(round(1 / share, digits)))
