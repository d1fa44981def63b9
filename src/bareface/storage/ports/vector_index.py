"""The port of an index of templates.

To add an index, write a class with the methods of :class:`VectorIndex` and one with those of :class:`IndexFactory`, run
the contract tests (``tests/storage/test_vector_index.py``) on them, and name the factory in ``open_index.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, Self, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from bareface.values.face import Float32

Int64: TypeAlias = NDArray[np.int64]

Fetch: TypeAlias = Callable[[Int64], Float32]
"""Gives the float32 templates [n, d] of ids [n], in that order, as the database holds them."""


@runtime_checkable
class VectorIndex(Protocol):
    """One generation of an index of templates: a value that never changes.

    Adding and removing make new generations. A search keeps the one that it began with, so any number of threads may
    search, without a lock, while other threads make new ones. An old generation is freed with the last search on it.
    """

    @property
    def dimension(self) -> int:
        """Length of a template."""

    @property
    def exact(self) -> bool:
        """Whether a search finds what comparing the query with every template would find."""

    @property
    def ids(self) -> Int64:
        """The ids held, int64 [n], in no stated order."""

    def __len__(self) -> int:
        """Return how many templates are held."""

    def with_added(self, ids: Int64, vectors: Float32) -> Self:
        """Return a generation that holds more templates.

        Parameters
        ----------
        ids
            int64 [n], not negative, not in use.
        vectors
            float32 [n, d], as the network gave them.

        Raises
        ------
        TemplateError
            ``template.shape``, or ``template.value`` for NaN, infinity or a zero vector.
        ValueError
            Ids that are negative, repeated or in use.
        """

    def without(self, ids: Int64) -> Self:
        """Return a generation that lacks some templates; ids that are not held are ignored.

        Nothing that the new generation refers to holds the removed vectors.
        """

    def search(self, queries: Float32, k: int, fetch: Fetch) -> tuple[Float32, Int64]:
        """Find the k most similar templates for each query.

        Parameters
        ----------
        queries
            float32 [q, d], as the network gave them.
        k
            At least 1.
        fetch
            Source of float32 templates that the index does not keep.

        Returns
        -------
        similarities
            float32 [q, k], cosines in [-1, 1], descending; -inf where fewer than k templates are held.
        ids
            int64 [q, k], -1 where fewer than k are held. Equal similarities: lower id first.

        Raises
        ------
        TemplateError
            As in :meth:`with_added`.
        """

    def agrees(self, ids: Int64, vectors: Float32) -> bool:
        """Return whether it holds these ids, and under each its template, as exactly as it stores templates."""

    def save(self, path: Path, stamp: str, mode: int | None = None) -> None:
        """Write the generation to a file, atomically.

        Parameters
        ----------
        path
            Replaced if present.
        stamp
            Names what the content was derived from; :meth:`IndexFactory.load` wants the same.
        mode
            Permissions of the file; by default those of :func:`bareface.system.files.create`.

        Raises
        ------
        GalleryError
            ``gallery.index-write``: the file cannot be written (a full disk). The old file is left as it was.
        """


class IndexFactory(Protocol):
    """Makes the first generation of an index of one kind."""

    @property
    def exact(self) -> bool:
        """Whether its indexes are exact: see :attr:`VectorIndex.exact`."""

    def empty(self, dimension: int, mean: Float32) -> VectorIndex:
        """Return an index without templates.

        Parameters
        ----------
        dimension
            Length of a template.
        mean
            float32 [d], the mean of the space's templates, raw or normalised; zeros where it is not known.
        """

    def load(self, path: Path, stamp: str, dimension: int, mean: Float32) -> VectorIndex | None:
        """Return the index saved in a file; None where it is absent, damaged, or of another stamp or kind."""

    def leftovers(self, path: Path) -> tuple[Path, ...]:
        """Return where an interrupted :meth:`VectorIndex.save` leaves vectors, besides the file itself."""
