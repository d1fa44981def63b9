"""EXIF orientation: which way up a photo is."""

from __future__ import annotations

from typing import Final

from PIL import ExifTags, Image

from bareface.messages import Note

TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def exif_orientation(image: Image.Image, notes: list[str]) -> int:
    """Return the EXIF orientation still to be applied: TIFF and HEIF were turned, and lost the tag, while loading."""
    try:
        exif = image.getexif()
        orientation = int(exif.get(ExifTags.Base.Orientation, 1))
        damaged = not exif and bool(image.info.get("exif"))
    except Exception:  # EXIF is written by countless programs; a bad block does not spoil the pixels
        orientation, damaged = 1, True
    if damaged:
        notes.append(Note("note.exif"))
    return orientation
