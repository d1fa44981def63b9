"""The vector index follows the database: new vectors enter it, deleted vectors leave it, and it is never trusted.

The database is the truth. Each state of it has one generation of the index, a value that never changes. A search opens
a snapshot of the database and takes the generation of exactly that state; it then computes without any lock. Where
there is no such generation yet, the first who needs it makes it from the one before, and puts it in its place.

A deletion (:meth:`DerivedIndex.discard_file`, then :meth:`DerivedIndex.save`) leaves no deleted vector in the file, nor
in the current generation. A search that began before keeps the old generation until it ends.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from bareface.errors import GalleryError
from bareface.logs import logger, timed
from bareface.messages import Note
from bareface.models import registry
from bareface.storage.ports import IndexFactory, Int64, VectorIndex
from bareface.storage.sqlite import lookups
from bareface.storage.sqlite import queries as catalogue
from bareface.storage.sqlite.columns import Damaged
from bareface.storage.sqlite.connection import Reading
from bareface.storage.sqlite.schema import template
from bareface.storage.sqlite.store import State, Store
from bareface.system import forking
from bareface.values.face import Float32
from bareface.values.gallery import TemplateCount

_ROWS = 1 << 16
_MUCH = 100
_log = logger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Generation:
    """The index, and a few counts, of one state of a gallery; it never changes.

    Attributes
    ----------
    state
        Of the database.
    index
        Its templates; None for a gallery that never held one.
    subjects, references
        Number of references.
    makers
        The models that made the templates.
    masked
        Number of references that wear a mask.
    """

    state: State
    index: VectorIndex | None
    subjects: int
    references: int
    makers: tuple[TemplateCount, ...]
    masked: int


class Snapshot:
    """A gallery at one moment, which sees the database as it was then.

    Each template is read once, and with it the subject that it belongs to: what ranks references also judges them.

    Attributes
    ----------
    reading
        The database.
    generation
        Of exactly that state.
    """

    def __init__(self, reading: Reading, generation: Generation) -> None:
        self.reading = reading
        self.generation = generation
        self._ids = np.empty(0, np.int64)  # rising
        self._vectors = np.empty((0, generation.state.dimension or 0), np.float32)
        self._owners = np.empty(0, np.int64)

    @property
    def connection(self) -> sa.Connection:
        """SQLAlchemy's connection to the database."""
        return self.reading.connection

    @property
    def index(self) -> VectorIndex | None:
        """The templates; None for a gallery that never held one."""
        return self.generation.index

    def fetch(self, ids: Int64) -> Float32:
        """Return the float32 templates [n, d] of references int64 [n], as the database holds them at this moment."""
        places = self._places(ids)
        return self._vectors.take(places, axis=0)

    def owners(self, ids: Int64) -> Int64:
        """Return the numbers [n] of the subjects of references int64 [n]."""
        places = self._places(ids)
        return self._owners.take(places)

    def _places(self, ids: Int64) -> NDArray[np.intp]:
        """Return the places of references among those read, after reading the others."""
        new = ids
        if len(self._ids) or not len(ids):
            places = self._ids.searchsorted(ids)
            known = self._ids.take(places, mode="clip") == ids
            if known.all():
                return places
            new = ids[~known]
        new = np.unique(new)
        vectors, owners = lookups.templates(self.reading.plain, new, self._vectors.shape[1])
        if len(self._ids):
            rising = np.argsort(together := np.concatenate([self._ids, new]))
            new, vectors, owners = (
                together[rising],
                np.concatenate([self._vectors, vectors])[rising],
                np.concatenate([self._owners, owners])[rising],
            )
        self._ids, self._vectors, self._owners = new, vectors, owners
        return self._ids.searchsorted(ids)


