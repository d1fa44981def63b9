"""Templates in memory: coded to one byte a component, in segments that FAISS scans.

Cosine needs unit vectors. Those of one space share a large component (for dlib's descriptor 0.91 of the unit
length), which would waste most of an 8-bit range. It is subtracted before coding: for a query q,
q.(x - c) = q.x - q.c, with the same q.c for every x, so no rank within a query changes. What remains is
scaled to the full range -127..127 and rounded; a query is scaled and rounded alike. FAISS scans those
integers. Its own conversion is not relied on: ``8bit_direct_signed`` truncates towards zero, wraps out of
range, and truncates the query too; integers in range pass through it unharmed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BufferedRandom, BufferedReader
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from bareface.storage.ports import Int64
from bareface.values.face import Float32, Precision

FULL_RANGE = 127
FEWEST_DEVIATIONS = 6.0
HEADROOM = 1.25


@dataclass(frozen=True, slots=True, eq=False)
class Coding:
    """The code of unit templates: ``x = offset + step * code``; in float32 the code is x itself."""

    offset: Float32
    step: float
    rounds: bool

    @classmethod
    def fitted(cls, unit: Float32, direction: Float32, precision: Precision) -> Coding:
        """Return the coding for a segment that begins with these unit templates [n, d].

        The range holds them with headroom, and at least six standard deviations where they are few.
        """
        if precision == "float32":
            return cls(np.zeros_like(direction), 1.0, rounds=False)
        offset = direction * (unit @ direction).mean()
        rest = unit - offset
        limit = max(HEADROOM * float(np.abs(rest).max()), FEWEST_DEVIATIONS * float(rest.std()), 1e-3)
        return cls(offset, limit / FULL_RANGE, rounds=True)

    @property
    def noise(self) -> float:
        """Standard deviation of the dot product of a unit query with the rounding error."""
        return self.step / 12**0.5 if self.rounds else 0.0

    def encode(self, unit: Float32) -> Float32:
        """Return codes [n, d] as float32, which FAISS takes."""
        rest = unit - self.offset
        return np.rint(rest / np.float32(self.step)) if self.rounds else rest

    def holds(self, codes: Float32) -> bool:
        """Return whether no code is out of range: nothing is ever clipped."""
        return not self.rounds or float(np.abs(codes).max()) <= FULL_RANGE

    def new_index(self) -> Any:
        """Return an empty FAISS index for these codes."""
        if not self.rounds:
            return faiss.IndexFlatIP(len(self.offset))
        kind = faiss.ScalarQuantizer.QT_8bit_direct_signed
        return faiss.IndexScalarQuantizer(len(self.offset), kind, faiss.METRIC_INNER_PRODUCT)


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """Coded templates under their ids [n]; it never changes. ``longest``: norm of the longest coded remainder."""

    coding: Coding
    index: Any
    ids: Int64
    longest: float

    def __post_init__(self) -> None:
        self.ids.flags.writeable = False

    @classmethod
    def empty(cls, coding: Coding) -> Segment:
        """Return a segment that holds nothing yet."""
        return cls(coding, coding.new_index(), np.empty(0, np.int64), 0.0)

    def extended(self, ids: Int64, codes: Float32) -> Segment:
        """Return a segment with more templates; this one stays as it is, for those who search it."""
        index = self.coding.new_index()
        with one_thread():
            if len(self.ids):
                index.add_sa_codes(self.codes())
            index.add(codes)
        longest = self.coding.step * float(np.linalg.norm(codes, axis=1).max())
        return replace(self, index=index, ids=np.concatenate([self.ids, ids]), longest=max(self.longest, longest))

    def kept(self, keep: NDArray[np.bool_]) -> Segment:
        """Return a segment with only these templates: the codes of the others are nowhere in it."""
        index = self.coding.new_index()
        with one_thread():
            index.add_sa_codes(self.codes()[keep])
        return replace(self, index=index, ids=self.ids[keep])

    def holds(self, places: Int64, unit: Float32) -> bool:
        """Return whether unit templates [n, d] are stored at places [n], but for the last rounding."""
        with one_thread():
            stored = self.index.reconstruct_batch(places)
        tolerance = 1.0 if self.coding.rounds else 1e-5
        return bool(np.abs(stored - self.coding.encode(unit)).max() <= tolerance)

    def codes(self) -> NDArray[np.uint8]:
        """Return the stored bytes [n, bytes per template]."""
        return np.asarray(faiss.vector_to_array(self.index.codes).reshape(len(self.ids), -1))

    def nearest(self, queries: Float32, codes: Float32, steps: Float32, m: int) -> tuple[Float32, Int64]:
        """Return estimated similarities [q, m] and places [q, m] of the best m, or of all if there are fewer."""
        scores, places = self.index.search(codes, min(m, len(self.ids)))
        estimates = scores * (steps * np.float32(self.coding.step)) + (queries @ self.coding.offset)[:, None]
        return estimates, places

    def write(self, file: BufferedRandom) -> None:
        """Append the segment to a file."""
        numbers = np.array([self.coding.step, self.longest])
        for array in (self.ids, self.coding.offset, numbers, self.codes()):
            np.save(file, array)


class one_thread:
    """Keeps FAISS from starting threads of its own: a process forked afterwards would wait for them for ever."""

    def __enter__(self) -> None:
        self._before = faiss.omp_get_max_threads()
        if self._before != 1:
            faiss.omp_set_num_threads(1)

    def __exit__(self, *_: object) -> None:
        if self._before != 1:
            faiss.omp_set_num_threads(self._before)


def read_segments(file: BufferedReader, precision: Precision, dimension: int) -> Iterator[Segment]:
    """Read the segments from here to the end of a file.

    Raises
    ------
    ValueError, EOFError, MemoryError
        It is laid out otherwise.
    """
    while file.peek(1):
        ids, offset, (step, longest), codes = (np.load(file) for _ in range(4))
        size = dimension * (4 if precision == "float32" else 1)
        if (ids.dtype, ids.shape, codes.dtype) != (np.int64, codes.shape[:1], np.uint8):
            raise ValueError("not the ids of the codes")
        if (offset.dtype, offset.shape, codes.shape[1:]) != (np.float32, (dimension,), (size,)):
            raise ValueError(f"not of {dimension} dimensions")
        coding = Coding(offset, float(step), rounds=precision == "int8")
        index = coding.new_index()
        with one_thread():
            index.add_sa_codes(codes)
        yield Segment(coding, index, ids, float(longest))


def quantised(queries: Float32) -> tuple[Float32, Float32]:
    """Return queries as integers [q, d] in float32 over the full range, and the value of one step [q, 1]."""
    steps = np.abs(queries).max(axis=1, keepdims=True) / np.float32(FULL_RANGE)
    return np.rint(queries / steps), steps
