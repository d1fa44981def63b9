"""Reviews: people compare pairs who do not see the scores first.

People who are shown a verdict follow it. So a review shows a pair of faces without name, score, rank and decision; the
answers come first. A second person answers without seeing the first answers, and disagreement is shown as such.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import get_args

from bareface.errors import UsageError
from bareface.services.case_desk import CaseDesk, reference_of, who
from bareface.services.recorded import Facts
from bareface.values import arguments
from bareface.values.cases import (
    COMPONENTS,
    LONGEST_LIST,
    MOST_CONTROLS,
    SHORT_LIST,
    Aid,
    Answer,
    Component,
    Confidence,
    Control,
    Finding,
    KeptFace,
    Measure,
    Outcome,
    Review,
    Verdict,
)
from bareface.values.context import Context
from bareface.values.gallery import Reference
from bareface.values.search import Candidate

_LONGEST_NOTE = 2000


class CaseReviews(CaseDesk):
    """The reviews of a gallery's cases."""

    def ask(
        self,
        face: int,
        *,
        length: int = SHORT_LIST,
        two_person: bool = True,
        shuffle: bool = True,
        checklist: bool = False,
        controls: int = 0,
        case: int | None = None,
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
        checklist
            Offer a checklist of facial components with each pair.
        controls
            Number of pairs, 10 at most, of other people of the gallery whose answer is known, in between: they
            measure the reviewers, who are told that there are some. A small gallery has fewer.
        case
            Number of the case that the face has to be in; any by default.
        context
            The caller.

        Raises
        ------
        UsageError
            ``usage.unknown-search``; ``usage.review``: it has no candidates, or the gallery has no controls;
            ``usage.value``.
        """
        with self._call("ask", context) as facts:
            length = arguments.count("length", length, 1, LONGEST_LIST)
            controls, rng = arguments.count("controls", controls, 0, MOST_CONTROLS), random.SystemRandom()
            (kept,) = self._named((self._face(face, facts, case),), context)
            items = list(range(len(kept.candidates)))[:length]
            if not items:
                raise UsageError("usage.review/empty")
            if shuffle:
                rng.shuffle(items)
            pairs: tuple[Control, ...] = ()
            if controls:
                known = [one.subject_id for one in kept.candidates]
                pairs = self._gallery.control_pairs(controls, known, context=context)
                if not pairs:
                    raise UsageError("usage.review/no-controls")
            for control in range(len(pairs)):
                items.insert(rng.randint(0, len(items)), -1 - control)
            number = self._book.ask(
                face,
                who(context),
                tuple(items),
                two_person=bool(two_person),
                checklist=bool(checklist),
                controls=pairs,
            )
            if number is None:
                raise UsageError("usage.unknown-search", number=face)
            facts.add(candidates=len(items) - len(pairs), controls=len(pairs))
            return self._review(number)

    def reviews(self, *, context: Context | None = None) -> tuple[Review, ...]:
        """List the reviews, latest first; those of cases that have expired are erased now."""
        with self._call("reviews", context):
            return self._book.reviews()

    def review(self, review: int, *, context: Context | None = None) -> Review:
        """Return a review; ``usage.unknown-review``."""
        with self._call("review", context) as facts:
            return self._review(review, facts)

    def next(self, review: int, *, context: Context | None = None) -> tuple[int, KeptFace, int | None] | None:
        """Return the next pair to compare, without score, rank, decision and name; None when all are answered.

        Returns
        -------
        tuple or None
            The item's place in the order of the review, the probe face without its candidates, and the number of the
            reference, None if it is not in the gallery any more. In a control (:meth:`Review.control`) another face
            of the gallery stands in the place of the probe: its number is 0 and its pictures are empty. It is noted
            that the caller has seen the pair, and when.

        Raises
        ------
        UsageError
            ``usage.unknown-review``; ``usage.review``: enough other people review it.
        """
        with self._call("next", context) as facts:
            asked = self._review(review, facts)
            reviewer = _reviewer(asked, context)
            given = dict(asked.reviewers).get(reviewer)
            if given == len(asked.items):
                return None
            item = given or 0
            if not self._book.show(review, reviewer, item, asked.needed):
                raise UsageError("usage.review/taken", number=review)
            control = asked.control(item)
            face = self._face(asked.face_id)
            if control is not None:
                there = self._control_there(control, context)
                facts.add(references=[control.probe_id, control.reference_id])
                return item, _in_place_of(face, there), control.reference_id if there else None
            candidate = face.candidates[asked.items[item]]
            facts.add(subjects=[candidate.subject_id], references=[candidate.reference_id])
            found = self._references([candidate.reference_id], context)
            bare = replace(face, candidates=(), notes=(), enrolled=())
            return item, bare, candidate.reference_id if reference_of(face, candidate, found) else None

    def see(self, review: int, item: int, aid: Aid, *, context: Context | None = None) -> None:
        """Note that the caller opens a viewing aid of the pair that is to be answered.

        Raises
        ------
        UsageError
            ``usage.unknown-review``, ``usage.value``; ``usage.review``: this pair was not shown, or was answered.
        """
        with self._call("see", context) as facts:
            reviewer = _reviewer(self._review(review, facts), context)
            item = arguments.count("item", item)
            arguments.choice("aid", aid, get_args(Aid))
            if not self._book.see(review, reviewer, item, aid):
                raise UsageError("usage.review/answered", item=item + 1)

    def answer(
        self,
        review: int,
        item: int,
        verdict: Verdict,
        confidence: Confidence,
        note: str = "",
        features: Mapping[Component, Finding] | None = None,
        *,
        context: Context | None = None,
    ) -> Review:
        """Answer a pair that was shown; an answer stays as it is.

        Parameters
        ----------
        review, item
            Number of the review, and the pair's place in it.
        verdict, confidence, note
            The answer.
        features
            The checklist as far as it is filled in: findings by component
            (:data:`bareface.values.cases.COMPONENTS`).
        context
            The caller.

        Raises
        ------
        UsageError
            ``usage.unknown-review``, ``usage.value``; ``usage.review``: this pair was not shown, or was answered.
        """
        with self._call("answer", context) as facts:
            reviewer = _reviewer(self._review(review, facts), context)
            item = arguments.count("item", item)
            arguments.choice("verdict", verdict, get_args(Verdict))
            arguments.choice("confidence", confidence, get_args(Confidence))
            note = arguments.text("note", note).strip()[:_LONGEST_NOTE]
            features = dict(features or {})
            for component, finding in features.items():
                arguments.choice("component", component, COMPONENTS)
                arguments.choice("finding", finding, get_args(Finding))
            if not self._book.answer(review, reviewer, item, verdict, confidence, note, features):
                raise UsageError("usage.review/answered", item=item + 1)
            return self._review(review)

    def outcome(self, review: int, *, context: Context | None = None) -> Outcome:
        """Return the answers of a review that is complete, with scores and today's names.

        It is noted that the caller has seen the scores.

        Raises
        ------
        UsageError
            ``usage.unknown-review``; ``usage.review``: somebody still has to answer.
        """
        with self._call("outcome", context) as facts:
            outcome = self._complete(review, context, facts)
            self._book.look(outcome.review.search_id, who(context))
            facts.add(subjects=(one.subject_id for one in outcome.candidates))
            return outcome

    def exclude(self, review: int, *, context: Context | None = None) -> Outcome:
        """Note those candidates as “not this person” of whom all reviewers say that they are different people.

        The fact belongs to the kept face: its list and the report of its case show it. Where the probe's own file is
        enrolled, the gallery keeps the two apart, too (:meth:`bareface.services.gallery.Gallery.tell_apart`).
        :meth:`include` takes it back.

        Raises
        ------
        UsageError
            ``usage.unknown-review``; ``usage.review``: somebody still has to answer.
        """
        with self._call("exclude", context) as facts:
            outcome = self._complete(review, context, facts)
            apart = {one.reference_id: self._told_apart(outcome, one, context) for one in outcome.unanimous}
            facts.add(references=apart)
            self._book.exclude(review, apart, who(context))
            return self._outcome(outcome.review, context)

    def include(self, review: int, *, context: Context | None = None) -> Outcome:
        """Take back what :meth:`exclude` noted after this review."""
        with self._call("include", context) as facts:
            asked = self._complete(review, context, facts).review
            apart = self._book.include(review)
            if apart:
                self._gallery.forget_apart(apart, context=context)
            return self._outcome(asked, context)

    def _told_apart(self, outcome: Outcome, other: Candidate, context: Context | None) -> int | None:
        """Let the gallery keep a candidate apart from the probe's own file, if that is enrolled and named here."""
        (face,) = self._named((self._face(outcome.review.face_id),), context)
        own = next((one for one in face.candidates if one.same_source == "same file" and one.source), None)
        if own is None or not other.source or own.subject_id == other.subject_id:
            return None
        return self._gallery.tell_apart(own.reference_id, other.reference_id, context=context)

    def excluded(self, face: int, *, context: Context | None = None) -> Mapping[int, int]:
        """Return the references noted as not a kept face's person, each with the review that says so."""
        with self._call("excluded", context) as facts:
            self._case_of(face, facts)
            return self._book.excluded(face)

    def _complete(self, review: int, context: Context | None, facts: Facts) -> Outcome:
        asked = self._review(review, facts)
        if not asked.complete:
            raise UsageError("usage.review/incomplete", number=review)
        return self._outcome(asked, context)

    def _outcome(self, asked: Review, context: Context | None) -> Outcome:
        (face,) = self._named((self._face(asked.face_id),), context)
        given: list[tuple[Answer, ...]] = [() for _ in asked.items]
        last: dict[str, datetime] = {}
        for one in self._book.answers(asked.id):
            given[one.item] += (one,)
            last[one.reviewer] = max(one.answered, last.get(one.reviewer, one.answered))
        lookers: dict[str, datetime] = {}
        for person, looked in self._book.lookers(asked.search_id).items():
            lookers[person.casefold()] = min(looked, lookers.get(person.casefold(), looked))
        places = [item for item, place in enumerate(asked.items) if place >= 0]
        known = [(asked.control(item), given[item]) for item in range(len(asked.items))]
        controls = tuple((one, answers) for one, answers in known if one and self._control_there(one, context))
        return Outcome(
            asked,
            tuple(face.candidates[asked.items[item]] for item in places),
            tuple(given[item] for item in places),
            tuple(
                one for one, _ in asked.reviewers if one in last and lookers.get(one.casefold(), last[one]) < last[one]
            ),
            controls,
            tuple(_measured(one, controls) for one, _ in asked.reviewers) if controls else (),
            frozenset(self._book.excluded(face.id)),
        )

    def _control_there(self, control: Control, context: Context | None) -> Reference | None:
        """Return the face that stands in the place of the probe; None if either face is not in the gallery any more."""
        numbers = control.probe_id, control.reference_id
        found = self._references(numbers, context)
        moments = tuple(found[number].enrolled for number in numbers if number in found)
        return found[control.probe_id] if moments == control.enrolled else None


def _reviewer(asked: Review, context: Context | None) -> str:
    """Return the name of a caller as the review has it: large and small letters do not make two people."""
    name = who(context)
    return next((one for one, _ in asked.reviewers if one.casefold() == name.casefold()), name)


def _in_place_of(face: KeptFace, other: Reference | None) -> KeptFace:
    """Return a face without pictures that says of another one what a pair says of a probe."""
    bare = replace(face, id=0, crop=b"", picture=b"", map=None, points=(), candidates=(), notes=(), enrolled=())
    if other is None:
        return bare
    return replace(bare, box=other.box, mask_state=other.mask_state, visible=other.visible, quality=other.quality)


def _measured(reviewer: str, controls: Sequence[tuple[Control, tuple[Answer, ...]]]) -> Measure:
    given = [
        (one.same, answer.verdict) for one, answers in controls for answer in answers if answer.reviewer == reviewer
    ]
    return Measure(
        reviewer,
        same=sum(same for same, _ in given),
        hits=sum(same and verdict == "same" for same, verdict in given),
        different=sum(not same for same, _ in given),
        false_alarms=sum(not same and verdict == "same" for same, verdict in given),
        unsure=sum(verdict == "cannot say" for _, verdict in given),
    )
