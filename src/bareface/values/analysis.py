"""One photo and the faces found in it."""

from __future__ import annotations

from dataclasses import dataclass

from bareface.errors import BarefaceError
from bareface.values.face import Face, Photo


@dataclass(frozen=True, slots=True)
class Analysis:
    """One photo and its faces.

    Attributes
    ----------
    source
        Name of the photo.
    photo
        The photo; in a stream with ``pixels`` emptied, so that many analyses fit in memory; None if it could not be
        read.
    faces
        Its faces, best first.
    error
        Why the photo could not be read, else None.
    min_face
        Width in pixels of the smallest detectable face; None if not known.
    """

    source: str
    photo: Photo | None
    faces: tuple[Face, ...]
    error: BarefaceError | None = None
    min_face: float | None = None
