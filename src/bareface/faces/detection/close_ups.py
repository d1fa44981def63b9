"""A second, closer look at each face: upright, with its mirror image, and the other way up where there is doubt.

The network knows faces that lean by up to a right angle. Upside down, it takes a forehead for a chin, though never as
sure of itself as of a face that it sees upright. So a face that leans is set upright before it is looked at, and a
face that the network is not sure of is also looked at the other way up; the better of both stands, or neither.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from bareface.faces.detection.base import Detection
from bareface.faces.detection.network_output import NMS_OVERLAP, Answers, decoded, merged
from bareface.imaging.align import LONGEST
from bareface.values.face import Box, Float32, Landmarks, UInt8

SIDE = 128  # pixels of the network's picture: the side of a close-up
GLANCE = 64  # and of a glance, which only asks whether a face may be upside down
MARGIN = 1.6  # its side in units of the face's longer side
NOTHING = 0.05  # stands for the score of a close-up that shows no face
WORTH_IT = 0.4  # the least score of what is looked at again
SCORE = 0.8  # the least score of a face
SURE = 0.95  # from this score on nothing looks better the other way up
PROMISING, UNEXPECTED = 0.5, 0.85  # what a glance must show: a share of the close-up's certainty, or so much alone
BATCH = 64  # close-ups in one run of the network: memory does not grow with the crowd
CENTRED, FAR_OFF = 1 / 6, 1 / 3  # of its side: how far from the middle a face may lie; upside down, boxes are off
LEANS = 0.35  # radians, 20 degrees: a face that is turned further is looked at upright
MIRRORED = [1, 0, 2, 4, 3]
"""Order of the landmarks in a mirror image."""
OUTSIDE = (127, 127, 127)
"""The colour beyond a picture's edge."""

Network: TypeAlias = Callable[[UInt8], Float32]
"""A picture [h, w, 3] -> its raw outputs [locations, 18]."""
Cut: TypeAlias = NDArray[np.float64]
"""Affine map [2, 3] from a close-up's pixels to the photo."""


class _Seen(NamedTuple):
    """A face after its close-ups, and how sure these alone are of it: afar, a face that leans is less clear."""

    face: Detection
    near: float


def closer(network: Network, pixels: UInt8, faces: Sequence[Detection]) -> list[Detection]:
    """Refine faces by a close-up of each; return them best first."""
    seen: list[_Seen] = []
    for start in range(0, len(faces), BATCH):
        seen += _both_ways_up(network, pixels, faces[start : start + BATCH])
    return sorted((each.face for each in seen), key=lambda face: -face.score)


def _both_ways_up(network: Network, pixels: UInt8, faces: Sequence[Detection]) -> list[_Seen]:
    seen = _upright(network, pixels, faces)
    doubtful = [place for place, each in enumerate(seen) if each.face.score < SURE]
    cuts = [_cut_out(faces[place], GLANCE, np.pi) for place in doubtful]
    views = _views(network, pixels, cuts, GLANCE, (0,), FAR_OFF)
    turned = [
        (place, _in_photo(view[0], cut))
        for place, view, cut in zip(doubtful, views, cuts, strict=True)
        if view and _promising(view[0].score, seen[place])
    ]
    again = _upright(network, pixels, [face for _, face in turned])
    for (place, _), other in zip(turned, again, strict=True):
        if seen[place].face.score < SCORE and other.face.score < SURE:
            continue
        if other.face.box.iou(seen[place].face.box) < NMS_OVERLAP / 2:
            seen.append(other)  # a neighbour that is upside down
        elif other.near > seen[place].near:
            seen[place] = other
    return seen


def _promising(glance: float, upright: _Seen) -> bool:
    """Return whether a face seen upside down justifies close-ups.

    Where the upright face is one, they are to find out which way up it is. Where it is none, only a face that is sure
    counts: things turned upside down would pass for faces as often as upright ones, and twice as many is too many.
    """
    return glance**2 > PROMISING * upright.near if upright.face.score >= SCORE else glance > UNEXPECTED


def _upright(network: Network, pixels: UInt8, faces: Sequence[Detection]) -> list[_Seen]:
    """Return faces as close-ups show them that set upright what leans far."""
    seen = _looked_at(network, pixels, faces)
    # From afar it is not seen well how far a face leans; the first close-up says it better.
    leaning = [place for place, each in enumerate(seen) if abs(_lean(each.face.landmarks)) > LEANS]
    better = [replace(seen[place].face, score=faces[place].score) for place in leaning]
    for place, each in zip(leaning, _looked_at(network, pixels, better), strict=True):
        seen[place] = each
    return seen


def _looked_at(network: Network, pixels: UInt8, faces: Sequence[Detection]) -> list[_Seen]:
    cuts = [_cut_out(face, SIDE) for face in faces]
    seen = _views(network, pixels, cuts, SIDE, (0, 1), CENTRED)
    return [_joined(face, views, cut) for face, views, cut in zip(faces, seen, cuts, strict=True)]


