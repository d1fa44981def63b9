"""Numbers of references, as callers give them."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

from bareface.errors import UsageError
from bareface.values import arguments


def reference_numbers(which: object) -> tuple[int, ...]:
    """Return one or several numbers, of whatever integer type; a truth value is not a number.

    Raises
    ------
    UsageError
        ``usage.unknown-reference``: something else, or none.
    """
    several: list[Any] = list(which) if isinstance(which, Iterable) and not isinstance(which, str) else [which]
    try:
        if any(isinstance(one, bool) for one in several):
            raise TypeError
        numbers = tuple(map(operator.index, several))
    except TypeError:
        raise UsageError("usage.unknown-reference/kind", value=arguments.shown(which)) from None
    if not numbers:
        raise UsageError("usage.unknown-reference/none")
    return numbers
