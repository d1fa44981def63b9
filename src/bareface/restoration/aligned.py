"""The aligned face that is restored, cut from its photo, and the comparison with restorations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from bareface.errors import RestorationError
from bareface.faces.occlusion.visible_share import expected_area
from bareface.imaging.align import Geometry, align, as_geometry, chip_to_photo, onto
from bareface.models import registry
from bareface.restoration.base import SIDE, Bool
from bareface.values.face import Face, Float64, Landmarks, Photo, Template, UInt8

_FLAGS: Final = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP


@dataclass(frozen=True, slots=True, eq=False)
class Aligned:
    """A face as restorations take it.

    Attributes
    ----------
    photo
        The photo it was found in.
    pixels
        The aligned face, RGB uint8 [160, 160, 3].
    placement
        The similarity from its pixels to the photo's as complex (a, b): photo = a * aligned + b.
    beyond
        Pixels beyond the photo's edge, bool [160, 160].
    """

    photo: Photo
    pixels: UInt8
    placement: tuple[complex, complex]
    beyond: Bool


def aligned(face: Face) -> Aligned:
    """Cut a face out of its photo.

    Raises
    ------
    RestorationError
        ``restoration.no-photo``: it comes from a stream, which keeps no photos.
    """
    photo = face.photo
    if photo is None:
        raise RestorationError("restoration.no-photo", source=face.source)
    landmarks = Landmarks((face.landmarks.points * photo.scale).astype(np.float32), face.landmarks.scheme)
    placement = chip_to_photo(landmarks, size=SIDE)
    beyond = ~warped(np.ones(photo.pixels.shape[:2], bool), placement)
    return Aligned(photo, align(photo.pixels, landmarks, size=SIDE), placement, beyond)


def matrix(placement: tuple[complex, complex]) -> Float64:
    """Convert a placement to OpenCV's matrix, float64 [2, 3]."""
    a, b = placement
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])


def warped(mask: Bool, placement: tuple[complex, complex]) -> Bool:
    """Warp a mask of the photo, bool [H, W], to the aligned face, bool [160, 160]; outside the photo it is False."""
    return np.asarray(cv2.warpAffine(mask.astype(np.uint8), matrix(placement), (SIDE, SIDE), flags=_FLAGS), bool)


def expected() -> Bool:
    """Return the region in which the face is expected, bool [160, 160]."""
    area = cv2.resize(expected_area().astype(np.uint8), (SIDE, SIDE), interpolation=cv2.INTER_NEAREST)
    return np.asarray(area, bool)


def chip_of(image: UInt8) -> UInt8:
    """Resize an aligned face to a chip, RGB uint8 [150, 150, 3]."""
    side = expected_area().shape[0]
    return np.asarray(cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def for_embedder(image: UInt8, face: Face, geometry: Geometry) -> UInt8:
    """Return the embedder's input with the restored `image` of a face in it; what it does not show is the photo's."""
    return chip_of(image) if geometry == "dlib-150" else onto(as_geometry(face.for_embedder, geometry), image)


def apart(a: Template, b: Template) -> float:
    """Return 1 - cosine of two templates, centred on their space's mean, in [0, 2]."""
    mean = registry.space_mean(a.space, len(a.vector))
    left, right = a.vector - mean, b.vector - mean
    cosine = float(left @ right) / max(float(np.linalg.norm(left) * np.linalg.norm(right)), 1e-9)
    return max(0.0, 1 - cosine)  # of equal templates the cosine is rounded to more than 1
