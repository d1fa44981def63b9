"""Photos that stay where the user keeps them: a gallery remembers their paths, and nothing of those given as bytes."""

from __future__ import annotations

from pathlib import Path

from bareface.errors import GalleryError
from bareface.imaging import decode as images
from bareface.storage.ports import IMPORTED, StoredPhoto


class PhotosOnDisk:
    """A :class:`bareface.storage.ports.PhotoStore` of photos at their own paths."""

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
        if images.fingerprint(photo.path, None) != photo.sha256:
            raise GalleryError("gallery.photo-changed")
        return photo.path

    def missing(self, photo: StoredPhoto) -> bool:
        """Return whether a photo is no longer at its path."""
        return photo.path is not None and not Path(photo.path).exists()
