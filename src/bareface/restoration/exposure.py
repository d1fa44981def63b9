"""Brightening of underexposed photos: one gain in linear light, as a longer exposure would have had.

The gain follows from the brightest parts of the whole photo, not from the face: a dark face in a well-exposed photo
stays as dark as it is. It is for viewing only; faces are searched as they were recorded.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from bareface.synthesis.mask_light import LINEAR, to_srgb
from bareface.values.face import UInt8

LEAST: Final = 2.0
"""Smallest gain that is applied: one stop."""
MOST: Final = 12.0
"""Largest gain: beyond it there is more noise than face."""
_WHITE: Final = 0.9
"""Linear light that the brightest parts get."""
_BRIGHTEST: Final = 0.99
"""Quantile of the pixels' brightest channel that counts as the brightest parts."""
_SAMPLES: Final = 1_000_000


def gain(photo_pixels: UInt8) -> float:
    """Estimate how many times longer a photo should have been exposed.

    Parameters
    ----------
    photo_pixels
        The whole photo, RGB [H, W, 3] uint8.

    Returns
    -------
    float
        1 for a photo that is not underexposed, else in [2, 12].
    """
    step = max(1, int(np.sqrt(photo_pixels.shape[0] * photo_pixels.shape[1] / _SAMPLES)))
    counts = np.bincount(photo_pixels[::step, ::step].max(axis=2).ravel(), minlength=256)
    level = int(np.searchsorted(np.cumsum(counts), _BRIGHTEST * counts.sum()))
    found = min(MOST, _WHITE / max(float(LINEAR[level]), 1e-6))
    return found if found >= LEAST else 1.0


def brightened(pixels: UInt8, gain: float) -> UInt8:
    """Multiply the linear light of a picture, RGB uint8 [H, W, 3]; what exceeds white is white."""
    table = np.round(to_srgb(np.asarray(LINEAR * np.float32(gain), np.float32)) * 255).astype(np.uint8)
    return np.asarray(table[pixels], np.uint8)
