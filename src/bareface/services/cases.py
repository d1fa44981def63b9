"""Cases and reviews: searches that are kept for a purpose, and compared by people who do not see the scores first.

People who are shown a verdict follow it. So a review shows a pair of faces without name, score, rank and decision; the
answers come first. A second person answers without seeing the first answers, and disagreement is shown as such.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import get_args

from bareface.audit.port import AuditLog
from bareface.errors import GalleryError, UsageError
from bareface.imaging.decode import decode
from bareface.reports.pictures import FaceView, face_picture
from bareface.services.gallery import Gallery
from bareface.services.gallery_viewing import probe_view
from bareface.services.recorded import Facts, Recorder
from bareface.storage.casebook import book_of
from bareface.values import arguments, names
from bareface.values.cases import (
    LONGEST_LIST,
    SHORT_LIST,
    Answer,
    Case,
    Confidence,
    KeptFace,
    KeptSearch,
    Outcome,
    Review,
    Verdict,
)
from bareface.values.context import Context, stated
from bareface.values.face import Face, Photo
from bareface.values.gallery import Reference
from bareface.values.search import Candidate, CandidateList, SearchResult

MOST_DAYS = 3650
_LONGEST_NOTE = 2000


class Cases:
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

    def open(
        self, name: str, purpose: str, basis: str | None = None, *, days: int = 90, context: Context | None = None
    ) -> Case:
        """Open a case.

        Parameters
        ----------
        name, purpose, basis
            Its name, the purpose of its searches, and their legal basis.
        days
            Days until it is erased with everything in it.
        context
            The caller.

        Raises
        ------
        UsageError
            ``usage.name``, ``usage.value``: no purpose, or days that are not 1 to 3,650.
        """
        with self._call("open", context):
            name = names.checked(name)
            purpose = arguments.text("purpose", purpose).strip()
            if not purpose:
                raise UsageError("usage.case/purpose")
            days = arguments.count("days", days, 1, MOST_DAYS)
            expires = self._clock() + timedelta(days=days)
            number = self._book.open_case(name, purpose, (basis or "").strip() or None, _who(context), expires)
            return self._case(number)

    def list(self, *, context: Context | None = None) -> tuple[Case, ...]:
        """List the cases, latest first; those that have expired are erased now."""
        with self._call("list", context):
            return self._book.cases()

    def get(self, case: int, *, context: Context | None = None) -> Case:
        """Return a case; ``usage.unknown-case``."""
        with self._call("get", context):
            return self._case(case)

    def close(self, case: int, *, context: Context | None = None) -> Case:
        """Close a case: it takes no further search, and can be read until it expires."""
        with self._call("close", context):
            self._case(case)
            self._book.close_case(case)
            return self._case(case)

    def erase(self, case: int, *, context: Context | None = None) -> None:
        """Erase a case now, with its photos, searches, reviews and answers."""
        with self._call("erase", context):
            self._case(case)
            self._book.erase(case)

    def keep(
        self,
        case: int,
        result: SearchResult,
        photo: bytes | None,
        name: str,
        *,
        context: Context | None = None,
    ) -> KeptSearch:
        """Keep a search in an open case: probe faces and candidates, but not the photo itself.

        Parameters
        ----------
        case
            The case's number.
        result
            The search's result.
        photo
            The bytes of the photo's file, from which the faces are cut; their crops are kept without it.
        name
            The photo's name.
        context
            The caller.

        Raises
        ------
        UsageError
            ``usage.unknown-case``, ``usage.case``: it is closed.
        """
        with self._call("keep", context) as facts:
            if self._case(case).closed is not None:
                raise UsageError("usage.case/closed", number=case)
            there = self._references((one for entry in result.lists for one in entry.candidates), context)
            decoded = None if photo is None else decode(photo)
            faces = tuple(_kept(number, entry, decoded, there) for number, entry in enumerate(result.lists, start=1))
            size = (result.lists[0].subjects, result.lists[0].references) if result.lists else (0, 0)
            number = self._book.keep(case, name, _who(context), size, faces)
            if number is None:  # closed or erased while this was made
                raise UsageError("usage.case/closed", number=self._case(case).id)
            facts.add(faces=len(faces))
            return self._search(number)

    def searches(self, case: int, *, context: Context | None = None) -> tuple[KeptSearch, ...]:
        """Return the searches of a case, latest first, without names: a list of them shows no candidate."""
        with self._call("searches", context):
            self._case(case)
            return self._book.searches(case)

    def search(self, search: int, *, context: Context | None = None) -> KeptSearch:
        """Return a kept search with scores and today's names; it is noted that the caller has seen them."""
        with self._call("search", context) as facts:
            kept = self._search(search)
            self._book.look(search, _who(context))
            facts.add(subjects=(one.subject_id for face in kept.faces for one in face.candidates))
            return replace(kept, faces=self._named(kept.faces, context))

    def face(self, face: int, *, context: Context | None = None) -> KeptFace:
        """Return a kept probe face, without names; ``usage.unknown-search``."""
        with self._call("face", context):
            return self._face(face)

    def ask(
        self,
        face: int,
        *,
        length: int = SHORT_LIST,
        two_person: bool = True,
        shuffle: bool = True,
        context: Context | None = None,
    ) -> Review:
        """Ask for a review of a probe face's candidates.

        Parameters
        ----------
        face
            The kept face's number.
        length
            Number of candidates to compare, 20 at most.
        two_person
            A second person answers, too.
        shuffle
            Show the candidates in random order, which hides their rank.
        context
            The caller.

        Raises
        ------
        UsageError
            ``usage.unknown-search``; ``usage.review``: it has no candidates; ``usage.value``.
        """
        with self._call("ask", context) as facts:
            length = arguments.count("length", length, 1, LONGEST_LIST)
            items = list(range(len(self._face(face).candidates)))[:length]
            if not items:
                raise UsageError("usage.review/empty")
            if shuffle:
                random.SystemRandom().shuffle(items)
            number = self._book.ask(face, _who(context), tuple(items), two_person=bool(two_person))
            if number is None:
                raise UsageError("usage.unknown-search", number=face)
            facts.add(candidates=len(items))
            return self._review(number)

    def reviews(self, *, context: Context | None = None) -> tuple[Review, ...]:
        """List the reviews, latest first; those of cases that have expired are erased now."""
        with self._call("reviews", context):
            return self._book.reviews()

    def review(self, review: int, *, context: Context | None = None) -> Review:
        """Return a review; ``usage.unknown-review``."""
        with self._call("review", context):
            return self._review(review)

    def next(self, review: int, *, context: Context | None = None) -> tuple[int, KeptFace, int | None] | None:
        """Return the next pair to compare, without score, rank, decision and name; None when all are answered.

        Returns
        -------
        tuple or None
            The item's place in the order of the review, the probe face without its candidates, and the number of the
            reference, None if it is not in the gallery any more. It is noted that the caller has seen the pair, and
            when.

        Raises
        ------
        UsageError
            ``usage.unknown-review``; ``usage.review``: enough other people review it.
        """
        with self._call("next", context) as facts:
            asked, who = self._review(review), _who(context)
            given = dict(asked.reviewers).get(who)
            if given == len(asked.items):
                return None
            item = given or 0
            face = self._face(asked.face_id)
            candidate = face.candidates[asked.items[item]]
            if not self._book.show(review, who, item, asked.needed):
                raise UsageError("usage.review/taken", number=review)
            facts.add(subjects=[candidate.subject_id], references=[candidate.reference_id])
            there = _reference(face, candidate, self._references([candidate], context)) is not None
            bare = replace(face, candidates=(), notes=(), enrolled=())
            return item, bare, candidate.reference_id if there else None

    def answer(
        self,
        review: int,
        item: int,
        verdict: Verdict,
        confidence: Confidence,
        note: str = "",
        *,
        context: Context | None = None,
    ) -> Review:
        """Answer a pair that was shown; an answer stays as it is.

        Raises
        ------
        UsageError
            ``usage.unknown-review``, ``usage.value``; ``usage.review``: this pair was not shown, or was answered.
        """
        with self._call("answer", context):
            self._review(review)
            item = arguments.count("item", item)
            arguments.choice("verdict", verdict, get_args(Verdict))
            arguments.choice("confidence", confidence, get_args(Confidence))
            note = arguments.text("note", note).strip()[:_LONGEST_NOTE]
            if not self._book.answer(review, _who(context), item, verdict, confidence, note):
                raise UsageError("usage.review/answered", item=item + 1)
            return self._review(review)

    def outcome(self, review: int, *, context: Context | None = None) -> Outcome:
        """Return the answers of a review that is complete, with scores and today's names.

        Raises
        ------
        UsageError
            ``usage.unknown-review``; ``usage.review``: somebody still has to answer.
        """
        with self._call("outcome", context) as facts:
            asked = self._review(review)
            if not asked.complete:
                raise UsageError("usage.review/incomplete", number=review)
            outcome = self._outcome(asked, context)
            facts.add(subjects=(one.subject_id for one in outcome.candidates))
            return outcome

    def report(self, case: int, *, context: Context | None = None) -> bytes:
        """Return one self-contained HTML page of a case; it is noted that the caller has seen its scores."""
        from bareface.reports.cases import case_report

        with self._call("report", context) as facts:
            opened = self._case(case)
            searches = []
            for kept in self._book.searches(case):
                self._book.look(kept.id, _who(context))
                searches.append(replace(kept, faces=self._named(kept.faces, context)))
            reviews = [one for one in self._book.reviews() if one.case_id == case]
            outcomes = [self._outcome(one, context) for one in reviews if one.complete]
            facts.add(searches=len(searches), reviews=len(reviews))
            return case_report(
                opened,
                searches,
                reviews,
                outcomes,
                gallery=self._gallery.path.name,
                crop=cache(lambda number: self._gallery.crop(number, context=context)),
            )

    @contextmanager
    def _call(self, action: str, context: Context | None) -> Iterator[Facts]:
        """Record a call; cases that have expired are erased first."""
        with self._recorder.call(f"Cases.{action}", context) as facts:
            self.erase_expired()
            yield facts

    def erase_expired(self) -> None:
        """Erase the cases that have expired, as each call does first; this is no call that leaves an event."""
        try:
            self._book.erase_expired(self._clock())
        except GalleryError as error:
            if error.code not in ("gallery.read-only", "gallery.locked"):  # none of these is shown
                raise

    def _outcome(self, asked: Review, context: Context | None) -> Outcome:
        (face,) = self._named((self._face(asked.face_id),), context)
        candidates = tuple(face.candidates[place] for place in asked.items)
        given: list[tuple[Answer, ...]] = [() for _ in asked.items]
        last: dict[str, datetime] = {}
        for one in self._book.answers(asked.id):
            given[one.item] += (one,)
            last[one.reviewer] = max(one.answered, last.get(one.reviewer, one.answered))
        lookers = self._book.lookers(asked.search_id)
        knew = tuple(who for who, _ in asked.reviewers if who in lookers and lookers[who] < last[who])
        return Outcome(asked, candidates, tuple(given), knew)

    def _case(self, number: int) -> Case:
        for one in self._book.cases(arguments.count("case", number, code="usage.unknown-case")):
            if one.expires > self._clock():
                return one
        raise UsageError("usage.unknown-case", number=number)

    def _search(self, number: int) -> KeptSearch:
        found = self._book.search(arguments.count("search", number, code="usage.unknown-search"))
        if found is None:
            raise UsageError("usage.unknown-search", number=number)
        self._case(found.case_id)
        return found

    def _face(self, number: int) -> KeptFace:
        found = self._book.face(arguments.count("face", number, code="usage.unknown-search"))
        if found is None:
            raise UsageError("usage.unknown-search", number=number)
        self._case(found[0])
        return found[1]

    def _review(self, number: int) -> Review:
        found = self._book.reviews(arguments.count("review", number, code="usage.unknown-review"))
        if not found:
            raise UsageError("usage.unknown-review", number=number)
        self._case(found[0].case_id)
        return found[0]

    def _named(self, faces: Sequence[KeptFace], context: Context | None) -> tuple[KeptFace, ...]:
        """Give the candidates of faces their names of today; one who was erased has none."""
        there = self._references((one for face in faces for one in face.candidates), context)
        return tuple(
            replace(face, candidates=tuple(_named(one, _reference(face, one, there)) for one in face.candidates))
            for face in faces
        )

    def _references(self, candidates: Iterable[Candidate], context: Context | None) -> dict[int, Reference]:
        """Return the references of candidates that the gallery has, all at once: a crowd has thousands."""
        with suppress(GalleryError):
            return self._gallery.references_at((one.reference_id for one in candidates), context=context)
        return {}


