"""Base of all calls on cases: the casebook, the gallery, the clock, and the events."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bareface.audit.port import AuditLog
from bareface.errors import GalleryError, UsageError
from bareface.services.gallery import Gallery
from bareface.services.recorded import Facts, Recorder
from bareface.storage.casebook import book_of
from bareface.values import arguments
from bareface.values.cases import Case, KeptFace, KeptSearch, Review
from bareface.values.context import Context, stated
from bareface.values.gallery import Reference
from bareface.values.search import Candidate


def who(context: Context | None) -> str:
    """Return the name of a caller, in one form."""
    return stated((context or Context()).actor)  # two spellings of a name are not two reviewers


class CaseDesk:
    """The cases of a gallery.

    Parameters
    ----------
    gallery
        The gallery; ``<path>-cases`` next to it keeps the cases.
    audit
        Takes one event for each call; see :class:`bareface.audit.port.AuditLog`.
    clock
        Gives the time, in UTC.
    """

    def __init__(
        self,
        gallery: Gallery,
        audit: AuditLog | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._gallery = gallery
        self._book = book_of(Path(gallery.path))
        self._recorder = Recorder(audit)
        self._clock = clock

    @contextmanager
    def _call(self, action: str, context: Context | None) -> Iterator[Facts]:
        """Record a call; cases that have expired are erased first."""
        with self._recorder.call(f"Cases.{action}", context) as facts:
            self.erase_expired()
            yield facts

    def erase_expired(self) -> None:
        """Erase the cases that have expired, as each call does first; this is no call that leaves an event."""
        try:
            now = self._clock()
            self._forget(self._book.sources_of_expired(now))
            self._book.erase_expired(now)
        except GalleryError as error:
            if error.code not in ("gallery.read-only", "gallery.locked"):  # none of these is shown
                raise

    def gone(self, searches: Collection[int]) -> set[int]:
        """Return those of some kept searches whose case was erased or has expired; this leaves no event."""
        return set(searches) - self._book.there(searches, self._clock())

    def _forget(self, sources: Collection[str], context: Context | None = None) -> None:
        """Take restorations off the gallery's record: they hold pictures of a face that goes with its case."""
        if sources:
            self._gallery.forget_restorations(sources, context=context)

    def _case(self, number: int, facts: Facts | None = None) -> Case:
        """Return a case, and note that the call belongs to it; ``usage.unknown-case``."""
        for one in self._book.cases(arguments.count("case", number, code="usage.unknown-case")):
            if one.expires > self._clock():
                if facts is not None:
                    facts.case = one.id
                return one
        raise UsageError("usage.unknown-case", number=number)

    def _search(self, number: int, facts: Facts | None = None, case: int | None = None) -> KeptSearch:
        """Return a kept search, of one case if one is named."""
        found = self._book.search(arguments.count("search", number, code="usage.unknown-search"))
        if found is None or case not in (None, found.case_id):
            raise UsageError("usage.unknown-search", number=number)
        self._case(found.case_id, facts)
        return found

    def _case_of(self, face: int, facts: Facts | None = None, case: int | None = None) -> Case:
        """Return the case of a kept face, if that is the one that is named."""
        found = self._book.face(arguments.count("face", face, code="usage.unknown-search"))
        if found is None or case not in (None, found[0]):
            raise UsageError("usage.unknown-search", number=face)
        return self._case(found[0], facts)

    def _face(self, number: int, facts: Facts | None = None, case: int | None = None) -> KeptFace:
        """Return a kept face, of one case if one is named."""
        found = self._book.face(arguments.count("face", number, code="usage.unknown-search"))
        if found is None or case not in (None, found[0]):
            raise UsageError("usage.unknown-search", number=number)
        self._case(found[0], facts)
        return found[1]

    def _review(self, number: int, facts: Facts | None = None) -> Review:
        """Return a review; ``usage.unknown-review``."""
        found = self._book.reviews(arguments.count("review", number, code="usage.unknown-review"))
        if not found:
            raise UsageError("usage.unknown-review", number=number)
        self._case(found[0].case_id, facts)
        return found[0]

    def _named(self, faces: Sequence[KeptFace], context: Context | None) -> tuple[KeptFace, ...]:
        """Give the candidates of faces their names of today; one who was erased has none."""
        there = self._references((one.reference_id for face in faces for one in face.candidates), context)
        return tuple(
            replace(face, candidates=tuple(_named(one, reference_of(face, one, there)) for one in face.candidates))
            for face in faces
        )

    def _references(self, numbers: Iterable[int], context: Context | None) -> dict[int, Reference]:
        """Return those of some references that the gallery has, all at once: a crowd has thousands."""
        with suppress(GalleryError):
            return self._gallery.references_at(numbers, context=context)
        return {}


def reference_of(face: KeptFace, one: Candidate, there: Mapping[int, Reference]) -> Reference | None:
    """Return the reference of a candidate; None if it is not in the gallery any more, or another has its number."""
    reference = there.get(one.reference_id)
    if reference is None or not face.enrolled:
        return reference
    return reference if face.enrolled[face.candidates.index(one)] == reference.enrolled else None


def _named(one: Candidate, reference: Reference | None) -> Candidate:
    if reference is None:
        return one
    return replace(one, subject_id=reference.subject_id, subject=reference.subject, source=reference.source)
