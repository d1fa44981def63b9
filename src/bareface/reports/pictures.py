"""Pictures of faces and photos as browsers show them: JPEG, without metadata."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from bareface.errors import ImageError
from bareface.imaging.align import chip_to_photo
from bareface.imaging.decode import decode, encode
from bareface.imaging.sources import Limits
from bareface.reports.drawing import draw_occlusion
from bareface.values.face import Face, Landmarks, Photo, UInt8

if TYPE_CHECKING:
    from bareface.restoration.base import Restored

VIEW = 480
"""Side in pixels of an aligned view."""
_CHIP = 320
_EDGE = (VIEW - _CHIP) // 2
_LONGEST = 1600
_KEPT = Limits(max_bytes=2**20, max_pixels=2**20)
_KEPT_SHEET = Limits(max_bytes=2**24, max_pixels=2**23)


@dataclass(frozen=True, slots=True, eq=False)
class FaceView:
    """A face for a person to compare: eyes and mouth at the same places in every view.

    Attributes
    ----------
    picture
        The aligned face with its surroundings, a JPEG of 480 x 480 pixels.
    map
        The same under the colours of its occlusion map; None without one.
    points
        Five landmarks in pixels of the picture.
    aligned
        False for a kept crop, which shows the face upright but not aligned.
    scale
        Pixels of the picture for one of the photo: above 1 the photo was enlarged.
    """

    picture: bytes
    map: bytes | None
    points: tuple[tuple[float, float], ...]
    aligned: bool
    scale: float


def face_picture(face: Face) -> bytes:
    """Return the upright cut-out of a face, a JPEG of 160 x 160 pixels."""
    return encode(face.crop, "JPEG", quality=92)


def kept_picture(kept: object) -> bytes | None:
    """Return a picture that a file from elsewhere may hold, decoded and encoded again; None if that fails."""
    if not isinstance(kept, bytes):  # text would be taken for the path of a file
        return None
    try:
        return encode(decode(kept, _KEPT).pixels, "JPEG", quality=92)
    except ImageError:
        return None


def kept_sheet(kept: object) -> bytes | None:
    """Return a labelled picture that a file from elsewhere may hold, as :func:`kept_picture` does, without loss."""
    if not isinstance(kept, bytes):
        return None
    try:
        return encode(decode(kept, _KEPT_SHEET).pixels, "PNG")
    except ImageError:
        return None


def photo_picture(photo: Photo) -> bytes:
    """Return a whole photo as a JPEG, its longer side 1,600 pixels at most."""
    pixels = photo.pixels
    ratio = _LONGEST / max(pixels.shape[:2])
    if ratio < 1:
        size = max(1, round(pixels.shape[1] * ratio)), max(1, round(pixels.shape[0] * ratio))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    return encode(pixels, "JPEG", quality=88)


def face_view(photo: Photo, face: Face) -> FaceView:
    """Return the aligned view of a face that was found in a photo, with its occlusion map if that was computed."""
    landmarks = Landmarks((face.landmarks.points * photo.scale).astype(np.float32), face.landmarks.scheme)
    view = _aligned(photo, landmarks)
    if view is None:
        return crop_view(face_picture(face))
    original, shift = chip_to_photo(landmarks, size=_CHIP)
    places = ((landmarks.points[:, 0] + 1j * landmarks.points[:, 1]) - shift) / original + complex(_EDGE, _EDGE)
    return FaceView(
        encode(view, "JPEG", quality=92),
        _map(view, face),
        tuple((float(place.real), float(place.imag)) for place in places),
        True,
        float(photo.scale / abs(original)),
    )


def enhanced_view(restored: Restored, face: Face) -> bytes:
    """Return the aligned view of a face with its enhancement in it: a PNG of 480 x 480 pixels with its band.

    The band takes the place of the lowest rows, far below the face, so that the view lies exactly on that of the photo.
    """
    from bareface.restoration.provenance import sentence
    from bareface.restoration.saving import encode_picture, with_band

    assert face.photo is not None
    landmarks = Landmarks((face.landmarks.points * face.photo.scale).astype(np.float32), face.landmarks.scheme)
    found = _aligned(face.photo, landmarks)
    assert found is not None, "who was enhanced has landmarks"
    view, inner = found, slice(_EDGE, _EDGE + _CHIP)
    image = restored.completions[0].image
    view[inner, inner] = cv2.resize(image, (_CHIP, _CHIP), interpolation=cv2.INTER_CUBIC)
    band = with_band(view, sentence(restored.provenance)).shape[0] - VIEW
    return encode_picture(view[: VIEW - band], restored.provenance, "PNG")


def _aligned(photo: Photo, landmarks: Landmarks) -> UInt8 | None:
    """Return a face of a photo aligned; None if its landmarks lie at one place: nothing says how to turn it."""
    a, b = chip_to_photo(landmarks, size=_CHIP)
    if not abs(a) > 0:
        return None
    b -= a * complex(_EDGE, _EDGE)
    pixels, a, b = _reduced(photo.pixels, a, b)
    matrix = np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(pixels, matrix, (VIEW, VIEW), flags=flags), np.uint8)


def crop_view(crop: bytes) -> FaceView:
    """Return a view of a kept crop, whose photo is not there any more.

    Raises
    ------
    ImageError
        It cannot be decoded.
    """
    pixels = decode(crop, _KEPT).pixels
    view = np.asarray(cv2.resize(pixels, (VIEW, VIEW), interpolation=cv2.INTER_CUBIC), np.uint8)
    return FaceView(encode(view, "JPEG", quality=92), None, (), False, VIEW / pixels.shape[1])


def restored_picture(restored: Restored) -> bytes:
    """Return a face and its restored versions side by side, with the band that says what is synthetic: a PNG."""
    from bareface.restoration.saving import encode_picture
    from bareface.restoration.sheet import before_and_after, sheet

    drawn = sheet(restored)[0] if len(restored.completions) > 1 else before_and_after(restored)
    return encode_picture(drawn, restored.provenance, "PNG")


def _map(view: UInt8, face: Face) -> bytes | None:
    known = "occlusion" in face.computed.known
    if not known or face.occlusion is None:
        return None
    classes = cv2.resize(face.occlusion, (_CHIP, _CHIP), interpolation=cv2.INTER_NEAREST)
    drawn, inner = view.copy(), slice(_EDGE, _EDGE + _CHIP)
    drawn[inner, inner] = draw_occlusion(view[inner, inner], np.asarray(classes, np.uint8))
    return encode(drawn, "JPEG", quality=90)


def _reduced(pixels: UInt8, a: complex, b: complex) -> tuple[UInt8, complex, complex]:
    """Halve a photo until a pixel of the view is less than two of it, or detail would alias."""
    while abs(a) > 2 and min(pixels.shape[:2]) > 2:
        size = pixels.shape[1] // 2, pixels.shape[0] // 2
        ratio = size[0] / pixels.shape[1]
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
        a, b = a * ratio, (b + (0.5 + 0.5j)) * ratio - (0.5 + 0.5j)
    return pixels, a, b
