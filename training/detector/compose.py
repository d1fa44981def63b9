"""Training pictures put together from scenes and single faces: mosaics for scale, pasted faces for crowds."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bareface.values.face import Float32, UInt8
from training.detector.faces import Library
from training.detector.labels import FULL, NONE, PARTIAL, Labels, areas, overlaps
from training.detector.occluders import occlude
from training.detector.scenes import Scene

LEAST = 9.0  # pixels: smaller faces are doubtful
GRIDS = (((1, 1), 0.36), ((1, 2), 0.12), ((2, 1), 0.12), ((2, 2), 0.26), ((3, 3), 0.14))
TURNED = 0.2
"""Share of views and faces that are turned far, as people lie, look up or lean over the camera."""
WEIGHTS = {NONE: 1.0, PARTIAL: 4.0, FULL: 1.5, -1: 1.0}


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """RGB [H, W, 3] uint8 and its faces."""

    pixels: UInt8
    labels: Labels


class Composer:
    """Draws training pictures.

    Parameters
    ----------
    library
        Single faces.
    scenes
        Photos with all their faces.
    backgrounds
        RGB pictures without faces.
    size
        Side of a picture in pixels.
    """

    def __init__(self, library: Library, scenes: Sequence[Scene], backgrounds: Sequence[UInt8], size: int) -> None:
        self._library, self._scenes, self._backgrounds, self._size = library, scenes, backgrounds, size
        self._faces = [
            (number, face)
            for number, scene in enumerate(scenes)
            for face in range(len(scene.labels))
            if not scene.labels.doubtful[face]
        ]
        # Masks worn wrongly are rare in photos of scenes, and hardly simulated as people wear them.
        weight = np.array([WEIGHTS[int(scenes[number].labels.states[face])] for number, face in self._faces])
        self._weight = weight / weight.sum()

    def draw(self, rng: np.random.Generator) -> Picture:
        """Draw one picture: a mosaic, with faces pasted onto half of them."""
        rows, columns = _drawn(GRIDS, rng)
        edges = [np.linspace(0, self._size, count + 1) for count in (rows, columns)]
        for axis in edges:
            axis[1:-1] += rng.uniform(-0.12, 0.12, len(axis) - 2) * self._size
        down, across = (axis.astype(int) for axis in edges)
        canvas = np.empty((self._size, self._size, 3), np.uint8)
        parts = []
        for top, bottom in itertools.pairwise(down):
            for left, right in itertools.pairwise(across):
                tile = self._tile(right - left, bottom - top, rng)
                canvas[top:bottom, left:right] = tile.pixels
                parts.append(tile.labels.moved(np.array([[1, 0, left], [0, 1, top]], np.float32)))
        picture = Picture(canvas, Labels.joined(parts))
        if rng.random() < 0.45:
            for _ in range(rng.integers(1, 7)):
                picture = self._pasted(picture, rng)
        return picture

    def _tile(self, width: int, height: int, rng: np.random.Generator) -> Picture:
        """Draw a view of a scene, of a single face, or of a background."""
        kind = rng.random()
        if kind < 0.06:
            return Picture(_background(self._backgrounds, width, height, rng), Labels.none())
        if kind < 0.26:
            scene = self._scenes[int(rng.integers(len(self._scenes)))]
            picture = Picture(scene.pixels, scene.labels)
            if kind < 0.13:
                picture = _upside_down(picture)
            centre = (rng.uniform(0.2, 0.8, 2) * scene.pixels.shape[1::-1]).astype(np.float32)
            scale = np.exp(rng.uniform(np.log(0.4), np.log(2.0)))
            return _view(picture, centre, scale, (width, height), rng)
        short = min(width, height)
        if kind < 0.66:
            number, face = self._faces[rng.choice(len(self._faces), p=self._weight)]
            picture = Picture(self._scenes[number].pixels, self._scenes[number].labels)
            extent = _extent(picture.labels.boxes[face])
            # Never much more than the photo's own sharpness; mostly large enough to fill the tile.
            most = max(min(0.9 * short, 2.2 * extent), 12)
            full = 0.8 * extent * max(width / picture.pixels.shape[1], height / picture.pixels.shape[0])
            least = min(max(11, full if rng.random() < 0.8 else 0), most)
            size = np.exp(rng.uniform(np.log(least), np.log(most)))
        else:
            face = 0
            size = np.exp(rng.uniform(np.log(0.28), np.log(1.0))) * short
            picture = self._face(int(rng.integers(len(self._library))), size, rng)
        if rng.random() < 0.06:
            # A tight crop of a face with a border, as programs make before they look.
            picture = _tight(picture, face, rng)
        box = picture.labels.boxes[face]
        return _view(picture, (box[:2] + box[2:]) / 2, size / _extent(box), (width, height), rng)

    def _face(self, index: int, size: float, rng: np.random.Generator) -> Picture:
        """Draw a single face, decoded no larger than needed, sometimes with an occluder."""
        library = self._library
        ratio = _extent(library.boxes[index]) / size
        reduction = 4 if ratio > 5 else 2 if ratio > 2.5 else 1
        labels = Labels(
            (library.boxes[index : index + 1] / reduction).astype(np.float32),
            (library.points[index : index + 1] / reduction).astype(np.float32),
            library.states[index : index + 1],
            np.zeros(1, bool),
        )
        return Picture(occlude(library.pixels(index, reduction), labels, rng), labels)

    def _pasted(self, picture: Picture, rng: np.random.Generator) -> Picture:
        """Paste one more face, with soft edges, where it hides no other."""
        size = float(np.exp(rng.uniform(np.log(10), np.log(90))))
        face = self._face(int(rng.integers(len(self._library))), size, rng)
        box = face.labels.boxes[0]
        place = rng.uniform(0.1, 0.9, 2) * self._size
        matrix = _similarity((box[:2] + box[2:]) / 2, place, size / _extent(box), rng)
        moved = face.labels.moved(matrix)
        side = moved.boxes[0, 2:] - moved.boxes[0, :2]
        around = np.concatenate([moved.boxes[0, :2] - 0.35 * side, moved.boxes[0, 2:] + 0.35 * side])[None]
        if len(picture.labels) and overlaps(around.astype(np.float32), picture.labels.boxes).max() > 0.01:
            return picture
        return self._laid(picture, face.pixels, moved, matrix, rng)

    def _laid(
        self, picture: Picture, pixels: UInt8, labels: Labels, matrix: Float32, rng: np.random.Generator
    ) -> Picture:
        """Blend a face in, through an oval or a rectangle with soft edges; only where it lies is computed."""
        box = labels.boxes[0]
        middle, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) * rng.uniform(0.58, 0.75)
        soft = max(0.04 * _extent(box), 0.6)
        low = np.maximum(np.floor(middle - half - 3 * soft), 0).astype(int)
        high = np.minimum(np.ceil(middle + half + 3 * soft), self._size).astype(int)
        if (high <= low).any():
            return picture
        size = int(high[0] - low[0]), int(high[1] - low[1])
        near = matrix - np.array([[0, 0, low[0]], [0, 0, low[1]]], np.float32)
        layer, cover = _warped(pixels, near, size, rng), np.zeros(size[::-1], np.float32)
        place, axes = (middle - low).astype(int), np.maximum(half, 1).astype(int)
        if rng.random() < 0.5:
            cv2.ellipse(cover, place.tolist(), axes.tolist(), 0, 0, 360, 1, -1)
        else:
            cv2.rectangle(cover, (place - axes).tolist(), (place + axes).tolist(), 1, -1)
        cover *= cv2.warpAffine(np.ones(pixels.shape[:2], np.float32), near, size)
        cover = cv2.GaussianBlur(cover, (0, 0), soft)[..., None]
        canvas = picture.pixels.copy()
        part = canvas[low[1] : high[1], low[0] : high[0]]
        part[:] = np.round(part + cover * (layer.astype(np.float32) - part))
        labels = labels.within(self._size, self._size, least=LEAST)
        return Picture(canvas, Labels.joined([picture.labels, labels]))


def _view(picture: Picture, centre: Float32, scale: float, size: tuple[int, int], rng: np.random.Generator) -> Picture:
    """Cut the part of a picture, ``scale`` times as large, that shows ``centre``; pad it if it is too small."""
    if rng.random() < 0.5:
        width = picture.pixels.shape[1]
        mirror = np.array([[-1, 0, width], [0, 1, 0]], np.float32)
        picture = Picture(np.ascontiguousarray(picture.pixels[:, ::-1]), picture.labels.moved(mirror))
        centre = np.array([width - centre[0], centre[1]])
    window, whole = np.array(size), np.array(picture.pixels.shape[1::-1]) * scale
    origin = centre * scale - window * rng.uniform(0.2, 0.8, 2)
    origin = np.where(whole >= window, np.clip(origin, 0, whole - window), origin)
    matrix = _similarity(centre, centre * scale - origin, scale, rng)
    pixels = _warped(picture.pixels, matrix, size, rng)
    return Picture(pixels, picture.labels.moved(matrix).within(*size, least=LEAST))


def _upside_down(picture: Picture) -> Picture:
    """Turn a scene upside down, as more negatives: none of its faces is upright, and their labels are ignored."""
    height, width = picture.pixels.shape[:2]
    turned = picture.labels.moved(np.array([[-1, 0, width], [0, -1, height]], np.float32))
    labels = Labels(turned.boxes, turned.points, turned.states, np.ones(len(turned), bool))
    return Picture(np.ascontiguousarray(picture.pixels[::-1, ::-1]), labels)


def _drawn(choices: Sequence[tuple[tuple[int, int], float]], rng: np.random.Generator) -> tuple[int, int]:
    return choices[rng.choice(len(choices), p=[share for _, share in choices])][0]


def _extent(box: Float32) -> float:
    return max(float(areas(box)) ** 0.5, 1.0)


def _similarity(source: Float32, target: NDArray[np.float64], scale: float, rng: np.random.Generator) -> Float32:
    """Return an affine map [2, 3] that takes ``source`` to ``target``, scaled and turned."""
    degrees = rng.uniform(-110, 110) if rng.random() < TURNED else rng.normal(0, 12)
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    linear = scale * np.array([[cosine, -sine], [sine, cosine]])
    return np.concatenate([linear, (target - linear @ source)[:, None]], 1).astype(np.float32)


def _warped(pixels: UInt8, matrix: Float32, size: tuple[int, int], rng: np.random.Generator) -> UInt8:
    """Warp the picture by the map; shrunk by averages first, so that nothing aliases."""
    scale = abs(float(np.linalg.det(matrix[:, :2]))) ** 0.5
    if scale < 0.7:
        height, width = pixels.shape[:2]
        small = max(1, round(width * scale)), max(1, round(height * scale))
        pixels = cv2.resize(pixels, small, interpolation=cv2.INTER_AREA)
        # Pixel centres: x_small = (x + 0.5) * ratio - 0.5.
        ratio = np.array([width / small[0], height / small[1]])
        linear = matrix[:, :2] * ratio
        matrix = np.concatenate([linear, (matrix[:, 2] + matrix[:, :2] @ (0.5 * ratio - 0.5))[:, None]], 1)
    border: int = cv2.BORDER_CONSTANT
    colour: tuple[int, ...] = (127, 127, 127)
    kind = rng.random()
    if kind < 0.35:
        border = cv2.BORDER_REPLICATE
    elif kind < 0.7:
        colour = tuple(int(value) for value in rng.integers(0, 256, 3))
    warped = cv2.warpAffine(pixels, matrix, size, flags=cv2.INTER_LINEAR, borderMode=border, borderValue=colour)
    return np.asarray(warped, np.uint8)


def _tight(picture: Picture, face: int, rng: np.random.Generator) -> Picture:
    """Cut out the face closely and put a border around it."""
    pixels, labels = picture.pixels, picture.labels
    box = labels.boxes[face]
    margin = rng.uniform(0.0, 0.25, 4) * _extent(box) * (-1, -1, 1, 1)
    limits = np.array([*pixels.shape[1::-1], *pixels.shape[1::-1]])
    left, top, right, bottom = np.clip(np.round(box + margin), 0, limits).astype(int)
    if right - left < 8 or bottom - top < 8:
        return picture
    border = round(rng.uniform(0.1, 0.5) * (right - left))
    kind = cv2.BORDER_REPLICATE if rng.random() < 0.7 else cv2.BORDER_CONSTANT
    cut = cv2.copyMakeBorder(pixels[top:bottom, left:right], border, border, border, border, kind, value=(127,) * 3)
    moved = labels.moved(np.array([[1, 0, border - left], [0, 1, border - top]], np.float32))
    others = np.arange(len(labels)) != face
    return Picture(np.asarray(cut, np.uint8), Labels(moved.boxes, moved.points, moved.states, moved.doubtful | others))


def _background(backgrounds: Sequence[UInt8], width: int, height: int, rng: np.random.Generator) -> UInt8:
    """Crop a picture without faces, or make noise."""
    if not backgrounds or rng.random() < 0.3:
        cells = rng.integers(0, 256, (int(rng.integers(2, 24)), int(rng.integers(2, 24)), 3), dtype=np.uint8)
        method = cv2.INTER_NEAREST if rng.random() < 0.4 else cv2.INTER_CUBIC
        return np.asarray(cv2.resize(cells, (width, height), interpolation=method), np.uint8)
    picture = backgrounds[int(rng.integers(len(backgrounds)))]
    share = np.exp(rng.uniform(np.log(0.15), 0))
    high, wide = (max(8, int(length * share)) for length in picture.shape[:2])
    top, left = (int(rng.integers(0, full - part + 1)) for full, part in zip(picture.shape, (high, wide), strict=False))
    cut = picture[top : top + high, left : left + wide]
    return np.asarray(cv2.resize(cut, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
