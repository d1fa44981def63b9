"""People who do not exist, made of parts of those who do: a teacher's answer for any face-like picture is a target.

A network that sees the same few thousand faces again and again learns their upper halves by heart and with each the
one answer it goes with. Faces put together anew give every upper half many lower ones, so that only what the visible
part really tells is worth learning.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np

from bareface.types import Float32, UInt8

# Of the window, as shares of its side: the eyes lie at a third, the nose in the middle, the mouth at two thirds.
_CENTRES = ((0.5, 0.36), (0.5, 0.5), (0.5, 0.65), (0.5, 0.2), (0.5, 0.8))

COARSE, STEP = 50, 4
"""Side of the grid that soft regions are drawn on, and every how many pixels colours are measured."""


def invent(faces: Sequence[UInt8] | UInt8, rng: np.random.Generator) -> UInt8:
    """One window of somebody new, whose face has slightly other proportions than those it is made of.

    Parameters
    ----------
    faces
        Windows of real faces, uint8 [n, side, side, 3], all aligned alike.
    rng
        Draws the people, the parts and the warp.
    """
    first = _drawn(faces, rng)
    kind = rng.random()
    if kind < 0.25:
        new = first
    elif kind < 0.55:
        share = rng.uniform(0.3, 0.7)
        new = cv2.addWeighted(first, share, _drawn(faces, rng), 1 - share, 0)
    else:
        new = _grafted(first, _drawn(faces, rng), rng)
        if rng.random() < 0.4:
            new = _grafted(np.asarray(new, np.uint8), _drawn(faces, rng), rng)
    bend = rng.normal(0, rng.uniform(0.5, 4.5), (5, 5, 2)).astype(np.float32)
    return _moved(np.asarray(new, np.uint8), cv2.resize(bend, new.shape[:2], interpolation=cv2.INTER_CUBIC))


def _drawn(faces: Sequence[UInt8] | UInt8, rng: np.random.Generator) -> UInt8:
    face = np.asarray(faces[int(rng.integers(len(faces)))])
    return np.ascontiguousarray(face[:, ::-1] if rng.random() < 0.5 else face)


def _grafted(first: UInt8, second: UInt8, rng: np.random.Generator) -> UInt8:
    """``first`` with a part of ``second`` in the colours of what it replaces."""
    alpha = _part(first.shape[0], rng)
    moved = _recoloured(second, first, alpha)
    return np.clip(first + alpha[..., None] * (moved - first), 0, 255).astype(np.uint8)


def _part(side: int, rng: np.random.Generator) -> Float32:
    """A soft region: all below or above a slanted line across the face, or an ellipse about one of its parts."""
    y, x = np.mgrid[:COARSE, :COARSE].astype(np.float32) / COARSE
    soft = rng.uniform(0.02, 0.07)
    if rng.random() < 0.6:
        edge = (y - rng.uniform(0.35, 0.68) + rng.normal(0, 0.15) * (x - 0.5)) * rng.choice([-1, 1])
    else:
        across, down = _CENTRES[int(rng.integers(len(_CENTRES)))]
        wide, high = rng.uniform(0.14, 0.34), rng.uniform(0.08, 0.18)
        radius = np.hypot((x - across) / wide, (y - down) / high)
        edge = (1 - radius) * min(wide, high)
    alpha = 1 / (1 + np.exp(np.clip(-edge / soft * 3, -30, 30)))
    return np.asarray(cv2.resize(alpha, (side, side), interpolation=cv2.INTER_LINEAR), np.float32)


def _recoloured(part: UInt8, like: UInt8, alpha: Float32) -> Float32:
    """``part`` with the mean and spread of each channel that ``like`` has where ``alpha`` is high."""
    weight = alpha[::STEP, ::STEP].reshape(-1, 1) + 1e-6
    weight = weight / weight.sum()
    samples = [picture[::STEP, ::STEP].reshape(-1, 3).astype(np.float32) for picture in (part, like)]
    means = [(weight * pixels).sum(0) for pixels in samples]
    spreads = [np.sqrt((weight * (pixels - mean) ** 2).sum(0)) for pixels, mean in zip(samples, means, strict=True)]
    gain = np.clip(spreads[1] / np.maximum(spreads[0], 1), 0.5, 2)
    return np.asarray(part * gain.astype(np.float32) + (means[1] - means[0] * gain).astype(np.float32))


def photographed(window: UInt8, rng: np.random.Generator) -> UInt8:
    """Another photo of the same person: turned a little, in other light and colours, of fewer pixels, mirrored."""
    side = window.shape[0]
    picture = np.ascontiguousarray(window[:, ::-1]) if rng.random() < 0.5 else window
    if rng.random() < 0.7:
        shift = cv2.resize(
            rng.normal(0, 1.2, (4, 4, 2)).astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC
        )
        across = np.linspace(-1, 1, side, dtype=np.float32)
        # One side foreshortened as by a turn; nothing moves at the eyes, which alignment puts in place in any pose.
        shift[..., 0] += rng.normal(0, 6) * (across**2 - 0.12)
        picture = _moved(picture, shift)
    if rng.random() < 0.6:
        small = int(rng.uniform(0.28, 0.9) * side)
        picture = cv2.resize(picture, (small, small), interpolation=cv2.INTER_AREA)
        picture = cv2.resize(picture, (side, side), interpolation=cv2.INTER_CUBIC)
    if rng.random() < 0.5:
        angle, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.7)
        ramp = np.linspace(-1, 1, COARSE, dtype=np.float32)
        light = np.exp(strength * (np.cos(angle) * ramp[None, :] + np.sin(angle) * ramp[:, None]))
        light = cv2.resize(light.astype(np.float32), (side, side), interpolation=cv2.INTER_LINEAR)
        picture = np.clip(picture * light[..., None], 0, 255).astype(np.uint8)
    if rng.random() < 0.7:
        gains = np.exp(rng.normal(0, 0.18) + rng.normal(0, 0.07, 3))
        levels = np.linspace(0, 1, 256)[:, None] ** np.exp(rng.normal(0, 0.25)) * gains * 255
        picture = cv2.LUT(picture, levels.clip(0, 255).astype(np.uint8).reshape(256, 1, 3))
    return np.asarray(picture, np.uint8)


def _moved(window: UInt8, shift: Float32) -> UInt8:
    """Each pixel taken from ``shift`` [side, side, 2] pixels away."""
    grid = _grid(window.shape[0]) + shift
    return np.asarray(cv2.remap(window, grid, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


@cache
def _grid(side: int) -> Float32:
    return np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).astype(np.float32)
