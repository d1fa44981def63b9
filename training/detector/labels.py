"""Labels of the faces in one training picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bareface.values.face import Float32

UNKNOWN, NONE, PARTIAL, FULL = -1, 0, 1, 2
"""Mask states; ``UNKNOWN`` teaches nothing about the mask."""

MIRRORED = [1, 0, 2, 4, 3]


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """The faces of a picture.

    Attributes
    ----------
    boxes
        float32 [n, 4]: x1, y1, x2, y2 in pixels.
    points
        float32 [n, 5, 2]: the "five" landmarks in pixels; NaN where they are not known.
    states
        int64 [n]: mask state.
    doubtful
        bool [n]: neither face nor background; the score is not trained there.
    """

    boxes: Float32
    points: Float32
    states: NDArray[np.int64]
    doubtful: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.boxes)

    @classmethod
    def none(cls) -> Labels:
        """Return labels without faces."""
        return cls(
            np.zeros((0, 4), np.float32), np.zeros((0, 5, 2), np.float32), np.zeros(0, np.int64), np.zeros(0, bool)
        )

    @classmethod
    def joined(cls, parts: Sequence[Labels]) -> Labels:
        """Join the faces of all parts."""
        parts = [*parts, cls.none()]
        return cls(
            np.concatenate([part.boxes for part in parts]),
            np.concatenate([part.points for part in parts]),
            np.concatenate([part.states for part in parts]),
            np.concatenate([part.doubtful for part in parts]),
        )

    def chosen(self, which: NDArray[np.bool_] | NDArray[np.int64]) -> Labels:
        """Select some of the faces."""
        return Labels(self.boxes[which], self.points[which], self.states[which], self.doubtful[which])

    def moved(self, matrix: Float32) -> Labels:
        """Map the faces by an affine map [2, 3] without shear.

        A box stays upright: its centre is mapped, and its sides become those about the turned oval that it held, as a
        detector would draw it. A map that mirrors swaps left and right landmarks.
        """
        linear, offset = matrix[:, :2], matrix[:, 2]
        area = float(np.linalg.det(linear))
        centre = (self.boxes[:, :2] + self.boxes[:, 2:]) / 2 @ linear.T + offset
        half = np.sqrt(((self.boxes[:, 2:] - self.boxes[:, :2]) / 2) ** 2 @ (linear**2).T)
        points = self.points @ linear.T + offset
        if area < 0:
            points = points[:, MIRRORED]
        boxes = np.concatenate([centre - half, centre + half], 1)
        return Labels(boxes.astype(np.float32), points.astype(np.float32), self.states, self.doubtful)

    def within(self, width: float, height: float, *, least: float) -> Labels:
        """Clip the faces at the frame of a picture.

        Those that lie mostly outside are dropped if less than a quarter is seen, doubtful below 60 %; faces narrower
        than ``least`` pixels are doubtful.
        """
        limits = np.array([width, height, width, height], np.float32)
        cut = np.clip(self.boxes, 0, limits)
        seen = areas(cut) / np.maximum(areas(self.boxes), 1e-6)
        size = np.sqrt(areas(self.boxes))
        doubtful = self.doubtful | (seen < 0.6) | (size < least)
        return Labels(self.boxes, self.points, self.states, doubtful).chosen(seen > 0.25)


def areas(boxes: Float32) -> Float32:
    """Compute the areas of boxes [..., 4]."""
    sides: Float32 = np.maximum(boxes[..., 2:] - boxes[..., :2], 0)
    return np.asarray(sides[..., 0] * sides[..., 1], np.float32)


def overlaps(first: Float32, second: Float32) -> Float32:
    """Compute the intersection over union of boxes [n, 4] and [m, 4], float32 [n, m]."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=-1)
    union = areas(first)[:, None] + areas(second)[None] - shared
    return np.asarray(shared / np.maximum(union, 1e-6), np.float32)
