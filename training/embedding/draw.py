"""Training samples drawn from a pool: jittered chips, their masks blanked as the embedder will blank them."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from bareface.values.face import Float32, UInt8
from training.embedding.pool import CHIP, MARGIN, Pool

BARE = 0.08
"""Share of samples without a mask: a face may be taken for masked when it is not."""
UNBLANKED = 0.15
"""Share of masked samples whose mask was not found."""


def batches(pool: Pool, size: int, fill: Float32, seed: int, start: int = 0) -> Iterator[tuple[UInt8, Float32]]:
    """Yield endless batches of chips uint8 [size, 150, 150, 3] and targets float32 [size, 128].

    Parameters
    ----------
    pool
        Pool to draw from.
    size
        Samples a batch.
    fill
        The colour that blanks a mask, float32 [3].
    seed, start
        Batch ``i`` depends on ``(seed, i)`` alone, so a resumed run sees what it would have seen.
    """
    number = start
    while True:
        rng = np.random.default_rng([seed, number])
        faces = rng.integers(len(pool.bare), size=size)
        chips = np.stack([_sample(pool, int(face), fill, rng) for face in faces])
        yield chips, np.asarray(pool.target[faces])
        number += 1


def _sample(pool: Pool, face: int, fill: Float32, rng: np.random.Generator) -> UInt8:
    number = int(rng.integers(pool.masked.shape[1]))
    bare = rng.random() < BARE
    window = np.asarray(pool.bare[face] if bare else pool.masked[face, number])
    matrix = _jitter(rng)
    chip = photometry(_cut(window, matrix), rng)
    if not bare and rng.random() >= UNBLANKED:
        # The map that blanks it is a guess too: a little shifted, a little too wide or narrow.
        shifted = matrix + np.array([[0, 0, rng.normal(0, 0.8)], [0, 0, rng.normal(0, 0.8)]])
        hidden = _cut(np.asarray(pool.hidden[face, number]).astype(np.uint8) * 255, shifted) > 127
        chip[widened(hidden, int(rng.integers(-1, 5)))] = fill.round().astype(np.uint8)
    return chip


def _jitter(rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw the affine map from a chip to the window: landmarks err more under a mask than on a bare face."""
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


def widened(hidden: NDArray[np.bool_], pixels: int) -> NDArray[np.bool_]:
    """Grow a region by some pixels, or shrink it if the number is negative."""
    if pixels == 0:
        return hidden
    side = 2 * abs(pixels) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    change = cv2.dilate if pixels > 0 else cv2.erode
    return np.asarray(change(hidden.astype(np.uint8), disc)) > 0


def photometry(chip: UInt8, rng: np.random.Generator) -> UInt8:
    """Spoil a square chip a little, as cameras and the web do: size, blur, colour, light, coding, noise."""
    side = len(chip)
    if rng.random() < 0.35:
        small = int(rng.integers(round(0.24 * side), round(0.735 * side)))
        chip = cv2.resize(chip, (small, small), interpolation=cv2.INTER_AREA)
        chip = cv2.resize(chip, (side, side), interpolation=cv2.INTER_LINEAR)
    elif rng.random() < 0.2:
        chip = cv2.GaussianBlur(chip, (0, 0), float(rng.uniform(0.6, 2.2)))
    if rng.random() < 0.15:
        chip = np.repeat(cv2.cvtColor(chip, cv2.COLOR_RGB2GRAY)[:, :, None], 3, 2)
    if rng.random() < 0.8:
        gains = np.exp(rng.normal(0, 0.18) + rng.normal(0, 0.05, 3))
        levels = np.linspace(0, 1, 256)[:, None] ** np.exp(rng.normal(0, 0.2)) * gains * 255 + rng.normal(0, 8)
        chip = cv2.LUT(chip, levels.clip(0, 255).astype(np.uint8).reshape(256, 1, 3))
    if rng.random() < 0.25:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 90))]
        coded = cv2.imencode(".jpg", chip[:, :, ::-1], quality)[1]
        chip = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)[:, :, ::-1]
    if rng.random() < 0.25:
        noise = rng.normal(0, rng.uniform(2, 12), chip.shape).astype(np.float32)
        chip = (chip + noise).clip(0, 255).astype(np.uint8)
    return np.array(chip)