class DerivedIndex:
    """Keeps an index equal to the database, whoever writes to it.

    The index lies in memory and in a file, ``<gallery>-index``. The file's stamp says of which gallery and of which of
    its states it was made; one that is absent, damaged or of another state is replaced.

    Parameters
    ----------
    store
        The gallery's database.
    factory
        Makes indexes.
    """

    def __init__(self, store: Store, factory: IndexFactory) -> None:
        # Beside the file itself, as SQLite's own files are: of a gallery that is opened through links there is one
        # index, which a deletion can find. Former versions kept one next to each link.
        self.path = Path(os.path.realpath(store.path) + "-index")
        self._former = store.path.with_name(store.path.name + "-index")
        self._store = store
        self._factory = factory
        self._current: Generation | None = None
        self._saved: State | None = None
        self._saved_count = 0
        self._making = Lock()  # held while a generation is made, never while one is searched
        self._saving = Lock()  # held while the file is written or removed; taken before the other

    @property
    def gallery(self) -> Path:
        """The gallery's file."""
        return self._store.path

    @property
    def exact(self) -> bool:
        """Whether a search finds what comparing the probe with every template would find."""
        return self._factory.exact

    @property
    def any_masked(self) -> bool:
        """Whether some reference wore a mask when last looked at: a hint, which costs nothing."""
        return self._current is not None and self._current.masked > 0

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Open the database as it is now, with the generation of exactly that state; nobody waits for its end."""
        with self._store.read_plainly() as reading:
            current = self._current
            if current is not None and current.state.token == lookups.token(reading.plain):
                yield Snapshot(reading, current)
                return
        with ExitStack() as stack:
            with forking.section(), self._making:
                # Opened under the lock, it is not older than the current generation, unless the file was replaced.
                reading = stack.enter_context(self._store.read_plainly())
                current = self._current = self._synced(reading.connection, self._current)
            yield Snapshot(reading, current)

    def load(self) -> None:
        """Have the index in memory, so that what is enrolled next can be added to it."""
        with self.snapshot():
            pass

    def rebuild(self) -> None:
        """Rebuild the index from the database, and its file from the index."""
        if not self._store.read_only:
            self.discard_file()
        with forking.section(), self._making:
            self._current = None
        self.save()

    def save(self, *, surely: bool = False) -> None:
        """Write the file if it lacks much; an older one, or a failure, costs the next opening a rebuild.

        Parameters
        ----------
        surely
            Write it if it lacks anything. Otherwise a file from which less than a hundredth of the templates is
            missing stays as it is: photos that come one by one would each write all of a large index.
        """
        with forking.section(), self._saving:
            with self.snapshot() as now:
                index, state = now.index, now.generation.state
                if index is None or self._saved == state or self._store.read_only:
                    return
                if not surely and self._saved is not None and len(index) - self._saved_count < len(index) // _MUCH:
                    return
                stamp = _stamp(now.connection, state)
            try:
                # Who may read the gallery may read its index: SQLite does the same with its own files.
                index.save(self.path, stamp, self._store.path.stat().st_mode & 0o666)
                self._saved, self._saved_count = state, len(index)
                if self._former.parent.resolve() / self._former.name != self.path:
                    self._former.unlink(missing_ok=True)
            except (GalleryError, OSError) as error:
                _log.warning("%s", error)

    def save_if_loaded(self) -> None:
        """Write the file if it lacks anything and an index was needed at all."""
        if self._current is not None:
            self.save(surely=True)

    def discard_file(self) -> None:
        """Remove the file, and what an interrupted writing of it left: they hold what must be gone.

        Raises
        ------
        GalleryError
            ``gallery.index-write``: it cannot be removed.
        """
        with forking.section(), self._saving:
            self._saved = None
            for kept in (self.path, self._former):
                for path in (kept, *self._factory.leftovers(kept)):
                    self._remove(path)

    def _remove(self, path: Path) -> None:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise GalleryError(
                "gallery.index-write/remove", reason=error.strerror or error, source=str(path)
            ) from error

    def _synced(self, connection: sa.Connection, before: Generation | None) -> Generation:
        """Return the generation of the state that a connection sees."""
        state = self._store.state(connection)
        if before is not None and before.state == state:
            return before
        sizes = catalogue.sizes(connection)
        index = self._index(connection, before, state)
        if before is not None and index is not None and index is before.index:  # names and owners changed, no template
            makers, masked = before.makers, before.masked
        else:
            makers, masked = catalogue.template_counts(connection), catalogue.count_masked(connection)
        return Generation(state, index, sizes["subjects"], sizes["references"], makers, masked)

    def _index(self, connection: sa.Connection, before: Generation | None, state: State) -> VectorIndex | None:
        if state.space is None or state.dimension is None:
            if catalogue.count(connection, template):
                raise Damaged("there are templates, but no space or dimension")
            return None
        if before is not None and before.index is not None and self._continues(connection, before.state, state):
            return _followed(connection, before.index) or self._built(connection, state, state.dimension)
        with timed(_log, "searched its file for the index"):
            loaded = self._loaded(connection, state, state.dimension)
        if loaded is not None:
            self._saved, self._saved_count = state, len(loaded)
            return loaded
        return self._built(connection, state, state.dimension)

    def _continues(self, connection: sa.Connection, before: State, state: State) -> bool:
        """Return whether an index can be brought to this state: it is not that of a file put here meanwhile."""
        same = (before.uuid, before.space, before.dimension, before.epoch)
        now = (state.uuid, state.space, state.dimension, state.epoch)
        return same == now and self._store.follows(connection, before)

    def _loaded(self, connection: sa.Connection, state: State, dimension: int) -> VectorIndex | None:
        return self._factory.load(self.path, _stamp(connection, state), dimension, _mean(state, dimension))

    def _built(self, connection: sa.Connection, state: State, dimension: int) -> VectorIndex:
        empty = self._factory.empty(dimension, _mean(state, dimension))
        with timed(_log, "built the index from the database"):
            return _extended(empty, connection, after=0)


def _followed(connection: sa.Connection, index: VectorIndex) -> VectorIndex | None:
    """Bring an index to the database's state; None where that does not work.

    Reference numbers only grow and a number's template changes only with the epoch, so what is new lies above the
    highest number held, and a wrong count afterwards means that something was deleted.
    """
    held = index.ids
    highest = int(held.max(initial=0))
    index = _extended(index, connection, after=highest)
    count = catalogue.count(connection, template)
    if len(index) != count:
        stored = catalogue.template_numbers(connection, highest)
        index = index.without(np.setdiff1d(held, stored, assume_unique=True))
    return index if len(index) == count else None


def _mean(state: State, dimension: int) -> Float32:
    """Return the mean of the space's templates."""
    mean = registry.space_mean(state.space or "", dimension)
    if len(mean) != dimension:
        raise Damaged(Note("damage.space", space=state.space, length=len(mean), dimension=dimension))
    return mean


def _extended(index: VectorIndex, connection: sa.Connection, after: int) -> VectorIndex:
    for numbers, vectors in catalogue.all_vectors(connection, after, _ROWS, index.dimension):
        index = index.with_added(numbers, vectors)
    return index


def _stamp(connection: sa.Connection, state: State) -> str:
    parts = state.uuid, state.space, state.epoch, state.token, catalogue.count(connection, template)
    return "/".join(map(str, parts))
