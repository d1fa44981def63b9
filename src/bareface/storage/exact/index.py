"""Exact search of templates by cosine similarity: the vector index, derived from the database and disposable.

Templates are scanned in eight bits (see ``segment.py``), and the best are scored again from float32: ``k`` of them,
and those of the best ``10 k`` that the scan's rounding error could have kept out of the answer. The error is
known, so a search also knows whether a template beyond these could belong to the answer; if it could, it looks deeper.

Templates lie in segments of at most 262,144. FAISS divides only queries among threads, so one query is answered by
searching segments in parallel. A new generation shares with the old one the segments that did not change: adding copies
the last one only, and removing those that held what is removed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import accumulate
from os import cpu_count, getpid
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from bareface.errors import TemplateError
from bareface.storage.exact import index_file
from bareface.storage.exact.segment import Coding, Segment, one_thread, quantised
from bareface.storage.ports import Fetch, Int64
from bareface.values.face import Float32, Float64, Precision

SEGMENT = 1 << 18  # large enough that keeping 200 candidates in each segment costs little compared with the scan
ENCODE_ROWS = 1 << 16  # bounds the float32 copies made while adding
OVERSAMPLING = 10
DEEPEST = 1 << 16  # beyond this many templates within the rounding error, their order in int8 decides
DEVIATIONS = 6.0
FLOAT32_NOISE = 1e-6


class Workers:
    """Threads that search segments; each does so on one core, as FAISS divides only queries among threads.

    Parameters
    ----------
    threads
        Number of segments searched at once; with 1, they are searched in the caller's thread.
    """

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._pool: tuple[int, ThreadPoolExecutor] | None = None

    def map(self, task: Callable[[Segment], Any], segments: Sequence[Segment]) -> list[Any]:
        """Run a task on each segment."""
        if self.threads == 1 or len(segments) == 1:
            with one_thread():
                return [task(segment) for segment in segments]
        pool = self._pool
        if pool is None or pool[0] != getpid():  # in a forked process, those of its parent do not run
            made = ThreadPoolExecutor(self.threads, initializer=faiss.omp_set_num_threads, initargs=(1,))
            pool = self._pool = getpid(), made
        return list(pool[1].map(task, segments))


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class ExactIndex:
    """Exact search on one machine, a :class:`bareface.storage.ports.VectorIndex`.

    Attributes
    ----------
    dimension
        Length of a template.
    precision
        ``int8`` keeps one byte a component and takes float32 from the database; ``float32`` keeps everything.
    direction
        float32 [d], the direction of the mean of the space's templates: how much to subtract along it is measured on
        the templates that begin a segment. Zeros where it is not known: the results are the same, the codes coarser.
    workers
        The threads that search.
    segments
        The templates.
    """

    dimension: int
    precision: Precision
    direction: Float32
    workers: Workers
    segments: tuple[Segment, ...] = ()
    exact: bool = field(default=True, init=False)

    def __len__(self) -> int:
        return sum([len(segment.ids) for segment in self.segments])

    @property
    def ids(self) -> Int64:
        """The ids held, in no stated order."""
        return np.concatenate([np.empty(0, np.int64), *(segment.ids for segment in self.segments)])

    def with_added(self, ids: Int64, vectors: Float32) -> ExactIndex:
        """Return an index that holds more templates; see :meth:`bareface.storage.ports.VectorIndex.with_added`."""
        norms = self._norms(vectors)
        ids = np.asarray(ids, np.int64)
        self._check_new(ids, len(vectors))
        segments = list(self.segments)
        for start in range(0, len(ids), ENCODE_ROWS):
            part = slice(start, start + ENCODE_ROWS)
            self._append(segments, ids[part], _divided(vectors[part], norms[part]))
        return replace(self, segments=tuple(segments))

    def without(self, ids: Int64) -> ExactIndex:
        """Return an index that lacks some templates, in which no memory holds their codes.

        A file saved earlier holds them until it is saved again or deleted.
        """
        segments = []
        for segment in self.segments:
            keep = ~np.isin(segment.ids, ids)
            if keep.all():
                segments.append(segment)
            elif keep.any():
                segments.append(segment.kept(keep))
        return replace(self, segments=tuple(segments))

    def search(self, queries: Float32, k: int, fetch: Fetch) -> tuple[Float32, Int64]:
        """Find the k most similar templates; see :meth:`bareface.storage.ports.VectorIndex.search`.

        Notes
        -----
        Every template whose estimate is not below the k-th similarity by more than six standard deviations of the
        rounding error is scored again. Where these are all that the scan returned (many near-duplicates), the
        search goes four times deeper, up to 65,536 templates.
        """
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}")
        unit = _divided(queries, self._norms(queries))
        similarities, ids, certain = self._ranked(unit, k, OVERSAMPLING * k, fetch)
        for row in (~certain).nonzero()[0]:
            depth, sure = OVERSAMPLING * k, False
            while not sure and depth < DEEPEST:
                depth = min(4 * depth, DEEPEST)
                similarities[row], ids[row], (sure,) = self._ranked(unit[row : row + 1], k, depth, fetch)
        return similarities, ids

    def agrees(self, ids: Int64, vectors: Float32) -> bool:
        """Return whether it holds these ids, and under each the code of its template."""
        unit = _divided(vectors, self._norms(vectors))
        seen = 0
        for segment in self.segments:
            _, own, given = np.intersect1d(segment.ids, ids, return_indices=True)
            seen += len(own)
            if len(own) and not segment.holds(own, unit[given]):
                return False
        return seen == len(ids)

    def save(self, path: Path, stamp: str, mode: int | None = None) -> None:
        """Write the index to a file; ``<path>.new`` next to it is used meanwhile."""
        index_file.write(path, _header(stamp, self.dimension, self.precision), self.segments, mode)

    def _norms(self, vectors: Float32) -> Float64:
        """Return the norms [n] of templates, all of which can be compared."""
        if vectors.ndim != 2 or vectors.shape[1] != self.dimension:
            raise TemplateError("template.shape/index", shape=vectors.shape, dimension=self.dimension)
        norms: Float64 = np.sqrt(np.einsum("nd,nd->n", vectors, vectors, dtype=np.float64))
        if not (np.minimum.reduce(norms, initial=1) > 0 and np.maximum.reduce(norms, initial=1) < np.inf):  # nor NaN
            raise TemplateError("template.value/index")
        return norms

    def _check_new(self, ids: Int64, count: int) -> None:
        if ids.shape != (count,):
            raise ValueError(f"ids have shape {ids.shape}, not ({count},)")
        if len(ids) == 0:
            return
        if ids.min() < 0 or len(np.unique(ids)) < len(ids):
            raise ValueError("ids must be unique and not negative")
        for segment in self.segments:
            # New ids are usually above all old ones: then the slow test is not needed.
            if ids.min() <= segment.ids.max() and np.isin(ids, segment.ids).any():
                raise ValueError("ids must not be in use")

    def _append(self, segments: list[Segment], ids: Int64, unit: Float32) -> None:
        """Fill the last segment while it has room and its range holds the templates, then begin another."""
        while len(ids):
            room = SEGMENT - len(segments[-1].ids) if segments else 0
            if room:
                last = segments[-1]
                codes = last.coding.encode(unit[:room])
            if not room or not last.coding.holds(codes):
                last = Segment.empty(Coding.fitted(unit, self.direction, self.precision))
                segments.append(last)
                codes = last.coding.encode(unit)
            segments[-1] = last.extended(ids[: len(codes)], codes)
            ids, unit = ids[len(codes) :], unit[len(codes) :]

    def _ranked(self, unit: Float32, k: int, depth: int, fetch: Fetch) -> tuple[Float32, Int64, NDArray[np.bool_]]:
        """Rank the ``depth`` best estimates; return the best k's similarities and ids, and whether they are certain."""
        similarities = np.full((len(unit), k), -np.inf, np.float32)
        ids = np.full((len(unit), k), -1, np.int64)
        certain = np.ones(len(unit), bool)
        if self.segments:
            nominated = self._nominated(unit, depth)
            for row, one in enumerate(zip(unit, *nominated, strict=True)):
                found, numbers, certain[row] = self._best(*one, k, fetch)
                similarities[row, : len(found)], ids[row, : len(found)] = found, numbers
        return similarities, ids, certain

    def _best(
        self, query: Float32, estimates: Float32, places: Int64, noise: np.float64, k: int, fetch: Fetch
    ) -> tuple[Float32, Int64, bool]:
        """Return the best k of what was nominated for a query [d], and whether they are certain.

        The best estimates [m] are scored first, about as many as it takes; then those that could be better than the k
        best turned out to be, if there are more.
        """
        held = min(k, len(places))
        first = np.count_nonzero(estimates >= estimates[held - 1] - (DEVIATIONS + 1) * noise - FLOAT32_NOISE)
        exact, found = self._scored(query, places[:first], fetch)
        lowest = np.partition(exact, first - held)[first - held]
        near = np.count_nonzero(estimates >= lowest - DEVIATIONS * noise - FLOAT32_NOISE)
        if near > first:
            more, others = self._scored(query, places[first:near], fetch)
            exact, found = np.concatenate([exact, more]), np.concatenate([found, others])
        best = np.lexsort((found, -exact))[:k]
        return exact[best], found[best], bool(near < len(places)) or len(places) == len(self)

    def _scored(self, query: Float32, places: Int64, fetch: Fetch) -> tuple[Float32, Int64]:
        """Return similarities and ids [m] of templates at these places [m], in the order of places."""
        ids, templates = self._looked_up(np.sort(places), fetch)
        cosines = np.einsum("md,d->m", templates, query, dtype=np.float64)
        return np.minimum(np.maximum(cosines, -1), 1).astype(np.float32), ids

    def _nominated(self, unit: Float32, depth: int) -> tuple[Float32, Int64, Float64]:
        """Return estimates [q, m], descending; places [q, m] counted over all segments; standard deviations [q]."""
        codes, steps = unit, np.ones((len(unit), 1), np.float32)
        if self.precision == "int8":
            codes, steps = quantised(unit)
        nearest = self.workers.map(lambda one: one.nearest(unit, codes, steps, depth), self.segments)
        estimates, places = nearest[0]
        if len(nearest) > 1:
            estimates = np.concatenate([values for values, _ in nearest], axis=1)
            starts = self._starts()
            places = np.concatenate([own + start for (_, own), start in zip(nearest, starts, strict=True)], axis=1)
            best = np.argsort(-estimates, axis=1, kind="stable")[:, :depth]
            estimates, places = np.take_along_axis(estimates, best, 1), np.take_along_axis(places, best, 1)
        stored = max([segment.coding.noise for segment in self.segments])
        longest = max([segment.longest for segment in self.segments])
        asked = steps[:, 0] / 12**0.5 * longest if self.precision == "int8" else np.zeros(len(unit))
        return estimates, places, np.hypot(stored, asked)

    def _starts(self) -> list[int]:
        return [0, *accumulate(len(segment.ids) for segment in self.segments[:-1])]

    def _looked_up(self, places: Int64, fetch: Fetch) -> tuple[Int64, Float32]:
        """Return ids [n] and unit templates [n, d] at these places [n], which are sorted."""
        ids, stored = [], []
        for segment, start in zip(self.segments, self._starts(), strict=True):
            own = places[slice(*np.searchsorted(places, (start, start + len(segment.ids))))] - start
            ids.append(segment.ids[own])
            if self.precision == "float32":
                with one_thread():
                    stored.append(segment.index.reconstruct_batch(own))
        if self.precision == "float32":
            return np.concatenate(ids), np.concatenate(stored)
        together = np.concatenate(ids)
        vectors = fetch(together)
        return together, _divided(vectors, self._norms(vectors))


