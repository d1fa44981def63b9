"""Training samples: invented people under masks, jittered, the masks blanked as the embedder will blank them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from bareface.types import Float32, UInt8
from training.embedding.invent import invent, photographed
from training.embedding.pool import CHIP, MARGIN, Pool

BARE = 0.08
"""Share of samples without a mask: a face may be taken for masked when it is not."""
OTHER_VIEWS = 0
"""Photos of a person that the teacher sees beside the person as invented and mirrored; the mean of its answers is the
target. With two of them the target told less of light and pose, and people apart no better."""
UNBLANKED = 0.15
"""Share of masked samples whose mask was not found."""


TEACHES: TypeAlias = Callable[[UInt8], Float32]
"""Chips uint8 [n, 150, 150, 3] to the teacher's templates float32 [n, 128]."""


class Supply:
    """Invented people with their teacher's answers, renewed as they are used.

    Parameters
    ----------
    pool
        The real faces, and the masks that they wear.
    teach
        The teacher.
    fill
        The colour that blanks a mask, RGB float32 [3].
    kept
        People held at a time: each is seen a few times, differently masked and jittered, before another takes the
        place.
    fresh
        The share of a batch that is invented anew.
    rng
        Draws everything.
    """

    def __init__(
        self, pool: Pool, teach: TEACHES, fill: Float32, rng: np.random.Generator, *, kept: int, fresh: float
    ) -> None:
        self._pool, self._teach, self._fill, self._rng = pool, teach, fill, rng
        self._fresh = fresh
        self._windows = np.empty((kept, *pool.bare.shape[1:]), np.uint8)
        self.targets = np.empty((kept, 128), np.float32)
        for start in range(0, kept, 64):
            self._renew(np.arange(start, min(start + 64, kept)))

    def batch(self, size: int) -> tuple[UInt8, Float32]:
        """Chips uint8 [size, 150, 150, 3] and targets float32 [size, 128]."""
        rng = self._rng
        self._renew(rng.choice(len(self._windows), max(1, round(self._fresh * size)), replace=False))
        people = rng.integers(len(self._windows), size=size)
        return np.stack([self._sample(int(person)) for person in people]), self.targets[people]

    def _renew(self, places: NDArray[np.int64]) -> None:
        views, inside = [], slice(MARGIN, MARGIN + CHIP)
        for place in places:
            window = self._windows[place] = invent(self._pool.bare, self._rng)
            others = [photographed(window, self._rng) for _ in range(OTHER_VIEWS)]
            views += [view[inside, inside] for view in (window, window[:, ::-1], *others)]
        self.targets[places] = self._teach(np.stack(views)).reshape(len(places), 2 + OTHER_VIEWS, -1).mean(1)

    def _sample(self, person: int) -> UInt8:
        rng, window = self._rng, photographed(self._windows[person], self._rng)
        matrix = _jitter(rng)
        if rng.random() < BARE:
            return _photometry(_cut(window, matrix), rng)
        wearer, number = int(rng.integers(len(self._pool.masked))), int(rng.integers(self._pool.masked.shape[1]))
        hidden = np.asarray(self._pool.hidden[wearer, number]).astype(np.uint8) * 255
        alpha = cv2.GaussianBlur(hidden, (0, 0), 0.8)[..., None]
        worn = np.asarray(self._pool.masked[wearer, number])
        window = np.where(alpha > 250, worn, (window * (255.0 - alpha) + worn * (0.0 + alpha)) / 255).astype(np.uint8)
        chip = _photometry(_cut(window, matrix), rng)
        if rng.random() >= UNBLANKED:
            # The map that blanks it is a guess too: a little shifted, a little too wide or narrow.
            shifted = matrix + np.array([[0, 0, rng.normal(0, 0.8)], [0, 0, rng.normal(0, 0.8)]])
            chip[_widened(_cut(hidden, shifted) > 127, int(rng.integers(-1, 5)))] = self._fill.round().astype(np.uint8)
        return chip


def _jitter(rng: np.random.Generator) -> NDArray[np.float64]:
    """Where a chip pixel lies in the window: landmarks err more under a mask than on a bare face."""
    angle, scale = rng.normal(0, np.deg2rad(2.2)), np.exp(rng.normal(0, 0.03))
    turn = scale * np.exp(1j * angle)
    centre = complex(WINDOW_CENTRE, WINDOW_CENTRE) + complex(rng.normal(0, 1.8), rng.normal(0, 2.2))
    shift = centre - turn * complex(CHIP / 2, CHIP / 2)
    matrix = np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])
    if rng.random() < 0.5:
        mirror = np.array([[-1, 0, CHIP - 1], [0, 1, 0], [0, 0, 1.0]])
        matrix = matrix @ mirror
    return matrix


WINDOW_CENTRE = MARGIN + CHIP / 2


def _cut(picture: UInt8, matrix: NDArray[np.float64]) -> UInt8:
    cut: UInt8 = cv2.warpAffine(
        picture,
        matrix,
        (CHIP, CHIP),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return cut


def _widened(hidden: NDArray[np.bool_], pixels: int) -> NDArray[np.bool_]:
    if pixels == 0:
        return hidden
    side = 2 * abs(pixels) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    change = cv2.dilate if pixels > 0 else cv2.erode
    return np.asarray(change(hidden.astype(np.uint8), disc)) > 0


def _photometry(chip: UInt8, rng: np.random.Generator) -> UInt8:
    if rng.random() < 0.15:
        chip = cv2.GaussianBlur(chip, (0, 0), float(rng.uniform(0.6, 2.2)))
    if rng.random() < 0.15:
        chip = np.repeat(cv2.cvtColor(chip, cv2.COLOR_RGB2GRAY)[:, :, None], 3, 2)
    if rng.random() < 0.25:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 90))]
        coded = cv2.imencode(".jpg", chip[:, :, ::-1], quality)[1]
        chip = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)[:, :, ::-1]
    if rng.random() < 0.25:
        noise = rng.normal(0, rng.uniform(2, 12), chip.shape).astype(np.float32)
        chip = (chip + noise).clip(0, 255).astype(np.uint8)
    return np.array(chip)
