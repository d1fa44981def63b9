"""Groups of what is too much at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

_T = TypeVar("_T")


def chunks(values: Iterable[_T], size: int) -> Iterator[tuple[_T, ...]]:
    """Yield the values in groups of a size; the last can be smaller."""
    rest = iter(values)
    while group := tuple(islice(rest, size)):
        yield group
