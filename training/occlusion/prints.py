"""More looks for a mask that is worn already: other cloth, prints, straps, overexposure."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import cv2
import numpy as np

from bareface.values.face import Float32, UInt8
from training.occlusion.config import SIDE
from training.occlusion.drawing import Rng, line, polygon
from training.occlusion.labels import MASK


def reprinted(pixels: UInt8, classes: UInt8, textures: UInt8, rng: Rng) -> UInt8:
    """Give the mask another cloth, a print on it, or both; its folds and its light stay.

    Parameters
    ----------
    pixels, classes
        A masked face, [SIDE, SIDE, 3] and [SIDE, SIDE].
    textures
        Pictures to print, uint8 [n, SIDE, SIDE, 3].
    """
    region = (classes == MASK).astype(np.uint8)
    if region.sum() < 200:
        return pixels
    grey = cv2.GaussianBlur(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), (0, 0), 0.8).astype(np.float32)
    middle = max(float(np.median(grey[region > 0])), 12.0)
    shade = np.clip(grey / middle, 0.25, 1.7)[..., None]
    looks: list[Callable[[], Float32]] = [
        lambda: np.broadcast_to(_colour(pixels, rng), (SIDE, SIDE, 3)).astype(np.float32),
        lambda: _spread(textures, rng),
        lambda: _tiled(textures, rng),
        lambda: pixels.astype(np.float32) / shade,
    ]
    cloth = looks[rng.choice(4, p=(0.3, 0.25, 0.2, 0.25))]()
    if rng.random() < 0.4:
        cloth = _with_print(cloth, region, textures, rng)
    strength = np.float32(rng.uniform(0.5, 1.1))
    result = cloth * (1 + strength * (shade - 1))
    if rng.random() < 0.15:
        # In the sun, or before a bright window: hardly a fold is left.
        result = 255 - (255 - np.clip(result, 0, 255)) * rng.uniform(0.05, 0.5)
    soft = cv2.GaussianBlur(region * 255, (0, 0), 0.6).astype(np.float32)[..., None] / 255
    return np.clip(pixels * (1 - soft) + result * soft, 0, 255).astype(np.uint8)


def strapped(pixels: UInt8, classes: UInt8, points: Float32, rng: Rng) -> tuple[UInt8, UInt8]:
    """Tie the mask to the ears: loops of one or two bands, thin or as wide as cloth; they are labelled as mask."""
    region = (classes == MASK).astype(np.uint8)
    rows, columns = np.nonzero(region)
    if len(rows) < 400:
        return pixels, classes
    apart = max(float(np.linalg.norm(points[1] - points[0])), 1.0)
    cover = np.zeros((SIDE, SIDE), np.uint8)
    shadow = np.zeros((SIDE, SIDE), np.uint8)
    width = apart * (rng.uniform(0.015, 0.05) if rng.random() < 0.7 else rng.uniform(0.05, 0.14))
    cast_by = np.array([1.0, 1.5])
    for side, eye in ((-1, points[0]), (1, points[1])):
        reach = columns * side
        far = reach >= np.quantile(reach, 0.985)
        edge_rows, edge_columns = rows[far], columns[far]
        ear = eye + np.array([side * rng.uniform(0.5, 0.95), rng.uniform(0.0, 0.6)]) * apart
        corners = [np.array([edge_columns[pick], edge_rows[pick]]) for pick in (edge_rows.argmin(), edge_rows.argmax())]
        kept = corners[: 1 + int(rng.random() < 0.75)]
        for place, corner in enumerate(kept):
            end = ear + np.array([0, place * apart * rng.uniform(0.1, 0.6)])
            bend = (corner + end) / 2 + rng.normal(0, 0.07 * apart, 2)
            t = np.linspace(0, 1, 10)[:, None]
            curve = (1 - t) ** 2 * corner + 2 * t * (1 - t) * bend + t**2 * end
            for one, two in itertools.pairwise(curve):
                line(cover, one, two, width, 255)
                line(shadow, one + cast_by, two + cast_by, width + 1, 255)
    if rng.random() < 0.5:
        colour = np.median(pixels[region > 0], axis=0) * rng.uniform(0.8, 1.2)
    else:
        colour = np.full(3, rng.choice((20.0, 225.0, 240.0))) if rng.random() < 0.8 else rng.uniform(0, 255, 3)
    level = np.clip(
        cv2.GaussianBlur(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), (0, 0), 6).astype(np.float32) / 130, 0.4, 1.3
    )
    cast = cv2.GaussianBlur(shadow, (0, 0), 1.2).astype(np.float32)[..., None] / 255 * rng.uniform(0, 0.35)
    band = cv2.GaussianBlur(cover, (0, 0), 0.6).astype(np.float32)[..., None] / 255
    outside = (region == 0)[..., None]
    below = np.where(outside, pixels * (1 - cast), pixels)
    mixed = np.where(outside, below * (1 - band) + band * np.asarray(colour, np.float32) * level[..., None], pixels)
    return np.clip(mixed, 0, 255).astype(np.uint8), np.where((cover > 110), np.uint8(MASK), classes)


def _colour(pixels: UInt8, rng: Rng) -> Float32:
    """Draw a colour of cloth: greys, anything, or one near the skin's."""
    kind = rng.random()
    if kind < 0.4:
        return np.full(3, rng.choice((15.0, 35.0, 120.0, 215.0, 240.0))) * rng.normal(1, 0.04, 3).astype(np.float32)
    if kind < 0.8:
        return rng.uniform(5, 245, 3).astype(np.float32)
    return pixels[60:120, 60:140].reshape(-1, 3).mean(axis=0) * rng.normal(1.05, 0.12, 3).astype(np.float32)


