"""Every restoration that this installation has made, and the question that enrolment asks of them.

The installation's record is one SQLite file in the user's data folder, with the tables of a gallery, of which it fills
two: so it survives a crash, is migrated and names its failures as a gallery does. A gallery keeps the same rows for
restorations of its own photos, which go where the gallery goes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Self

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from bareface import settings
from bareface.errors import GalleryError, RestorationError, UsageError
from bareface.imaging.align import as_dlib
from bareface.logs import logger
from bareface.messages import Note
from bareface.restoration.base import Provenance, Restored
from bareface.restoration.provenance import parsed, record_of
from bareface.restoration.recognise import (
    DESCRIPTOR,
    GRID,
    SHORTLIST,
    SIMILAR,
    Seen,
    describe,
    grey,
    is_restored,
    turned,
)
from bareface.restoration.recognise import small_region as small
from bareface.storage.sqlite.schema import file, reference, restoration, restored_face
from bareface.storage.sqlite.store import Store
from bareface.storage.sqlite.transaction import mark_deleted
from bareface.system.files import make_folder, write_atomically
from bareface.system.reading import read_regular
from bareface.values import arguments
from bareface.values.face import Float32, UInt8

_FILE = "restorations.sqlite"
_NOT_WRITABLE = ("gallery.read-only", "gallery.missing", "usage.output", "usage.home")
_log = logger(__name__)


def record_path() -> Path:
    """Return the file of the installation's record: see :attr:`bareface.settings.Settings.record`."""
    return settings.current().record


LARGEST_RECORD: Final = 1 << 30
"""Bytes of the record file, some 20,000 restorations: it is not extended beyond. The oldest are not dropped, because a
picture that is not on record could be enrolled as a photo."""


class RestorationRecord:
    """The restorations made by this installation.

    Use :meth:`open`.

    Examples
    --------
    >>> with RestorationRecord.open("restorations.sqlite") as record:  # doctest: +SKIP
    ...     record.add(restored)
    """

    def __init__(self, store: Store) -> None:
        self.store = store

    @classmethod
    def open(cls, path: str | Path | None = None) -> Self:
        """Open the record, or make one.

        Parameters
        ----------
        path
            Its file; by default :func:`record_path`, whose folder is made.

        Raises
        ------
        GalleryError
            As :meth:`bareface.services.gallery.Gallery.open`.
        UsageError
            ``usage.output``: its folder cannot be made, or it is something else than a file.
        """
        if path is None:
            path = record_path()
            make_folder(path.parent)
        path = arguments.path("path", path)
        if _is_no_file(path):
            raise UsageError("usage.output/record", source=str(path))
        return cls(Store(Path(path), create=True))

    def add(self, restored: Restored) -> int:
        """Put a restoration on record, whole or not at all; return its number.

        Raises
        ------
        RestorationError
            ``restoration.record``: the record has reached :data:`LARGEST_RECORD`.
        """
        path = self.store.path
        if path.stat().st_size >= LARGEST_RECORD:
            raise RestorationError("restoration.record/full", size=LARGEST_RECORD / 2**20, source=str(path))
        with self.store.write() as connection:
            return add(connection, restored)

    def entries(self) -> tuple[Provenance, ...]:
        """Return the provenance of each restoration, in the order in which they were made."""
        with self.store.read() as connection:
            return entries(connection)

    def forget(self, source_sha256: str) -> int:
        """Take a photo's restorations off the record; pictures made of it can be enrolled then. Returns how many."""
        with self.store.write() as connection:
            count = forget(connection, [source_sha256])
        self.store.erase()
        return count

    def close(self) -> None:
        """Close the file."""
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def remember(restored: Restored) -> None:
    """Put a restoration on the installation's record: before any picture of it is shown or saved.

    Raises
    ------
    RestorationError
        ``restoration.record``: it cannot be written to, and so no picture is given.
    """
    try:
        with RestorationRecord.open() as record:
            number = record.add(restored)
    except (GalleryError, UsageError) as error:
        if error.code not in _NOT_WRITABLE:
            raise
        raise RestorationError("restoration.record", reason=error, source=error.source) from error
    _log.info("restoration %d recorded", number)


