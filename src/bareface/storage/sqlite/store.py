"""The gallery's database: opening, migrating, transactions, and what each of its failures is called."""

from __future__ import annotations

import errno
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from bareface.errors import BarefaceError, GalleryError
from bareface.logs import logger, timed
from bareface.storage.ports import State as State
from bareface.storage.sqlite import damage, place, schema, statements, transaction
from bareface.storage.sqlite.columns import Damaged
from bareface.storage.sqlite.connection import Connector, Reading
from bareface.storage.sqlite.transaction import SqliteReader, SqliteWriter
from bareface.storage.sqlite.two_writers import empty_log
from bareface.system import files, forking
from bareface.system import sqlite_failures as failures
from bareface.values.gallery import Problem

_log = logger(__name__)

BUSY_TIMEOUT_S = 10.0
"""Seconds to wait for another process's write; a batch of enrolment holds the lock for some milliseconds."""

REMEMBERED = 1000
"""Number of writes in a gallery's history: an older index is rebuilt."""


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
        self.path = Path(files.absolute(path))  # resolve() would follow the user's symlink
        self._writing = RLock()
        self._source = str(path)
        exists = place.check(self.path, self._source, create=create)
        self._made = not exists
        if self._made:
            self._make()
        self.read_only = exists and not place.may_write(self.path)
        connector = Connector(self.path, self._source, read_only=self.read_only, timeout=BUSY_TIMEOUT_S)
        self._connector = connector
        self._engine = connector.engine()
        try:
            self._migrate()
        except BaseException:
            self.discard_unused()
            raise

    def discard_unused(self) -> bool:
        """Remove the file if this object made it and nothing was ever stored: a refused command leaves no gallery.

        Returns whether it did.
        """
        if not self._made:
            return False
        real = self.path.resolve()
        with suppress(GalleryError, DBAPIError, sqlite3.Error, OSError), self._alone(), self._engine.connect() as plain:
            connection = plain.execution_options(writing=True)  # nobody else can write meanwhile
            with connection.begin():
                tables = sa.inspect(connection).get_table_names()
                if tables and connection.exec_driver_sql("SELECT count(*) FROM sqlite_sequence").scalar():
                    return False
                for ending in ("", "-wal", "-shm"):
                    real.with_name(real.name + ending).unlink(missing_ok=True)
            self._made = False
            return True
        return False

    def _make(self) -> None:
        """Make the file with the permissions of ours: SQLite gives its other files those of this one."""
        with self._failures(), suppress(FileExistsError):
            try:
                files.create(self.path.resolve()).close()  # a link may point to where there is nothing yet
            except FileExistsError:
                raise
            except OSError as error:
                if error.errno in (errno.ENOSPC, errno.EDQUOT):
                    raise failures.of("SQLITE_FULL", self._source) from error
                raise GalleryError("gallery.missing/open", reason=error.strerror, source=self._source) from error

    def _migrate(self) -> None:
        with self.read() as connection:
            self._check_layout(connection)
            tables = sa.inspect(connection).get_table_names()
            current = _revision(connection) if "alembic_version" in tables else None
        if tables and "gallery" not in tables:
            raise GalleryError("gallery.corrupt/other-program", source=self._source)
        if current == schema.REVISION:
            return
        if tables and (current is None or not re.fullmatch(r"\d{4}", str(current))):
            raise GalleryError("gallery.corrupt/version", version=current, source=self._source)
        if self.read_only and schema.READABLE <= str(current) < schema.REVISION:
            return
        if self.read_only and str(current) < schema.REVISION:
            raise GalleryError("gallery.read-only/earlier", source=self._source)
        with self._alone(), self._failures(), self._engine.connect() as plain:
            plain.connection.cursor().execute("PRAGMA journal_mode = WAL")
            connection = plain.execution_options(writing=True)
            with connection.begin():
                self._upgrade(connection)
                _renew_token(connection)
                uuid = self.state(connection).uuid
        changed = f"updated from layout {current} to" if current else "made with layout"
        _log.info("gallery %s %s %s", uuid, changed, schema.REVISION)

    def _check_layout(self, connection: sa.Connection) -> None:
        """Refuse a file that computes by itself, or is not in UTF-8.

        A trigger keeps what is deleted, a view need never end.
        """
        query = sa.text(f"SELECT type, name FROM sqlite_master WHERE {schema.COMPUTES} ORDER BY name")
        row = connection.execute(query).first()
        encoding = connection.exec_driver_sql("PRAGMA encoding").scalar()
        if encoding != "UTF-8":  # as another program may have written it anew
            raise GalleryError("gallery.corrupt/encoding", encoding=encoding, source=self._source)
        if row is not None:
            raise GalleryError("gallery.corrupt/schema", kind=row.type, name=row.name, source=self._source)

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
            raise GalleryError("gallery.newer", source=self._source) from error
        if connection.execute(sa.select(schema.gallery.c.id)).first() is None:
            connection.execute(
                schema.gallery.insert().values(id=1, uuid=uuid4().hex, generation=0, epoch=0, created=datetime.now(UTC))
            )

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Open a connection that sees one unchanging snapshot of the gallery; it neither waits nor lets others wait."""
        with (
            forking.section(),
            self._failures(),
            self._unchanged(),
            self._engine.connect() as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def read_plainly(self) -> Iterator[Reading]:
        """Do as :meth:`read`, without SQLAlchemy until it is asked for: what is read often takes fewer steps so."""
        with forking.section(), self._failures(), self._unchanged(), self._connector.reading() as reading:
            yield reading

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let the threads of this process write one after the other: SQLite's own queue is not fair."""
        with forking.section(), self._writing:
            yield

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Begin a transaction: all of it is stored, or, on any exception, none."""
        self.check_writable()
        with self._alone(), self._failures(), self._engine.connect() as plain:
            connection = plain.execution_options(writing=True)
            with connection.begin():
                if not self.path.exists():  # removed while this waited for its turn
                    raise failures.of("SQLITE_CANTOPEN", self._source)
                revision = str(_revision(connection))
                if revision > schema.REVISION:  # a later version opened it meanwhile
                    raise GalleryError("gallery.newer", source=self._source)
                if revision < schema.REVISION:  # a copy of an earlier version was put in its place meanwhile
                    self._check_layout(connection)
                    self._upgrade(connection)
                yield connection
                _renew_token(connection)

    @property
    def id(self) -> str:
        """Permanent identifier of this gallery."""
        return self.state().uuid

    @contextmanager
    def reading(self) -> Iterator[SqliteReader]:
        """Open a snapshot, as :class:`bareface.storage.ports.GalleryStore` says."""
        with self.read() as connection:
            yield SqliteReader(connection)

    @contextmanager
    def writing(self) -> Iterator[SqliteWriter]:
        """Open a transaction, as :class:`bareface.storage.ports.GalleryStore` says."""
        with self.write() as connection:
            yield SqliteWriter(connection)

    def check_writable(self) -> None:
        """Refuse work that would end in a write which is not possible here.

        Raises
        ------
        GalleryError
            ``gallery.read-only``.
        UsageError
            ``usage.file-mode``: files next to it could not be made.
        """
        if self.read_only:
            raise failures.of("SQLITE_READONLY", self._source)
        files.file_mode()

    def state(self, connection: sa.Connection | None = None) -> State:
        """Return the gallery's state now; within a transaction if one is given."""
        if connection is not None:
            return SqliteReader(connection).state()
        with self.reading() as reader:
            return reader.state()

    def follows(self, connection: sa.Connection, before: State) -> bool:
        """Return whether this gallery was once in a state, some writes ago; False if another file took its place."""
        past = schema.history.c
        query = sa.select(past.token).where(past.generation == before.generation)
        return connection.execute(query).scalar() == bytes.fromhex(before.token)

    def erase(self, *, wait: bool = True) -> None:
        """Rewrite the database, so that no byte of what was deleted remains; needs as much free disk again.

        SQLite overwrites with zeros what it deletes (``secure_delete``), but rows that it moved between pages leave
        copies in the unused parts of those pages, and the write-ahead log holds former states.

        Parameters
        ----------
        wait
            For other processes to end their transactions.
        """
        self.check_writable()
        try:
            mark = self.unerased()
            with self._alone(), self._failures(), self._engine.connect() as connection:
                cursor = connection.connection.cursor()
                if not wait:
                    cursor.execute("PRAGMA busy_timeout = 0")
                with timed(_log, "rewrote the database"):
                    cursor.execute("VACUUM")  # runs outside any transaction
                emptied = empty_log(cursor, BUSY_TIMEOUT_S if wait else 0)
            if not emptied:
                raise GalleryError("gallery.locked")
            if mark:
                with self.write() as writing:
                    if _mark(writing) == mark:  # nothing else was deleted meanwhile
                        writing.exec_driver_sql("PRAGMA user_version = 0")
        except GalleryError as error:
            if error.code not in ("gallery.disk-full", "gallery.locked"):
                raise
            raise self._remains(error) from error

    def mark_deleted(self, connection: sa.Connection) -> None:
        """Let a transaction that deletes say so in the file, until :meth:`erase` has overwritten what it deleted."""
        transaction.mark_deleted(connection)

    def unerased(self) -> int:
        """Return the mark of a deletion that is not overwritten yet, since its process was killed, say; else 0."""
        with self.read() as connection:
            return _mark(connection)

    def _remains(self, error: GalleryError) -> GalleryError:
        full = error.code == "gallery.disk-full"
        code = "gallery.disk-full/remains" if full else "gallery.locked/remains"
        return GalleryError(code, reason=error, source=self._source)

    def integrity(self) -> tuple[str, ...]:
        """Return SQLite's findings on the file's own structure; empty if all is well."""
        with forking.section(), self._failures(), self._engine.connect() as connection:
            raw = connection.connection.cursor()
            return tuple(str(row[0]) for row in raw.execute("PRAGMA integrity_check").fetchall() if row[0] != "ok")

    def damage(self) -> tuple[Problem, ...]:
        """Return rows that no version of bareface writes; empty if all is well."""
        with forking.section(), self._failures(), self._engine.connect() as connection:
            raw = connection.connection.dbapi_connection
            assert isinstance(raw, sqlite3.Connection)
            return tuple(damage.problems(raw))

    def repair(self) -> int:
        """Delete damaged rows of the tables that nothing else depends on; returns how many."""
        with self.write() as connection:
            raw = connection.connection.dbapi_connection
            assert isinstance(raw, sqlite3.Connection)
            count = damage.repair(raw)
            if count:
                self.mark_deleted(connection)
        return count

    def close(self) -> None:
        """Close the gallery. Between transactions no connection is open: nothing is left to be closed."""
        self._engine.dispose()

    @contextmanager
    def _unchanged(self) -> Iterator[None]:
        """Notice that a file which may only be read was changed by its owner meanwhile."""
        before = self.path.stat() if self.read_only else None
        yield
        if before is not None:
            after = self.path.stat()
            if (before.st_ino, before.st_mtime_ns, before.st_size) != (after.st_ino, after.st_mtime_ns, after.st_size):
                raise failures.of("SQLITE_BUSY", self._source)

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except BarefaceError:
            raise
        except (DBAPIError, sqlite3.Error) as error:
            raise self._named(error) from error
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise failures.of("SQLITE_FULL", self._source) from error
        except Exception as error:  # of values that nobody expected: is it the gallery's fault?
            found = self._damaged()
            if found is None and isinstance(error, Damaged):  # each row is sound by itself
                found = GalleryError("gallery.corrupt/damage", first=error, source=self._source)
            if found is None:
                raise
            raise found from error

    def _named(self, error: DBAPIError | sqlite3.Error) -> Exception:
        name = getattr(error.orig if isinstance(error, DBAPIError) else error, "sqlite_errorname", "")
        if failures.known(name):
            if name.startswith("SQLITE_CANTOPEN") and not files.may_open_more():
                return GalleryError("gallery.io/open-files", source=self._source)
            if self.read_only and name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY")):
                return GalleryError("gallery.read-only/wal", source=self._source)
            return failures.of(name, self._source)
        return self._damaged() or self._earlier() or error

    def _earlier(self) -> GalleryError | None:
        """Update a copy of an earlier version that was put in the gallery's place while it was open; say so."""
        if self.read_only:
            return None
        with suppress(DBAPIError, sqlite3.Error, GalleryError):
            with self._engine.connect() as connection:
                earlier = str(_revision(connection)) < schema.REVISION
            if earlier:
                with self.write():
                    pass
                return GalleryError("gallery.locked/updated", source=self._source)
        return None

    def _damaged(self) -> GalleryError | None:
        """Return the damage that explains an error, if there is any."""
        try:
            with self._engine.connect() as connection:
                raw = connection.connection.dbapi_connection
                assert isinstance(raw, sqlite3.Connection)
                found = tuple(damage.problems(raw))
        except (DBAPIError, sqlite3.Error, GalleryError):
            return None
        if not found:
            return None
        first, more = found[0].message, len(found) - 1
        if more:
            return GalleryError("gallery.corrupt/damages", first=first, more=more, source=self._source)
        return GalleryError("gallery.corrupt/damage", first=first, source=self._source)


def _revision(connection: sa.Connection) -> str | None:
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def _mark(connection: sa.Connection) -> int:
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar() or 0)


def _renew_token(connection: sa.Connection) -> None:
    """Make this a new state, and remember it."""
    token = uuid4()
    connection.execute(statements.RENEW, {"new": token.hex})
    now = connection.execute(statements.GENERATION).scalar_one()
    connection.execute(statements.FORGET, {"last": now - REMEMBERED, "now": now})
    connection.execute(statements.insert(schema.history), {"generation": now, "token": token.bytes})
