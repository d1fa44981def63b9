"""The smallest face that detection searches for in a photo."""

from __future__ import annotations

from typing import Final

from bareface.values.face import Photo
from bareface.values.words import not_looked_for

SMALLEST_FACE: Final = 40.0
"""Pixels, unless the user names another size."""
FACES_ACROSS: Final = 40
"""The longer side of a photo over the smallest face, for detectors that do not take large photos in tiles."""
LEAST_DECODED: Final = 20.0
"""Pixels: smaller faces cannot be found in a photo that was decoded reduced."""


def smallest_face(photo: Photo, min_face: float | None, in_tiles: bool) -> float:
    """Return the width of the smallest face to look for, in pixels of the full-size photo.

    Parameters
    ----------
    photo
        The photo.
    min_face
        As the user asked; None for the default.
    in_tiles
        Whether the detector takes large photos in tiles.
    """
    least = min_face or SMALLEST_FACE
    if min_face is None and not in_tiles:
        least = max(least, max(photo.size) / FACES_ACROSS)
    return max(least, LEAST_DECODED / photo.scale) if photo.scale < 1 else least


def notes(photo: Photo, least: float, min_face: float | None) -> tuple[str, ...]:
    """Return the photo's notes, with one more if faces of the requested size were not searched for."""
    return (*photo.notes, not_looked_for(least)) if least > (min_face or SMALLEST_FACE) else photo.notes