def _cut_out(face: Detection, side: int, turned: float = 0.0) -> Cut:
    """Cut out the close-up of a face, `side` pixels wide, upright and then turned by an angle in radians."""
    box = face.box
    scale = MARGIN * max(box.width, box.height, 1.0) / side
    middle = np.array([box.x1 + box.x2, box.y1 + box.y2]) / 2
    lean = _lean(face.landmarks)
    angle = turned + (lean if abs(lean) > LEANS else 0.0)
    cosine, sine = (np.cos(angle), np.sin(angle)) if angle else (1.0, 0.0)
    turn = scale * np.array([[cosine, -sine], [sine, cosine]])
    return np.column_stack([turn, middle - turn @ np.full(2, (side - 1) / 2)])


def _lean(landmarks: Landmarks) -> float:
    """Return the angle by which a face is turned in the picture, clockwise, in radians; 0 for an upright one."""
    eyes, mouth = landmarks.points[:2], landmarks.points[3:]
    across, down = (eyes[1] - eyes[0]) + (mouth[1] - mouth[0]), mouth.mean(0) - eyes.mean(0)
    return float(np.arctan2(across[1] - 2 * down[0], across[0] + 2 * down[1]))


def _views(
    network: Network, pixels: UInt8, cuts: Sequence[Cut], side: int, columns: Sequence[int], within: float
) -> list[list[Detection]]:
    """Find the face near the middle of each close-up (column 0) and its mirror image (1), in the close-up's pixels."""
    if not cuts:
        return []
    rows = []
    for cut in cuts:
        up_close = _warped(pixels, cut, side)
        rows.append(np.concatenate([(up_close, up_close[:, ::-1])[column] for column in columns], axis=1))
    sheet = np.concatenate(rows)
    answers = decoded(network(sheet), sheet.shape[:2], WORTH_IT)
    return [_in_middle(answers, place, side, columns, within) for place in range(len(cuts))]


def _warped(pixels: UInt8, cut: Cut, side: int) -> UInt8:
    if max(pixels.shape[:2]) > LONGEST:
        pixels, cut = _around(pixels, cut, side)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(pixels, cut, (side, side), flags=flags, borderValue=OUTSIDE), np.uint8)


def _around(pixels: UInt8, cut: Cut, side: int) -> tuple[UInt8, Cut]:
    """Return the part of a picture that a close-up shows, and the close-up of it."""
    corners = cut[:, :2] @ np.array([[0, side, 0, side], [0, 0, side, side]]) + cut[:, 2:]
    size = np.array(pixels.shape[1::-1])
    low = np.clip(np.floor(corners.min(axis=1)).astype(int) - 2, 0, size - 1)
    high = np.clip(np.ceil(corners.max(axis=1)).astype(int) + 2, low + 1, np.minimum(size, low + LONGEST))
    return pixels[low[1] : high[1], low[0] : high[0]], np.column_stack([cut[:, :2], cut[:, 2] - low])


def _in_middle(answers: Answers, place: int, side: int, columns: Sequence[int], within: float) -> list[Detection]:
    """Return the faces in the close-up in row ``place`` of a sheet and, unmirrored, in its mirror image in column 1."""
    middles = (answers.boxes[:, :2] + answers.boxes[:, 2:]) / 2
    views = []
    for column in columns:
        corner = np.array([column * side, place * side], np.float32)
        near = np.flatnonzero(np.abs(middles - corner - side / 2).max(axis=1) < within * side)
        if not near.size:
            continue
        best = merged(answers.chosen(near))[0]
        points = best.landmarks.points - corner
        x1, y1, x2, y2 = np.array(best.box) - np.tile(corner, 2)
        if column:
            points = points[MIRRORED]
            points[:, 0] = side - points[:, 0]
            x1, x2 = side - x2, side - x1
        views.append(replace(best, box=Box(x1, y1, x2, y2), landmarks=Landmarks(points, "five")))
    return views


def _in_photo(view: Detection, cut: Cut) -> Detection:
    """Map a face in a close-up to pixels of the photo; the box is upright again, around the turned one."""
    # A pixel's centre lies half a pixel from its corner, in the close-up as in the photo.
    turn, shift = cut[:, :2], cut[:, 2] + 0.5 - 0.5 * cut[:, :2].sum(axis=1)
    points = view.landmarks.points @ turn.T + shift
    sides = np.array(view.box)
    centre, half = turn @ (sides[:2] + sides[2:]) / 2 + shift, np.sqrt(turn**2 @ ((sides[2:] - sides[:2]) / 2) ** 2)
    box = Box(*(float(value) for value in np.concatenate([centre - half, centre + half])))
    return replace(view, box=box, landmarks=Landmarks(points.astype(np.float32), "five"))


def _joined(face: Detection, views: Sequence[Detection], cut: Cut) -> _Seen:
    """Join a face with its close-ups; its score is the geometric mean of all three scores."""
    scores = [view.score for view in views] + [NOTHING] * (2 - len(views))
    near = scores[0] * scores[1]
    score = float(np.cbrt(face.score * near))
    if not views:
        return _Seen(replace(face, score=score), near)
    seen = [_in_photo(view, cut) for view in views]
    points = np.mean([one.landmarks.points for one in (face, *seen)], axis=0)
    box = np.mean([one.box for one in seen], axis=0)
    masks = [each.mask for each in (face, *views) if each.mask is not None]
    joined = Detection(
        Box(*(float(value) for value in box)),
        score,
        Landmarks(points.astype(np.float32), "five"),
        np.mean(masks, axis=0).astype(np.float32),
    )
    return _Seen(joined, near)
