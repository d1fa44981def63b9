"""The errors that SQLite's failures become."""

from __future__ import annotations

from bareface.errors import GalleryError

_FAILURES: dict[str, tuple[str, str, str]] = {
    "SQLITE_FULL": (
        "gallery.disk-full",
        "the disk is full; what was stored before is intact.",
        "Free some space and run the same command again: it goes on where it stopped.",
    ),
    "SQLITE_BUSY": (
        "gallery.locked",
        "another process is writing to the gallery.",
        "Wait for it to end, then run the same command again.",
    ),
    "SQLITE_CORRUPT": (
        "gallery.corrupt",
        "the gallery's database is damaged.",
        "Restore the file from a copy; `bareface gallery check` names the damage.",
    ),
    "SQLITE_NOTADB": (
        "gallery.corrupt",
        "this is not a gallery, or its first bytes are damaged.",
        "Name a gallery made by bareface, or restore the file from a copy.",
    ),
    "SQLITE_READONLY": (
        "gallery.read-only",
        "the gallery may not be written to.",
        "Make the file and its folder writable; SQLite needs both.",
    ),
    "SQLITE_CANTOPEN": (
        "gallery.missing",
        "the gallery cannot be opened.",
        "Name a file in a folder that exists and may be written to.",
    ),
    "SQLITE_IOERR": (
        "gallery.io",
        "the disk could not be read or written.",
        "Check the disk and the permissions, then run the same command again.",
    ),
}
# SQLite says FULL for ENOSPC only; a quota or a file-size limit stops the same write under another name.
_FAILURES["SQLITE_IOERR_WRITE"] = _FAILURES["SQLITE_IOERR_SHMSIZE"] = _FAILURES["SQLITE_FULL"]
_FAILURES["SQLITE_LOCKED"] = _FAILURES["SQLITE_BUSY"]
_FAILURES["SQLITE_PERM"] = _FAILURES["SQLITE_AUTH"] = _FAILURES["SQLITE_READONLY"]


def known(name: str) -> bool:
    """Whether SQLite's name for a failure says something of the gallery."""
    return _family(name) in _FAILURES


def of(name: str, source: str) -> GalleryError:
    """The error for a failure by SQLite's name for it."""
    code, message, remedy = _FAILURES[_family(name)]
    return GalleryError(code, message, source=source, remedy=remedy)


def _family(name: str) -> str:
    while name and name not in _FAILURES:
        name = name.rpartition("_")[0]  # SQLITE_BUSY_SNAPSHOT is a SQLITE_BUSY
    return name
