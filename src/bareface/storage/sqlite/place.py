"""Checks on a gallery's path before SQLite sees it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from bareface.errors import GalleryError

ENDINGS = ("-wal", "-shm", "-journal", "-index.new", "-calibration")
"""Files next to a gallery, the longest names among them."""

_KEPT = (*ENDINGS, "-index", "-access", "-photos", "-jobs", "-evaluation")
_DATABASES = ("-cases", "-audit")
"""Databases next to a gallery: they look like galleries themselves, and what opens one refuses a gallery there."""

NEIGHBOURS = (*_KEPT, *_DATABASES)
"""Endings of the names of files that are kept next to a gallery."""
_LONGEST = max(map(len, (*NEIGHBOURS, *(f"{one}-journal" for one in _DATABASES))))
_MAGIC = b"SQLite format 3\0"

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
        ``gallery.missing``, ``gallery.name`` (too long, or another gallery's file has it), ``gallery.corrupt``
        (something else than a file).
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
    _check_neighbours(path, source)
    for ending in ENDINGS:
        neighbour = Path(os.path.realpath(path) + ending)
        if _exists(neighbour) and not neighbour.is_file():
            raise GalleryError("gallery.corrupt/beside", name=neighbour.name, source=source)
    if 0 < status.st_size < _SMALLEST:  # SQLite would take it for an empty one
        raise GalleryError("gallery.corrupt/not-a-gallery", source=source)
    return True


def _check_neighbours(path: Path, source: str) -> None:
    """Refuse a gallery ``g`` next to another one called ``g-index``, which would be replaced by its index.

    A gallery opened through a link has files next to both, see :class:`bareface.storage.index_sync.DerivedIndex`.
    """
    for name in dict.fromkeys((os.path.realpath(path), str(path))):
        for ending in _KEPT:
            if _is_database(Path(name + ending)):
                raise GalleryError("gallery.name/neighbour", name=Path(name + ending).name, source=source)


def _is_database(path: Path) -> bool:
    """Return whether a file begins as SQLite's databases do, and none of the files kept next to them."""
    try:
        if not path.is_file():  # a named pipe would be waited for
            return False
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except (OSError, ValueError):
        return False


def files_of(path: Path) -> frozenset[str]:
    """Return the real paths of a gallery and of the files next to it, whether they are there or not."""
    return frozenset(os.path.realpath(path) + ending for ending in ("", *NEIGHBOURS))


def may_write(path: Path) -> bool:
    """Return whether a file and its folder may be written to, as SQLite needs."""
    real = Path(os.path.realpath(path))
    return os.access(real, os.W_OK) and os.access(real.parent, os.W_OK)


def _check_new(path: Path, source: str, *, create: bool) -> None:
    if not create:
        raise GalleryError("gallery.missing/file", source=source)
    if not path.parent.is_dir():
        raise GalleryError("gallery.missing/folder", folder=path.parent, source=source)
    _check_neighbours(path, source)
    longest = len(os.fsencode(path.name)) + _LONGEST
    try:
        limit = os.pathconf(path.parent, "PC_NAME_MAX")
    except (OSError, ValueError):
        limit = _NAME_MAX
    if longest > limit or len(os.fsencode(path)) + _LONGEST > _SQLITE_MAX:
        raise _too_long(source)
    for ending in NEIGHBOURS:
        other = path.with_name(path.name.removesuffix(ending) or path.name)
        if other != path and _is_database(other):
            raise GalleryError("gallery.name/kept", name=other.name, source=source)


def _unusable(path: Path, source: str, error: Exception) -> GalleryError:
    if len(os.fsencode(path.name)) > _NAME_MAX or len(os.fsencode(path)) > _SQLITE_MAX:
        return _too_long(source)
    reason = getattr(error, "strerror", None) or error
    return GalleryError("gallery.missing/open", reason=reason, source=source)


def _too_long(source: str) -> GalleryError:
    return GalleryError("gallery.name/long", most=_LONGEST, source=source)


def _exists(path: Path) -> bool:
    try:
        path.lstat()
    except OSError:
        return False
    return True
