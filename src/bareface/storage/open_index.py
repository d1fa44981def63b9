"""Choice of a gallery's vector index: the one place that names the kinds there are."""

from __future__ import annotations

from bareface.storage.exact.index import ExactIndexes
from bareface.storage.index_sync import DerivedIndex
from bareface.storage.sqlite.store import Store
from bareface.values.face import Precision


def open_index(store: Store, precision: Precision = "int8", *, threads: int | None = None) -> DerivedIndex:
    """Open the index of a gallery.

    Parameters
    ----------
    store
        The gallery's database.
    precision
        ``int8`` keeps one byte a component in memory, and reads float32 templates from the database to score the best
        again; ``float32`` keeps everything in memory.
    threads
        Number of parts of a large index that one search reads at once; None: the number of processors.
    """
    return DerivedIndex(store, ExactIndexes(precision, threads))
