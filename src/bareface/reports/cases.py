"""The report of a case, in words: what was searched, found and answered, by which models, and what that is worth.

:mod:`case_html` and :mod:`case_pdf` lay it out; neither says anything of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from bareface.messages import message, translated
from bareface.reports.pictures import kept_picture, kept_sheet
from bareface.reports.rarity import stranger_rate
from bareface.reports.wording import verdict, what_shows
from bareface.values.cases import (
    Answer,
    Case,
    Finding,
    KeptFace,
    KeptLead,
    KeptRestored,
    KeptSearch,
    Measure,
    Outcome,
    Place,
    Review,
)
from bareface.values.search import Candidate, Decision
from bareface.values.words import printable

if TYPE_CHECKING:
    from bareface.models.card import ModelCard

Format: TypeAlias = Literal["html", "pdf"]
Picture: TypeAlias = Callable[[int], bytes | None]
"""Returns the picture of a reference by its number."""

SHOWN = 20
"""Candidates of a face in a report, at most."""


@dataclass(frozen=True, slots=True)
class Told:
    """An answer of a reviewer: who said what, the note, the checklist, and what was seen when."""

    text: str
    note: str
    seen: str
    features: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """A candidate with the answers to it."""

    picture: bytes | None
    rank: int
    name: str
    outcome: Decision
    decision: str
    rate: str
    shows: str
    similarity: str
    answers: tuple[Told, ...]
    excluded: str = ""


@dataclass(frozen=True, slots=True)
class Aided:
    """A search with restored versions of a face."""

    made: str
    picture: bytes | None
    leads: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Probed:
    """A probe face with its candidates."""

    id: int
    crop: bytes | None
    map: bytes | None
    photo: str
    shows: str
    searched: str
    outcome: Decision
    verdict: str
    remarks: tuple[str, ...]
    candidates: tuple[Listed, ...]
    restored: tuple[Aided, ...]


@dataclass(frozen=True, slots=True)
class CaseReport:
    """All that a report says, in one language.

    Attributes
    ----------
    language, title, leads
        Code of the language; heading; the sentence on leads.
    facts
        Labels and values of the case.
    made, when
        When the report was made, in UTC, and that in words.
    faces
        The probe faces, latest search first.
    models
        Name of each model that took part, and what to know about it.
    how
        Paragraphs on how to read it.
    """

    language: str
    title: str
    leads: str
    facts: tuple[tuple[str, str], ...]
    made: datetime
    when: str
    faces: tuple[Probed, ...]
    models: tuple[tuple[str, tuple[str, ...]], ...]
    how: tuple[str, ...]

    def say(self, code: str, **params: object) -> str:
        """Return a message in the report's language."""
        return message(code, params, self.language)


@dataclass(frozen=True, slots=True)
class CaseContent:
    """Content of a report.

    Attributes
    ----------
    case, searches
        The case and its searches, with today's names.
    reviews, outcomes
        All reviews of the case, and the outcomes of those that are complete.
    restored
        Searches with restored versions of its faces.
    cards
        Cards of the models that took part, by name; None for one that is not installed.
    gallery
        The gallery's name.
    calibration
        Basis of its rates; None without a calibration.
    crop
        Returns the kept picture of a reference; None where none is kept, or the person was erased.
    """

    case: Case
    searches: Sequence[KeptSearch]
    reviews: Sequence[Review]
    outcomes: Sequence[Outcome]
    restored: Sequence[KeptRestored]
    cards: Sequence[tuple[str, ModelCard | None]]
    gallery: str
    calibration: str | None
    crop: Callable[[int], bytes | None]


def case_report(content: CaseContent, language: str = "en", made: datetime | None = None) -> CaseReport:
    """Put a report into words.

    Parameters
    ----------
    content
        Content of the report.
    language
        One of ``bareface.messages.LANGUAGES``.
    made
        When it was made; now, if not given.
    """
    made = (made or datetime.now(UTC)).astimezone(UTC)
    say = partial(_say, language)
    picture = cache(lambda number: kept_picture(content.crop(number)))
    case, when = content.case, f"{made:%Y-%m-%d %H:%M} UTC"
    facts = [
        (say("case.purpose"), case.purpose),
        (say("case.basis"), case.basis or ""),
        (say("case.opened"), say("case.opened-by", date=case.opened.date(), who=case.opened_by)),
        (say("case.erased-on"), str(case.expires.date())),
        (say("case.gallery"), content.gallery),
        (say("case.calibration"), translated(content.calibration or "", language)),
        (say("case.report"), when),
    ]
    faces = [(kept, face) for kept in content.searches for face in kept.faces]
    how = ["case.how-rate", "case.how-limits", "case.how-review"]
    how += ["case.how-controls"] * any(one.controls for one in content.reviews)
    how += ["case.how-restored" if content.restored else "case.no-restored", "case.how-names"]
    return CaseReport(
        language,
        say("case.title", name=printable(case.name)),
        say("case.leads"),
        tuple((label, printable(value)) for label, value in facts if value),
        made,
        when,
        tuple(_probed(content, picture, kept, face, language) for kept, face in faces),
        tuple((name, _card_lines(card, language)) for name, card in content.cards),
        tuple(map(say, how)),
    )


def _say(language: str, code: str, **params: object) -> str:
    return message(code, {name: _text(value, language) for name, value in params.items()}, language)


def _text(value: object, language: str) -> object:
    return translated(value, language) if isinstance(value, str) else value


