"""The gallery's database: opening, migrating, transactions, and what each of its failures is called."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from bareface import files
from bareface.errors import GalleryError
from bareface.gallery import schema

BUSY_TIMEOUT_S = 10.0
"""How long to wait for another process's write; a batch of enrolment holds the lock for some milliseconds."""

_SQLITE = b"SQLite format 3\0"

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


@dataclass(frozen=True, slots=True)
class State:
    """What a gallery is pinned to, and how often it has been written.

    Attributes
    ----------
    uuid
        Names this gallery for good.
    space, dimension
        The template space and its number of dimensions; None until the first template.
    generation
        Grows with every write transaction.
    epoch
        Grows when templates are replaced under the same reference numbers.
    """

    uuid: str
    space: str | None
    dimension: int | None
    generation: int
    epoch: int


class Store:
    """One gallery's database.

    All access goes through :meth:`read` and :meth:`write`, so that every failure of the database leaves as a
    :class:`GalleryError` and every write bumps the generation.

    Parameters
    ----------
    path
        The gallery's file.
    create
        Make the gallery where there is none.

    Raises
    ------
    GalleryError
        ``gallery.missing``, ``gallery.corrupt`` (damaged, or not a gallery), ``gallery.newer`` (made by a later
        version), ``gallery.locked``, ``gallery.read-only``, ``gallery.disk-full``, ``gallery.io``.
    """

    def __init__(self, path: str | Path, *, create: bool = True) -> None:
        self.path = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow the user's symlink
        self._source = str(path)
        if not self.path.exists():
            if not create:
                raise GalleryError(
                    "gallery.missing",
                    "there is no such gallery.",
                    source=self._source,
                    remedy="Check the path, or make a gallery with `bareface enrol`.",
                )
            if not self.path.parent.is_dir():
                raise GalleryError(
                    "gallery.missing",
                    f"the folder {self.path.parent} does not exist.",
                    source=self._source,
                    remedy="Make the folder first.",
                )
        elif not self.path.is_file():
            raise GalleryError(
                "gallery.corrupt",
                "this is a folder, not a gallery.",
                source=self._source,
                remedy="Name the gallery's file.",
            )
        elif self._begins() not in (b"", _SQLITE):  # SQLite would take a very short file for an empty one
            raise self._named("SQLITE_NOTADB", ValueError(self._source))
        if create:
            self._make()
        self._engine = _sqlite(self.path)
        try:
            self._migrate()
        except BaseException:
            self.close()
            raise

    def _make(self) -> None:
        """Make the file, if absent, with the permissions of ours: SQLite gives its other files those of this one."""
        try:
            files.create(self.path.resolve()).close()  # a link may point to where there is nothing yet
        except FileExistsError:
            pass
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise self._named("SQLITE_FULL", error) from error
            raise self._named("SQLITE_CANTOPEN", error) from error

    def _begins(self) -> bytes:
        try:
            with self.path.open("rb") as file:
                return file.read(len(_SQLITE))
        except OSError as error:
            raise self._named("SQLITE_CANTOPEN", error) from error

    def _migrate(self) -> None:
        with self.read() as connection:
            tables = sa.inspect(connection).get_table_names()
            current = _revision(connection) if "alembic_version" in tables else None
        if tables and "gallery" not in tables:
            raise GalleryError(
                "gallery.corrupt",
                "this is a database of another program.",
                source=self._source,
                remedy="Name a gallery made by bareface, or a file that does not exist yet.",
            )
        if current == schema.REVISION:
            return
        with self._failures(), self._engine.connect() as plain:
            connection = plain.execution_options(writing=True)
            with connection.begin():
                self._upgrade(connection)

    def _upgrade(self, connection: sa.Connection) -> None:
        # Alembic takes a fifth of a second to import: only a new or an old gallery pays for it.
        from alembic import command
        from alembic.config import Config
        from alembic.util import CommandError

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise GalleryError(
                "gallery.newer",
                "the gallery was made by a later version of bareface.",
                source=self._source,
                remedy="Update bareface.",
            ) from error
        if connection.execute(sa.select(schema.gallery.c.id)).first() is None:
            connection.execute(
                schema.gallery.insert().values(id=1, uuid=uuid4().hex, generation=0, epoch=0, created=datetime.now(UTC))
            )

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection that sees one unchanging snapshot of the gallery."""
        with self._failures(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction: all of it is stored, or, on any exception, none."""
        with self._failures(), self._engine.connect() as plain:
            connection = plain.execution_options(writing=True)
            with connection.begin():
                yield connection
                row = schema.gallery
                connection.execute(row.update().values(generation=row.c.generation + 1))

    def state(self, connection: sa.Connection | None = None) -> State:
        """What the gallery is pinned to now; within a transaction when one is given."""
        row = schema.gallery
        query = sa.select(row.c.uuid, row.c.space, row.c.dimension, row.c.generation, row.c.epoch)
        if connection is not None:
            return State(*connection.execute(query).one())
        with self.read() as connection:
            return State(*connection.execute(query).one())

    def forget(self) -> None:
        """Empty the write-ahead log, the one place where what was deleted can still be read.

        In the database itself SQLite overwrites with zeros what it deletes (``secure_delete``).
        """
        with self._failures(), self._engine.connect() as connection:
            busy, _, _ = connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise GalleryError(
                "gallery.locked",
                "deleted, but another process still reads the old state: bytes of it remain.",
                source=self._source,
                remedy="They go when that process has ended and `bareface gallery scrub` is run.",
            )

    def rewrite(self) -> None:
        """Write the database anew, without the space that deletions left; needs as much free disk again."""
        with self._failures(), self._engine.connect() as connection:
            connection.connection.cursor().execute("VACUUM")  # runs outside any transaction
        self.forget()

    def integrity(self) -> tuple[str, ...]:
        """What the database says about its own files and foreign keys; empty when all is well."""
        with self._failures(), self._engine.connect() as connection:
            raw = connection.connection.cursor()
            pages = [str(row[0]) for row in raw.execute("PRAGMA integrity_check").fetchall() if row[0] != "ok"]
            rows = raw.execute("PRAGMA foreign_key_check").fetchall()
        return (*pages, *(f"row {row[1]} of table {row[0]} points to no row of {row[2]}" for row in rows))

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise self._named(getattr(error.orig, "sqlite_errorname", ""), error) from error
        except sqlite3.Error as error:
            raise self._named(getattr(error, "sqlite_errorname", ""), error) from error
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise self._named("SQLITE_FULL", error) from error

    def _named(self, name: str, error: Exception) -> Exception:
        while name and name not in _FAILURES:
            name = name.rpartition("_")[0]  # SQLITE_BUSY_SNAPSHOT is a SQLITE_BUSY
        if not name:
            return error
        code, message, remedy = _FAILURES[name]
        return GalleryError(code, message, source=self._source, remedy=remedy)


def _revision(connection: sa.Connection) -> str | None:
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def _sqlite(path: Path) -> sa.Engine:
    """An SQLite engine; what is not portable is here, in ``forget``, ``rewrite`` and ``integrity``."""
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)), connect_args={"timeout": BUSY_TIMEOUT_S})

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # Python's driver would begin transactions late, and none for DDL
        for pragma in (
            "journal_mode = WAL",
            "synchronous = NORMAL",
            "foreign_keys = ON",
            "secure_delete = ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        # A write takes the lock at once: a read that later turns into a write can find its snapshot outdated.
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine
