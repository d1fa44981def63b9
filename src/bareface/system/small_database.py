"""A small SQLite file of its own next to a gallery: made for its owner, and every failure has a code."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from threading import RLock
from typing import ClassVar

from bareface.errors import GalleryError
from bareface.system import forking
from bareface.system.files import create

_TIMEOUT_S = 10.0


class SmallDatabase:
    """Base of what is kept in such a file. A connection lasts for one transaction.

    Parameters
    ----------
    path
        The file; made when something is first stored.

    Attributes
    ----------
    layout, tables
        The version of the layout, and the statements that make its tables where they are not there.

    Raises
    ------
    GalleryError
        ``gallery.corrupt``, ``gallery.newer``, ``gallery.locked``, ``gallery.io``, from every method.
    """

    layout: ClassVar[int]
    tables: ClassVar[str]

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = RLock()

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction that is stored as a whole or not at all."""
        with self._connected() as connection:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = ON")
            self._prepare(connection)
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def _rewrite(self) -> None:
        """Rewrite the file: rows that moved leave copies in unused parts of pages, which nothing overwrites."""
        with self._connected() as connection:
            connection.execute("VACUUM")

    @contextlib.contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        with forking.section(), self._lock, self._failures():
            with contextlib.suppress(FileExistsError):
                create(self.path).close()
            connection = sqlite3.connect(self.path, timeout=_TIMEOUT_S, isolation_level=None)
            with contextlib.closing(connection):
                connection.row_factory = sqlite3.Row
                yield connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        layout = connection.execute("PRAGMA user_version").fetchone()[0]
        if layout > self.layout:
            raise GalleryError("gallery.newer", source=str(self.path))
        if layout < self.layout:
            connection.executescript(self.tables)
            connection.execute(f"PRAGMA user_version = {self.layout}")

    @contextlib.contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            locked = getattr(error, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
            if locked:
                raise GalleryError("gallery.locked/writing", source=str(self.path)) from error
            raise GalleryError("gallery.io", source=str(self.path)) from error
        except (sqlite3.DatabaseError, ValueError, TypeError, KeyError, IndexError) as error:
            raise GalleryError("gallery.corrupt/damage", first=error, source=str(self.path)) from error
        except OSError as error:
            raise GalleryError("gallery.io", source=str(self.path)) from error