class ExactIndexes:
    """Makes and loads exact indexes, a :class:`bareface.storage.ports.IndexFactory`.

    Parameters
    ----------
    precision
        As in :class:`ExactIndex`.
    threads
        Number of segments searched at once; None: the number of processors.
    """

    exact = True

    def __init__(self, precision: Precision = "int8", threads: int | None = None) -> None:
        self.precision = precision
        self._workers = Workers(threads or cpu_count() or 1)

    def empty(self, dimension: int, mean: Float32) -> ExactIndex:
        """Return an index without templates."""
        if mean.shape != (dimension,):
            raise ValueError(f"mean has shape {mean.shape}, not ({dimension},)")
        length = float(np.linalg.norm(mean))
        direction = np.asarray(mean / length if length > 0 else mean, np.float32)
        return ExactIndex(dimension, self.precision, direction, self._workers)

    def load(self, path: Path, stamp: str, dimension: int, mean: Float32) -> ExactIndex | None:
        """Return the index saved in a file, or None where it has to be made again.

        None when the file is absent, unreadable or damaged (a SHA-256 of the content is inside), of another stamp,
        dimension or precision, or written with another version of FAISS.
        """
        segments = index_file.read(path, _header(stamp, dimension, self.precision), self.precision, dimension)
        return None if segments is None else replace(self.empty(dimension, mean), segments=segments)

    def leftovers(self, path: Path) -> tuple[Path, ...]:
        """Return the file that an interrupted save leaves."""
        return (index_file.unfinished(path),)


def _header(stamp: str, dimension: int, precision: Precision) -> str:
    return json.dumps([stamp, dimension, precision, faiss.__version__])


def _divided(vectors: Float32, norms: Float64) -> Float32:
    return np.asarray(vectors / norms[:, None], np.float32)
