"""Tells whether the write-ahead log next to a database is that database's own.

SQLite replays a log over whatever file lies next to it: a log left by a crash over a restored copy mixes the two. Every
write puts a random token into the database, and the token before it. So the token in a database file is somewhere in
its own log, and in no other.
"""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

_HEADER, _FRAME = 32, 24
_TRIES = 5
_ROW = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}([0-9a-f]{64})")
"""A gallery's row as SQLite stores it: when it was made, then its token and the one before."""


def uri(path: Path, options: str = "") -> str:
    """Return an SQLite URI of a file, whatever its name is."""
    return f"file://{quote(os.fsencode(path))}{options}"


def log_of(path: str | Path) -> str:
    """Return where SQLite keeps the log of a database: next to the file itself, not next to a link to it."""
    return f"{os.path.realpath(path) if os.path.islink(path) else path}-wal"  # noqa: PTH114 - in each search


def belongs(path: Path) -> bool:
    """Return whether the log next to a database belongs to it, or has nothing that would be replayed."""
    for _ in range(_TRIES):
        token, version = _token(path), _version(path)
        if not token or _continues(Path(log_of(path)), token.encode()):
            return True
        if (_token(path), _version(path)) == (token, version):
            return False
    return True  # busy writers keep both in motion, which no file left behind does


def _version(path: Path) -> tuple[object, ...]:
    """Return what changes when a log is rewritten, or cut off, while it is read."""
    try:
        with Path(log_of(path)).open("rb") as log:
            status = os.fstat(log.fileno())
            return status.st_ino, status.st_size, status.st_mtime_ns, log.read(_HEADER)
    except OSError:
        return ()


def _token(path: Path) -> str:
    """Return the token in the database file itself, without its log; empty where there is none yet."""
    try:
        with closing(sqlite3.connect(uri(path, "?immutable=1"), uri=True)) as connection:
            row = connection.execute("SELECT token FROM gallery").fetchone()
    except sqlite3.Error:  # a file that never was a whole gallery, or of an earlier version
        return ""
    return row[0] if row and isinstance(row[0], str) else ""


def _continues(log: Path, token: bytes) -> bool:
    """Return whether a log has a write that follows on a token, or none that follows on anything."""
    follows = False
    try:
        with log.open("rb") as file:
            header = file.read(_HEADER)
            page, salt = int.from_bytes(header[8:12]), header[16:24]
            while page and len(frame := file.read(_FRAME + page)) == _FRAME + page and frame[8:16] == salt:
                for tokens in _ROW.findall(frame):
                    if token in tokens:
                        return True
                    follows = True
    except OSError:  # another process has just removed it
        return True
    return not follows