def number_of(connection: sa.Connection, restored: Restored) -> int | None:
    """Return the number of a restoration whose pictures are on record already; None if they are not.

    Whoever looks at an enhanced face again has it made again, pixel for pixel.
    """
    r, f = restoration.c, restored_face.c
    source = grey(restored.source).tobytes()
    faces = [grey(completion.image).tobytes() for completion in restored.completions]
    same = (r.source_sha256 == restored.provenance.source_sha256) & (r.source == source)
    for number in connection.execute(sa.select(r.id).where(same)).scalars():
        query = sa.select(f.grey).where(f.restoration_id == number).order_by(f.id)
        if list(connection.execute(query).scalars()) == faces:
            return int(number)
    return None


def add(connection: sa.Connection, restored: Restored) -> int:
    """Put a restoration into the tables of a record or a gallery, once; returns its number."""
    known = number_of(connection, restored)
    if known is not None:
        return known
    values = {
        "source_sha256": restored.provenance.source_sha256,
        "provenance": record_of(restored.provenance),
        "source": grey(restored.source).tobytes(),
        "region": np.packbits(small(restored.region)).tobytes(),
    }
    made = connection.execute(restoration.insert().values(values)).inserted_primary_key
    assert made is not None
    faces = [grey(completion.image) for completion in restored.completions]
    rows = [
        {
            "restoration_id": made[0],
            "grey": face.tobytes(),
            "descriptor": describe(face).astype("<f2").tobytes(),
        }
        for face in faces
    ]
    connection.execute(restored_face.insert(), rows)
    return int(made[0])


def keep(connection: sa.Connection, restored: Restored) -> bool:
    """Put a restoration into a gallery's tables if its photo is enrolled there; whether it is."""
    enrolled = sa.select(file.c.id).where(file.c.sha256 == restored.provenance.source_sha256)
    if connection.execute(enrolled).first() is None:
        return False
    add(connection, restored)
    return True


def entries(connection: sa.Connection) -> tuple[Provenance, ...]:
    """Return the provenance of each restoration in the tables, oldest first."""
    rows = connection.execute(sa.select(restoration.c.provenance).order_by(restoration.c.id)).scalars()
    return tuple(found for row in rows if (found := parsed(row)) is not None)


@dataclass(frozen=True, slots=True)
class KeptRestoration:
    """A restoration on a gallery's record.

    Attributes
    ----------
    id
        Its number.
    provenance
        The provenance of its pictures.
    references
        Numbers of the references that come from the same photo; of a probe's there are none.
    """

    id: int
    provenance: Provenance
    references: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RestorationPage:
    """Some restorations, latest first; ``next`` is the number before which others follow, None if none does."""

    restorations: tuple[KeptRestoration, ...]
    next: int | None


def page(connection: sa.Connection, most: int, before: int | None) -> RestorationPage:
    """Return some restorations of a gallery, latest first, of those before a number."""
    query = sa.select(restoration.c.id, restoration.c.provenance).order_by(restoration.c.id.desc()).limit(most + 1)
    if before is not None:
        query = query.where(restoration.c.id < before)
    rows = connection.execute(query).all()
    found = [(number, one) for number, record in rows[:most] if (one := parsed(record)) is not None]
    digests = {one.source_sha256 for _, one in found}
    query = sa.select(file.c.sha256, reference.c.id).join_from(reference, file).order_by(reference.c.id)
    enrolled: dict[str, list[int]] = {}
    for digest, number in connection.execute(query.where(file.c.sha256.in_(digests))):
        enrolled.setdefault(digest, []).append(number)
    kept = (KeptRestoration(number, one, tuple(enrolled.get(one.source_sha256, ()))) for number, one in found)
    return RestorationPage(tuple(kept), rows[most - 1][0] if len(rows) > most else None)


def forget(connection: sa.Connection, sources: Iterable[str]) -> int:
    """Delete the restorations of these photos, whose bytes are still to be overwritten; returns how many there were."""
    count = sum(
        connection.execute(restoration.delete().where(restoration.c.source_sha256 == source)).rowcount
        for source in sources
    )
    if count:
        mark_deleted(connection)
    return count


class Guard:
    """Tells restored faces from others by all restorations in some stores.

    Parameters
    ----------
    stores
        A gallery's and the installation's record, or either.
    """

    def __init__(self, stores: Sequence[Store]) -> None:
        self._shelves = [_Shelf(store) for store in stores]

    def refresh(self) -> None:
        """Take note of restorations that were made since."""
        for shelf in self._shelves:
            shelf.refresh()

    def restored(self, chip: UInt8) -> bool:
        """Return whether an aligned face, RGB uint8 [S, S, 3], is a restored picture's, mirrored or not."""
        if not any(shelf.filled for shelf in self._shelves):
            return False
        face = grey(as_dlib(chip))
        turns = turned(face)
        described = np.stack([describe(turn) for turn in turns])
        return any(shelf.holds(turns, described) for shelf in self._shelves)


