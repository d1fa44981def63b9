"""Cases, the searches kept in them, and reviews: frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from bareface.values.face import Box, MaskState
from bareface.values.search import Candidate

Verdict: TypeAlias = Literal["same", "different", "cannot say"]
Confidence: TypeAlias = Literal["low", "medium", "high"]

SHORT_LIST = 10
LONGEST_LIST = 20
"""Candidates in a review: by default, and at most. Long lists raise false alarms."""


@dataclass(frozen=True, slots=True)
class Case:
    """A purpose for which people are searched.

    Attributes
    ----------
    id, name
        Number and name.
    purpose, basis
        Purpose of the searches, and their legal basis.
    opened, opened_by
        When, in UTC, and by whom.
    expires
        When the case is erased with everything in it, in UTC.
    closed
        When it was closed; None while it is open.
    searches
        Number of searches kept in it.
    """

    id: int
    name: str
    purpose: str
    basis: str | None
    opened: datetime
    opened_by: str
    expires: datetime
    closed: datetime | None
    searches: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class KeptFace:
    """A probe face of a search that a case keeps, with its candidates.

    Attributes
    ----------
    id, number
        Its own number, and its place in the photo's list of faces, from 1.
    crop, picture, map
        JPEG: the upright cut-out; the aligned view; that view under the occlusion map, None without one.
    points, aligned, scale
        As in an aligned view.
    box, mask_state, visible, quality
        As in a face; the quality is the score only.
    candidates
        Best first. Names and paths are left out: they are those of the gallery at the time of reading.
    notes
        Remarks on the list.
    enrolled
        When the reference of each candidate was enrolled: another one with its number, in a copy of the gallery or in
        another gallery at its place, is somebody else's. Empty if not known.
    """

    id: int
    number: int
    crop: bytes
    picture: bytes
    map: bytes | None
    points: tuple[tuple[float, float], ...]
    aligned: bool
    scale: float
    box: Box
    mask_state: MaskState
    visible: float | None
    quality: float | None
    candidates: tuple[Candidate, ...]
    notes: tuple[str, ...]
    enrolled: tuple[datetime | None, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class KeptSearch:
    """A search that a case keeps.

    Attributes
    ----------
    id, case_id
        Its number and its case's.
    name
        The photo's name.
    made, made_by
        When, in UTC, and by whom.
    subjects, references
        Size of the gallery that was searched.
    faces
        The probe faces.
    """

    id: int
    case_id: int
    name: str
    made: datetime
    made_by: str
    subjects: int
    references: int
    faces: tuple[KeptFace, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """A request to compare the candidates of one probe face, without their scores.

    Attributes
    ----------
    id, face_id, search_id, case_id
        Numbers.
    asked, asked_by
        When, in UTC, and by whom.
    two_person
        Whether a second person answers, too, without seeing the first answers.
    items
        Places on the candidate list, from 0, in the order in which they are shown.
    reviewers
        Names of the people who have begun, in order, each with the number of answers given.
    """

    id: int
    face_id: int
    search_id: int
    case_id: int
    asked: datetime
    asked_by: str
    two_person: bool
    items: tuple[int, ...]
    reviewers: tuple[tuple[str, int], ...] = ()

    @property
    def needed(self) -> int:
        """Number of people who have to answer."""
        return 2 if self.two_person else 1

    @property
    def finished(self) -> int:
        """Number of people who have answered everything."""
        return sum(count == len(self.items) for _, count in self.reviewers)

    @property
    def complete(self) -> bool:
        """Whether everybody who has to answer has done so."""
        return self.finished >= self.needed


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer of one reviewer on one candidate.

    Attributes
    ----------
    reviewer
        The reviewer's name.
    item
        Place in the order of the review, from 0.
    verdict, confidence, note
        The answer.
    shown, answered
        When the pair was first shown, and when the answer came, in UTC.
    """

    reviewer: str
    item: int
    verdict: Verdict
    confidence: Confidence
    note: str
    shown: datetime
    answered: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answers of a complete review, item by item.

    Attributes
    ----------
    review
        The review.
    candidates
        The candidates in the order of the review.
    answers
        For each of them, the answers of the reviewers, in the order of ``review.reviewers``.
    knew
        Reviewers who had opened the result with its scores before their last answer: they did not review blind.
    """

    review: Review
    candidates: tuple[Candidate, ...]
    answers: tuple[tuple[Answer, ...], ...]
    knew: tuple[str, ...]
