"""YuNet as the teacher of boxes and landmarks, asked several times about each picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from bareface.values.face import Float32, UInt8
from training.detector.labels import MIRRORED, UNKNOWN, Labels, overlaps

ASK = 0.25
"""Below this score the teacher sees nothing."""
LOWER, HEIGHT = 0.055, 0.94
"""Difference of hand-drawn boxes to the teacher's, relative to its height: mean over the marked training scenes."""


class Teacher:
    """Boxes, landmarks and scores of the faces in a picture.

    Parameters
    ----------
    path
        YuNet's ONNX file. It is third-party: it labels the training pictures and is not shipped.
    """

    def __init__(self, path: Path) -> None:
        self._net = cv2.FaceDetectorYN.create(str(path), "", (64, 64), ASK, 0.3)

    def rows(self, pixels: UInt8, scales: Sequence[float] = (1.0,)) -> Float32:
        """Detect faces as float32 [n, 15]: x1, y1, x2, y2, ten landmark coordinates, score; best first.

        At each scale the picture and its mirror image are both looked at, and what they agree on is averaged:
        a face that only one of them shows keeps half its score.
        """
        found: Float32 = np.zeros((0, 15), np.float32)
        for scale in scales:
            size = max(32, round(pixels.shape[1] * scale)), max(32, round(pixels.shape[0] * scale))
            image = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
            both = _agreed(self._run(image), _mirrored(self._run(image[:, ::-1]), size[0]))
            stretch = np.array([pixels.shape[1] / size[0], pixels.shape[0] / size[1]], np.float32)
            both[:, :14] *= np.tile(stretch, 7)
            found = np.concatenate([found, both])
        return _as_marked(_best(found))

    def _run(self, image: UInt8) -> Float32:
        self._net.setInputSize((image.shape[1], image.shape[0]))
        _, rows = self._net.detect(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        if rows is None:
            return np.zeros((0, 15), np.float32)
        rows[:, 2:4] += rows[:, :2]
        return np.asarray(rows, np.float32)


def _mirrored(rows: Float32, width: int) -> Float32:
    flipped = rows.copy()
    flipped[:, [0, 2]] = width - rows[:, [2, 0]]
    points = rows[:, 4:14].reshape(-1, 5, 2)[:, MIRRORED].copy()
    points[..., 0] = width - points[..., 0]
    flipped[:, 4:14] = points.reshape(-1, 10)
    return flipped


def _agreed(first: Float32, second: Float32) -> Float32:
    if not len(first) or not len(second):
        alone = np.concatenate([first, second])
        alone[:, 14] /= 2
        return alone
    shared = overlaps(first[:, :4], second[:, :4])
    partner = shared.argmax(1)
    both = shared.max(1) > 0.5
    merged = first.copy()
    merged[both] = (first[both] + second[partner[both]]) / 2
    merged[~both, 14] /= 2
    single = second[shared.max(0) <= 0.5].copy()
    single[:, 14] /= 2
    return np.concatenate([merged, single])


def _best(rows: Float32) -> Float32:
    rows = rows[np.argsort(-rows[:, 14], kind="stable")]
    keep: list[int] = []
    for index in range(len(rows)):
        if not keep or overlaps(rows[index : index + 1, :4], rows[keep, :4]).max() < 0.35:
            keep.append(index)
    return rows[keep]


def _as_marked(rows: Float32) -> Float32:
    """Return the labels with boxes as people draw them."""
    height = rows[:, 3] - rows[:, 1]
    middle = (rows[:, 1] + rows[:, 3]) / 2 + LOWER * height
    drawn = rows.copy()
    drawn[:, 1], drawn[:, 3] = middle - HEIGHT * height / 2, middle + HEIGHT * height / 2
    return drawn


def as_labels(rows: Float32, sure: float) -> Labels:
    """Convert the teacher's rows to labels; those below the score ``sure`` are doubtful."""
    return Labels(
        rows[:, :4], rows[:, 4:14].reshape(-1, 5, 2), np.full(len(rows), UNKNOWN, np.int64), rows[:, 14] < sure
    )
