"""Exact search of templates by cosine similarity: the vector index, derived from the database and disposable.

Templates are scanned in eight bits (see ``segment.py``), and the best ``10 k`` are scored again from float32.
The scan's rounding error is known, so a search also knows whether a template left out could belong to the
answer; if it could, it looks deeper.

Templates lie in segments of at most 262,144. FAISS divides only queries among threads, so one query is
answered by searching segments in parallel; and a removal rewrites only the segments concerned.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from os import cpu_count, fsync, getpid
from pathlib import Path
from typing import Protocol, TypeAlias, runtime_checkable

import faiss
import numpy as np
from numpy.typing import NDArray

from bareface.errors import GalleryError, TemplateError
from bareface.storage.exact.segment import Coding, Int64, Segment, one_thread, quantised, read_segments
from bareface.system.files import create
from bareface.values.face import Float32, Float64, Precision

Fetch: TypeAlias = Callable[[Int64], Float32]

SEGMENT = 1 << 18  # large enough that keeping 200 candidates a segment costs little beside the scan
ENCODE_ROWS = 1 << 16  # bounds the float32 copies made while adding
QUERY_ROWS = 64  # bounds the float32 templates fetched at once
OVERSAMPLING = 10
DEEPEST = 1 << 16  # beyond this many templates within the rounding error, their order in int8 decides
DEVIATIONS = 6.0
FLOAT32_NOISE = 1e-6
DIGEST = hashlib.sha256().digest_size


@runtime_checkable
class VectorIndex(Protocol):
    """What the gallery needs of an index; the database stays the truth."""

    def add(self, ids: Int64, vectors: Float32) -> None:
        """Add templates [n, d] as the network gave them, under ids [n] that are not in use."""

    def remove(self, ids: Int64) -> None:
        """Forget these templates; ids that are not present are ignored."""

    def search(self, queries: Float32, k: int) -> tuple[Float32, Int64]:
        """The k most similar for each query: cosine similarities [q, k], descending, and ids [q, k].

        Equal similarities: lower id first. Where fewer than k templates are held: similarity -inf, id -1.
        """

    def __len__(self) -> int:
        """How many templates are held."""

    @property
    def ids(self) -> Int64:
        """The ids held, in no stated order."""


class ExactIndex:
    """Exact search on one machine, a :class:`VectorIndex`.

    Parameters
    ----------
    dimension
        Length of a template.
    mean
        float32 [d], the mean of the space's templates, raw or normalised: only its direction is used; how
        much to subtract along it is measured on the templates that begin a segment. Zeros where it is not
        known: the results are the same, the int8 codes coarser.
    precision
        ``int8`` keeps one byte a component and takes float32 from ``fetch``; ``float32`` keeps everything.
    fetch
        Gives the float32 templates [n, d] of ids [n], in that order. Needed by ``int8`` only.
    threads
        How many segments are searched at once; the number of processors where None.

    Notes
    -----
    Searches may run in several threads; changes must not run beside anything else.
    """

    def __init__(
        self,
        dimension: int,
        *,
        mean: Float32,
        precision: Precision = "int8",
        fetch: Fetch | None = None,
        threads: int | None = None,
    ) -> None:
        if precision == "int8" and fetch is None:
            raise ValueError("int8 needs fetch: where the float32 templates come from")
        if mean.shape != (dimension,):
            raise ValueError(f"mean has shape {mean.shape}, not ({dimension},)")
        length = float(np.linalg.norm(mean))
        self.dimension = dimension
        self.precision = precision
        self._direction = np.asarray(mean / length if length > 0 else mean, np.float32)
        self._fetch = fetch if precision == "int8" else None
        self._segments: list[Segment] = []
        self._threads = threads or cpu_count()
        self._workers: tuple[int, ThreadPoolExecutor] | None = None

    def __len__(self) -> int:
        return sum(len(segment.ids) for segment in self._segments)

    @property
    def ids(self) -> Int64:
        """The ids held, in no stated order."""
        return np.concatenate([np.empty(0, np.int64), *(segment.ids for segment in self._segments)])

    def add(self, ids: Int64, vectors: Float32) -> None:
        """Add templates.

        Parameters
        ----------
        ids
            int64 [n], not negative, not in use.
        vectors
            float32 [n, d], as the network gave them.

        Raises
        ------
        TemplateError
            ``template.shape``, or ``template.value`` for NaN, infinity or a zero vector. Nothing is added.
        ValueError
            Ids that are negative, repeated or in use. Nothing is added.
        """
        norms = self._norms(vectors)
        ids = np.asarray(ids, np.int64)
        self._check_new(ids, len(vectors))
        for start in range(0, len(ids), ENCODE_ROWS):
            part = slice(start, start + ENCODE_ROWS)
            self._append(ids[part], _divided(vectors[part], norms[part]))

    def remove(self, ids: Int64) -> None:
        """Forget these templates; ids that are not present are ignored.

        Their codes are gone from memory. A file saved earlier holds them until it is saved again or deleted.
        """
        kept = []
        for segment in self._segments:
            keep = ~np.isin(segment.ids, ids)
            if keep.all():
                kept.append(segment)
            elif keep.any():
                kept.append(segment.kept(keep))
        self._segments = kept

    def search(self, queries: Float32, k: int) -> tuple[Float32, Int64]:
        """The k most similar templates for each query.

        Parameters
        ----------
        queries
            float32 [q, d], as the network gave them.
        k
            At least 1.

        Returns
        -------
        similarities
            float32 [q, k], cosines in [-1, 1], descending, computed from float32 templates; -inf where fewer
            than k templates are held.
        ids
            int64 [q, k], -1 where fewer than k are held. Equal similarities: lower id first.

        Raises
        ------
        TemplateError
            As in :meth:`add`.

        Notes
        -----
        The k-th similarity is held against the best estimate that was not scored again. Where it is not
        better by six standard deviations of the rounding error (many near-duplicates), the search goes four
        times deeper, up to 65,536 templates.
        """
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}")
        unit = _divided(queries, self._norms(queries))
        similarities = np.full((len(unit), k), -np.inf, np.float32)
        ids = np.full((len(unit), k), -1, np.int64)
        if not self._segments:
            return similarities, ids
        for start in range(0, len(unit), QUERY_ROWS):
            block = slice(start, start + QUERY_ROWS)
            similarities[block], ids[block], certain = self._ranked(unit[block], k, OVERSAMPLING * k)
            for row in start + np.flatnonzero(~certain):
                depth, sure = OVERSAMPLING * k, False
                while not sure and depth < DEEPEST:
                    depth = min(4 * depth, DEEPEST)
                    similarities[row], ids[row], (sure,) = self._ranked(unit[row : row + 1], k, depth)
        return similarities, ids

    def agrees(self, ids: Int64, vectors: Float32) -> bool:
        """Whether the index holds these ids, and under each the code of its template.

        Parameters
        ----------
        ids, vectors
            As in :meth:`add`.
        """
        unit = _divided(vectors, self._norms(vectors))
        seen = 0
        for segment in self._segments:
            _, own, given = np.intersect1d(segment.ids, ids, return_indices=True)
            seen += len(own)
            if len(own) and not segment.holds(own, unit[given]):
                return False
        return seen == len(ids)

    def save(self, path: Path, stamp: str, mode: int | None = None) -> None:
        """Write the index to a file, atomically.

        Parameters
        ----------
        path
            Replaced if present. ``<path>.new`` beside it is used while writing.
        stamp
            What the content was derived from; :meth:`load` wants the same.
        mode
            Permissions of the file; by default those of :func:`bareface.system.files.create`.

        Raises
        ------
        GalleryError
            ``gallery.index-write``: the file cannot be written (a full disk). The old file is left as it was.
        """
        fresh = unfinished(path)
        try:
            fresh.unlink(missing_ok=True)
            with create(fresh, mode) as file:
                file.write(bytes(DIGEST))
                np.save(file, np.array(self._header(stamp)))
                for segment in self._segments:
                    segment.write(file)
                file.seek(DIGEST)
                digest = hashlib.file_digest(file, "sha256").digest()
                file.seek(0)
                file.write(digest)
                file.flush()
                fsync(file.fileno())
            fresh.replace(path)
        except (FileNotFoundError, FileExistsError) as error:
            # Another process writes the index, too, or has just removed it: then its state is the later one.
            if not path.parent.is_dir():
                raise _unwritable(path, error) from error
        except OSError as error:
            fresh.unlink(missing_ok=True)
            raise _unwritable(path, error) from error

    @classmethod
    def load(
        cls,
        path: Path,
        stamp: str,
        *,
        dimension: int,
        mean: Float32,
        precision: Precision = "int8",
        fetch: Fetch | None = None,
        threads: int | None = None,
    ) -> ExactIndex | None:
        """The index saved in a file, or None where it has to be rebuilt.

        None when the file is absent, unreadable or damaged (a SHA-256 of the content is inside), of another
        stamp, dimension or precision, or written with another version of FAISS.
        """
        index = cls(dimension, mean=mean, precision=precision, fetch=fetch, threads=threads)
        if not path.is_file():  # a named pipe would be waited for
            return None
        try:
            with path.open("rb") as file:
                expected = file.read(DIGEST)
                if hashlib.file_digest(file, "sha256").digest() != expected:
                    return None
                file.seek(DIGEST)
                if str(np.load(file)) != index._header(stamp):
                    return None
                index._segments = list(read_segments(file, precision, dimension))
        except (OSError, ValueError, EOFError, MemoryError):  # ValueError: not laid out as this version does
            return None
        return index

    def _header(self, stamp: str) -> str:
        return json.dumps([stamp, self.dimension, self.precision, faiss.__version__])

    def _norms(self, vectors: Float32) -> Float64:
        """Norms [n] of templates that can be compared."""
        if vectors.ndim != 2 or vectors.shape[1] != self.dimension:
            raise TemplateError(
                "template.shape",
                f"Templates have shape {vectors.shape}; this index holds [n, {self.dimension}].",
                remedy="Use templates of the gallery's space.",
            )
        norms = np.sqrt(np.einsum("nd,nd->n", vectors, vectors, dtype=np.float64))
        if not (np.isfinite(norms) & (norms > 0)).all():
            raise TemplateError("template.value", "A template holds NaN or infinity, or is all zero.")
        return np.asarray(norms)

    def _check_new(self, ids: Int64, count: int) -> None:
        if ids.shape != (count,):
            raise ValueError(f"ids have shape {ids.shape}, not ({count},)")
        if len(ids) == 0:
            return
        if ids.min() < 0 or len(np.unique(ids)) < len(ids):
            raise ValueError("ids must be unique and not negative")
        for segment in self._segments:
            # New ids are usually above all old ones: then the slow test is not needed.
            if ids.min() <= segment.ids.max() and np.isin(ids, segment.ids).any():
                raise ValueError("ids must not be in use")

    def _append(self, ids: Int64, unit: Float32) -> None:
        """Fill the last segment while it has room and its range holds the templates, then begin another."""
        while len(ids):
            room = SEGMENT - len(self._segments[-1].ids) if self._segments else 0
            if room:
                last = self._segments[-1]
                codes = last.coding.encode(unit[:room])
            if not room or not last.coding.holds(codes):
                last = Segment.empty(Coding.fitted(unit, self._direction, self.precision))
                self._segments.append(last)
                codes = last.coding.encode(unit)
            self._segments[-1] = last.extended(ids[: len(codes)], codes)
            ids, unit = ids[len(codes) :], unit[len(codes) :]

    def _ranked(self, unit: Float32, k: int, depth: int) -> tuple[Float32, Int64, NDArray[np.bool_]]:
        """The best k among the ``depth`` best estimates: similarities, ids, and whether that is certain."""
        estimates, places, noise = self._nominated(unit, depth)
        wanted, rows = np.unique(places, return_inverse=True)
        wanted_ids, templates = self._looked_up(wanted)
        similarities = np.full((len(unit), k), -np.inf, np.float32)
        ids = np.full((len(unit), k), -1, np.int64)
        for query, own in enumerate(rows.reshape(places.shape)):
            cosines = np.einsum("md,d->m", templates[own], unit[query], dtype=np.float64)
            exact = np.clip(cosines, -1, 1).astype(np.float32)
            best = np.lexsort((wanted_ids[own], -exact))[:k]
            similarities[query, : len(best)] = exact[best]
            ids[query, : len(best)] = wanted_ids[own[best]]
        everything = places.shape[1] == len(self)
        certain = similarities[:, -1] > estimates[:, -1] + DEVIATIONS * noise + FLOAT32_NOISE
        return similarities, ids, certain | everything

    def _nominated(self, unit: Float32, depth: int) -> tuple[Float32, Int64, Float64]:
        """Estimates [q, m], descending; places [q, m] counted over all segments; standard deviations [q]."""
        codes, steps = unit, np.ones((len(unit), 1), np.float32)
        if self.precision == "int8":
            codes, steps = quantised(unit)
        found = list(self._pool().map(lambda one: one.nearest(unit, codes, steps, depth), self._segments))
        estimates = np.concatenate([values for values, _ in found], axis=1)
        places = np.concatenate([own + start for (_, own), start in zip(found, self._starts(), strict=True)], axis=1)
        best = np.argsort(-estimates, axis=1, kind="stable")[:, :depth]
        stored = max(segment.coding.noise for segment in self._segments)
        longest = max(segment.longest for segment in self._segments)
        asked = steps[:, 0] / 12**0.5 * longest if self.precision == "int8" else np.zeros(len(unit))
        noise = np.hypot(stored, asked)
        return np.take_along_axis(estimates, best, 1), np.take_along_axis(places, best, 1), noise

    def _pool(self) -> ThreadPoolExecutor:
        """Threads of this process: in a forked one, those of its parent do not run.

        One query is one FAISS thread; the parallelism is ours, over segments.
        """
        if self._workers is None or self._workers[0] != getpid():
            made = ThreadPoolExecutor(self._threads, initializer=faiss.omp_set_num_threads, initargs=(1,))
            self._workers = getpid(), made
        return self._workers[1]

    def _starts(self) -> list[int]:
        return [0, *accumulate(len(segment.ids) for segment in self._segments[:-1])]

    def _looked_up(self, places: Int64) -> tuple[Int64, Float32]:
        """Ids [n] and unit templates [n, d] at these places [n], which are sorted."""
        ids, stored = [], []
        for segment, start in zip(self._segments, self._starts(), strict=True):
            own = places[slice(*np.searchsorted(places, (start, start + len(segment.ids))))] - start
            ids.append(segment.ids[own])
            if self._fetch is None:
                with one_thread():
                    stored.append(segment.index.reconstruct_batch(own))
        if self._fetch is None:
            return np.concatenate(ids), np.concatenate(stored)
        vectors = self._fetch(np.concatenate(ids))
        return np.concatenate(ids), _divided(vectors, self._norms(vectors))


def unfinished(path: Path) -> Path:
    """Where an index is written before it takes the place of the one at a path."""
    return path.with_name(path.name + ".new")


def _unwritable(path: Path, error: OSError) -> GalleryError:
    return GalleryError(
        "gallery.index-write",
        f"The search index cannot be written: {error.strerror or error}.",
        source=str(path),
        remedy="Free some space or allow writing there; the gallery itself is unharmed.",
    )


def _divided(vectors: Float32, norms: Float64) -> Float32:
    return np.asarray(vectors / norms[:, None], np.float32)
