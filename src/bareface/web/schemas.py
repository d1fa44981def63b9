"""Bodies of answers and requests, as the OpenAPI document describes them.

Answers are made by ``reports.json_*`` and ``plain``; these models state their shape, and each answer is checked by it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bareface.values.enrolment import EnrolStatus
from bareface.values.face import MaskState
from bareface.values.search import Decision, SameSource

LARGEST = 2**53 - 1
"""The largest number that every JSON reader takes exactly."""
SubjectId = Annotated[int, Field(description="Number of a subject, never used twice.", ge=1, le=LARGEST)]
ReferenceId = Annotated[int, Field(description="Number of a reference, never used twice.", ge=1, le=LARGEST)]
Visible = Annotated[float | None, Field(description="Visible share of the face, 0 to 1; null if not measured.")]
_PAIR = Field(min_length=2, max_length=2)
Box = Annotated[
    tuple[float, ...],  # a fixed tuple would be described by `prefixItems`, which few programs read
    Field(min_length=4, max_length=4, description="x1, y1, x2, y2 in pixels of the upright photo."),
]


class Answer(BaseModel):
    """Base of answers."""

    model_config = ConfigDict(extra="forbid")


class Body(BaseModel):
    """Base of requests: strict, but for a whole number written as ``7.0``, which in JSON is the number 7."""

    model_config = ConfigDict(extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _whole_numbers(cls, given: Any) -> Any:
        return _whole(given)


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_whole(one) for one in value]
    if isinstance(value, dict):
        return {key: _whole(one) for key, one in value.items()}
    return value


class Problem(Answer):
    """An error (RFC 9457)."""

    type: str = Field(examples=["urn:bareface:error:usage.unknown-subject"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["no subject is number 7."])
    code: str = Field(description="Stable code of the error.", examples=["usage.unknown-subject"])
    source: str | None = Field(description="The file or resource concerned.")
    remedy: str | None = Field(description="The remedy, if there is one.")
    request_id: str | None = Field(description="As in the header X-Request-ID.")


class Health(Answer):
    """The state of the service."""

    status: Literal["ok"]


class TemplateCount(Answer):
    """References that one model made."""

    model: str
    precision: str
    references: int


class GalleryInfo(Answer):
    """The gallery in figures."""

    name: str
    uuid: str
    space: str | None
    dimension: int | None
    subjects: int
    references: int
    photos: int
    corrections: int
    templates: list[TemplateCount]
    size: int = Field(description="Bytes on disk.")
    generation: int = Field(description="Grows with every write.")
    created: datetime


class Subject(Answer):
    """One enrolled person."""

    id: SubjectId
    name: str | None = Field(description="Null for an unnamed subject.", examples=["Grace Hopper"])
    references: int
    aliases: list[str] = Field(description="Further names that mean this subject.")


class SubjectPage(Answer):
    """Some subjects: named ones by name, then unnamed ones by number."""

    subjects: list[Subject]
    total: int = Field(description="Number of all that match.")
    next: str | None = Field(description="Cursor of the next page; null on the last one.")


class Reference(Answer):
    """One enrolled face."""

    id: ReferenceId
    subject_id: SubjectId
    subject: str | None
    source: str = Field(description="Path of the photo when it was enrolled.")
    sha256: str
    box: Box
    score: float
    model: str
    precision: str
    basis: str | None
    enrolled: datetime
    crop: bool = Field(description="Whether a picture of the face is kept.")
    mask_state: MaskState
    visible: Visible
    quality: float | None = Field(description="0 to 100; null if not known.")


class ReferencePage(Answer):
    """Some references, by number."""

    references: list[Reference]
    total: int
    next: str | None = Field(description="Cursor of the next page; null on the last one.")


class Enrolled(Answer):
    """The outcome of an enrolment."""

    source: str = Field(description="The photo's name, as it was uploaded.")
    status: EnrolStatus
    references: int = Field(description="Number of references added.")
    faces: int = Field(description="Number of faces found.")
    subject: str | None
    code: str | None = Field(description="Code of the error, for `failed` and `refused`.")
    message: str | None


class Deleted(Answer):
    """Numbers of what was deleted."""

    references: int
    photos: int
    subjects: int


class Landmarks(Answer):
    """Five points of a face."""

    scheme: str
    points: list[Annotated[tuple[float, ...], _PAIR]]


class ProbeFace(Answer):
    """A face in a photo that was searched or compared."""

    source: str
    score: float = Field(description="The detector's confidence.")
    box: Box
    landmarks: Landmarks
    mask_state: MaskState
    visible: Visible
    quality: dict[str, Any] | None = Field(description="Quality and its components, 0 to 100 each.")


class Candidate(Answer):
    """A lead, not an identification."""

    rank: int
    subject_id: SubjectId
    subject: str | None
    reference_id: ReferenceId
    similarity: float
    distance: float
    decision: Decision
    fpir: float | None = Field(
        description="Share of searches by strangers in which anyone scores this high; null without a calibration."
    )
    source: str
    box: Box
    same_source: SameSource | None
    model: str
    precision: str
    extrapolated: bool
    probe_state: MaskState
    reference_state: MaskState
    probe_visible: Visible
    visible: Visible
    normalised: float | None
    compared_with: int


class CandidateList(Answer):
    """The candidates for one probe face, best first."""

    probe: list[ProbeFace]
    subjects: int
    references: int
    notes: list[str]
    candidates: list[Candidate]


class Search(Answer):
    """A search: one candidate list for every face in the photo. It is held in memory for an hour, or until restart."""

    id: str
    made: datetime
    name: str
    kept: int | None = Field(description="Number of the search in its case; null if it is in none.")
    notes: list[str]
    lists: list[CandidateList]


class Comparison(Answer):
    """Two faces compared."""

    similarity: float
    distance: float
    decision: Decision
    threshold: float
    fmr: float
    basis: str
    states: Annotated[tuple[MaskState, ...], _PAIR]
    visible: Annotated[tuple[float | None, ...], _PAIR]
    notes: list[str]
    normalised: float | None


class Compared(Answer):
    """Two photos compared by the best face of each."""

    faces: Annotated[tuple[list[ProbeFace], ...], _PAIR]
    comparison: Comparison | None = Field(description="Null if one photo shows no face.")


class Model(Answer):
    """A registered model."""

    model_config = ConfigDict(extra="allow")

    id: str = Field(examples=["bareface-detector"])
    task: str
    summary: str
    licence: str
    training_data: str


class Models(Answer):
    """All registered models."""

    models: list[Model]
    damaged: list[str] = Field(description="Why other models cannot be read.")
    precisions: list[str] = Field(description="Precisions that this machine computes exactly, the default first.")


class Rename(Body):
    """A new name for a subject."""

    name: str = Field(examples=["Grace Hopper"], max_length=2000)


class Merge(Body):
    """The subject that becomes part of the one in the path."""

    merged: SubjectId


class Move(Body):
    """References that become a subject's."""

    references: list[ReferenceId] = Field(min_length=1, max_length=10_000)
    subject: str = Field(description="Name, or number as `#7`; a new name makes a subject.", max_length=2000)


