"""Mix heads: one face from two, in the surroundings of one, bent and lit in another way."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from bareface.values.face import Float32, UInt8

SIDE = 192
QUALITY = 80
_NOSE = 112
_COARSE, _MIDDLE = 4.0, 1.4
_BEND, _CELL, _BELL = 4.2, 12, 2.0


def shift(one: Float32, other: Float32, furthest: float, smooth: float) -> Float32:
    """Estimate where another head shows what a head shows at each pixel, as offsets (x, y), float32 [192, 192, 2]."""
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    flow.setUseSpatialPropagation(False)  # which depends on the number of threads
    found = np.clip(flow.calc(_features(one), _features(other), None), -furthest, furthest)
    return np.asarray(cv2.GaussianBlur(found, (0, 0), smooth), np.float32)


def moved(picture: Float32, by: Float32) -> Float32:
    """Take each pixel of a picture from where offsets say."""
    y, x = np.mgrid[:SIDE, :SIDE]
    places = (by + np.dstack([x, y])).astype(np.float32)
    return np.asarray(
        cv2.remap(picture, places, None, interpolation=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
    )


def _features(picture: Float32) -> UInt8:
    plane = cv2.GaussianBlur(picture.mean(axis=2), (0, 0), 2.2)
    detail = plane - cv2.GaussianBlur(plane, (0, 0), 14)
    contrast = np.sqrt(cv2.GaussianBlur(detail * detail, (0, 0), 14) + 16)
    return np.asarray(np.clip(128 + 45 * detail / contrast, 0, 255), np.uint8)


def _ellipse(width: float, height: float, soft: float) -> Float32:
    mask = np.zeros((SIDE, SIDE), np.float32)
    cv2.ellipse(mask, (96, 112), (round(width), round(height)), 0, 0, 360, 1.0, -1)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), soft), np.float32)


_SHAPE = _ellipse(58, 68, 10)[..., None]
_FACE = _ellipse(44, 54, 5)[..., None]
CORE = _ellipse(40, 50, 0.5) > 0.5
_UP = (1 / (1 + np.exp((np.arange(SIDE) - _NOSE) / 3)))[:, None, None].astype(np.float32)


def mixed(heads: Sequence[Float32], shares: Sequence[float], above: int, below: int) -> tuple[Float32, float]:
    """Mix heads.

    Parameters
    ----------
    heads
        Heads; hair, ears and background are those of the first.
    shares
        Shares in the shape and the coarse light of the face, of sum 1.
    above, below
        Whose fine texture the mixture has above and below the tip of the nose.

    Returns
    -------
    tuple
        The mixture, float32 [192, 192, 3], and the least correlation of two faces' features.
    """
    base = heads[0]
    ways = [np.zeros((SIDE, SIDE, 2), np.float32)]
    for other in heads[1:]:
        first = shift(base, other, 14, 6)
        ways.append(first + shift(base, moved(other, first), 6, 6))
    middle = _SHAPE * _sum(shares, ways)
    # The mixture's place p is the base's p - middle(p - ...): a few rounds find it.
    back = -middle
    for _ in range(3):
        back = -moved(middle, back)
    own = moved(base, back)
    laid = [
        own,
        *(
            _coloured(moved(other, moved(way, back) + back), own)
            for other, way in zip(heads[1:], ways[1:], strict=True)
        ),
    ]
    met = min(float(np.corrcoef(_features(own)[CORE], _features(one)[CORE])[0, 1]) for one in laid[1:])
    coarse = [soft(one, _COARSE) for one in laid]
    middles = [soft(one, _MIDDLE) for one in laid]
    bands = [fine - rest for fine, rest in zip(middles, coarse, strict=True)]
    both = 0.5 * _sum(shares, bands) + 0.5 * (_UP * bands[above] + (1 - _UP) * bands[below])
    # Averages are flatter than what they average.
    energy = _UP * _energy(bands[above]) + (1 - _UP) * _energy(bands[below])
    both = both * np.clip(np.sqrt((energy + 0.5) / (_energy(both) + 0.5)), 0.8, 1.5)
    fine = _UP * (laid[above] - middles[above]) + (1 - _UP) * (laid[below] - middles[below])
    return own + _FACE * (_sum(shares, coarse) + both + fine - own), met


def _sum(shares: Sequence[float], fields: Sequence[Float32]) -> Float32:
    return np.asarray(sum(share * field for share, field in zip(shares, fields, strict=True)), np.float32)


def _coloured(picture: Float32, wanted: Float32) -> Float32:
    """Give a face the mean colour and the contrast of another."""
    mean, deviation = picture[CORE].mean(axis=0), picture[CORE].std(axis=0)
    gain = np.clip(wanted[CORE].std(axis=0) / deviation, 0.7, 1.4)
    return np.asarray((picture - mean) * gain + wanted[CORE].mean(axis=0), np.float32)


def soft(picture: NDArray[np.floating], width: float) -> Float32:
    """Blur a picture."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), width), np.float32)


def _energy(picture: NDArray[np.floating]) -> Float32:
    return soft(picture * picture, 8.0)


def bend(rng: np.random.Generator) -> Float32:
    """Draw a smooth field of offsets, float32 [192, 192, 2]."""
    coarse = rng.standard_normal((_CELL, _CELL, 2)).astype(np.float32)
    field = cv2.GaussianBlur(coarse, (0, 0), _BELL) * (2 * _BELL * np.sqrt(np.pi))
    return np.asarray(_BEND * cv2.resize(field, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC), np.float32)


def lit(picture: Float32, rng: np.random.Generator) -> Float32:
    """Change the light: gamma, warmth, and a ramp from one side."""
    gamma, warmth, ramp = rng.uniform(0.8, 1.2), rng.uniform(-0.06, 0.06), rng.uniform(-0.15, 0.15)
    across = 1 + ramp * np.linspace(-1, 1, SIDE)[None, :, None]
    out = 255 * (np.clip(picture, 0, 255) / 255) ** gamma
    return np.asarray(out * across * np.array([1 + warmth, 1, 1 - warmth]), np.float32)


def encoded(picture: Float32) -> bytes:
    """Encode a picture as a JPEG file."""
    pixels = np.clip(np.round(picture), 0, 255).astype(np.uint8)
    _, content = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return bytes(content.tobytes())


def decoded(content: bytes) -> UInt8:
    """Decode a JPEG file to RGB."""
    return np.asarray(cv2.cvtColor(cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB))
