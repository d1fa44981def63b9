"""Searches with restored faces, in addition to candidate lists; restored faces are never enrolled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol, TypeAlias, runtime_checkable

import numpy as np

from bareface.calibration.decision import Judge
from bareface.errors import RestorationError, UsageError
from bareface.faces.port import FaceEngine
from bareface.gallery.restored_candidates import RestoredSearch, Union, compare_searches, union_calibration
from bareface.gallery.search import Probe, best_of_subjects, prepared
from bareface.messages import Note
from bareface.restoration.base import Restored
from bareface.restoration.unmask import MOST
from bareface.storage.index_sync import DerivedIndex
from bareface.storage.sqlite import queries as catalogue
from bareface.values import arguments
from bareface.values.face import EVERYTHING, Face, Source, Want
from bareface.values.search import CandidateList

DEEP: Final = 100
"""Least number of subjects that the search with each restored face looks at."""


Record: TypeAlias = Callable[[Restored], object]
"""Puts a restoration on record."""


@runtime_checkable
class RestoringEngine(FaceEngine, Protocol):
    """An engine that restores faces, too; :class:`bareface.Engine` is one."""

    def faces(self, source: Source, want: Iterable[Want] = EVERYTHING) -> list[Face]:
        """Find the faces in a photo, which they keep."""

    def unmask(self, face: Face, completions: int = 4, seed: int = 0, *, record: Record | None = None) -> Restored:
        """Complete what a mask hides; call `record` with the result first."""

    def enhance(self, face: Face, *, record: Record | None = None) -> Restored:
        """Make a clearer picture; call `record` with the result first."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Choice of the restored faces to search with.

    Attributes
    ----------
    unmask, enhance
        Complete faces with a mask; enhance those without.
    completions, seed
        Number of completions of each face, and their random seed.
    """

    unmask: bool
    enhance: bool
    completions: int
    seed: int

    def __post_init__(self) -> None:
        arguments.count("completions", self.completions, 1, MOST, code="restoration.completions")
        arguments.count("seed", self.seed)


def search_restored(
    index: DerivedIndex,
    engine: FaceEngine,
    sources: Sequence[Source],
    lists: Sequence[CandidateList],
    wish: Wish,
    record: Record,
) -> Iterator[RestoredSearch]:
    """Search with a restored version of each probe, and yield one result for each candidate list, in their order.

    Fused faces, faces that cannot be restored and those for which nothing was asked have a note instead. Photos that
    the faces do not have any more are decoded again.

    Raises
    ------
    UsageError
        ``usage.engine``: this engine does not restore faces.
    RestorationError
        ``restoration.completions``: no such number.
    """
    if not isinstance(engine, RestoringEngine):
        raise UsageError("usage.engine")
    found: dict[int, list[Face]] = {}
    for entry in lists:
        face = entry.probe[0]
        masked = face.template.mask_state != "none"
        if len(entry.probe) > 1:
            yield RestoredSearch(entry, None, notes=(Note("note.fused-not-restored"),))
        elif not (wish.unmask if masked else wish.enhance):
            why = Note("note.masked-not-enhanced" if masked else "note.no-mask")
            yield RestoredSearch(entry, None, notes=(why,))
        else:
            whole = face if face.photo is not None else _with_photo(engine, sources, face, found)
            try:
                if masked:
                    restored = engine.unmask(whole, wish.completions, wish.seed, record=record)
                else:
                    restored = engine.enhance(whole, record=record)
            except RestorationError as error:
                if error.code == "restoration.completions":
                    raise
                yield RestoredSearch(entry, None, notes=(Note("note.not-restored", error=str(error)),))
                continue
            yield _looked_up(index, engine, entry, restored)


def _with_photo(engine: RestoringEngine, sources: Sequence[Source], face: Face, found: dict[int, list[Face]]) -> Face:
    """Return a face with its photo, which is decoded again; `found` keeps the faces of the photos looked at so far."""
    for place, source in enumerate(sources):
        if place not in found:
            found[place] = engine.faces(source, want=())
        for one in found[place]:
            if _same(one, face):
                return replace(face, photo=one.photo)
    return face


def _same(one: Face, other: Face) -> bool:
    return one.source == other.source and one.box == other.box and np.array_equal(one.chip, other.chip)


def _looked_up(index: DerivedIndex, engine: FaceEngine, entry: CandidateList, restored: Restored) -> RestoredSearch:
    """Search with the photo again, deeper, and with each restored face, in one state of the gallery."""
    templates = [one.template for one in restored.completions]
    if not entry.candidates:
        return RestoredSearch(entry, restored, notes=(Note("note.empty-gallery"),))
    probe = Probe(entry.probe, entry.probe[0].template.vector, frozenset())
    vectors = np.stack([probe.vector, *(one.vector for one in templates)])
    with prepared(index, engine, [probe]) as (now, rescorers):
        if now.index is None:
            return RestoredSearch(entry, restored, notes=(Note("note.empty-gallery"),))
        subjects, references = now.generation.subjects, now.generation.references
        deep = max(DEEP, len(entry.candidates))
        first, *guesses = best_of_subjects(now, vectors, deep, rescorers)
        numbers = {hit.reference_id for search in (first, *guesses) for hit in search}
        known = catalogue.references_by_id(now.connection, sorted(numbers))
    provenance = restored.provenance
    # No calibration was made of enhancements.
    calibration = union_calibration(engine.model, len(templates)) if provenance.kind == "unmask" else None
    union = Union(Judge(calibration, subjects, references / subjects), probe.mask_state)
    answer = compare_searches(entry, restored, first, guesses, known, union)
    across = any(one.mask_state != "none" for one in known.values())
    note = Note("note.rough-guesses")
    return replace(answer, notes=(*answer.notes, *([note] if across else [])))