def _reference(face: KeptFace, one: Candidate, there: Mapping[int, Reference]) -> Reference | None:
    """Return the reference of a candidate; None if it is not in the gallery any more, or another has its number."""
    reference = there.get(one.reference_id)
    if reference is None or not face.enrolled:
        return reference
    return reference if face.enrolled[face.candidates.index(one)] == reference.enrolled else None


def _named(one: Candidate, reference: Reference | None) -> Candidate:
    if reference is None:
        return one
    return replace(one, subject_id=reference.subject_id, subject=reference.subject, source=reference.source)


def _who(context: Context | None) -> str:
    return stated((context or Context()).actor)  # two spellings of a name are not two reviewers


def _kept(number: int, entry: CandidateList, photo: Photo | None, there: Mapping[int, Reference]) -> KeptFace:
    face: Face = entry.probe[0]
    view: FaceView = probe_view(face, photo)
    known = face.computed.known
    return KeptFace(
        id=0,
        number=number,
        crop=face_picture(face),
        picture=view.picture,
        map=view.map,
        points=view.points,
        aligned=view.aligned,
        scale=view.scale,
        box=face.box,
        mask_state=face.mask_state,
        visible=face.visible,
        quality=face.quality.score if "quality" in known and face.quality is not None else None,
        candidates=entry.candidates,
        notes=tuple(map(str, entry.notes)),
        enrolled=tuple(
            there[one.reference_id].enrolled if one.reference_id in there else None for one in entry.candidates
        ),
    )
