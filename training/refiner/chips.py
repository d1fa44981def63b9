"""Faces and what is none, cut out larger than the refiner sees them, so that training can shift and turn its view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bareface.detection.cutouts import cut_out
from bareface.types import Float32, UInt8
from training.detector.labels import UNKNOWN

SIZE = 112  # pixels
MARGIN = 2.2  # a chip's side in units of the face's longer side
PORTRAIT, SCENE, NOTHING = 0, 1, 2
"""Kinds of chips: a face of a portrait, a face of a scene, no face."""


@dataclass(frozen=True, slots=True, eq=False)
class Chips:
    """Many chips in memory.

    Attributes
    ----------
    pixels
        uint8 [n, SIZE, SIZE, 3], RGB.
    boxes, points
        float32 [n, 4] and [n, 5, 2] in a chip's pixels; points are NaN where they are not known.
    states, kinds
        int64 [n]: mask states, and the kinds above.
    """

    pixels: UInt8
    boxes: Float32
    points: Float32
    states: NDArray[np.int64]
    kinds: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.kinds)

    @classmethod
    def joined(cls, parts: Sequence[Chips]) -> Chips:
        """The chips of all parts, at least one."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__slots__))

    def save(self, path: Path) -> None:
        """Write them; a reader never sees half a file."""
        part = path.with_suffix(".part.npz")
        np.savez(part, **{name: getattr(self, name) for name in self.__slots__})
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> Chips:
        """Read chips."""
        with np.load(path) as stored:
            return cls(**{name: stored[name] for name in cls.__slots__})


def chip(pixels: UInt8, box: Float32, points: Float32 | None, state: int, kind: int) -> Chips:
    """One chip of a photo.

    Parameters
    ----------
    pixels
        The photo, RGB [H, W, 3] uint8.
    box, points
        In its pixels: [4] and [5, 2]; no points where they are not known.
    state, kind
        As in :class:`Chips`.
    """
    cut = cut_out(pixels, box, MARGIN, SIZE)
    known = np.full((5, 2), np.nan) if points is None else (points - cut.corner) / cut.scale
    return Chips(
        cut.pixels[None],
        ((box - np.tile(cut.corner, 2)) / cut.scale)[None].astype(np.float32),
        known[None].astype(np.float32),
        np.array([state if kind != NOTHING else UNKNOWN]),
        np.array([kind]),
    )
