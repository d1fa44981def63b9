"""bareface's own face detector: anchor-free, one network, faces with and without masks.

Each location of the network's three strides speaks for a face centred near it, in the manner of FCOS (Tian et al.,
2019) and YuNet (Wu et al., 2023): a score, the box, five landmarks and the mask state. Answers about the same face are
averaged by their scores, as BlazeFace does (Bazarevsky et al., 2019), which steadies the landmarks. Detections are
then examined again, cropped to one size, together with their mirror images: the same network, in the manner of a
cascade (Zhang et al., 2016), rejects false detections, and estimates landmarks and mask state more exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from bareface.faces.detection.base import Detection
from bareface.faces.detection.close_ups import OUTSIDE, SCORE, SURE, WORTH_IT, closer
from bareface.faces.detection.framing import LONGEST, framed
from bareface.faces.detection.network_output import STRIDES, Answers, decoded, merged
from bareface.faces.detection.tiles import tiles
from bareface.values.face import Box, Float32, Landmarks, UInt8

PART = 0.7
SMALLEST = 20.0  # pixels of the network's picture: what the smallest wanted face is brought to
ENLARGED = 2.0  # times, at most
LARGEST = 320  # pixels of the network's picture: a face may fill one of this size, and larger ones get a second look
SECOND_LOOK = 192
LEVELS = 6.0  # largest reduction between two looks: every face is between 20 and 320 pixels in one
NARROW = 1 / 4  # of the smallest wanted face: a long picture that is narrower shows none
TILE, AROUND = 1280, 96  # pixels of the network's picture: the side of a tile, and what it sees round its core


class BarefaceDetector:
    """Faces, landmarks and mask states from one network.

    Parameters
    ----------
    session
        The network: ``pixels`` uint8 [1, h, w, 3], h and w multiples of 32 -> ``faces`` float32 [1, locations, 18].
    score
        The least score of a face, in (0, 1).
    close_ups
        Whether each face is looked at again.
    """

    name = "bareface"
    in_tiles = True  # so small faces are searched for in large photos, too

    def __init__(self, session: Any, score: float = SCORE, *, close_ups: bool = True) -> None:
        self._session = session
        self._score = score
        self._close_ups = close_ups

    def detect(self, pixels: UInt8, min_face: float) -> list[Detection]:
        """Find faces at least about ``min_face`` pixels wide; see :class:`bareface.faces.detection.base.Detector`.

        The photo is scaled until such a face is 20 pixels wide. What is then still large is looked at once more at 192
        pixels, and at sizes between, for faces that fill it; then come the close-ups. A photo in which nothing is found
        is tried with a border: a face that fills the frame has no context otherwise. If that shows nothing either,
        it is tried upside down.
        """
        if max(pixels.shape[:2]) > LONGEST and min(pixels.shape[:2]) < NARROW * min_face:
            return []
        faces = self._framed_too(pixels, min_face)
        if not faces and self._close_ups:
            upside_down = np.ascontiguousarray(pixels[::-1, ::-1])
            faces = [
                _turned_back(face, pixels) for face in self._framed_too(upside_down, min_face) if face.score >= SURE
            ]
        return faces

    def _framed_too(self, pixels: UInt8, min_face: float) -> list[Detection]:
        return self._find(pixels, min_face) or self._framed(pixels, min_face)

    def _framed(self, pixels: UInt8, min_face: float) -> list[Detection]:
        """Find faces that fill the frame, with a border around the photo."""
        frame = framed(pixels, 0.25, OUTSIDE)
        least = max(min_face / frame.factor, max(frame.pixels.shape[:2]) * SMALLEST / SECOND_LOOK)
        return [frame.face(face) for face in self._find(frame.pixels, least)]

    def _find(self, pixels: UInt8, min_face: float) -> list[Detection]:
        least = min(WORTH_IT, self._score) if self._close_ups else self._score
        scales = _scales(max(pixels.shape[:2]), min_face)
        faces = merged(Answers.joined([self._look(pixels, scale, least) for scale in scales]))
        if self._close_ups:
            faces = closer(self._run, pixels, faces)
        large = [face for face in faces if max(face.box.width, face.box.height) >= min_face]
        return _without_parts([face for face in large if face.score >= self._score])

    def _look(self, pixels: UInt8, scale: float, least: float) -> Answers:
        """Return the answers above a score, from the photo at one scale."""
        height, width = pixels.shape[:2]
        size = max(1, round(width * scale)), max(1, round(height * scale))
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        image = cv2.resize(pixels, size, interpolation=method) if size != (width, height) else pixels
        right, below = -size[0] % STRIDES[-1], -size[1] % STRIDES[-1]
        if right or below:
            image = cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_CONSTANT, value=OUTSIDE)
        stretch = np.array([width / size[0], height / size[1]], np.float32)
        parts = []
        for tile in tiles(image.shape[1], image.shape[0], TILE, AROUND, STRIDES[-1]):
            part = np.ascontiguousarray(image[tile.top : tile.bottom, tile.left : tile.right])
            answers = decoded(self._run(part), part.shape[:2], least, tile.core)
            parts.append(answers.placed(np.array([tile.left, tile.top], np.float32), stretch))
        return Answers.joined(parts)

    def _run(self, picture: UInt8) -> Float32:
        raw: Float32 = self._session.run(None, {"pixels": picture[None]})[0][0]
        return raw


def _scales(longer: int, min_face: float) -> Sequence[float]:
    """Return the scales at which a photo is searched, finest first."""
    finest = min(ENLARGED, SMALLEST / min_face)
    if longer * finest <= LARGEST:
        return [finest]
    coarsest = SECOND_LOOK / longer
    steps = int(np.ceil(np.log(finest / coarsest) / np.log(LEVELS)))
    return [float(scale) for scale in np.geomspace(finest, coarsest, steps + 1)]


def _without_parts(faces: list[Detection]) -> list[Detection]:
    """Drop faces, best first, that lie within a better one or contain one: an eye and a cheek are not a face."""
    if not faces:
        return faces
    boxes = np.array([face.box for face in faces])
    areas = np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 0), axis=1)
    chosen: list[int] = []
    for place, box in enumerate(boxes):
        others = boxes[chosen]
        shared = np.maximum(np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2]), 0).prod(axis=1)
        if (shared < PART * np.minimum(areas[place], areas[chosen])).all():
            chosen.append(place)
    return [faces[place] for place in chosen]


def _turned_back(face: Detection, pixels: UInt8) -> Detection:
    """Map a face found in the photo turned upside down back to the photo."""
    height, width = pixels.shape[:2]
    x1, y1, x2, y2 = face.box
    points = np.array([width, height], np.float32) - face.landmarks.points
    box = Box(width - x2, height - y2, width - x1, height - y1)
    return Detection(box, face.score, Landmarks(points, face.landmarks.scheme), face.mask)
