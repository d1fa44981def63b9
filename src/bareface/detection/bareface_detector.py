"""bareface's own face detector: anchor-free, one network, faces with and without masks.

Each location of the network's three strides speaks for a face centred near it, in the manner of FCOS (Tian et al.,
2019) and YuNet (Wu et al., 2023): a score, the box, five landmarks and the mask state. Answers about the same face are
averaged by their scores, as BlazeFace does (Bazarevsky et al., 2019), which steadies the landmarks.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from bareface.detection.base import Detection
from bareface.types import Box, Float32, Landmarks, UInt8

STRIDES = (8, 16, 32)
SCORE = 0.5
NMS_OVERLAP, SAME_FACE = 0.4, 0.65
SMALLEST = 20.0  # pixels of the network's picture: what the smallest wanted face is shrunk to
LARGEST = 320  # pixels of the network's picture: a face may fill one of this size, and larger ones get a second look
SECOND_LOOK = 192
BORDER_COLOUR = (127, 127, 127)


class _Answers(NamedTuple):
    """What locations say, in pixels of the photo: scores [n], boxes [n, 4], points [n, 10], mask logits [n, 3]."""

    scores: Float32
    boxes: Float32
    points: Float32
    masks: Float32


class BarefaceDetector:
    """Faces, landmarks and mask states from one network.

    Parameters
    ----------
    session
        The network: ``pixels`` uint8 [1, h, w, 3], h and w multiples of 32 -> ``faces`` float32 [1, locations, 18].
    score
        The least score of a face, in (0, 1).
    """

    name = "bareface"

    def __init__(self, session: Any, score: float = SCORE) -> None:
        self._session = session
        self._score = score

    def detect(self, pixels: UInt8, min_face: float) -> list[Detection]:
        """Find faces at least about ``min_face`` pixels wide; see :class:`bareface.detection.base.Detector`.

        The photo is shrunk until such a face is 20 pixels wide, never enlarged. What is then still large is looked at
        once more at 192 pixels, for faces that fill it. A photo in which nothing is found is tried with a border: a
        face that fills the frame has no context otherwise.
        """
        found = self._find(pixels, min_face)
        if not found:
            border = round(0.25 * max(pixels.shape[:2]))
            sides = (border, border, border, border)
            framed = cv2.copyMakeBorder(pixels, *sides, cv2.BORDER_CONSTANT, value=BORDER_COLOUR)
            least = max(min_face, max(framed.shape[:2]) * SMALLEST / SECOND_LOOK)
            found = [_shifted(face, -border) for face in self._find(np.asarray(framed, np.uint8), least)]
        return found

    def _find(self, pixels: UInt8, min_face: float) -> list[Detection]:
        longer = max(pixels.shape[:2])
        scales = [min(1.0, SMALLEST / min_face)]
        if longer * scales[0] > LARGEST:
            scales.append(SECOND_LOOK / longer)
        looks = [self._look(pixels, scale) for scale in scales]
        answers = _Answers(*(np.concatenate(parts) for parts in zip(*looks, strict=True)))
        faces = _merged(answers)
        return [face for face in faces if max(face.box.width, face.box.height) >= min_face]

    def _look(self, pixels: UInt8, scale: float) -> _Answers:
        """Answers above the least score, from the photo at one scale."""
        height, width = pixels.shape[:2]
        size = max(1, round(width * scale)), max(1, round(height * scale))
        image = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA) if size != (width, height) else pixels
        right, below = -size[0] % STRIDES[-1], -size[1] % STRIDES[-1]
        if right or below:
            image = cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_CONSTANT, value=BORDER_COLOUR)
        raw = self._session.run(None, {"pixels": np.ascontiguousarray(image)[None]})[0][0]
        return _decoded(raw, image.shape[:2], np.array([width / size[0], height / size[1]], np.float32), self._score)


def _decoded(raw: Float32, shape: tuple[int, int], stretch: Float32, least: float) -> _Answers:
    """Raw outputs [locations, 18] of a picture [h, w] as answers in pixels of the photo."""
    chosen = np.flatnonzero(raw[:, 0] > np.log(least / (1 - least)))
    raw = raw[chosen]
    middle, step = _locations(chosen, shape)
    centre = middle + raw[:, 1:3] * step
    half = np.exp(np.clip(raw[:, 3:5], -4, 5)) * step / 2
    boxes = np.concatenate([centre - half, centre + half], 1) * np.tile(stretch, 2)
    points = (np.tile(middle, 5) + raw[:, 5:15] * step) * np.tile(stretch, 5)
    scores = 1 / (1 + np.exp(-raw[:, 0]))
    return _Answers(scores.astype(np.float32), boxes.astype(np.float32), points.astype(np.float32), raw[:, 15:18])


def _locations(index: NDArray[np.int64], shape: tuple[int, int]) -> tuple[Float32, Float32]:
    """Centres [n, 2] in pixels and strides [n, 1] of locations by their number."""
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


def _merged(answers: _Answers) -> list[Detection]:
    """One detection for each face, best first: its best answer, averaged with those that mean the same box."""
    areas = np.prod(np.maximum(answers.boxes[:, 2:] - answers.boxes[:, :2], 0), axis=1)
    rest = np.argsort(-answers.scores, kind="stable")
    found = []
    while rest.size:
        best = rest[0]
        low = np.maximum(answers.boxes[best, :2], answers.boxes[rest, :2])
        high = np.minimum(answers.boxes[best, 2:], answers.boxes[rest, 2:])
        shared = np.prod(np.maximum(high - low, 0), axis=1)
        overlap = shared / np.maximum(areas[best] + areas[rest] - shared, 1e-6)
        # A box without area overlaps nothing, not even itself.
        overlap[0] = 1
        found.append(_averaged(answers, rest[overlap > SAME_FACE]))
        rest = rest[overlap <= NMS_OVERLAP]
    return found


def _averaged(answers: _Answers, same: NDArray[np.int64]) -> Detection:
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


def _shifted(face: Detection, by: float) -> Detection:
    box = Box(face.box.x1 + by, face.box.y1 + by, face.box.x2 + by, face.box.y2 + by)
    points = (face.landmarks.points + np.float32(by)).astype(np.float32)
    return Detection(box, face.score, Landmarks(points, face.landmarks.scheme), face.mask)