def _probed(content: CaseContent, picture: Picture, kept: KeptSearch, face: KeptFace, language: str) -> Probed:
    say = partial(_say, language)
    outcomes = [one for one in content.outcomes if one.review.face_id == face.id]
    answers: dict[int, tuple[Answer, ...]] = {}
    for outcome in outcomes:
        for candidate, given in zip(outcome.candidates, outcome.answers, strict=True):
            answers[candidate.reference_id] = answers.get(candidate.reference_id, ()) + given
    waiting = [one for one in content.reviews if one.face_id == face.id and not one.complete]
    knew = dict.fromkeys(name for outcome in outcomes for name in outcome.knew)
    best, sentence = verdict(face.candidates)
    remarks = [
        *(say("case.open-review", number=one.id, done=one.finished, needed=one.needed) for one in waiting),
        *(say("case.knew", who=printable(name)) for name in knew),
        *(_measured(one, language) for outcome in outcomes for one in outcome.measures),
        *map(printable, face.notes),
    ]
    excluded = frozenset().union(*(outcome.excluded for outcome in outcomes))
    return Probed(
        face.id,
        kept_picture(face.crop),
        kept_picture(face.map),
        printable(kept.name),
        translated(what_shows(face.mask_state, face.visible), language),
        say(
            "case.face",
            number=face.number,
            date=kept.made.date(),
            who=printable(kept.made_by),
            subjects=kept.subjects,
        ),
        best,
        translated(sentence, language),
        tuple(remarks),
        tuple(
            replace(
                _listed(picture, one, answers.get(one.reference_id, ()), language),
                excluded=say("case.excluded") if one.reference_id in excluded else "",
            )
            for one in face.candidates[:SHOWN]
        ),
        tuple(_aided(one, language) for one in content.restored if one.face_id == face.id),
    )


def _listed(picture: Picture, one: Candidate, answers: Sequence[Answer], language: str) -> Listed:
    return Listed(
        picture(one.reference_id) if one.source else None,
        one.rank,
        _name(one, language),
        one.decision,
        _say(language, f"case.decision/{one.decision.replace(' ', '-')}"),
        translated(stranger_rate(one.fpir, one.extrapolated), language),
        translated(what_shows(one.reference_state, one.visible), language),
        _say(language, "case.similarity", value=one.similarity),
        tuple(_told(answer, language) for answer in answers),
    )


def _told(answer: Answer, language: str) -> Told:
    say = partial(_say, language)
    seen = [say("case.answer-times", shown=_moment(answer.shown), answered=_moment(answer.answered))]
    seen += [say(f"case.aid/{what}", at=_moment(at)) for what, at in answer.aids]
    return Told(
        say(
            "case.answer",
            who=printable(answer.reviewer),
            verdict=say(f"case.verdict/{answer.verdict.replace(' ', '-')}"),
            confidence=say(f"case.confidence/{answer.confidence}"),
        ),
        printable(answer.note),
        "; ".join(seen),
        tuple(
            say(f"case.finding/{finding.replace(' ', '-')}", components=components)
            for finding, components in _by_finding(answer, language)
        ),
    )


def _by_finding(answer: Answer, language: str) -> Iterator[tuple[str, str]]:
    """Yield the findings of a checklist, each with its components in their order."""
    for finding in get_args(Finding):
        names = [message(f"case.component/{name}", {}, language) for name, one in answer.features if one == finding]
        if names:
            yield finding, ", ".join(names)


def _measured(one: Measure, language: str) -> str:
    return _say(
        language,
        "case.measure",
        who=printable(one.reviewer),
        hits=one.hits,
        same=one.same,
        alarms=one.false_alarms,
        different=one.different,
        unsure=one.unsure,
    )


def _aided(one: KeptRestored, language: str) -> Aided:
    say = partial(_say, language)
    made = say("case.restored-none")
    if one.kind:
        made = say(
            "case.restored-by",
            kind=say(f"case.restored-kind/{one.kind}"),
            date=one.made.date(),
            who=printable(one.made_by),
            method=" ".join(filter(None, [one.method, one.model and f"({one.model})"])),
            share=f"{math.ceil(100 * one.synthetic - 1e-6)} %",  # as on the picture
        )
    leads = tuple(_lead(lead, language) for lead in one.leads)
    return Aided(made, kept_sheet(one.picture), leads, tuple(map(printable, one.notes)))


def _lead(one: KeptLead, language: str) -> str:
    say = partial(_say, language)

    def place(standing: Place) -> str:
        rank, similarity = standing
        if rank is None:
            return say("case.restored-unplaced")
        return say("case.restored-place", rank=rank, similarity=similarity)

    places = [say("case.restored-original", place=place(one.original))]
    places += [say("case.restored-guess", number=n, place=place(guess)) for n, guess in enumerate(one.guesses, 1)]
    rate = translated(stranger_rate(one.fpir, one.extrapolated), language)
    remarks = [say("case.restored-added")] * one.added + [say("case.restored-depends")] * one.depends
    sentence = say(
        "case.restored-lead", name=_name(one, language), places=", ".join(places), best=place(one.best), rate=rate
    )
    return "; ".join([sentence, *remarks])


def _card_lines(card: ModelCard | None, language: str) -> tuple[str, ...]:
    say = partial(_say, language)
    if card is None:
        return (say("case.unknown-model"),)
    lines = [
        card.summary,
        say("case.training-data", data=" ".join(card.training_data.split())),
        say("case.licence", licence=card.licence),
    ]
    if card.limits:
        lines.append(say("case.limits", limits=" ".join(card.limits)))
    return tuple(map(printable, lines))


def _name(one: Candidate | KeptLead, language: str) -> str:
    if not one.source:
        return _say(language, "case.gone")
    return printable(one.subject or _say(language, "case.unnamed", number=one.subject_id))


def _moment(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S}"