@contextmanager
def guarding(gallery: Store) -> Iterator[Guard]:
    """Return a guard that asks a gallery's own restorations and, where there is one, the installation's record."""
    with ExitStack() as stack:
        record = _readable(stack)
        yield Guard([gallery] if record is None else [gallery, record])


def _readable(stack: ExitStack) -> Store | None:
    """Return the installation's record, or a copy of it if it may only be read; None if there is none.

    A record that cannot be read stops no enrolment, but a warning says so.
    """
    try:
        path = record_path()
        if _is_no_file(path):
            _warn(path, Note("reason.not-a-record"))
        if not os.path.isfile(path):  # noqa: PTH113 - never an error, whatever the name, or whose home it is
            return None
    except UsageError as error:
        if error.code != "usage.home":
            raise
        return None
    try:
        return stack.enter_context(RestorationRecord.open(path)).store
    except GalleryError as error:
        if error.code not in (*_NOT_WRITABLE, "gallery.disk-full"):
            raise
    try:
        # SQLite does not read a write-ahead log that it may not write to; nor would an old record be migrated.
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="bareface-")))
        for ending in ("", "-wal"):
            original = path.with_name(path.name + ending)
            if original.is_file():
                write_atomically(folder / f"{_FILE}{ending}", read_regular(original, 2 * LARGEST_RECORD))
        return stack.enter_context(RestorationRecord.open(folder / _FILE)).store
    except (OSError, GalleryError) as error:
        _warn(path, error)
        return None


def _is_no_file(path: str | Path) -> bool:
    """Return whether something else than a file has this name."""
    return os.path.exists(path) and not os.path.isfile(path)  # noqa: PTH110, PTH113 - never an error


def _warn(path: Path, why: object) -> None:
    _log.warning(
        "The record of restorations, %s, cannot be read (%s): pictures restored here are recognised by their "
        "metadata only.",
        path,
        why,
    )


class _Shelf:
    """The descriptors of one store in memory; the faces themselves are read when they are needed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._numbers: NDArray[np.int64] = np.empty(0, np.int64)
        self._descriptors: Float32 = np.empty((0, DESCRIPTOR), np.float32)
        self._generation = -1

    @property
    def filled(self) -> bool:
        return len(self._numbers) > 0

    def refresh(self) -> None:
        with self._store.read() as connection:
            generation = self._store.state(connection).generation
            if generation == self._generation:
                return
            columns = (restored_face.c.id, restored_face.c.descriptor)
            rows = connection.execute(sa.select(*columns).order_by(restored_face.c.id)).all()
        self._generation = generation
        self._numbers = np.array([row[0] for row in rows], np.int64)
        flat = np.frombuffer(b"".join(row[1] for row in rows), "<f2")
        self._descriptors = flat.astype(np.float32).reshape(-1, DESCRIPTOR)

    def holds(self, turns: Sequence[UInt8], described: Float32) -> bool:
        if not self.filled:
            return False
        alike = self._descriptors @ described.T
        best = alike.max(axis=1)
        few = _largest(best, min(SHORTLIST, len(best)))
        few = few[best[few] >= SIMILAR]
        if not len(few):
            return False
        with self._store.read() as connection:
            seen = {place: self._seen(connection, int(self._numbers[place])) for place in few.tolist()}
        return any(
            found is not None and is_restored(turns[int(alike[place].argmax())], found) for place, found in seen.items()
        )

    def _seen(self, connection: sa.Connection, number: int) -> Seen | None:
        """Return a restored face; None if it was forgotten meanwhile."""
        columns = (restored_face.c.grey, restoration.c.source, restoration.c.region)
        query = sa.select(*columns).select_from(restored_face.join(restoration)).where(restored_face.c.id == number)
        row = connection.execute(query).first()
        if row is None:
            return None
        face, source = (np.frombuffer(blob, np.uint8).reshape(GRID, GRID) for blob in row[:2])
        region = np.unpackbits(np.frombuffer(row[2], np.uint8))[: GRID**2].reshape(GRID, GRID)
        return Seen(face, source, region.astype(bool))


def _largest(values: Float32, count: int) -> NDArray[np.intp]:
    """Return the places of the largest values, largest first."""
    places = np.argpartition(values, -count)[-count:]
    return places[np.argsort(values[places])[::-1]]
