"""Originals of uploaded photos: kept next to the gallery for as long as a reference comes from them.

A photo that lies in a folder of its owner stays there, and the gallery remembers its path. One that was uploaded has no
such place, so that it could not be embedded again with another model: ``<gallery>-photos`` keeps it under its digest.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from threading import RLock
from typing import BinaryIO

from bareface.errors import BarefaceError
from bareface.imaging.formats import recognise
from bareface.storage.sqlite.store import Store
from bareface.system.files import create, make_folder

try:
    import fcntl
except ImportError:  # not on Windows, where one process at a time should accept uploads
    fcntl = None  # type: ignore[assignment]

_SUFFIXES = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp", "TIFF": ".tif", "HEIF": ".heic", "AVIF": ".avif"}
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
    def keeping(self, content: bytes) -> Iterator[Path]:
        """Keep an original while it is enrolled, and from then on if a reference comes from it.

        Raises
        ------
        UsageError
            ``usage.output``: the folder cannot be made.
        """
        with self._alone():
            path = self.folder / (hashlib.sha256(content).hexdigest() + _suffix(content))
            with contextlib.suppress(FileExistsError), create(path) as file:
                file.write(content)
            try:
                yield path
            finally:
                self._drop_unless_used([path])

    def sweep(self) -> None:
        """Delete originals that no reference comes from any more; nothing is made where there are none."""
        if self.folder.is_dir():
            with self._alone():
                self._drop_unless_used(sorted(self.folder.glob("[0-9a-f]*")))

    def _drop_unless_used(self, paths: list[Path]) -> None:
        with self._store.reading() as reader:
            unused = [path for path in paths if not reader.photos_at(str(path))]
        for path in unused:
            path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Let nobody delete an original between keeping and enrolling it, in this process or in another."""
        make_folder(self.folder)
        with _lock, self._lock_file() as lock:
            if fcntl is not None:
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _lock_file(self) -> BinaryIO:
        place = self.folder / ".lock"
        with contextlib.suppress(FileExistsError):
            create(place).close()
        return place.open("ab")


def _suffix(content: bytes) -> str:
    try:
        kind = recognise(content, "")
    except BarefaceError:
        return ""
    return _SUFFIXES.get(kind, "")
