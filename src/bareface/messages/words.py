"""Small formatters of sentences: counts, percentages, lists, and text that is safe to print."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from typing import Final

_UNPRINTABLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def printable(text: object) -> str:
    r"""Escape everything in a text that could act on a terminal or reorder a page.

    File and subject names come from outside: control characters can drive a terminal, a right-to-left
    override can make ``gpj.exe`` read ``exe.jpg``, and a name that is not valid UTF-8 cannot be printed.

    >>> printable("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return "".join(
        character
        if unicodedata.category(character) not in _UNPRINTABLE
        else character.encode("unicode_escape", "surrogatepass").decode("ascii")
        for character in str(text)
    )


def plural(count: int, noun: str, many: str | None = None) -> str:
    """Return a count and its noun, ``1 subject`` or ``1,200 subjects``.

    >>> plural(2, "face")
    '2 faces'
    """
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


def percent(share: float) -> str:
    """Return a share in [0, 1] in whole percent, rounded down: what is below a limit never reads as if it reached it.

    >>> percent(0.31), percent(0.498), percent(1.0)
    ('31 %', '49 %', '100 %')
    """
    return f"{math.floor(100 * share + 1e-6)} %"


def some(names: Sequence[object], most: int = 12) -> str:
    """Return names in a row, with a count of those beyond the first.

    >>> some(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    shown = ", ".join(printable(name) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"