class Split(Body):
    """References that become a subject of their own."""

    references: list[ReferenceId] = Field(min_length=1, max_length=10_000)
    name: str | None = Field(default=None, max_length=2000)


class Reject(Body):
    """References to delete and never to enrol again."""

    references: list[ReferenceId] = Field(min_length=1, max_length=10_000)


class Case(Answer):
    """A purpose for which people are searched."""

    id: int
    name: str
    purpose: str
    basis: str | None = Field(description="The legal basis.")
    opened: datetime
    opened_by: str
    expires: datetime = Field(description="When the case is erased with everything in it.")
    closed: datetime | None
    searches: int


class CaseList(Answer):
    """The cases, latest first."""

    cases: list[Case]


class NewCase(Body):
    """A case to open."""

    name: str = Field(max_length=2000, examples=["2026-7"])
    purpose: str = Field(max_length=2000, examples=["find a missing person"])
    basis: str | None = Field(default=None, max_length=2000)
    days: int = Field(default=90, ge=1, le=3650, description="Days until it is erased.")


class KeptFace(Answer):
    """A probe face of a kept search."""

    id: int = Field(description="Number to ask for a review with.")
    number: int
    box: Box
    mask_state: MaskState
    visible: Visible
    quality: float | None
    candidates: list[Candidate]
    notes: list[str]


Again = Annotated[int | None, Field(description="Of a search again, the face that was searched with before.")]
Since = Annotated[datetime | None, Field(description="Of a search again, when that was: whoever is listed is new.")]


class KeptSearch(Answer):
    """A search that a case keeps; names are those of today."""

    id: int
    case_id: int
    name: str
    made: datetime
    made_by: str
    subjects: int
    references: int
    again: Again
    since: Since
    faces: list[KeptFace]


class KeptSearchSummary(Answer):
    """A search that a case keeps, without candidates: whoever reviews it is not to see them."""

    id: int
    name: str
    made: datetime
    made_by: str
    again: Again
    since: Since
    faces: list[int] = Field(description="Numbers to ask for a review with.")


class KeptSearchList(Answer):
    """The searches of a case, latest first."""

    searches: list[KeptSearchSummary]


class Keep(Body):
    """A search that is held in memory, to keep in a case."""

    search: str = Field(max_length=100, description="The search's id.")
