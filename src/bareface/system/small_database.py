"""A small SQLite file of its own next to a gallery, guarded as the gallery's own file is."""

from __future__ import annotations

import errno
import os
import re
import secrets
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import cache
from pathlib import Path
from threading import RLock
from typing import ClassVar, TypeAlias

from bareface.errors import BarefaceError, GalleryError
from bareface.messages import Note
from bareface.system import forking
from bareface.system import sqlite_failures as failures
from bareface.system.files import create, may_open_more

_TIMEOUT_S = 10.0
_DAMAGE = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""Exceptions from reading a row with values that no version of bareface writes."""


class SmallDatabase:
    """Base of what is kept in such a file. A connection lasts for one transaction.

    The file is made for its owner when something is first stored, and refused if it holds anything else than its own
    tables: another program's, or a trigger, which would keep what is deleted.

    Parameters
    ----------
    path
        The file, or a link to it.

    Attributes
    ----------
    layouts
        Statements, each ended by a semicolon, that make each layout from the one before; ``PRAGMA user_version`` says
        which one a file has.

    Raises
    ------
    GalleryError
        ``gallery.corrupt``, ``gallery.newer``, ``gallery.locked``, ``gallery.read-only``, ``gallery.disk-full``,
        ``gallery.io``, from every method.
    """

    layouts: ClassVar[tuple[str, ...]]

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = RLock()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction that is stored as a whole or not at all."""
        with self._connected(writing=True) as connection:
            if _mark(connection):  # of a process that was killed before it had overwritten what it deleted
                with suppress(sqlite3.Error):
                    _vacuum(connection)
            connection.execute("BEGIN IMMEDIATE")
            try:
                self._prepare(connection)
                yield connection
            except BaseException:
                if connection.in_transaction:  # a full disk has ended it already
                    connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextmanager
    def _read(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction that only reads; where there is no file, it finds nothing and makes none."""
        if self._status() is not None and not self._is_current():
            with self._open():  # brings the file to the layout of now
                pass
        with self._connected(writing=False) as connection:
            connection.execute("BEGIN")
            self._prepare(connection)
            yield connection

    def _rewrite(self) -> None:
        """Rewrite the file after :meth:`mark_deleted`, so that no byte of what was deleted remains.

        Rows that moved leave copies in unused parts of pages, which ``secure_delete`` does not overwrite.
        """
        with self._connected(writing=True) as connection:
            try:
                _vacuum(connection)
            except sqlite3.OperationalError as error:
                if _name(error).startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
                    raise GalleryError("gallery.locked/rewriting", source=str(self.path)) from error
                raise

    def check_writable(self) -> None:
        """Raise the error that the next transaction would end with, if the file may not be written to."""
        with self._connected(writing=True):
            pass

    def check(self) -> None:
        """Raise the error that names the damage, if the file is damaged; nothing is made where there is none."""
        with self._read() as connection:
            (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            if found != "ok":
                raise sqlite3.DatabaseError(found)

    def unerased(self) -> int:
        """Return the mark of a deletion that is not overwritten yet; else 0."""
        with self._connected(writing=False) as connection:
            return _mark(connection)

    @staticmethod
    def mark_deleted(connection: sqlite3.Connection) -> None:
        """Let a transaction that deletes say so in the file, until it is rewritten: by the next one if need be."""
        connection.execute(f"PRAGMA application_id = {secrets.randbelow(2**31 - 1) + 1}")

    def _status(self) -> os.stat_result | None:
        try:
            return self.path.stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise GalleryError("gallery.io", source=str(self.path)) from error

    def _is_current(self) -> bool:
        with self._connected(writing=False) as connection:
            return _layout(connection) >= len(self.layouts)

    @contextmanager
    def _connected(self, *, writing: bool) -> Iterator[sqlite3.Connection]:
        with (
            forking.section(),
            self._lock,
            self._failures(),
            closing(
                sqlite3.connect(self._address(writing), uri=True, timeout=_TIMEOUT_S, isolation_level=None)
            ) as connection,
        ):
            connection.row_factory = sqlite3.Row
            connection.executescript(_PRAGMAS)
            yield connection

    def _address(self, writing: bool) -> str:
        """Return what to connect to; a file that is to be written to is made first."""
        status = self._status()
        if status is not None and not stat.S_ISREG(status.st_mode):
            raise GalleryError("gallery.corrupt/not-a-file", source=str(self.path))
        real = Path(os.path.realpath(self.path))  # a link may lead to where there is nothing yet
        if status is None and not writing:
            return ":memory:"
        writable = os.access(real.parent, os.W_OK) and (status is None or os.access(real, os.W_OK))
        if writing and not writable and real.parent.is_dir():
            raise failures.of("SQLITE_READONLY", str(self.path))
        if status is None:
            with suppress(FileExistsError):
                create(real).close()
        return f"{real.as_uri()}?mode={'rw' if writable else 'ro'}"

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Bring the file to the layout of now, or refuse it."""
        layout, there = _layout(connection), _objects(connection)
        if there and not (layout and there & _made(self.layouts[:1])):
            raise GalleryError("gallery.corrupt/other-program", source=str(self.path))
        if layout > len(self.layouts):
            raise GalleryError("gallery.newer", source=str(self.path))
        for kind, name, _ in sorted(there - _made(self.layouts[:layout])):
            raise GalleryError("gallery.corrupt/schema", kind=kind, name=name, source=str(self.path))
        for kind, name, _ in sorted(_made(self.layouts[:layout]) - there):
            raise GalleryError("gallery.corrupt/lacks", kind=kind, name=name, source=str(self.path))
        for statement in _statements(self.layouts[layout:]):
            connection.execute(statement)
        if layout < len(self.layouts):
            connection.execute(f"PRAGMA user_version = {len(self.layouts)}")

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except BarefaceError:
            raise
        except sqlite3.Error as error:
            if _name(error).startswith("SQLITE_CANTOPEN") and not may_open_more():
                raise GalleryError("gallery.io/open-files", source=str(self.path)) from error
            known = failures.of(_name(error), str(self.path)) if failures.known(_name(error)) else None
            if known is not None and known.code != "gallery.corrupt":
                raise known from error
            raise self._damaged(error) from error
        except _DAMAGE as error:
            first = error.args[0] if error.args and isinstance(error.args[0], Note) else Note("damage.values")
            raise self._damaged(first) from error
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            raise failures.of("SQLITE_FULL" if full else "SQLITE_IOERR", str(self.path)) from error

    def _damaged(self, first: object) -> GalleryError:
        return GalleryError("gallery.corrupt/kept", name=self.path.name, first=first, source=str(self.path))


_PRAGMAS = "PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF"
_Object: TypeAlias = tuple[str, str, str]


def _vacuum(connection: sqlite3.Connection) -> None:
    mark = _mark(connection)
    connection.execute("VACUUM")
    connection.execute("BEGIN IMMEDIATE")
    if _mark(connection) == mark:  # nothing else was deleted meanwhile
        connection.execute("PRAGMA application_id = 0")
    connection.execute("COMMIT")


def _mark(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA application_id").fetchone()[0])


def _layout(connection: sqlite3.Connection) -> int:
    return max(0, int(connection.execute("PRAGMA user_version").fetchone()[0]))


def _objects(connection: sqlite3.Connection) -> frozenset[_Object]:
    """Return the tables, indexes, ... of a file: kind, name and statement, without blanks."""
    query = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite!_%' ESCAPE '!'"
    return frozenset((kind, name, re.sub(r"\s+", "", sql or "")) for kind, name, sql in connection.execute(query))


def _statements(layouts: tuple[str, ...]) -> list[str]:
    """Return statements one by one: a script would end the transaction."""
    return [one for layout in layouts for one in layout.split(";") if one.strip()]


@cache
def _made(layouts: tuple[str, ...]) -> frozenset[_Object]:
    """Return what statements make."""
    with closing(sqlite3.connect(":memory:")) as connection:
        for statement in _statements(layouts):
            connection.execute(statement)
        return _objects(connection)


def _name(error: sqlite3.Error) -> str:
    return getattr(error, "sqlite_errorname", "") or ""
