"""bareface's own face detector: anchor-free, one network, faces with and without masks.

Each location of the network's three strides speaks for a face centred near it, in the manner of FCOS (Tian et al.,
2019) and YuNet (Wu et al., 2023): a score, the box, five landmarks and the mask state. Answers about the same face are
averaged by their scores, as BlazeFace does (Bazarevsky et al., 2019), which steadies the landmarks. What is found is
then looked at again, cut out and brought to one size, beside its mirror image: the same network, in the manner of a
cascade (Zhang et al., 2016), doubts what only looked like a face from afar, and sees landmarks and mask more exactly.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from bareface.detection.base import Detection
from bareface.types import Box, Float32, Landmarks, UInt8

STRIDES = (8, 16, 32)
SCORE = 0.8
NMS_OVERLAP, SAME_FACE, PART = 0.4, 0.65, 0.7
SMALLEST = 20.0  # pixels of the network's picture: what the smallest wanted face is brought to
ENLARGED = 2.0  # at most so many times
LARGEST = 320  # pixels of the network's picture: a face may fill one of this size, and larger ones get a second look
SECOND_LOOK = 192
CLOSE_UP = 128  # pixels of the network's picture: the side of a close-up
CLOSE_UP_MARGIN = 1.6  # its side in units of the face's longer side
NOTHING = 0.05  # stands for the score of a close-up that shows no face
CLOSE_UPS = 64  # at most, the best first: a crowd has no end
WORTH_IT = 0.4  # the least score of what is looked at again
BORDER_COLOUR = (127, 127, 127)
LEANS = 0.35  # radians, 20 degrees: a face that is turned further is looked at upright
MIRRORED = [1, 0, 2, 4, 3]
"""Order of the landmarks in a mirror image."""


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
    close_ups
        Whether each face is looked at again.
    """

    name = "bareface"

    def __init__(self, session: Any, score: float = SCORE, *, close_ups: bool = True) -> None:
        self._session = session
        self._score = score
        self._close_ups = close_ups

    def detect(self, pixels: UInt8, min_face: float) -> list[Detection]:
        """Find faces at least about ``min_face`` pixels wide; see :class:`bareface.detection.base.Detector`.

        The photo is scaled until such a face is 20 pixels wide. What is then still large is looked at once more at 192
        pixels, for faces that fill it; then come the close-ups. A photo in which nothing is found is tried with a
        border: a face that fills the frame has no context otherwise.
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
        scales = [min(ENLARGED, SMALLEST / min_face)]
        if longer * scales[0] > LARGEST:
            scales.append(SECOND_LOOK / longer)
        least = min(WORTH_IT, self._score) if self._close_ups else self._score
        looks = [self._look(pixels, scale, least) for scale in scales]
        answers = _Answers(*(np.concatenate(parts) for parts in zip(*looks, strict=True)))
        faces = _merged(answers)
        if self._close_ups:
            faces = self._closer(pixels, faces[:CLOSE_UPS])
        large = [face for face in faces if max(face.box.width, face.box.height) >= min_face]
        return _without_parts([face for face in large if face.score >= self._score])

    def _closer(self, pixels: UInt8, faces: list[Detection]) -> list[Detection]:
        """The same faces, best first, after a close look at each."""
        if not faces:
            return faces
        cuts = [_cut_out(face) for face in faces]
        rows = []
        for matrix in cuts:
            up_close = cv2.warpAffine(
                pixels,
                matrix,
                (CLOSE_UP, CLOSE_UP),
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderValue=BORDER_COLOUR,
            )
            rows.append(np.concatenate([up_close, up_close[:, ::-1]], axis=1))
        sheet = np.concatenate(rows)
        raw = self._session.run(None, {"pixels": sheet[None]})[0][0]
        answers = _decoded(raw, sheet.shape[:2], np.ones(2, np.float32), WORTH_IT)
        seen = [_in_close_up(answers, place) for place in range(len(faces))]
        closer = [_joined(face, views, cut) for face, views, cut in zip(faces, seen, cuts, strict=True)]
        return sorted(closer, key=lambda face: -face.score)

    def _look(self, pixels: UInt8, scale: float, least: float) -> _Answers:
        """Answers above a score, from the photo at one scale."""
        height, width = pixels.shape[:2]
        size = max(1, round(width * scale)), max(1, round(height * scale))
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        image = cv2.resize(pixels, size, interpolation=method) if size != (width, height) else pixels
        right, below = -size[0] % STRIDES[-1], -size[1] % STRIDES[-1]
        if right or below:
            image = cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_CONSTANT, value=BORDER_COLOUR)
        raw = self._session.run(None, {"pixels": np.ascontiguousarray(image)[None]})[0][0]
        return _decoded(raw, image.shape[:2], np.array([width / size[0], height / size[1]], np.float32), least)


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


def _cut_out(face: Detection) -> NDArray[np.float64]:
    """Where a close-up's pixels lie in the photo, as a matrix [2, 3]; a face that leans far is set upright."""
    box = face.box
    scale = CLOSE_UP_MARGIN * max(box.width, box.height, 1.0) / CLOSE_UP
    middle = np.array([box.x1 + box.x2, box.y1 + box.y2]) / 2
    lean = _lean(face.landmarks)
    cosine, sine = (np.cos(lean), np.sin(lean)) if abs(lean) > LEANS else (1.0, 0.0)
    turn = scale * np.array([[cosine, -sine], [sine, cosine]])
    return np.column_stack([turn, middle - turn @ np.full(2, (CLOSE_UP - 1) / 2)])


