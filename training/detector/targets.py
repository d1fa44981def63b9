"""Assignment of the network's locations to faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bareface.values.face import Float32
from training.detector.config import STRIDES
from training.detector.labels import Labels, areas

# Faces, by the root of their area in pixels, that each stride answers for; they share the ones between.
REACH = ((0.0, 44.0), (28.0, 112.0), (76.0, np.inf))
NEAR = 1  # cells in each direction from the one that holds the face's centre


def centres(size: int) -> tuple[Float32, Float32]:
    """Return centres [locations, 2] in pixels and strides [locations] of a square picture's locations."""
    points, steps = [], []
    for stride in STRIDES:
        axis = (np.arange(size // stride, dtype=np.float32) + 0.5) * stride
        points.append(np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2))
        steps.append(np.full(len(points[-1]), stride, np.float32))
    return np.concatenate(points), np.concatenate(steps)


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """The faces of a batch, one after the other, and where they may be answered.

    Attributes
    ----------
    picture
        int64 [faces].
    boxes, points, states
        float32 [faces, 4], float32 [faces, 5, 2] with NaN where unknown, int64 [faces].
    places, possible
        int64 and bool [faces, places]: locations that may answer; entries that are not ``possible`` are padding.
    ignored
        bool [pictures, locations]: no background either.
    """

    picture: Tensor
    boxes: Tensor
    points: Tensor
    states: Tensor
    places: Tensor
    possible: Tensor
    ignored: Tensor


def targets_of(batch: Sequence[Labels], size: int) -> Targets:
    """Assign locations to the faces of each picture of a batch of ``size`` pixels square."""
    points, _ = centres(size)
    ignored = np.zeros((len(batch), len(points)), bool)
    for row, labels in zip(ignored, batch, strict=True):
        for box in labels.boxes[labels.doubtful]:
            row |= ((points >= box[:2]) & (points <= box[2:])).all(1)
    sure = [labels.chosen(~labels.doubtful) for labels in batch]
    joined = Labels.joined(sure)
    places, possible = _places(joined.boxes, size)
    arrays = (
        np.repeat(np.arange(len(batch)), [len(labels) for labels in sure]),
        joined.boxes,
        joined.points,
        joined.states,
        places,
        possible,
        ignored,
    )
    return Targets(*(torch.from_numpy(np.ascontiguousarray(array)) for array in arrays))


def _places(boxes: Float32, size: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    middle, extent = (boxes[:, :2] + boxes[:, 2:]) / 2, np.sqrt(areas(boxes))
    steps = np.arange(-NEAR, NEAR + 1)
    around = np.stack(np.meshgrid(steps, steps), -1).reshape(-1, 2)
    places, possible, first = [], [], 0
    for stride, (least, most) in zip(STRIDES, REACH, strict=True):
        cells = size // stride
        cell = np.floor(middle / stride).astype(np.int64)[:, None] + around
        right = (cell >= 0).all(-1) & (cell < cells).all(-1)
        right &= ((extent >= least) & (extent < most))[:, None]
        cell = np.clip(cell, 0, cells - 1)
        places.append(first + cell[..., 1] * cells + cell[..., 0])
        possible.append(right)
        first += cells * cells
    return np.concatenate(places, 1), np.concatenate(possible, 1)
