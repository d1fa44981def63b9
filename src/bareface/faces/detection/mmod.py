"""dlib's CNN face detector (King, "Max-Margin Object Detection", 2015) through ONNX Runtime.

One network slides an 80-pixel window over an image pyramid (each level 5/6 of the one before). All levels are packed
into one canvas the way dlib packs them, so that a photo costs one run of the network.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from bareface.faces.detection.base import Detection
from bareface.faces.detection.framing import framed
from bareface.faces.landmarks.trees import TreeLandmarks
from bareface.values.face import Box, Float32, UInt8

WINDOW = 80
LEVEL_RATIO = 5 / 6
SMALLEST_LEVEL = 5
NMS_OVERLAP = 0.3382761351109955
MEAN_COLOUR = (123, 117, 104)
GAP, MARGIN = 10, 11
STRIDE, FIRST_CENTRE = 8, 14
# At a seam between two strips the network's own zero padding reaches 10 rows of scores; 12 leaves a reserve.
SEAM = 12
STRIP_PIXELS = 2_000_000


class _Level(NamedTuple):
    x: int
    y: int
    width: int
    height: int


class MmodDetector:
    """Faces by MMOD, landmarks by regression trees.

    Parameters
    ----------
    session
        The network: ``pixels`` uint8 [1, h, w, 3] -> ``scores`` float32 [1, 1, h', w'].
    landmarks
        The predictor of the five points.
    """

    name = "dlib"

    def __init__(self, session: Any, landmarks: TreeLandmarks) -> None:
        self._session = session
        self._landmarks = landmarks

    def detect(self, pixels: UInt8, min_face: float) -> list[Detection]:
        """Find faces at least about ``min_face`` pixels wide; see :class:`bareface.faces.detection.base.Detector`.

        A photo in which nothing is found is tried once more with a border: a face that fills the frame has no context
        for the window otherwise.
        """
        boxes = self._boxes(pixels, WINDOW / min_face)
        if not boxes:
            frame = framed(pixels, 0.4, MEAN_COLOUR)
            scale = min(frame.factor * WINDOW / min_face, 4 * WINDOW / max(frame.pixels.shape[:2]))
            boxes = [(frame.box(box), score) for box, score in self._boxes(frame.pixels, scale)]
        return [Detection(box, score, self._landmarks.predict(pixels, box)) for box, score in boxes]

    def _boxes(self, pixels: UInt8, scale: float) -> list[tuple[Box, float]]:
        height, width = pixels.shape[:2]
        base = (max(SMALLEST_LEVEL, round(width * scale)), max(SMALLEST_LEVEL, round(height * scale)))
        levels, canvas_size = _layout(*base)
        canvas = _packed(pixels, levels, canvas_size)
        rows, columns, scores = self._peaks(canvas)
        if scores.size == 0:
            return []
        centres = np.stack([columns, rows], 1) * STRIDE + FIRST_CENTRE
        boxes = _to_photo(centres.astype(np.float64), levels, width, height)
        keep = _suppressed(boxes, scores)
        return [(Box(*(float(v) for v in boxes[i])), float(scores[i])) for i in keep]

    def _peaks(self, canvas: UInt8) -> tuple[NDArray[np.int64], NDArray[np.int64], Float32]:
        """Return rows, columns and values of the positive scores; the canvas is taken in strips to bound memory."""
        height, width = canvas.shape[:2]
        strip = max(4 * SEAM, STRIP_PIXELS // width // STRIDE)
        out_rows = height // STRIDE
        peaks: list[tuple[NDArray[np.int64], NDArray[np.int64], Float32]] = []
        for start in range(0, out_rows, strip):
            first = max(0, start - SEAM)
            last = height if start + strip >= out_rows else (start + strip + SEAM) * STRIDE + 2 * FIRST_CENTRE
            scores = self._session.run(None, {"pixels": canvas[None, first * STRIDE : last]})[0][0, 0]
            own = scores[start - first : start - first + strip] if start + strip < out_rows else scores[start - first :]
            rows, columns = np.nonzero(own > 0)
            peaks.append((rows + start, columns, own[rows, columns]))
        rows, columns, values = (np.concatenate(part) for part in zip(*peaks, strict=True))
        return rows, columns, values


def _layout(width: int, height: int) -> tuple[list[_Level], tuple[int, int]]:
    """Place each level on the canvas as dlib does: down the first column, then up the next."""
    sizes = [(width, height)]
    while True:
        w, h = int(LEVEL_RATIO * sizes[-1][0]), int(LEVEL_RATIO * sizes[-1][1])
        if w == 0 or h < SMALLEST_LEVEL:
            break
        sizes.append((w, h))
    total = sum(h + GAP for _, h in sizes) - 2 * GAP
    column, before = 0, 0
    for w, h in sizes:
        if w <= width - before - GAP and 2 * (column - height) >= total - height:
            break
        column += h + GAP
        before = w
    column -= GAP
    levels: list[_Level] = []
    y = MARGIN
    for w, h in sizes:
        if y >= column + MARGIN:
            break
        levels.append(_Level(MARGIN, y, w, h))
        y += h + GAP
    y -= GAP
    for w, h in sizes[len(levels) :]:
        y -= h
        if y < MARGIN + height + GAP:
            break
        levels.append(_Level(MARGIN + width - w, y, w, h))
        y -= GAP
    # Less than a window gives the network nothing to slide over.
    return levels, (max(WINDOW, width + 2 * MARGIN), max(WINDOW, column + 2 * MARGIN))


def _packed(pixels: UInt8, levels: list[_Level], size: tuple[int, int]) -> UInt8:
    canvas: UInt8 = np.empty((size[1], size[0], 3), np.uint8)
    canvas[:] = MEAN_COLOUR
    image = pixels
    for level in levels:
        if image.shape[:2] != (level.height, level.width):
            # Far reductions average; the steps of the pyramid interpolate, as dlib's do.
            far = image.shape[1] > 1.5 * level.width
            method = cv2.INTER_AREA if far else cv2.INTER_LINEAR
            image = cv2.resize(image, (level.width, level.height), interpolation=method)
        canvas[level.y : level.y + level.height, level.x : level.x + level.width] = image
    return canvas


def _to_photo(centres: NDArray[np.float64], levels: list[_Level], width: int, height: int) -> NDArray[np.float64]:
    """Map windows at canvas ``centres`` [n, 2] to boxes [n, 4] in the photo, each by its nearest level."""
    place = np.array(levels, np.float64)
    corner, size = place[:, :2], place[:, 2:]
    outside = np.maximum(np.maximum(corner - centres[:, None], centres[:, None] - (corner + size - 1)), 0)
    level = np.argmin((outside**2).sum(-1), axis=1)
    ratio = np.array([width, height]) / size[level]
    middle = (centres - corner[level] + 0.5) * ratio - 0.5
    half = 0.5 * (WINDOW - 1) * ratio
    return np.concatenate([middle - half, middle + half], 1)


def _suppressed(boxes: NDArray[np.float64], scores: Float32) -> list[int]:
    """Return the indices that survive non-maximum suppression, best first."""
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    order = np.argsort(-scores, kind="stable")
    keep: list[int] = []
    while order.size:
        best, rest = order[0], order[1:]
        keep.append(int(best))
        low = np.maximum(boxes[best, :2], boxes[rest, :2])
        high = np.minimum(boxes[best, 2:], boxes[rest, 2:])
        shared = np.prod(np.maximum(high - low, 0), axis=1)
        order = rest[shared <= NMS_OVERLAP * (area[best] + area[rest] - shared)]
    return keep
