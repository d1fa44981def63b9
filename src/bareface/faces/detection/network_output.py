"""The output of the detector's network, location by location, and the faces that follow from it."""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from bareface.faces.detection.base import Detection
from bareface.values.face import Box, Float32, Landmarks

STRIDES = (8, 16, 32)
NMS_OVERLAP, SAME_FACE = 0.4, 0.65


class Answers(NamedTuple):
    """Answers of locations, in pixels: scores [n], boxes [n, 4], points [n, 10], mask logits [n, 3]."""

    scores: Float32
    boxes: Float32
    points: Float32
    masks: Float32

    def chosen(self, index: NDArray[np.int64]) -> Answers:
        """Return the answers at these places."""
        return Answers(*(part[index] for part in self))

    def placed(self, corner: Float32, stretch: Float32) -> Answers:
        """Shift the answers by a corner [2], then stretch them [2]."""
        boxes = (self.boxes + np.tile(corner, 2)) * np.tile(stretch, 2)
        return self._replace(boxes=boxes, points=(self.points + np.tile(corner, 5)) * np.tile(stretch, 5))

    @classmethod
    def joined(cls, parts: list[Answers]) -> Self:
        """Join the answers of several runs."""
        return cls(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def decoded(
    raw: Float32, shape: tuple[int, int], least: float, core: tuple[int, int, int, int] | None = None
) -> Answers:
    """Decode raw outputs [locations, 18] of a picture [h, w] to answers of at least a score, in its pixels.

    Of a tile only the locations within its ``core`` (left, top, right, bottom) are asked: those near its edges do not
    see what lies beyond, and the neighbouring tile speaks for them.
    """
    chosen = np.flatnonzero(raw[:, 0] > np.log(least / (1 - least)))
    middle, step = locations(chosen, shape)
    if core is not None:
        own = ((middle >= core[:2]) & (middle < core[2:])).all(axis=1)
        chosen, middle, step = chosen[own], middle[own], step[own]
    raw = raw[chosen]
    centre = middle + raw[:, 1:3] * step
    half = np.exp(np.clip(raw[:, 3:5], -4, 5)) * step / 2
    boxes = np.concatenate([centre - half, centre + half], 1)
    points = np.tile(middle, 5) + raw[:, 5:15] * step
    scores = 1 / (1 + np.exp(-raw[:, 0]))
    return Answers(scores.astype(np.float32), boxes.astype(np.float32), points.astype(np.float32), raw[:, 15:18])


def locations(index: NDArray[np.int64], shape: tuple[int, int]) -> tuple[Float32, Float32]:
    """Return centres [n, 2] in pixels and strides [n, 1] of locations by their number."""
    middle, step = np.zeros((len(index), 2), np.float32), np.zeros((len(index), 1), np.float32)
    first = 0
    for stride in STRIDES:
        rows, columns = shape[0] // stride, shape[1] // stride
        own = (index >= first) & (index < first + rows * columns)
        row, column = np.divmod(index[own] - first, columns)
        middle[own] = (np.stack([column, row], 1) + 0.5) * stride
        step[own] = stride
        first += rows * columns
    return middle, step


def merged(answers: Answers) -> list[Detection]:
    """Merge answers to one detection a face, best first: its best answer, averaged with those for the same box."""
    areas = np.prod(np.maximum(answers.boxes[:, 2:] - answers.boxes[:, :2], 0), axis=1)
    rest = np.argsort(-answers.scores, kind="stable")
    faces = []
    while rest.size:
        best = rest[0]
        low = np.maximum(answers.boxes[best, :2], answers.boxes[rest, :2])
        high = np.minimum(answers.boxes[best, 2:], answers.boxes[rest, 2:])
        shared = np.prod(np.maximum(high - low, 0), axis=1)
        overlap = shared / np.maximum(areas[best] + areas[rest] - shared, 1e-6)
        # A box without area overlaps nothing, not even itself.
        overlap[0] = 1
        faces.append(_averaged(answers, rest[overlap > SAME_FACE]))
        rest = rest[overlap <= NMS_OVERLAP]
    return faces


def _averaged(answers: Answers, same: NDArray[np.int64]) -> Detection:
    weight = answers.scores[same] ** 2
    weight /= weight.sum()
    box, points, logits = (weight @ part[same] for part in (answers.boxes, answers.points, answers.masks))
    mask = np.exp(logits - logits.max())
    return Detection(
        Box(*(float(value) for value in box)),
        float(answers.scores[same[0]]),
        Landmarks(points.reshape(5, 2).astype(np.float32), "five"),
        (mask / mask.sum()).astype(np.float32),
    )
