"""Checks on a gallery's path before SQLite sees it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from bareface.errors import GalleryError

ENDINGS = ("-wal", "-shm", "-journal", "-index.new", "-calibration")
"""Files next to a gallery, the longest names among them."""

_NAME_MAX = 255
_SQLITE_MAX = 511
_SMALLEST = 512
_KINDS = {
    stat.S_IFDIR: "gallery.corrupt/folder",
    stat.S_IFIFO: "gallery.corrupt/pipe",
    stat.S_IFSOCK: "gallery.corrupt/socket",
    stat.S_IFCHR: "gallery.corrupt/device",
    stat.S_IFBLK: "gallery.corrupt/device",
}


def check(path: Path, source: str, *, create: bool) -> bool:
    """Return whether there is a file that can be a gallery; False where one can be made.

    Raises
    ------
    GalleryError
        ``gallery.missing``, ``gallery.name`` (too long), ``gallery.corrupt`` (something else than a file).
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        _check_new(path, source, create=create)
        return False
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        raise _unusable(path, source, error) from error
    if not stat.S_ISREG(status.st_mode):
        raise GalleryError(_KINDS.get(stat.S_IFMT(status.st_mode), "gallery.corrupt/other"), source=source)
    for ending in ENDINGS:
        neighbour = Path(os.path.realpath(path) + ending)
        if _exists(neighbour) and not neighbour.is_file():
            raise GalleryError("gallery.corrupt/beside", name=neighbour.name, source=source)
    if 0 < status.st_size < _SMALLEST:  # SQLite would take it for an empty one
        raise GalleryError("gallery.corrupt/not-a-gallery", source=source)
    return True


def may_write(path: Path) -> bool:
    """Return whether a file and its folder may be written to, as SQLite needs."""
    real = Path(os.path.realpath(path))
    return os.access(real, os.W_OK) and os.access(real.parent, os.W_OK)


def _check_new(path: Path, source: str, *, create: bool) -> None:
    if not create:
        raise GalleryError("gallery.missing/file", source=source)
    if not path.parent.is_dir():
        raise GalleryError("gallery.missing/folder", folder=path.parent, source=source)
    longest = len(os.fsencode(path.name)) + max(map(len, ENDINGS))
    try:
        limit = os.pathconf(path.parent, "PC_NAME_MAX")
    except (OSError, ValueError):
        limit = _NAME_MAX
    if longest > limit or len(os.fsencode(path)) + max(map(len, ENDINGS)) > _SQLITE_MAX:
        raise _too_long(source)


def _unusable(path: Path, source: str, error: Exception) -> GalleryError:
    if len(os.fsencode(path.name)) > _NAME_MAX or len(os.fsencode(path)) > _SQLITE_MAX:
        return _too_long(source)
    reason = getattr(error, "strerror", None) or error
    return GalleryError("gallery.missing/open", reason=reason, source=source)


def _too_long(source: str) -> GalleryError:
    return GalleryError("gallery.name", most=max(map(len, ENDINGS)), source=source)


def _exists(path: Path) -> bool:
    try:
        path.lstat()
    except OSError:
        return False
    return True
