"""Originals of uploaded photos: kept next to the gallery for as long as a reference comes from them.

A photo that lies in a folder of its owner stays there, and the gallery remembers its path. One that was uploaded has no
such place, so that it could not be embedded again with another model: ``<gallery>-photos`` keeps it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import RLock
from typing import BinaryIO

from bareface.errors import BarefaceError, UsageError
from bareface.gallery.delete import digest_of
from bareface.imaging.folders import SYSTEM_FOLDERS as SYSTEM_FOLDERS
from bareface.imaging.formats import recognise
from bareface.storage.sqlite.store import Store
from bareface.system.files import create, file_name, make_folder
from bareface.values.enrolment import UploadedPhoto

try:
    import fcntl
except ImportError:  # not on Windows, where one process at a time should accept uploads
    fcntl = None  # type: ignore[assignment]

_SUFFIXES = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp", "TIFF": ".tif", "HEIF": ".heic", "AVIF": ".avif"}
_LOCK, _PART = ".lock", ".upload.part"
_DIGEST = re.compile("[0-9a-f]{16,64}")
_LONGEST = 100
_lock = RLock()


class Uploads:
    """The originals of one gallery.

    Parameters
    ----------
    store
        The gallery's database; its path names the folder.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.folder = Path(os.path.realpath(store.path) + "-photos")

    @contextlib.contextmanager
    def keeping(self, photos: Sequence[UploadedPhoto]) -> Iterator[list[Path]]:
        """Keep originals while they are enrolled, and from then on those that a reference comes from.

        Parameters
        ----------
        photos
            The photos. Of a name the letters, digits, dots and dashes are kept, behind the beginning of the digest.

        Raises
        ------
        UsageError
            ``usage.output``: the folder cannot be made, or not written to.
        """
        with self._alone():
            new: list[Path] = []
            try:
                places = []
                for one in photos:
                    digest = hashlib.sha256(one.content).hexdigest()[:16]
                    stem = one.name.rpartition(".")[0] or one.name
                    stem = re.sub(r"[^\w.-]+", "-", stem, flags=re.ASCII).strip("-.")
                    path = self.folder / file_name(f"{digest}-{stem}"[:_LONGEST], _suffix(one.content))
                    if _write(path, one.content):
                        new.append(path)
                    places.append(path)
                yield places
            finally:
                for path in new:
                    if not self._enrolled(path):
                        _removed(path)

    def sweep(self) -> None:
        """Delete originals that no reference comes from any more; nothing is made where there are none."""
        if self._is_ours():
            with self._alone():
                unused = (
                    path
                    for path in sorted(self.folder.iterdir())
                    if path.name == _PART or (not self._enrolled(path) and self._is_unused(path))
                )
                errors = [error for error in map(_removed, unused) if error is not None]
                if errors:
                    raise errors[0]

    def _enrolled(self, path: Path) -> bool:
        with self._store.reading() as reader:
            return bool(reader.photos_at(str(path)))

    def _is_unused(self, path: Path) -> bool:
        """Tell whether a file was kept here, and no reference is of this photo, also if its path was another once."""
        named = _DIGEST.match(path.name)
        if named is None or path.is_symlink():
            return False
        digest = digest_of(path)
        if digest is None or not digest.startswith(named[0]):
            return False
        with self._store.reading() as reader:
            return not reader.photos_with(digest)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Let nobody delete an original between keeping and enrolling it, in this process or in another."""
        if self.folder.exists() and not self._is_ours() and any(self.folder.iterdir()):
            raise UsageError("usage.output/own-folder", source=str(self.folder))
        make_folder(self.folder)
        with _lock, self._lock_file() as lock:
            if fcntl is not None:
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _is_ours(self) -> bool:
        """Tell whether the folder was made here, and not by somebody who calls a folder of photos like the gallery."""
        return (self.folder / _LOCK).is_file()

    def _lock_file(self) -> BinaryIO:
        place = self.folder / _LOCK
        try:
            with contextlib.suppress(FileExistsError):
                create(place).close()
            return place.open("ab")
        except OSError as error:
            raise UsageError("usage.output/write", reason=error.strerror or error, source=str(place)) from error


def _write(path: Path, content: bytes) -> bool:
    """Write an original, under another name until it is whole; False if it is there already."""
    if path.is_file() and not path.is_symlink():
        return False
    part = path.with_name(_PART)
    try:
        part.unlink(missing_ok=True)
        with create(part) as file:
            file.write(content)
        part.replace(path)
    except OSError as error:
        _removed(part)
        raise UsageError("usage.output/write", reason=error.strerror or error, source=str(part)) from error
    return True


def _removed(path: Path) -> UsageError | None:
    """Remove an original; returns the error if that is not possible."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        return UsageError("usage.output/original", reason=error.strerror or error, source=str(path))
    return None


def _suffix(content: bytes) -> str:
    try:
        kind = recognise(content, "")
    except BarefaceError:
        return ""
    return _SUFFIXES.get(kind, "")