def _lean(landmarks: Landmarks) -> float:
    """By how much a face is turned in the picture, clockwise, in radians; 0 for an upright one."""
    eyes, mouth = landmarks.points[:2], landmarks.points[3:]
    across, down = (eyes[1] - eyes[0]) + (mouth[1] - mouth[0]), mouth.mean(0) - eyes.mean(0)
    return float(np.arctan2(across[1] - 2 * down[0], across[0] + 2 * down[1]))


def _in_close_up(answers: _Answers, place: int) -> list[Detection]:
    """What the close-up in row ``place`` of a sheet and its mirror image show in their middle, unmirrored."""
    middles = (answers.boxes[:, :2] + answers.boxes[:, 2:]) / 2
    found = []
    for side in (0, 1):
        corner = np.array([side * CLOSE_UP, place * CLOSE_UP], np.float32)
        near = np.flatnonzero(np.abs(middles - corner - CLOSE_UP / 2).max(axis=1) < CLOSE_UP / 6)
        if not near.size:
            continue
        own = _Answers(*(part[near] for part in answers))
        best = _merged(own)[0]
        points = best.landmarks.points - corner
        x1, y1, x2, y2 = np.array(best.box) - np.tile(corner, 2)
        if side:
            points = points[MIRRORED]
            points[:, 0] = CLOSE_UP - points[:, 0]
            x1, x2 = CLOSE_UP - x2, CLOSE_UP - x1
        found.append(replace(best, box=Box(x1, y1, x2, y2), landmarks=Landmarks(points, "five")))
    return found


def _joined(face: Detection, views: list[Detection], cut: NDArray[np.float64]) -> Detection:
    """A face as the close-ups show it; its score is the geometric mean of all three looks'."""
    scores = [view.score for view in views] + [NOTHING] * (2 - len(views))
    score = float(np.cbrt(face.score * scores[0] * scores[1]))
    if not views:
        return replace(face, score=score)
    # A pixel's centre lies half a pixel from its corner, in the close-up as in the photo.
    turn, shift = cut[:, :2], cut[:, 2] + 0.5 - 0.5 * cut[:, :2].sum(axis=1)
    points = np.mean([face.landmarks.points, *(view.landmarks.points @ turn.T + shift for view in views)], axis=0)
    seen = np.mean([view.box for view in views], axis=0)
    centre, half = turn @ (seen[:2] + seen[2:]) / 2 + shift, np.sqrt(turn**2 @ ((seen[2:] - seen[:2]) / 2) ** 2)
    box = np.concatenate([centre - half, centre + half])
    masks = [each.mask for each in (face, *views) if each.mask is not None]
    return Detection(
        Box(*(float(value) for value in box)),
        score,
        Landmarks(points.astype(np.float32), "five"),
        np.mean(masks, axis=0).astype(np.float32),
    )


def _without_parts(faces: list[Detection]) -> list[Detection]:
    """Faces, best first, without those that lie within a better one or hold one: an eye and a cheek are no face."""
    kept: list[Detection] = []
    for face in faces:
        if all(face.box.shared(other.box) < PART * min(face.box.area, other.box.area) for other in kept):
            kept.append(face)
    return kept


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
