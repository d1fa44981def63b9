"""Suggestions of who an unnamed face could be, and what people answered, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from bareface.values.gallery import Reference, Subject
from bareface.values.search import Decision

ApartAnswer: TypeAlias = Literal["different", "cannot say"]
"""Answers that keep two faces apart: for good, or until somebody asks for the pair again."""

SuggestionAnswer: TypeAlias = Literal["same", "different", "not a face", "cannot say"]
"""Answers to a suggestion."""


@dataclass(frozen=True, slots=True)
class Apart:
    """Two faces that a person was asked about.

    Attributes
    ----------
    id
        Number of the answer, never used twice in a gallery.
    faces
        Numbers of the two references, the lower one first.
    answer
        ``different``, or ``cannot say``.
    made
        When, in UTC.
    """

    id: int
    faces: tuple[int, int]
    answer: ApartAnswer
    made: datetime


@dataclass(frozen=True, slots=True)
class ApartPage:
    """Some of the answers; ``matching`` counts all, ``more`` says whether others follow."""

    answers: tuple[Apart, ...]
    matching: int
    more: bool


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A face of an unnamed subject, and the subject of the gallery that resembles it most.

    Attributes
    ----------
    face
        The best reference of the unnamed subject.
    candidate
        The other subject's reference that the face resembles most.
    subject
        That subject.
    similarity
        Raw cosine, or the mean of two across a mask.
    decision, fpir, extrapolated
        As in :class:`bareface.values.search.Candidate`: what the similarity means in this gallery.
    """

    face: Reference
    candidate: Reference
    subject: Subject
    similarity: float
    decision: Decision
    fpir: float | None
    extrapolated: bool


@dataclass(frozen=True, slots=True)
class SuggestionPage:
    """The next suggestions.

    Attributes
    ----------
    suggestions
        Most of the time as many as were asked for; fewer, or none, where faces without a likely one lie between.
    after
        Number of the subject that was looked at last: ask again with it. None at the end.
    unnamed
        Number of unnamed subjects.
    looked_at
        Number of those that have been looked at up to here, from the beginning.
    undecided
        Number of pairs that nobody could say about.
    """

    suggestions: tuple[Suggestion, ...]
    after: int | None
    unnamed: int
    looked_at: int
    undecided: int
