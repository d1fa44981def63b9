"""Connections to a gallery's SQLite file, each for one transaction.

So a file that was replaced is never read through an old connection, the write-ahead log is empty between transactions,
and the process can be forked: SQLite's connections must not be taken along.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, cast
from weakref import WeakSet

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.pool import NullPool
from sqlalchemy.util import LRUCache

from bareface.errors import GalleryError
from bareface.storage.sqlite import after_a_crash as wal
from bareface.storage.sqlite.two_writers import begin_writing
from bareface.system.sqlite import uncount_memory

# SQLAlchemy reports what interrupts the closing of a connection, and then raises it: its report is a traceback, printed
# where no other handler of logs is there.
logging.getLogger("sqlalchemy.pool").addHandler(logging.NullHandler())

uncount_memory()  # here, before the first gallery is opened

_statements: LRUCache[Any, Any] = LRUCache(500)
"""Statements compiled for any gallery: to compile them again for each store takes longer than to run them."""

_PRAGMAS = "".join(
    f"PRAGMA {one};"
    for one in ("synchronous = NORMAL", "foreign_keys = ON", "secure_delete = ON", "trusted_schema = OFF")
)
_READING = "PRAGMA trusted_schema = OFF; BEGIN"
_opening = Lock()


class _Connection(sqlite3.Connection):
    """A connection that knows which file it was opened for, by device and inode."""

    file: tuple[int, int] = (0, 0)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._cursors: WeakSet[sqlite3.Cursor] = WeakSet()

    def cursor(self, *args: Any, **kwargs: Any) -> sqlite3.Cursor:  # type: ignore[override]  # passed on as it is
        """Make a cursor."""
        made: sqlite3.Cursor = super().cursor(*args, **kwargs)
        self._cursors.add(made)
        return made

    def close(self) -> None:
        """Close it and its files now: SQLite would keep them open as long as somebody holds a cursor.

        A process that is forked meanwhile would take them along, and damage the gallery.
        """
        for one in list(self._cursors):
            one.close()
        super().close()
        with _opening:
            _open.discard(self)


_open: WeakSet[_Connection] = WeakSet()
"""The connections of this process.

While a file has one, its log is not checked again: reading the file past SQLite would end the locks that this process
has on it.
"""


@cache
def _dialect() -> sa.Dialect:
    """Return one dialect of SQLAlchemy for all galleries: compiled statements belong to it."""
    engine = sa.create_engine("sqlite://", poolclass=NullPool)
    with engine.connect():
        return engine.dialect


class Reading:
    """A transaction that reads, in a connection of its own.

    Attributes
    ----------
    plain
        SQLite's connection.
    """

    def __init__(self, plain: sqlite3.Connection) -> None:
        self.plain = plain
        self._rich: sa.Connection | None = None

    @property
    def connection(self) -> sa.Connection:
        """SQLAlchemy's connection, on top of the other; made when first asked for, since that takes a while."""
        if self._rich is None:
            self._rich = _engine(lambda: self.plain).connect()
        return self._rich

    def close(self) -> None:
        """End the transaction."""
        (self._rich or self.plain).close()


def _engine(connect: Callable[[], sqlite3.Connection]) -> sa.Engine:
    """Return an SQLAlchemy engine of connections, each for one transaction."""
    pool = NullPool(cast(Any, connect), dialect=_dialect())
    options = {"compiled_cache": _statements}
    return sa.Engine(pool, _dialect(), sa.make_url("sqlite://"), execution_options=options)


class Connector:
    """Opens connections to one file.

    Parameters
    ----------
    path, source
        The file, and what the user called it.
    read_only
        Whether it, or its folder, may only be read.
    timeout
        Seconds to wait for another process's write.
    """

    def __init__(self, path: Path, source: str, *, read_only: bool, timeout: float) -> None:
        self._path = path
        self._name = os.fspath(path)  # to ask for the file's state takes less with this
        self._uri = wal.uri(path)
        self._source = source
        self._read_only = read_only
        self._timeout = timeout
        self._verified: tuple[int, ...] = ()

    def engine(self) -> sa.Engine:
        """Return an SQLAlchemy engine of such connections."""
        engine = _engine(self.connect)

        @event.listens_for(engine, "connect")
        def connect(connection: Any, _: Any) -> None:
            connection.executescript(_PRAGMAS)
            # SQLite itself folds ASCII only. A method in C, because a search calls it for each name.
            connection.create_function("folded", 1, str.casefold, deterministic=True)

        @event.listens_for(engine, "begin")
        def begin(connection: sa.Connection) -> None:
            if connection.get_execution_options().get("writing", False):
                begin_writing(connection.connection.cursor(), self._timeout)
            else:
                connection.connection.cursor().execute("BEGIN")

        return engine

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """Open a connection and begin to read."""
        reading = Reading(self.connect())
        try:
            reading.plain.executescript(_READING)
            yield reading
        finally:
            reading.close()

    def connect(self) -> sqlite3.Connection:
        """Return a new connection.

        Raises
        ------
        GalleryError
            ``gallery.corrupt``: the write-ahead log next to the file was left by another one.
        """
        with _opening:
            waiting = False
            with suppress(FileNotFoundError):  # whoever closes the last connection removes it
                waiting = os.stat(wal.log_of(self._name)).st_size > 0  # noqa: PTH116
            file = self._file()
            if waiting and all(one.file != file for one in _open):
                self._check_log()
            options = "?mode=rw"  # not created again where it was removed meanwhile
            if self._read_only:  # immutable: SQLite then wants no files of its own next to it, but reads no log either
                options = "?mode=ro" if waiting else "?immutable=1"
            made = sqlite3.connect(
                self._uri + options,
                uri=True,
                timeout=self._timeout,
                isolation_level=None,  # Python's driver would begin transactions late, and none for DDL
                check_same_thread=False,
                factory=_Connection,
            )
            made.file = file
            _open.add(made)
            return made

    def _file(self) -> tuple[int, int]:
        try:
            status = os.stat(self._name)  # noqa: PTH116
        except OSError:
            return (0, 0)
        return status.st_dev, status.st_ino

    def _check_log(self) -> None:
        with suppress(FileNotFoundError):
            status = self._path.stat()
            key = (status.st_dev, status.st_ino, status.st_mtime_ns)
            if key != self._verified and not wal.belongs(self._path):
                raise GalleryError("gallery.corrupt/wal", source=self._source)
            self._verified = key
