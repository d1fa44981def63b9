"""The protocol of a photo store: it reads the photos of references again, to embed them again.

Whatever implements the port runs the contract tests in ``tests/storage/test_photo_store.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

IMPORTED = "encodings"
"""The format of a file that templates were imported from."""


@dataclass(frozen=True, slots=True)
class StoredPhoto:
    """A photo that references come from, or a file that templates were imported from.

    Attributes
    ----------
    sha256
        Hex digest of the file's bytes; of the pixels for an array.
    path
        Absolute path; None for a photo that was given as bytes or as an array.
    format
        ``JPEG``, ``PNG``, ...; ``array``; ``encodings`` for imported templates.
    size
        (width, height) in pixels.
    """

    sha256: str
    path: str | None
    format: str
    size: tuple[int, int] = (0, 0)


class PhotoStore(Protocol):
    """Reads photos again that references come from."""

    def fetch(self, photo: StoredPhoto) -> str | bytes:
        """Return a source with exactly the content that was enrolled.

        Raises
        ------
        GalleryError
            ``gallery.no-photo``: it was not kept; ``gallery.photo-changed``: there is another one in its place.
        ImageError
            It cannot be read.
        """

    def missing(self, photo: StoredPhoto) -> bool:
        """Return whether a photo that was kept is gone; it is not opened for that."""