def _patch(textures: UInt8, rng: Rng, least: int, most: int) -> UInt8:
    source = textures[rng.integers(len(textures))]
    size = int(rng.integers(least, most))
    row, column = (int(rng.integers(0, SIDE - size)) for _ in range(2))
    return source[row : row + size, column : column + size]


def _spread(textures: UInt8, rng: Rng) -> Float32:
    """Print one picture all over, in any hue."""
    big = cv2.resize(_patch(textures, rng, 20, 120), (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
    return big[..., rng.permutation(3)].astype(np.float32)


def _tiled(textures: UInt8, rng: Rng) -> Float32:
    """Repeat a small picture, with more contrast."""
    tile = cv2.resize(_patch(textures, rng, 20, 120), (int(rng.integers(5, 40)),) * 2, interpolation=cv2.INTER_AREA)
    times = SIDE // len(tile) + 1
    cloth = np.tile(tile, (times, times, 1))[:SIDE, :SIDE, rng.permutation(3)].astype(np.float32)
    return (cloth - cloth.mean()) * np.float32(rng.uniform(1, 2.5)) + np.float32(rng.uniform(40, 200))


def _with_print(cloth: Float32, region: UInt8, textures: UInt8, rng: Rng) -> Float32:
    """Print words, shapes or a picture on a part of the mask: logos, valves, mouths, drawn smiles."""
    rows, columns = np.nonzero(region)
    canvas = np.zeros((SIDE, SIDE), np.uint8)
    for _ in range(int(rng.integers(1, 4))):
        pick = int(rng.integers(len(rows)))
        centre, size = np.array([columns[pick], rows[pick]], float), rng.uniform(4, 26)
        kind = rng.random()
        if kind < 0.35:
            words = "".join(rng.choice(list("ABCDEHKLMNOPRSTUX358"), int(rng.integers(1, 8))))
            at = [int(v) for v in centre - (2.5 * size, 0)]
            cv2.putText(
                canvas, words, at, int(rng.integers(0, 8)), size / 22, 255, int(rng.integers(1, 4)), cv2.LINE_AA
            )
        elif kind < 0.6:
            turn = np.linspace(0, 2 * np.pi, int(rng.integers(3, 14)), endpoint=False)
            polygon(canvas, centre + np.column_stack([np.cos(turn), np.sin(turn)]) * size * rng.uniform(0.6, 1.4, 2))
        elif kind < 0.8:
            for k in range(int(rng.integers(1, 7))):
                at, half = centre + np.array([0, k * size / 2]), np.array([size * 3, 0])
                line(canvas, at - half, at + half, rng.uniform(1, 5), 255)
        else:
            box = (int(centre[0]), int(centre[1]))
            cv2.ellipse(canvas, box, (int(size * 1.6), int(size)), 0, 0, 360, 255, -1, cv2.LINE_AA)
    ink = _spread(textures, rng) if rng.random() < 0.35 else np.asarray(rng.uniform(0, 255, 3), np.float32)
    cover = canvas.astype(np.float32)[..., None] / 255 * np.float32(rng.uniform(0.6, 1.0))
    return np.asarray(cloth * (1 - cover) + ink * cover, np.float32)
