"""Colours and printed patterns of masks, split into a training and a test half."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import cv2
import numpy as np

from bareface.synthesis.mask_light import LINEAR
from bareface.synthesis.mask_shapes import Half, Kind
from bareface.values.face import Float32, Float64, UInt8

Rgb: TypeAlias = tuple[int, int, int]

# Both halves hold a light blue, a whitish and a dark cloth, as both must look like the street; no value is in
# both.
COLOURS: Final[dict[Half, dict[Kind, dict[str, Rgb]]]] = {
    "train": {
        "surgical": {
            "light blue": (146, 193, 226),
            "white": (236, 238, 241),
            "black": (38, 38, 42),
            "mint": (160, 214, 196),
            "pink": (238, 186, 198),
        },
        "cloth": {
            "black": (38, 38, 42),
            "white": (236, 238, 241),
            "royal blue": (38, 66, 150),
            "grey": (128, 130, 134),
            "scarlet": (190, 34, 38),
            "olive": (96, 98, 58),
            "teal": (22, 116, 122),
            "mustard": (206, 158, 48),
            "lilac": (176, 152, 204),
        },
        "n95": {"white": (236, 238, 241), "light blue": (146, 193, 226)},
        "kn95": {"white": (236, 238, 241), "black": (38, 38, 42), "grey": (128, 130, 134)},
    },
    "test": {
        "surgical": {
            "sky": (104, 168, 216),
            "off-white": (222, 220, 212),
            "charcoal": (66, 66, 72),
            "aqua": (128, 206, 214),
            "lavender": (196, 192, 226),
        },
        "cloth": {
            "navy": (26, 32, 66),
            "charcoal": (66, 66, 72),
            "off-white": (222, 220, 212),
            "burgundy": (110, 26, 44),
            "forest": (34, 78, 52),
            "denim": (84, 108, 142),
            "orange": (222, 112, 40),
            "sand": (196, 172, 138),
            "violet": (96, 56, 130),
        },
        "n95": {"off-white": (222, 220, 212), "sand": (196, 172, 138)},
        "kn95": {"off-white": (222, 220, 212), "charcoal": (66, 66, 72), "sky": (104, 168, 216)},
    },
}
"""Names and sRGB values of the cloths of each half and kind."""

Painter: TypeAlias = Callable[[Float32, Float32, float, np.random.Generator], Float32]
"""Takes cloth coordinates u and v (float32 [h, w], unit: inter-ocular distance), cells per unit and a
generator; returns how much of the second and the third colour lies on the first, float32 [h, w, 2] in [0,
1]."""


def _soft(signed: Float32, fineness: float) -> Float32:
    """Return 1 where a signed distance is positive, 0 where negative, one cell wide between."""
    soft: Float32 = np.clip(signed * np.float32(fineness) + np.float32(0.5), 0, 1)
    return soft


def _wave(values: Float32, period: float, share: float, fineness: float) -> Float32:
    """Return bands of a share of each period, with anti-aliased edges."""
    phase = np.mod(values, np.float32(period))
    half = np.float32(period * share / 2)
    return _soft(half - abs(phase - np.float32(period / 2)), fineness)


def _stripes(u: Float32, v: Float32, fineness: float, rng: np.random.Generator) -> Float32:
    period = rng.uniform(0.1, 0.34)
    wide = _wave(u, period, rng.uniform(0.25, 0.6), fineness)
    return np.dstack([wide, _wave(u + np.float32(period / 2), period, rng.choice((0.0, 0.12)), fineness)])


def _checks(u: Float32, v: Float32, fineness: float, rng: np.random.Generator) -> Float32:
    period = rng.uniform(0.07, 0.3)
    across, along = (_wave(axis, period, 0.5, fineness) for axis in (u, v))
    # Gingham is half tone where one thread is dyed; a chequer board is full or nothing.
    both = (across + along) / 2 if rng.random() < 0.6 else abs(across - along)
    return np.dstack([both, np.zeros_like(both)])


def _dots(u: Float32, v: Float32, fineness: float, rng: np.random.Generator) -> Float32:
    period = rng.uniform(0.11, 0.3)
    row = np.floor(v / np.float32(period))
    x = np.mod(u + np.mod(row, 2) * np.float32(period / 2), np.float32(period)) - np.float32(period / 2)
    y = v - (row + np.float32(0.5)) * np.float32(period)
    spot = _soft(np.float32(period * rng.uniform(0.18, 0.36)) - np.hypot(x, y), fineness)
    return np.dstack([spot, np.zeros_like(spot)])


def _clouds(shape: tuple[int, ...], cells: float, fineness: float, rng: np.random.Generator) -> Float32:
    """Smooth noise of unit deviation whose blobs are 1 / cells of a unit wide."""
    size = (max(3, int(shape[1] / fineness * cells)), max(3, int(shape[0] / fineness * cells)))
    noise = rng.standard_normal(size[::-1]).astype(np.float32)
    clouds: Float32 = cv2.resize(noise, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return clouds


def _camouflage(u: Float32, v: Float32, fineness: float, rng: np.random.Generator) -> Float32:
    cells = rng.uniform(4, 9)
    layers = [
        _clouds(u.shape, cells, fineness, rng) + 0.4 * _clouds(u.shape, 3 * cells, fineness, rng) for _ in range(2)
    ]
    return np.dstack([np.clip((layer - 0.3) * np.float32(fineness / cells / 2) + 0.5, 0, 1) for layer in layers])


def _chevron(u: Float32, v: Float32, fineness: float, rng: np.random.Generator) -> Float32:
    period, tooth = rng.uniform(0.1, 0.26), rng.uniform(0.12, 0.3)
    zigzag = abs(np.mod(u, np.float32(tooth)) - np.float32(tooth / 2))
    band = _wave(v + zigzag, period, 0.5, fineness)
    return np.dstack([band, np.zeros_like(band)])


def _tartan(u: Float32, v: Float32, fineness: float, rng: np.random.Generator) -> Float32:
    period, shift = rng.uniform(0.24, 0.5), np.float32(rng.uniform(0.03, 0.12))
    broad = sum(_wave(axis, period, 0.45, fineness) for axis in (u, v))
    thin = sum(_wave(axis + shift, period, 0.07, fineness) for axis in (u, v))
    return np.dstack([0.42 * broad, np.clip(0.7 * thin, 0, 1)])


def _marble(u: Float32, v: Float32, fineness: float, rng: np.random.Generator) -> Float32:
    cells = rng.uniform(2, 4)
    layers = [
        0.5 + 0.5 * np.sin(rng.uniform(6, 14) * axis + 2.5 * _clouds(u.shape, cells, fineness, rng)) for axis in (u, v)
    ]
    return np.dstack(layers).astype(np.float32) ** 2


def _printed(u: Float32, v: Float32, fineness: float, draw: Callable[[UInt8, UInt8], None]) -> Float32:
    """Lay a picture, drawn flat on two layers, onto the cloth."""
    reach = int(np.ceil(max(abs(u).max(), abs(v).max()) * fineness)) + 1
    layers = [np.zeros((2 * reach, 2 * reach), np.uint8) for _ in range(2)]
    draw(*layers)
    where = u * np.float32(fineness) + np.float32(reach), v * np.float32(fineness) + np.float32(reach)
    laid = np.dstack([cv2.remap(layer, *where, cv2.INTER_LINEAR) for layer in layers])
    return laid.astype(np.float32) / np.float32(255)


def _floral(u: Float32, v: Float32, fineness: float, rng: np.random.Generator) -> Float32:
    step = rng.uniform(0.26, 0.42) * fineness
    petals = rng.integers(5, 8)

    def draw(blossoms: UInt8, hearts: UInt8) -> None:
        count = int(len(blossoms) / step) + 1
        for row, column in np.ndindex(count, count):
            centre = (np.array([column + (row % 2) / 2, row]) + rng.uniform(-0.22, 0.22, 2)) * step
            size = step * rng.uniform(0.14, 0.24)
            for angle in rng.uniform(0, 1) + np.arange(petals) * 2 * np.pi / petals:
                petal = centre + size * np.array([np.cos(angle), np.sin(angle)])
                _disk(blossoms, petal, size * 0.62)
            _disk(hearts, centre, size * 0.5)

    return _printed(u, v, fineness, draw)


def _disk(layer: UInt8, centre: Float64, radius: float) -> None:
    fixed = np.round(centre * 16).astype(int)
    cv2.circle(layer, (int(fixed[0]), int(fixed[1])), round(radius * 16), 255, -1, cv2.LINE_AA, shift=4)


def _lettering(u: Float32, v: Float32, fineness: float, rng: np.random.Generator) -> Float32:
    height = rng.uniform(0.1, 0.3) * fineness
    line = height * rng.uniform(1.4, 2.2)

    def draw(dark: UInt8, light: UInt8) -> None:
        for index, baseline in enumerate(np.arange(line, len(dark), line)):
            words = "".join(rng.choice(list("ABDEGHKLMNORSTVX    "), 60))
            layer = light if index % 4 == 3 else dark
            thickness = max(1, round(height / 6))
            where = (-int(rng.integers(0, 40)), int(baseline))
            cv2.putText(layer, words, where, cv2.FONT_HERSHEY_SIMPLEX, height / 22, 255, thickness, cv2.LINE_AA)

    return _printed(u, v, fineness, draw)


PATTERNS: Final[dict[Half, dict[str, Painter]]] = {
    "train": {"stripes": _stripes, "checks": _checks, "dots": _dots, "camouflage": _camouflage},
    "test": {
        "chevron": _chevron,
        "tartan": _tartan,
        "floral": _floral,
        "lettering": _lettering,
        "marble": _marble,
    },
}
"""Printed patterns of each half; a mask may also be plain."""


def paint(
    pattern: str | None,
    palette: tuple[Rgb, ...],
    x: Float32,
    y: Float32,
    fineness: float,
    rng: np.random.Generator,
) -> Float32:
    """Paint the cloth's colour over a grid of the face frame, without light.

    Parameters
    ----------
    pattern
        A name in `PATTERNS`, or None for plain cloth.
    palette
        Three sRGB colours: ground, first and second print.
    x, y
        Face-frame coordinates, float32 [1, w] and [h, 1].
    fineness
        Grid cells per inter-ocular distance.
    rng
        Draws the pattern's scale and turn, and the threads.

    Returns
    -------
    ndarray
        Linear RGB in [0, 1], float32 [h, w, 3].
    """
    ground, *prints = (LINEAR[list(colour)] for colour in palette)
    weave = 1 + np.float32(0.035) * rng.standard_normal((y.size, x.size, 1), np.float32)
    cloth = ground * weave
    if pattern is not None:
        angle = rng.choice((0.0, np.pi / 2, np.pi / 4)) + rng.normal(0, 0.12)
        # Cloth that curves away from the viewer shows more of itself in less width.
        arc = x * (1 + 0.22 * x**2)
        turned = (
            np.cos(angle) * arc + np.sin(angle) * (y - 1),
            np.cos(angle) * (y - 1) - np.sin(angle) * arc,
        )
        u, v = (np.ascontiguousarray(axis, np.float32) for axis in turned)
        painter = next(half[pattern] for half in PATTERNS.values() if pattern in half)
        amounts = painter(u, v, fineness, rng)
        for amount, colour in zip(np.moveaxis(amounts, 2, 0), prints, strict=True):
            cloth += amount[..., None] * (colour * weave - cloth)
    return cloth
