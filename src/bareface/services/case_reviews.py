"""Reviews: people compare pairs who do not see the scores first.

People who are shown a verdict follow it. So a review shows a pair of faces without name, score, rank and decision; the
answers come first. A second person answers without seeing the first answers, and disagreement is shown as such.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime
from typing import get_args

from bareface.errors import UsageError
from bareface.services.case_desk import CaseDesk, reference_of, who
from bareface.values import arguments
from bareface.values.cases import (
    LONGEST_LIST,
    SHORT_LIST,
    Answer,
    Confidence,
    KeptFace,
    Outcome,
    Review,
    Verdict,
)
from bareface.values.context import Context

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
            number = self._book.ask(face, who(context), tuple(items), two_person=bool(two_person))
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
            asked, reviewer = self._review(review), who(context)
            given = dict(asked.reviewers).get(reviewer)
            if given == len(asked.items):
                return None
            item = given or 0
            face = self._face(asked.face_id)
            candidate = face.candidates[asked.items[item]]
            if not self._book.show(review, reviewer, item, asked.needed):
                raise UsageError("usage.review/taken", number=review)
            facts.add(subjects=[candidate.subject_id], references=[candidate.reference_id])
            found = self._references([candidate.reference_id], context)
            there = reference_of(face, candidate, found) is not None
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
            if not self._book.answer(review, who(context), item, verdict, confidence, note):
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

    def _outcome(self, asked: Review, context: Context | None) -> Outcome:
        (face,) = self._named((self._face(asked.face_id),), context)
        candidates = tuple(face.candidates[place] for place in asked.items)
        given: list[tuple[Answer, ...]] = [() for _ in asked.items]
        last: dict[str, datetime] = {}
        for one in self._book.answers(asked.id):
            given[one.item] += (one,)
            last[one.reviewer] = max(one.answered, last.get(one.reviewer, one.answered))
        lookers = self._book.lookers(asked.search_id)
        knew = tuple(one for one, _ in asked.reviewers if one in lookers and lookers[one] < last[one])
        return Outcome(asked, candidates, tuple(given), knew)
