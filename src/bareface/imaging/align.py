"""From landmarks to the aligned chip that an embedder sees.

Each landmark scheme has its own template, and all of them land in dlib's chip geometry; an embedder trained on another
geometry is served by a fixed similarity behind it, so that a photo is resampled once.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from bareface.values.face import Box, Computed, Landmarks, LandmarkScheme, UInt8

Geometry: TypeAlias = Literal["dlib-150", "arcface-112"]
Complex: TypeAlias = NDArray[np.complex128]

SIZES: dict[Geometry, int] = {"dlib-150": 150, "arcface-112": 112}

# dlib's mean shape with 25 % padding on a 150-pixel chip; its chip pixel 0 lies at coordinate 0.5.
_SHAPE_X = np.array([0.8595674595992, 0.6460604764104, 0.1205750620789, 0.3340850613712, 0.4901123135679])
_SHAPE_Y = np.array([0.2134981538014, 0.2289674387677, 0.2137274526848, 0.2290642403242, 0.6277975316475])
_DLIB5 = 150 * (0.25 + 0.25j + _SHAPE_X + 1j * _SHAPE_Y) / 1.5 - (0.5 + 0.5j)
# Eye centres, nose tip and mouth corners on dlib's chips: medians over faces aligned by dlib.
_FIVE = np.array([46.8 + 46.1j, 102.4 + 46.1j, 74.2 + 78.8j, 50.0 + 104.2j, 98.8 + 104.2j])
_TEMPLATES: dict[LandmarkScheme, Complex] = {"dlib5": _DLIB5, "five": _FIVE}
# The same five points in the 112-pixel geometry that ArcFace made common (Deng et al., CVPR 2019).
_ARCFACE = np.array(
    [38.2946 + 51.6963j, 73.5318 + 51.5014j, 56.0252 + 71.7366j, 41.5493 + 92.3655j, 70.7299 + 92.2041j]
)
# A chip much smaller than its source is sampled from a halved picture, or detail would alias.
_HALVE_ABOVE = 2.0
LONGEST = 32766
"""Pixels: OpenCV 4 warps no longer picture."""


def _similarity(source: Complex, target: Complex) -> tuple[complex, complex]:
    """Fit (a, b) by least squares with target = a * source + b: a rotation, a scale, a shift."""
    centred = source - source.mean()
    a = complex((np.conj(centred) * target).sum() / (np.abs(centred) ** 2).sum())
    return a, complex(target.mean() - a * source.mean())


_INNER = _similarity(_ARCFACE, _FIVE)
"""From ``arcface-112`` to ``dlib-150``."""


def chip_to_photo(
    landmarks: Landmarks, geometry: Geometry = "dlib-150", size: int | None = None
) -> tuple[complex, complex]:
    """Return the similarity from chip to photo pixels, as complex (a, b): photo = a * chip + b.

    Parameters
    ----------
    landmarks
        Five points in photo pixels.
    geometry
        The chip's geometry.
    size
        Side of the chip in pixels, where it is not the geometry's own: the same cut-out, finer or coarser.
    """
    points = landmarks.points[:, 0].astype(np.float64) + 1j * landmarks.points[:, 1]
    a, b = _similarity(_TEMPLATES[landmarks.scheme], points)
    if geometry == "arcface-112":
        a, b = a * _INNER[0], a * _INNER[1] + b
    if size is not None:
        ratio = SIZES[geometry] / size
        a, b = a * ratio, a * (0.5 + 0.5j) * (ratio - 1) + b
    return a, b


def align(pixels: UInt8, landmarks: Landmarks, geometry: Geometry = "dlib-150", size: int | None = None) -> UInt8:
    """Cut the aligned face out of a picture.

    Parameters
    ----------
    pixels
        RGB [H, W, 3] uint8.
    landmarks
        Five points in the picture's pixels.
    geometry
        ``dlib-150`` (150 px) or ``arcface-112`` (112 px).
    size
        Side of the chip in pixels, where it is not the geometry's own.

    Returns
    -------
    ndarray
        RGB [S, S, 3] uint8; black where the chip reaches beyond the picture.
    """
    a, b = chip_to_photo(landmarks, geometry, size)
    size = size or SIZES[geometry]
    image, a, b = _reduced(pixels, a, b, size)
    matrix = np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])
    chip: UInt8 = cv2.warpAffine(image, matrix, (size, size), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return chip


def as_dlib(chip: UInt8) -> UInt8:
    """Convert a chip of the geometry ``arcface-112`` to ``dlib-150``, RGB [150, 150, 3]; return others unchanged."""
    if chip.shape[0] != SIZES["arcface-112"]:
        return chip
    points = np.stack([_ARCFACE.real, _ARCFACE.imag], axis=1).astype(np.float32)
    return align(chip, Landmarks(points, "five"))


def as_geometry(chip: UInt8, geometry: Geometry) -> UInt8:
    """Convert a chip of one geometry to another; return others unchanged.

    Where the other geometry shows more than the chip does, at the sides and above, it is black, as it is beyond the
    edge of a photo: embedders know that, and are misled by an edge that is repeated.
    """
    if geometry == "dlib-150":
        return as_dlib(chip)
    dlib = chip.shape[0] == SIZES["dlib-150"]
    return _to_arcface(chip, cv2.INTER_LINEAR, cv2.BORDER_CONSTANT) if dlib else chip


def cut(pixels: UInt8, landmarks: Landmarks, geometry: Geometry) -> tuple[UInt8, Computed]:
    """Cut ``Face.chip`` and, where the embedder's geometry is another, its own input: ``Face.computed``.

    Parameters
    ----------
    pixels, landmarks
        As for :func:`align`.
    geometry
        The embedder's.
    """
    own = None if geometry == "dlib-150" else align(pixels, landmarks, geometry)
    return align(pixels, landmarks), Computed(aligned=own)


def as_chip(classes: UInt8, side: int) -> UInt8:
    """Convert labels of a ``dlib-150`` chip, uint8 [150, 150], to labels of the chip that is ``side`` pixels wide.

    A chip of the geometry ``arcface-112`` shows more at its sides and above than ``dlib-150`` does; there the labels of
    the nearest edge stand in.
    """
    return classes if side != SIZES["arcface-112"] else _to_arcface(classes, cv2.INTER_NEAREST)


def onto(chip: UInt8, image: UInt8) -> UInt8:
    """Put a face that is aligned as ``dlib-150``, at any size, on its chip of the geometry ``arcface-112``."""
    put = chip.copy()
    shown = _to_arcface(np.full(image.shape[:2], 1, np.uint8), cv2.INTER_NEAREST, cv2.BORDER_CONSTANT) > 0
    put[shown] = _to_arcface(image, cv2.INTER_LINEAR)[shown]
    return put


def _to_arcface(chip: UInt8, interpolation: int, border: int = cv2.BORDER_REPLICATE) -> UInt8:
    """Warp a face that is aligned as ``dlib-150``, at any size, to ``arcface-112``."""
    (a, b), side, ratio = _INNER, SIZES["arcface-112"], chip.shape[0] / SIZES["dlib-150"]
    a, b = a * ratio, (b + (0.5 + 0.5j)) * ratio - (0.5 + 0.5j)
    matrix = np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])
    flags = interpolation | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(chip, matrix, (side, side), flags=flags, borderMode=border), np.uint8)


def _reduced(pixels: UInt8, a: complex, b: complex, size: int) -> tuple[UInt8, complex, complex]:
    """Cut the part of the picture under the chip, halved until its size is close to the chip's."""
    if abs(a) <= _HALVE_ABOVE and max(pixels.shape[:2]) <= LONGEST:
        return pixels, a, b
    corners = a * np.array([0, size, size * 1j, size * (1 + 1j)]) + b
    height, width = pixels.shape[:2]
    left, top = max(0, int(corners.real.min()) - 8), max(0, int(corners.imag.min()) - 8)
    right, bottom = min(width, int(corners.real.max()) + 9), min(height, int(corners.imag.max()) + 9)
    if right - left < 2 or bottom - top < 2:
        return pixels, a, b
    image, b = pixels[top:bottom, left:right], b - complex(left, top)
    while abs(a) > _HALVE_ABOVE and min(image.shape[:2]) > 2:
        smaller = (max(1, image.shape[1] // 2), max(1, image.shape[0] // 2))
        ratio = smaller[0] / image.shape[1]
        image = cv2.resize(image, smaller, interpolation=cv2.INTER_AREA)
        a, b = a * ratio, (b + (0.5 + 0.5j)) * ratio - (0.5 + 0.5j)
    return image, a, b


def crop(pixels: UInt8, box: Box, size: int = 160, margin: float = 0.3) -> UInt8:
    """Crop an upright square around a box for display.

    Parameters
    ----------
    pixels
        RGB [H, W, 3] uint8.
    box
        The face in the picture's pixels.
    size
        Side of the cut-out in pixels.
    margin
        Margin on each side, as a share of the box's longer side.

    Returns
    -------
    ndarray
        RGB [size, size, 3] uint8; the edge is repeated where the cut-out reaches beyond the picture.
    """
    side = max(box.width, box.height, 1.0) * (1 + 2 * margin)
    scale = side / size
    left = (box.x1 + box.x2 - side) / 2 + 0.5 * (scale - 1)
    top = (box.y1 + box.y2 - side) / 2 + 0.5 * (scale - 1)
    image, a, b = _reduced(pixels, complex(scale), complex(left, top), size)
    matrix = np.array([[a.real, 0, b.real], [0, a.real, b.imag]])
    cut: UInt8 = cv2.warpAffine(
        image,
        matrix,
        (size, size),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return cut
