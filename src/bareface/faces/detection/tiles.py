"""Large pictures in tiles that overlap, so that what a network needs does not grow with the picture."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, product
from math import ceil
from typing import NamedTuple


class Tile(NamedTuple):
    """A part of a picture, and in the tile's own pixels the core that it speaks for: left, top, right, bottom."""

    left: int
    top: int
    right: int
    bottom: int
    core: tuple[int, int, int, int]


def tiles(width: int, height: int, most: int, margin: int, step: int = 32) -> Iterator[Tile]:
    """Return tiles of a picture, whose cores cover it without overlap.

    Parameters
    ----------
    width, height
        Of the picture, in pixels.
    most
        The longest side of a tile; a picture no longer than this is one tile.
    margin
        Margin around a tile's core, in pixels; a multiple of ``step``.
    step
        Every tile starts at a multiple of this, so that a network's grid lies as it would on the whole picture.
    """
    for (top, bottom, first, last), (left, right, start, stop) in product(
        _spans(height, most, margin, step), _spans(width, most, margin, step)
    ):
        yield Tile(left, top, right, bottom, (start - left, first - top, stop - left, last - top))


def _spans(length: int, most: int, margin: int, step: int) -> list[tuple[int, int, int, int]]:
    """Return start and end of each tile and of its core, along one side."""
    count = 1 if length <= most else ceil(length / (most - 2 * margin - step))
    cuts = [round(place * length / count / step) * step for place in range(count)] + [length]
    return [(max(0, a - margin), min(length, b + margin), a, b) for a, b in pairwise(cuts)]
