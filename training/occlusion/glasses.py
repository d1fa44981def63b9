"""Glasses, clear and dark, painted on an enlarged chip."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from bareface.values.face import Float32, UInt8
from training.occlusion.config import SIDE
from training.occlusion.drawing import Rng, line, polygon


def wear_glasses(pixels: UInt8, points: Float32, rng: Rng, *, dark: bool) -> tuple[UInt8, UInt8]:
    """Put glasses on a face.

    Clear ones have any rim, a slight tint and reflections, which hide nothing by our definition; dark ones hide the
    eyes.

    Returns
    -------
    tuple
        The picture, and the place of the glasses, uint8 [SIDE, SIDE], 0 or 1.
    """
    apart = max(float(np.linalg.norm(points[1] - points[0])), 1.0)
    across = (points[1] - points[0]) / apart
    down = np.array([-across[1], across[0]]) * apart
    # Most rims are thin; some lenses have none.
    width = apart * (rng.uniform(0.012, 0.04) if rng.random() < 0.65 else rng.uniform(0.04, 0.11))
    outlines = [points[eye] + down * low + rim for eye, low, rim in _outlines(points, across, apart, rng)]
    lenses, frame = np.zeros((SIDE, SIDE), np.uint8), np.zeros((SIDE, SIDE), np.uint8)
    for outline in outlines:
        polygon(lenses, outline)
        fixed = np.round(outline * 256).astype(np.int32)
        cv2.polylines(
            frame, [fixed], isClosed=True, color=255, thickness=max(1, round(width)), lineType=cv2.LINE_AA, shift=8
        )
    if not dark and rng.random() < 0.15:
        # Half rims: only the upper half of the outline is seen.
        cut = int(points[:2, 1].mean() + rng.uniform(0, 0.1) * apart)
        frame[cut:] = 0
    inner = [max(outlines[0], key=lambda p: p @ across), min(outlines[1], key=lambda p: p @ across)]
    outer = [min(outlines[0], key=lambda p: p @ across), max(outlines[1], key=lambda p: p @ across)]
    line(frame, inner[0], inner[1], max(1.0, width * rng.uniform(0.7, 1.4)), 255)
    for end, sign in zip(outer, (-1, 1), strict=True):
        ear = end + sign * across * apart * rng.uniform(0.1, 0.5) + down * rng.normal(0, 0.06)
        line(frame, end, ear, max(1.0, width * rng.uniform(0.7, 1.6)), 255)

    through = rng.uniform(0.03, 0.3) if dark else rng.uniform(0.7, 1.0)
    tint = rng.uniform(3, 75) * rng.normal(1, 0.15, 3) if dark else rng.uniform(60, 200) * rng.normal(1, 0.1, 3)
    height = np.linspace(rng.uniform(0.5, 1.0), rng.uniform(1.0, 1.9 if dark else 1.0), SIDE, dtype=np.float32)[:, None]
    glass = through * pixels.astype(np.float32) + (1 - through) * (
        tint * np.broadcast_to(height, (SIDE, SIDE))[..., None]
    )
    if rng.random() < (0.45 if dark else 0.55):
        glass += _reflections(lenses, outlines, apart, rng)
    rim = rng.uniform(0, 70, 3) if rng.random() < 0.6 else rng.uniform(40, 230) * rng.normal(1, 0.15, 3)
    result = _mixed(pixels.astype(np.float32), glass, lenses)
    result = _mixed(result, rim * rng.uniform(0.8, 1.2, (SIDE, SIDE, 1)), frame)
    return np.clip(result, 0, 255).astype(np.uint8), (np.maximum(lenses, frame) > 127).astype(np.uint8)


def _outlines(points: Float32, across: Float32, apart: float, rng: Rng) -> list[tuple[int, float, Float32]]:
    """Return (eye, its drop, outline) of the two lenses: rounded rectangles, narrow or high."""
    wide, high = apart * rng.uniform(0.3, 0.46), apart * rng.uniform(0.17, 0.4)
    low, power = rng.uniform(-0.02, 0.16), rng.uniform(2, 6)
    turn = np.linspace(0, 2 * np.pi, 40)
    cosine, sine = np.cos(turn), np.sin(turn)
    rim = np.column_stack(
        [np.sign(cosine) * abs(cosine) ** (2 / power) * wide, np.sign(sine) * abs(sine) ** (2 / power) * high]
    )
    rotation = np.array([[across[0], across[1]], [-across[1], across[0]]])
    shift = wide * rng.uniform(-0.05, 0.15)
    return [(eye, low, (rim + np.array([sign * shift, 0])) @ rotation) for eye, sign in ((0, -1), (1, 1))]


def _reflections(lenses: UInt8, outlines: list[Float32], apart: float, rng: Rng) -> Float32:
    """Return light that lenses reflect: windows, screens and lamps, white, bluish or greenish."""
    glare = np.zeros((SIDE, SIDE), np.uint8)
    for outline in outlines:
        for _ in range(int(rng.integers(0, 4))):
            centre = outline.mean(axis=0) + rng.normal(0, 0.16 * apart, 2)
            half = apart * rng.uniform(0.03, 0.3, 2)
            corners = (
                centre + np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * half + rng.normal(0, 0.05 * apart, (4, 2))
            )
            polygon(glare, corners)
    soft = cv2.GaussianBlur(np.minimum(glare, lenses), (0, 0), float(rng.uniform(0.6, 3.0))).astype(np.float32) / 255
    return soft[..., None] * (rng.uniform(30, 210) * rng.normal(1, 0.15, 3)).astype(np.float32)


def _mixed(below: Float32, above: NDArray[np.floating], cover: UInt8) -> Float32:
    soft = cv2.GaussianBlur(cover, (0, 0), 0.6).astype(np.float32)[..., None] / 255
    return np.asarray(below * (1 - soft) + above * soft, np.float32)
