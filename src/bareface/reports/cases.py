"""The report of a case: one page to hand over, with what was searched, found and answered, and what that is worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from bareface.reports.page import render
from bareface.reports.pictures import kept_picture
from bareface.reports.wording import LEADS, verdict
from bareface.values.cases import Answer, Case, KeptFace, KeptSearch, Outcome, Review
from bareface.values.search import Candidate, Decision
from bareface.values.words import printable

SHOWN = 20
"""Candidates of a face in a report, at most."""


@dataclass(frozen=True, slots=True)
class _Row:
    """One candidate with the answers to it."""

    candidate: Candidate
    name: str
    picture: bytes | None
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class _Face:
    """One probe face, ready to show."""

    face: KeptFace
    crop: bytes | None
    map: bytes | None
    outcome: Decision
    verdict: str
    rows: tuple[_Row, ...]
    open: tuple[Review, ...]
    knew: tuple[str, ...]


def case_report(
    case: Case,
    searches: Sequence[KeptSearch],
    reviews: Sequence[Review],
    outcomes: Sequence[Outcome],
    *,
    gallery: str,
    crop: Callable[[int], bytes | None],
    made: datetime | None = None,
) -> bytes:
    """Render one self-contained HTML page.

    Parameters
    ----------
    case, searches
        The case and its searches, with today's names.
    reviews, outcomes
        All reviews of the case, and the outcomes of those that are complete.
    gallery
        The gallery's name.
    crop
        The kept picture of a reference by its number; None where none is kept, or the person was erased.
    made
        When the report was made; now, if not given.

    Returns
    -------
    bytes
        UTF-8 HTML: all pictures inside, no script, and a content policy that forbids fetching anything.
    """
    picture = cache(lambda number: kept_picture(crop(number)))
    made = (made or datetime.now(UTC)).astimezone(UTC)
    by_face: dict[int, list[Outcome]] = {}
    for outcome in outcomes:
        by_face.setdefault(outcome.review.face_id, []).append(outcome)
    shown = [
        (kept, tuple(_face(face, by_face.get(face.id, []), reviews, picture) for face in kept.faces))
        for kept in searches
    ]
    everybody = [one for kept in searches for face in kept.faces for one in face.candidates]
    return render(
        "case.html",
        case=case,
        gallery=gallery,
        made=made,
        when=f"{made.day} {made:%B %Y, %H:%M} UTC",
        leads=LEADS,
        searches=shown,
        models=sorted({f"{one.model}, {one.precision}" for one in everybody if one.model}),
    )


def _face(
    face: KeptFace,
    outcomes: Sequence[Outcome],
    reviews: Sequence[Review],
    picture: Callable[[int], bytes | None],
) -> _Face:
    answers: dict[int, tuple[Answer, ...]] = {}
    for outcome in outcomes:
        for candidate, given in zip(outcome.candidates, outcome.answers, strict=True):
            answers[candidate.reference_id] = answers.get(candidate.reference_id, ()) + given
    rows = tuple(
        _Row(one, _name(one), picture(one.reference_id) if one.source else None, answers.get(one.reference_id, ()))
        for one in face.candidates[:SHOWN]
    )
    best, sentence = verdict(face.candidates)
    waiting = tuple(one for one in reviews if one.face_id == face.id and not one.complete)
    knew = tuple(dict.fromkeys(name for outcome in outcomes for name in outcome.knew))
    return _Face(face, kept_picture(face.crop), kept_picture(face.map), best, sentence, rows, waiting, knew)


def _name(one: Candidate) -> str:
    if not one.source:
        return "no longer in the gallery"
    return printable(one.subject or f"Unnamed subject {one.subject_id}")
