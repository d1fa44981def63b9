"""Other things before a face: hands, hair, scarves, objects. All are painted on the enlarged chip."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import cv2
import numpy as np

from bareface.values.face import Float32, UInt8
from training.occlusion.config import SIDE
from training.occlusion.drawing import Rng, line, lit, polygon
from training.occlusion.labels import BACKGROUND


class Occluders:
    """Draws occluders.

    Parameters
    ----------
    textures, classes
        Enlarged chips whose surroundings serve as hair and cloth, uint8 [n, SIDE, SIDE, 3], and their classes.
    """

    def __init__(self, textures: UInt8, classes: UInt8) -> None:
        self._textures, self._classes = textures, classes
        self._kinds: tuple[tuple[Callable[[Float32, UInt8, Rng], tuple[UInt8, UInt8]], float], ...] = (
            (self._hand, 0.4),
            (self._scarf, 0.15),
            (self._strands, 0.15),
            (self._blob, 0.15),
            (self._object, 0.15),
        )

    def put(self, pixels: UInt8, points: Float32, rng: Rng) -> tuple[UInt8, UInt8]:
        """Put one occluder on a picture; also return its mask (uint8 [SIDE, SIDE], 0 or 1)."""
        draw = self._kinds[rng.choice(len(self._kinds), p=[share for _, share in self._kinds])][0]
        shape, colour = draw(points, pixels, rng)
        soft = cv2.GaussianBlur(shape, (0, 0), float(rng.uniform(0.4, 1.2))).astype(np.float32)[..., None] / 255
        mixed = pixels * (1 - soft) + colour * soft
        return mixed.astype(np.uint8), (shape > 127).astype(np.uint8)

    def _hand(self, points: Float32, pixels: UInt8, rng: Rng) -> tuple[UInt8, UInt8]:
        """Draw fingers from one side or below, in the face's own skin colour or near it."""
        skin = _skin(pixels, points) * rng.uniform(0.75, 1.2) * rng.normal(1, 0.05, 3)
        target = points[rng.integers(5)] + rng.normal(0, 14, 2)
        angle = rng.uniform(-0.3, np.pi + 0.3)  # the wrist lies to the side or below
        away = np.array([np.cos(angle), np.sin(angle)])
        side = np.array([-away[1], away[0]])
        width = rng.uniform(9, 16)
        shape = np.zeros((SIDE, SIDE), np.uint8)
        shade = np.ones((SIDE, SIDE), np.float32)
        for finger in range(int(rng.integers(1, 5))):
            tip = target + side * width * (finger - 1.5) * 1.02 + away * rng.normal(0, 6)
            root = tip + away * rng.uniform(45, 70) + side * rng.normal(0, 4)
            line(shade, tip, root, width * 1.04, rng.uniform(0.55, 0.8))
            line(shade, tip, root, width * 0.72, 1.0)
            line(shape, tip, root, width, 255)
        palm = target + away * rng.uniform(60, 75)
        line(shape, palm, palm + away * 90, width * 4, 255)
        shade = cv2.GaussianBlur(shade, (0, 0), float(rng.uniform(1.0, 3.0)))
        # Knuckles and the light's direction.
        slope = np.linspace(rng.uniform(0.75, 1.1), rng.uniform(0.9, 1.25), SIDE, dtype=np.float32)
        shade *= slope[:, None] if rng.random() < 0.5 else slope
        shade *= cv2.resize(
            rng.normal(1, 0.06, (24, 24)).astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC
        )
        return shape, lit(skin, shade, rng)

    def _scarf(self, points: Float32, pixels: UInt8, rng: Rng) -> tuple[UInt8, UInt8]:
        """Draw cloth from one edge of the picture to the other, up to the chin or over the nose."""
        top = points[3:].mean(axis=0)[1] + rng.uniform(-32, 24)
        x = np.linspace(0, SIDE, 12)
        y = top + np.cumsum(rng.normal(0, 4, 12)) + rng.uniform(-0.1, 0.3) * abs(x - SIDE / 2)
        shape = np.zeros((SIDE, SIDE), np.uint8)
        polygon(shape, np.column_stack([np.r_[x, SIDE, 0], np.r_[y, SIDE + 5, SIDE + 5]]))
        return shape, self._cloth(rng)

    def _strands(self, points: Float32, pixels: UInt8, rng: Rng) -> tuple[UInt8, UInt8]:
        """Draw hair falling over the face."""
        shape = np.zeros((SIDE, SIDE), np.uint8)
        side = rng.choice((-1, 1))
        start = np.array([SIDE / 2 + side * rng.uniform(0, 60), rng.uniform(-10, 25)])
        for _ in range(int(rng.integers(2, 9))):
            end = points[rng.integers(5)] + (side * rng.uniform(10, 35), rng.uniform(0, 40))
            bend = (start + end) / 2 + rng.normal(0, 12, 2)
            t = np.linspace(0, 1, 12)[:, None]
            curve = (1 - t) ** 2 * (start + rng.normal(0, 8, 2)) + 2 * t * (1 - t) * bend + t**2 * end
            for one, two in itertools.pairwise(curve):
                line(shape, one, two, rng.uniform(2, 9), 255)
        return shape, self._texture(rng, top=True)

    def _blob(self, points: Float32, pixels: UInt8, rng: Rng) -> tuple[UInt8, UInt8]:
        """Draw a textured shape."""
        turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        radius = rng.uniform(10, 34) * np.exp(
            sum(rng.normal(0, 0.2) * np.cos(k * turn + rng.uniform(0, 6)) for k in (1, 2, 3))
        )
        centre = points[rng.integers(5)] + rng.normal(0, 15, 2)
        shape = np.zeros((SIDE, SIDE), np.uint8)
        polygon(shape, centre + np.column_stack([np.cos(turn), np.sin(turn)]) * radius[:, None])
        return shape, self._cloth(rng) if rng.random() < 0.5 else self._texture(rng, top=rng.random() < 0.5)

    def _object(self, points: Float32, pixels: UInt8, rng: Rng) -> tuple[UInt8, UInt8]:
        """Draw a microphone, a phone or a cup: a plain, shaded stick, ball or block that comes from below."""
        shape = np.zeros((SIDE, SIDE), np.uint8)
        tip = points[3:].mean(axis=0) + rng.normal(0, 16, 2)
        foot = np.array([tip[0] + rng.normal(0, 40), SIDE + 20])
        line(shape, tip, foot, rng.uniform(8, 50), 255)
        if rng.random() < 0.5:
            line(shape, tip, tip + 0.5, rng.uniform(22, 44), 255)
        shade = np.linspace(rng.uniform(0.5, 1), rng.uniform(1, 1.5), SIDE, dtype=np.float32)
        return shape, lit(rng.uniform(5, 230) * rng.normal(1, 0.15, 3), np.tile(shade, (SIDE, 1)), rng)

    def _texture(self, rng: Rng, *, top: bool) -> UInt8:
        """Spread the upper (hair) or lower (clothes) surroundings of another face over the picture."""
        patch = rng.integers(0, 120, (8, 8, 3)).astype(np.uint8)
        size = int(rng.integers(28, 48))
        for _ in range(4):
            source = rng.integers(len(self._textures))
            left = int(rng.integers(0, SIDE - size))
            row = int(rng.integers(0, 14)) if top else SIDE - size
            place = np.s_[source, row : row + size, left : left + size]
            # A forehead or a chin is no hair and no cloth; what lies beyond the photo is black.
            if (self._classes[place] == BACKGROUND).mean() > 0.95 and self._textures[place].max() >= 8:
                patch = self._textures[place]
                break
        repeat = cv2.copyMakeBorder(patch, 0, size, 0, size, cv2.BORDER_REFLECT)
        return np.asarray(cv2.resize(repeat, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR), np.uint8)

    def _cloth(self, rng: Rng) -> UInt8:
        """Draw plain cloth with folds, striped, or cut from clothes."""
        if rng.random() < 0.3:
            return self._texture(rng, top=False)
        folds = cv2.resize(rng.normal(1, 0.18, (7, 9)).astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
        colour = rng.uniform(10, 235, 3) if rng.random() < 0.7 else np.full(3, rng.uniform(10, 235))
        if rng.random() < 0.35:
            rows, columns = np.mgrid[:SIDE, :SIDE]
            phase = (rows * rng.normal() + columns * rng.normal()) * rng.uniform(0.2, 0.9)
            folds = folds * np.where(np.sin(phase) > 0, 1.0, rng.uniform(0.3, 0.9)).astype(np.float32)
        return lit(colour, folds, rng)


def _skin(pixels: UInt8, points: Float32) -> Float32:
    """Return the median colour of the cheeks and the forehead."""
    eyes = points[:2].mean(axis=0)
    spots = [points[0] * 0.6 + points[3] * 0.4, points[1] * 0.6 + points[4] * 0.4, eyes * 1.5 - points[2] * 0.5]
    at = np.clip(np.round(spots).astype(int), 2, SIDE - 3)
    return np.median([pixels[y - 2 : y + 3, x - 2 : x + 3].mean(axis=(0, 1)) for x, y in at], axis=0).astype(np.float32)
