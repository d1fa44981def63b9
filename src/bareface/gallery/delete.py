"""Deletion: a reference that is deleted leaves no bytes of itself in the gallery's files."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from bareface.errors import BarefaceError, UsageError
from bareface.gallery import subjects
from bareface.imaging import decode as images
from bareface.imaging.folders import absolute
from bareface.storage.ports import GalleryWriter
from bareface.values.gallery import Deleted


def delete_subject(writer: GalleryWriter, which: int | str) -> Deleted:
    """Delete a subject with all its references, its aliases, and what was corrected towards it.

    A subject whose last reference was deleted is known by what was corrected towards it. A photo that was assigned to a
    deleted subject belongs to whom it is enrolled for next.
    """
    waiting = subjects.waiting(writer, which)
    if waiting is not None:
        writer.forget_corrections(waiting.key)
        return Deleted(0, 0, 1)
    number = subjects.find(writer, which)
    writer.forget_corrections(writer.target(number).key)
    return writer.delete_references(writer.references_by_subject(number))


def digest_of(path: str | Path) -> str | None:
    """Return the SHA-256 of a photo that lies at a path now; None if none does, or it cannot be read."""
    with suppress(BarefaceError, OSError):
        if Path(path).is_file():
            return images.fingerprint(path, None)
    return None


def delete_photo(writer: GalleryWriter, path: str | Path, sha256: str | None) -> Deleted:
    """Delete all references from a photo, known by its path or, if it was moved, by its content.

    Parameters
    ----------
    sha256
        As :func:`digest_of` gives it, before the transaction.
    """
    photos = writer.photos_at(absolute(path))
    if not photos and sha256 is not None:
        photos = writer.photos_with(sha256)
    if not photos:
        raise UsageError("usage.unknown-photo", source=str(path))
    return writer.delete_references(writer.references_from(photos))
