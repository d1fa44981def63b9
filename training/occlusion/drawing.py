"""Anti-aliased lines and polygons, and the light on them."""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np

from bareface.values.face import Float32, UInt8
from training.occlusion.config import SIDE

Rng: TypeAlias = np.random.Generator
_FINE = 8  # fractional bits of OpenCV's drawing coordinates


def line(canvas: np.ndarray, start: object, end: object, width: float, value: float) -> None:
    """Draw a line; anti-aliased on bytes."""
    one, two = ([int(v) for v in np.round(np.asarray(p) * (1 << _FINE))] for p in (start, end))
    smooth = cv2.LINE_AA if canvas.dtype == np.uint8 else cv2.LINE_8
    cv2.line(canvas, one, two, value, max(1, round(width)), smooth, _FINE)


def polygon(canvas: UInt8, points: object) -> None:
    """Fill a polygon with 255."""
    scaled = np.round(np.asarray(points) * (1 << _FINE)).astype(np.int32)
    cv2.fillPoly(canvas, [scaled], 255, cv2.LINE_AA, _FINE)


def lit(colour: object, shade: Float32, rng: Rng) -> UInt8:
    """Spread a colour over the picture, shaded and grained."""
    grain = cv2.GaussianBlur(rng.standard_normal((SIDE, SIDE), np.float32), (0, 0), 0.8) * rng.uniform(0, 8)
    lit = np.asarray(colour, np.float32) * shade[..., None] + grain[..., None]
    return np.clip(lit, 0, 255).astype(np.uint8)
