"""Draws what the refiner learns from: cut-outs as the detector errs, mirrored, turned, coarsened and spoilt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bareface.detection.refiner import MARGIN, SIZE
from bareface.types import Float32, UInt8
from training.detector.labels import FULL, NONE, PARTIAL, UNKNOWN, Labels, overlaps
from training.detector.occluders import occlude
from training.detector.spoil import spoil
from training.refiner import chips
from training.refiner.chips import NOTHING, PORTRAIT, SCENE, Chips

KINDS = {PORTRAIT: 0.38, SCENE: 0.36, NOTHING: 0.26}
WEIGHTS = {
    (PORTRAIT, NONE): 1.0,
    (PORTRAIT, PARTIAL): 1.0,
    (PORTRAIT, FULL): 1.0,
    (SCENE, UNKNOWN): 0.6,
    (SCENE, NONE): 1.0,
    (SCENE, PARTIAL): 3.0,
    (SCENE, FULL): 1.0,
    (NOTHING, UNKNOWN): 1.0,
}
"""How often a chip is drawn among those of its kind. Masks worn wrongly are rare in photos of scenes."""
BESIDE = 0.12  # share of the views of faces that are badly placed on purpose
COARSE = 0.35  # share of the views that show no more than a small face does
SHIFT, SCALE = 0.12, 0.15
FACE, NEITHER, NO_FACE = 1, -1, 0


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Cut-outs and what they show.

    Attributes
    ----------
    pixels
        uint8 [n, SIZE, SIZE, 3].
    faces
        int64 [n]: ``FACE``, ``NO_FACE`` or, where the box is neither right nor wrong, ``NEITHER``.
    boxes
        float32 [n, 4]: the middle and the logarithms of the sides, in units of SIZE, the middle from the cut-out's.
    points
        float32 [n, 5, 2]: from the cut-out's middle in units of SIZE; NaN where they are not known.
    states
        int64 [n]: mask states.
    """

    pixels: UInt8
    faces: NDArray[np.int64]
    boxes: Float32
    points: Float32
    states: NDArray[np.int64]


class Sampler:
    """Draws batches.

    Parameters
    ----------
    parts
        Chips; :meth:`add` takes more.
    rng
        Draws them.
    """

    def __init__(self, parts: Sequence[Chips], rng: np.random.Generator) -> None:
        self._parts, self._rng = list(parts), rng
        self._weigh()

    def add(self, part: Chips) -> None:
        """Draw from these too."""
        self._parts.append(part)
        self._weigh()

    def _weigh(self) -> None:
        kinds = np.concatenate([part.kinds for part in self._parts])
        states = np.concatenate([part.states for part in self._parts])
        weight = np.array([WEIGHTS.get(pair, 1.0) for pair in zip(kinds.tolist(), states.tolist(), strict=True)])
        for kind, portion in KINDS.items():
            own = kinds == kind
            weight[own] *= portion / max(weight[own].sum(), 1e-9)
        self._places = [(part, row) for part, chip in enumerate(self._parts) for row in range(len(chip))]
        self._sums = np.cumsum(weight / weight.sum())

    def batch(self, count: int) -> Batch:
        """``count`` cut-outs."""
        drawn = np.searchsorted(self._sums, self._rng.random(count)).clip(0, len(self._places) - 1)
        views = [self._view(*self._places[place]) for place in drawn]
        return Batch(*(np.stack(column) for column in zip(*views, strict=True)))

    def _view(self, part: int, row: int) -> tuple[UInt8, NDArray[np.int64], Float32, Float32, NDArray[np.int64]]:
        rng, chip = self._rng, self._parts[part]
        kind = int(chip.kinds[row])
        labels = Labels(
            chip.boxes[row : row + 1], chip.points[row : row + 1], chip.states[row : row + 1], np.zeros(1, bool)
        )
        pixels = chip.pixels[row]
        if kind == PORTRAIT:
            pixels = occlude(pixels, labels, rng)
        if rng.random() < COARSE and kind != NOTHING:
            pixels = coarse(pixels, rng)
        box = labels.boxes[0]
        extent = float((box[2:] - box[:2]).max())
        beside = kind != NOTHING and rng.random() < BESIDE
        matrix, view = _placed(box, extent, rng, beside=beside)
        shown = labels.moved(matrix)
        border = cv2.BORDER_REPLICATE if rng.random() < 0.7 else cv2.BORDER_CONSTANT
        shifted = matrix.copy()
        # Pixel centres lie half a pixel from the corners that labels count from.
        shifted[:, 2] += matrix[:, :2] @ np.array([0.5, 0.5]) - 0.5
        image = cv2.warpAffine(
            pixels, shifted, (SIZE, SIZE), flags=cv2.INTER_LINEAR, borderMode=border, borderValue=(127,) * 3
        )
        face = NO_FACE if kind == NOTHING else _verdict(view, box)
        middle, sides = (shown.boxes[0, :2] + shown.boxes[0, 2:]) / 2, shown.boxes[0, 2:] - shown.boxes[0, :2]
        target = np.concatenate([middle / SIZE - 0.5, np.log(np.maximum(sides, 1) / SIZE)]).astype(np.float32)
        points = (shown.points[0] / SIZE - 0.5).astype(np.float32)
        if face != FACE:
            points = np.full_like(points, np.nan)
        state = chip.states[row] if face == FACE else UNKNOWN
        return spoil(np.asarray(image, np.uint8), rng), np.asarray(face), target, points, np.asarray(state)


def coarse(pixels: UInt8, rng: np.random.Generator) -> UInt8:
    """The chip as if its face had been 10 to 40 pixels wide."""
    side = round(float(np.exp(rng.uniform(np.log(10), np.log(40)))) * chips.MARGIN)
    if side >= pixels.shape[0]:
        return pixels
    small = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.5:
        coded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 95))])[1]
        small = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
    return np.asarray(cv2.resize(small, pixels.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.uint8)


def _placed(box: Float32, extent: float, rng: np.random.Generator, *, beside: bool) -> tuple[Float32, Float32]:
    """Map [2, 3] from the chip to the cut-out, and the box [4] that the detector would have found."""
    middle = (box[:2] + box[2:]) / 2
    scale = float(np.exp(rng.uniform(-SCALE, SCALE)))
    shift = np.clip(rng.normal(0, 0.06, 2), -SHIFT, SHIFT) * extent
    if beside and rng.random() < 0.5:
        scale *= rng.uniform(0.35, 0.55)
        shift = rng.uniform(-0.35, 0.35, 2) * extent
    elif beside:
        angle = rng.uniform(0, 2 * np.pi)
        shift = rng.uniform(0.45, 0.95) * extent * np.array([np.cos(angle), np.sin(angle)])
    half = (box[2:] - box[:2]) / 2 * scale
    view = np.concatenate([middle + shift - half, middle + shift + half]).astype(np.float32)
    zoom = SIZE / (MARGIN * extent * scale)
    degrees = rng.uniform(-40, 40) if rng.random() < 0.08 else rng.normal(0, 7)
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    linear = zoom * np.array([[cosine, -sine], [sine, cosine]])
    if rng.random() < 0.5:
        linear[0] *= -1
    offset = SIZE / 2 - linear @ (middle + shift)
    return np.concatenate([linear, offset[:, None]], 1).astype(np.float32), view


def _verdict(view: Float32, box: Float32) -> int:
    shared = float(overlaps(view[None], box[None])[0, 0])
    return FACE if shared > 0.5 else NO_FACE if shared < 0.3 else NEITHER
