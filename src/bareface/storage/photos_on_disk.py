"""Photos that stay where the user keeps them: a gallery remembers their paths, and nothing of those given as bytes."""

from __future__ import annotations

from pathlib import Path

from bareface.errors import GalleryError
from bareface.imaging import decode as images
from bareface.storage.ports import IMPORTED, StoredPhoto

_DIGITS = 16


class PhotosOnDisk:
    """A :class:`bareface.storage.ports.PhotoStore` of photos at their own paths.

    Parameters
    ----------
    originals
        Folder of the originals of uploaded photos, each called by the beginning of its digest: they are found there,
        too, if the gallery was moved together with them.
    """

    def __init__(self, originals: Path | None = None) -> None:
        self._originals = originals

    def fetch(self, photo: StoredPhoto) -> str:
        """Return the path of a photo that is still what was enrolled.

        Raises
        ------
        GalleryError
            ``gallery.no-photo``, ``gallery.photo-changed``.
        ImageError
            There is no file at its path, or it cannot be read.
        """
        if photo.format == IMPORTED:
            raise GalleryError("gallery.no-photo/imported")
        if photo.path is None:
            raise GalleryError("gallery.no-photo/not-kept")
        place = self._place(photo.path, photo.sha256)
        if images.fingerprint(place, None) != photo.sha256:
            raise GalleryError("gallery.photo-changed")
        return place

    def missing(self, photo: StoredPhoto) -> bool:
        """Return whether a photo is no longer at its path."""
        return photo.path is not None and not Path(self._place(photo.path, photo.sha256)).exists()

    def _place(self, path: str, sha256: str) -> str:
        name = Path(path).name
        if self._originals is None or not name.startswith(sha256[:_DIGITS]) or Path(path).exists():
            return path
        moved = self._originals / name
        return str(moved) if moved.is_file() and not moved.is_symlink() else path
