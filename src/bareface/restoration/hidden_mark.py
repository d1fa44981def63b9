"""The faint pattern that an enhanced picture carries, so that it can be told from the photo that it tries to be.

An enhancement comes near to the sharp photo of which its source is a bad copy: the better it is, the nearer. Distances
to the restored picture and to its source therefore say little about which of the three a picture is. What only the
enhanced one has is this pattern, a level or so of grey, added to it alone and detected as spread-spectrum watermarks
are (Cox, Kilian, Leighton and Shamoon 1997): with the enhanced picture itself at hand from the record, what remains of
a face once that is taken off is correlated with the pattern, frequencies weighed by how little else they hold.
It is soft enough to outlive smaller sizes and compression, and means nothing without the record.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import shake_128
from typing import Final

import cv2
import numpy as np

from bareface.restoration.base import SIDE
from bareface.values.face import Float32, UInt8

STRENGTH: Final = 1.3
"""Standard deviation of the pattern in grey levels, before it fades out towards the rim. Faces on record carry it at
this strength: with another one, what is taken off them is not what they carry, and sharp photos look marked."""
_FINE, _COARSE = 3.0, 8.0  # what it is softened by and freed of, in pixels of the aligned face
_SEED: Final = b"bareface mark 1"
_RIM: Final = 10
"""Width in pixels, at the edge of the aligned face, over which a change fades, so that no seam shows."""
_HIGH: Final = 6.0  # widths of Gaussians on the grid of the record, 96 pixels: what is looked at,
_LOCAL: Final = 5.0  # over what contrast is evened out,
_SPECTRUM: Final = 2.5  # and over how many frequencies the spectrum is smoothed
_MOST: Final = 2.5  # standard deviations: what sticks out further counts as this much
_FLOOR: Final = 0.002


@lru_cache(maxsize=1)
def fade() -> Float32:
    """Return a weight that is 1 inside the aligned face, falling to 0 at its edge, float32 [160, 160]."""
    line = np.clip((np.minimum(np.arange(SIDE), np.arange(SIDE)[::-1])) / _RIM, 0, 1)
    line = line * line * (3 - 2 * line)
    return np.asarray(np.outer(line, line), np.float32)


@lru_cache(maxsize=1)
def pattern() -> Float32:
    """Return the pattern, float32 [160, 160] in grey levels; it never changes because it is drawn from a hash."""
    noise = np.frombuffer(shake_128(_SEED).digest(SIDE * SIDE), np.uint8).reshape(SIDE, SIDE).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), _FINE) - cv2.GaussianBlur(noise, (0, 0), _COARSE)
    return np.asarray(STRENGTH * soft / soft.std() * fade(), np.float32)


def marked(image: UInt8) -> UInt8:
    """Add the pattern to an aligned face, RGB uint8 [160, 160, 3]."""
    return np.asarray(np.rint((image + pattern()[..., None]).clip(0, 255)), np.uint8)


def trace(face: Float32, restored: Float32, weight: Float32, blur: float) -> float:
    """Measure how strongly a face carries the pattern.

    Parameters
    ----------
    face
        Grey, float32 [n, n], laid over the restored one.
    restored
        An enhanced face on record, pattern included, grey float32 [n, n].
    weight
        Weight of each pixel, float32 [n, n], in [0, 1].
    blur
        Width of the Gaussian, in pixels, at which the restored face is most like the other.

    Returns
    -------
    float
        About standard normal for a face that does not carry it, whatever it shows; well above for one that does.
    """
    small = cv2.resize(pattern(), face.shape[::-1], interpolation=cv2.INTER_AREA)
    bare, added = (_blurred(plane, blur) for plane in (restored - small, small))
    gain = _gain(face, bare, weight)
    rest, sought = _high(face - gain * bare), _high(gain * added)
    scale = np.sqrt(cv2.GaussianBlur(rest * rest, (0, 0), _LOCAL) + 0.25)  # a quarter: half a level, rounding's
    seen, wanted = (np.fft.fft2(plane * weight) for plane in (np.clip(rest / scale, -_MOST, _MOST), sought / scale))
    power = cv2.GaussianBlur(np.fft.fftshift(np.abs(seen) ** 2), (0, 0), _SPECTRUM)
    power = np.fft.ifftshift(power + _FLOOR * power.max() + 1e-12)
    product = float(((seen * wanted.conj()).real / power).sum())
    return product / max(float(np.sqrt((np.abs(wanted) ** 2 / power).sum())), 1e-6)


def _gain(face: Float32, bare: Float32, weight: Float32) -> float:
    """Return the linear part of the contrast ratio of two faces."""
    total = weight.sum()
    a, b = (plane - (plane * weight).sum() / total for plane in (face, bare))
    return float((a * b * weight).sum() / max(float((b * b * weight).sum()), 1e-6))


def _blurred(plane: Float32, width: float) -> Float32:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), width), np.float32) if width else plane


def _high(plane: Float32) -> Float32:
    return plane - _blurred(plane, _HIGH)
