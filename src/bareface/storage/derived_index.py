"""The vector index of a gallery: derived from the database, checked against it, and never trusted."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from bareface.errors import GalleryError
from bareface.models import registry
from bareface.storage.exact.index import ExactIndex, unfinished
from bareface.storage.sqlite import queries as catalogue
from bareface.storage.sqlite.columns import Damaged
from bareface.storage.sqlite.schema import template
from bareface.storage.sqlite.store import State, Store
from bareface.values.face import Float32, Precision
from bareface.values.gallery import TemplateCount

_ROWS = 1 << 16
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """A gallery at one moment.

    Attributes
    ----------
    connection
        Sees the database as it was at that moment.
    index
        Of exactly that state; None for a gallery that never held a template.
    sizes, makers
        As :func:`catalogue.sizes` and :func:`catalogue.template_counts` say; counted once a state.
    """

    connection: sa.Connection
    index: ExactIndex | None
    sizes: dict[str, int]
    makers: tuple[TemplateCount, ...]


class DerivedIndex:
    """Keeps an index equal to the database, whoever writes to it.

    The index lies in memory and in a sidecar file, ``<gallery>-index``. The sidecar's stamp says of which gallery and
    of which of its states it was made; one that is absent, damaged or of another state is replaced.

    Parameters
    ----------
    store
        The gallery's database.
    precision
        ``int8`` keeps one byte a component in memory, and reads float32 templates from the database to score the best
        again; ``float32`` keeps everything in memory.
    """

    def __init__(self, store: Store, precision: Precision) -> None:
        self.precision = precision
        # Beside the file itself, as SQLite's own files are: of a gallery that is opened through links there is one
        # index, which a deletion can find. Former versions kept one beside each link.
        self.path = Path(os.path.realpath(store.path) + "-index")
        self._former = store.path.with_name(store.path.name + "-index")
        self._store = store
        self._index: ExactIndex | None = None
        self._state: State | None = None
        self._saved: State | None = None
        self._connection: sa.Connection | None = None
        self._sizes: dict[str, int] = {}
        self._makers: tuple[TemplateCount, ...] = ()

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """The database at one moment, and the index of that same moment."""
        with self._store.lock, self._store.read() as connection:
            self._connection = connection
            try:
                self._refresh(connection)
                yield Snapshot(connection, self._index, self._sizes, self._makers)
            finally:
                self._connection = None

    def load(self) -> None:
        """Have the index in memory, so that what is enrolled next can be added to it."""
        with self.snapshot():
            pass

    def rebuild(self) -> None:
        """Make the index anew from the database, and the sidecar from the index."""
        with self._store.lock:
            self._index = self._state = None
            if not self._store.read_only:
                self.discard_file()
            self.save()

    def save(self) -> None:
        """Write the sidecar, unless it is as it should be; failing costs the next opening a rebuild."""
        with self.snapshot() as now:
            if now.index is None or self._state is None or self._saved == self._state or self._store.read_only:
                return
            try:
                # Who may read the gallery may read its index: SQLite does the same with its own files.
                mode = self._store.path.stat().st_mode & 0o666
                now.index.save(self.path, _stamp(now.connection, self._state), mode)
                self._saved = self._state
                if self._former.parent.resolve() / self._former.name != self.path:
                    self._former.unlink(missing_ok=True)
            except (GalleryError, OSError) as error:
                _log.warning("%s", error)

    def save_if_loaded(self) -> None:
        """As :meth:`save`, where an index was needed at all."""
        if self._index is not None:
            self.save()

    def discard_file(self) -> None:
        """Remove the sidecar, and what an interrupted writing of it left: they hold what must be gone.

        Raises
        ------
        GalleryError
            ``gallery.index-write``: it cannot be removed.
        """
        self._saved = None
        for path in (self.path, unfinished(self.path), self._former, unfinished(self._former)):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise GalleryError(
                    "gallery.index-write",
                    f"the search index cannot be removed: {error.strerror or error}; it holds what was deleted.",
                    source=str(path),
                    remedy="Remove it by hand, then run `bareface gallery scrub`.",
                ) from error

    def _refresh(self, connection: sa.Connection) -> None:
        state, before = self._store.state(connection), self._state
        if state == before:
            return
        if state.space is None or state.dimension is None:
            if catalogue.count(connection, template):
                raise Damaged("there are templates, but no space or dimension")
            self._index = None
        elif self._index is None or before is None or not self._continues(connection, before, state):
            self._index = self._loaded(connection, state, state.dimension)
            if self._index is not None:
                self._saved = state
            else:
                self._index = self._built(connection, state, state.dimension)
        elif not self._follows(connection, self._index):
            self._index = self._built(connection, state, state.dimension)
        self._sizes, self._makers = catalogue.sizes(connection), catalogue.template_counts(connection)
        self._state = state

    def _continues(self, connection: sa.Connection, before: State, state: State) -> bool:
        """Whether the index in memory can be brought to this state: it is not that of a file put here meanwhile."""
        same = (before.uuid, before.space, before.dimension, before.epoch)
        now = (state.uuid, state.space, state.dimension, state.epoch)
        return same == now and self._store.follows(connection, before)

    def _loaded(self, connection: sa.Connection, state: State, dimension: int) -> ExactIndex | None:
        return ExactIndex.load(
            self.path,
            _stamp(connection, state),
            dimension=dimension,
            mean=registry.space_mean(state.space or "", dimension),
            precision=self.precision,
            fetch=self._fetch,
        )

    def _built(self, connection: sa.Connection, state: State, dimension: int) -> ExactIndex:
        index = ExactIndex(
            dimension,
            mean=registry.space_mean(state.space or "", dimension),
            precision=self.precision,
            fetch=self._fetch,
        )
        _extend(index, connection, after=0)
        return index

    def _follows(self, connection: sa.Connection, index: ExactIndex) -> bool:
        """Bring the index to the database's state; whether that worked.

        Reference numbers only grow and a number's template changes only with the epoch, so what is new lies above the
        highest number held, and a wrong count afterwards means that something was deleted.
        """
        held = index.ids
        _extend(index, connection, after=int(held.max(initial=0)))
        if len(index) != catalogue.count(connection, template):
            query = sa.select(template.c.reference_id).where(template.c.reference_id <= held.max(initial=0).item())
            stored = np.fromiter(connection.execute(query).scalars(), np.int64)
            index.remove(np.setdiff1d(held, stored, assume_unique=True))
        return len(index) == catalogue.count(connection, template)

    def _fetch(self, ids: NDArray[np.int64]) -> Float32:
        assert self._connection is not None  # the index searches only inside a snapshot
        found = catalogue.vectors(self._connection, ids.tolist())
        if len(found) < len(ids):
            raise Damaged("the index holds a template that the database lacks")
        return np.stack([found[number] for number in ids.tolist()])


def _extend(index: ExactIndex, connection: sa.Connection, after: int) -> None:
    for numbers, vectors in catalogue.all_vectors(connection, after, _ROWS, index.dimension):
        index.add(numbers, vectors)


def _stamp(connection: sa.Connection, state: State) -> str:
    parts = state.uuid, state.space, state.epoch, state.token, catalogue.count(connection, template)
    return "/".join(map(str, parts))
