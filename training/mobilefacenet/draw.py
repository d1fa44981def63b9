"""Training samples drawn from a pool: chips that are bare, have their mask blanked, or are painted over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bareface.synthesis.degradations import LEVELS, Target, degrade
from bareface.values.face import Box, UInt8
from training.embedding.draw import photometry, widened
from training.mobilefacenet.pool import CHIP, WINDOW, Pool

UNBLANKED = 0.12
"""Share of masked samples whose mask was not found."""
FILL = 128
"""The grey that masks are blanked with: zero to the network."""
UPPER_FACE_ROWS = (72, 86)
"""Between which rows the painting of second templates begins."""
SPOILS, WORST = ("defocus", "motion", "downsample", "jpeg", "low light"), 4
"""What a spoilt face went through, at one of so many levels."""
FACE = Target(35.24, Box(12, 16, 100, 108))
"""The face in a chip."""


@dataclass(frozen=True, slots=True)
class Shares:
    """How many samples are of which kind; the rest is masked.

    Attributes
    ----------
    bare
        Bare faces. Even a network for masked ones sees some that were taken for masked.
    covered
        Painted over, as references' second templates are.
    clean, spoilt
        Of the bare ones: only moved a little, and out of focus, dark, moved, coarse or badly coded. The others are
        spoilt a little in several ways at once, as masked ones are.
    """

    bare: float = 0.08
    covered: float = 0.12
    clean: float = 0.0
    spoilt: float = 0.0


def batches(
    pool: Pool,
    size: int,
    seed: int,
    start: int = 0,
    *,
    faces: NDArray[np.int64] | None = None,
    shares: Shares = Shares(),
) -> Iterator[tuple[UInt8, NDArray[np.int64]]]:
    """Yield endless batches of chips uint8 [size, 112, 112, 3] and the numbers of their faces in the pool.

    Batch ``i`` depends on ``(seed, i)`` alone, so a resumed run sees what it would have seen.

    Parameters
    ----------
    pool
        Pool to draw from.
    size
        Samples a batch.
    seed, start
        Number of the first batch.
    faces
        Which of the pool's faces to draw; all of them by default.
    shares
        How many are bare, and so on.
    """
    number = start
    among = np.arange(len(pool)) if faces is None else faces
    while True:
        rng = np.random.default_rng([seed, number])
        drawn = among[rng.integers(len(among), size=size)]
        yield np.stack([_sample(pool, int(face), rng, shares) for face in drawn]), drawn
        number += 1


def degraded(pool: Pool, places: Sequence[int], seed: int = 0) -> UInt8:
    """Make one degraded, slightly moved chip of each of these bare faces; it depends on seed and place alone."""
    chips = []
    for place in places:
        rng = np.random.default_rng([seed, place])
        chips.append(_spoilt(_cut(np.asarray(pool.bare[place]), _jitter(rng, 0.4)), rng))
    return np.stack(chips)


def _sample(pool: Pool, face: int, rng: np.random.Generator, shares: Shares) -> UInt8:
    kind = rng.random()
    masked = kind >= shares.bare + shares.covered
    window = np.asarray(pool.masked[face] if masked else pool.bare[face])
    matrix = _jitter(rng, 1.0 if masked else 0.6)
    chip = _cut(window, matrix)
    if kind < shares.bare * shares.spoilt:
        chip = _spoilt(chip, rng)
    elif kind >= shares.bare * (shares.spoilt + shares.clean):
        chip = photometry(chip, rng)
    if masked and rng.random() >= UNBLANKED:
        # The map that blanks it is a guess too: a little shifted, a little too wide or narrow.
        shifted = matrix + np.array([[0, 0, rng.normal(0, 0.6)], [0, 0, rng.normal(0, 0.6)]])
        hidden = _cut(pool.region(face).astype(np.uint8) * 255, shifted) > 127
        chip[widened(hidden, int(rng.integers(-1, 4)))] = FILL
    elif not masked and kind >= shares.bare:
        chip[int(rng.integers(*UPPER_FACE_ROWS)) :] = FILL
    return chip


def _spoilt(chip: UInt8, rng: np.random.Generator) -> UInt8:
    step = LEVELS[SPOILS[rng.integers(len(SPOILS))]][rng.integers(WORST)]
    return degrade(chip, FACE, [step], int(rng.integers(2**31)))


def _jitter(rng: np.random.Generator, much: float) -> NDArray[np.float64]:
    """Draw the affine map from a chip to the window: landmarks err more under a mask than on a bare face."""
    angle, scale = rng.normal(0, np.deg2rad(2.2) * much), np.exp(rng.normal(0, 0.03 * much))
    turn = scale * np.exp(1j * angle)
    centre = complex(WINDOW / 2, WINDOW / 2) + complex(rng.normal(0, 1.2), rng.normal(0, 1.5)) * much
    shift = centre - turn * complex(CHIP / 2, CHIP / 2)
    matrix = np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])
    if rng.random() < 0.5:
        matrix = matrix @ np.array([[-1, 0, CHIP - 1], [0, 1, 0], [0, 0, 1.0]])
    return matrix


def _cut(picture: UInt8, matrix: NDArray[np.float64]) -> UInt8:
    cut: UInt8 = cv2.warpAffine(picture, matrix, (CHIP, CHIP), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return cut
