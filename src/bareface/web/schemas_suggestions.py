"""Bodies about suggestions; see :mod:`bareface.web.schemas`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from bareface.values.search import Decision
from bareface.values.suggestion import ApartAnswer, SuggestionAnswer
from bareface.web.schemas import LARGEST, Answer, Body, Reference, ReferenceId, Subject

AnswerId = Annotated[int, Field(description="Number of an answer, never used twice.", ge=1, le=LARGEST)]


class Suggestion(Answer):
    """A face of an unnamed subject, and the subject that it resembles most: a lead, not an identification."""

    face: Reference = Field(description="The best reference of the unnamed subject.")
    candidate: Reference = Field(description="The other subject's reference that the face resembles most.")
    subject: Subject = Field(description="The other subject.")
    similarity: float
    decision: Decision
    fpir: float | None = Field(
        description="Share of searches by strangers in which anyone scores this high; null without a calibration."
    )
    extrapolated: bool


class SuggestionPage(Answer):
    """The next suggestions."""

    suggestions: list[Suggestion]
    after: int | None = Field(description="Ask again with it, even if there are no suggestions; null at the end.")
    unnamed: int = Field(description="Number of unnamed subjects.")
    looked_at: int = Field(description="Number of those that have been looked at up to here.")
    undecided: int = Field(description="Number of pairs that nobody could say about.")


class GivenSuggestionAnswer(Body):
    """An answer to a suggestion."""

    face: ReferenceId
    candidate: ReferenceId
    answer: SuggestionAnswer


class SuggestionAnswered(Answer):
    """The outcome of an answer."""

    subject: Subject | None = Field(description="After `same`, the subject that both are now.")
    moved: list[ReferenceId] = Field(description="After `same`, the references that moved: split them off to undo it.")
    answer_id: AnswerId | None = Field(
        description="After `different` or `cannot say`, the answer's number: delete it to undo it; null if it was kept."
    )


class Apart(Answer):
    """Two faces that a person was asked about."""

    id: AnswerId
    faces: tuple[ReferenceId, ReferenceId]
    answer: ApartAnswer
    made: datetime


class ApartPage(Answer):
    """Some answers, by number."""

    answers: list[Apart]
    total: int
    next: str | None = Field(description="Cursor of the next page; null on the last one.")


class Forgotten(Answer):
    """Number of answers that were taken back."""

    answers: int
