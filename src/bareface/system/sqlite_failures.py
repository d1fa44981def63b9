"""The errors that SQLite's failures become."""

from __future__ import annotations

from bareface.errors import GalleryError

_FAILURES: dict[str, str] = {
    "SQLITE_FULL": "gallery.disk-full/sqlite",
    "SQLITE_BUSY": "gallery.locked/writing",
    "SQLITE_CORRUPT": "gallery.corrupt/sqlite",
    "SQLITE_NOTADB": "gallery.corrupt/not-sqlite",
    "SQLITE_READONLY": "gallery.read-only/sqlite",
    "SQLITE_CANTOPEN": "gallery.missing/sqlite",
    "SQLITE_IOERR": "gallery.io",
}
# SQLite says FULL for ENOSPC only; a quota or a file-size limit stops the same write under another name.
_FAILURES["SQLITE_IOERR_WRITE"] = _FAILURES["SQLITE_IOERR_SHMSIZE"] = _FAILURES["SQLITE_FULL"]
_FAILURES["SQLITE_LOCKED"] = _FAILURES["SQLITE_BUSY"]
_FAILURES["SQLITE_PERM"] = _FAILURES["SQLITE_AUTH"] = _FAILURES["SQLITE_READONLY"]


def known(name: str) -> bool:
    """Return whether SQLite's name for a failure says something of the gallery."""
    return _family(name) in _FAILURES


def of(name: str, source: str) -> GalleryError:
    """Return the error for a failure by SQLite's name for it."""
    return GalleryError(_FAILURES[_family(name)], source=source)


def _family(name: str) -> str:
    while name and name not in _FAILURES:
        name = name.rpartition("_")[0]  # SQLITE_BUSY_SNAPSHOT is a SQLITE_BUSY
    return name
