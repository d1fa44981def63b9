"""Bodies of answers and requests about background jobs."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from bareface.values.defaults import MIN_VISIBLE
from bareface.values.enrolment import EnrolStatus
from bareface.values.jobs import JobKind, JobStatus
from bareface.web.schemas import Answer, Body


class Job(Answer):
    """Work that is done in the background."""

    id: int = Field(examples=[7])
    kind: JobKind
    status: JobStatus
    asked: datetime
    asked_by: str
    basis: str | None = Field(examples=["consent"])
    largest: bool
    min_visible: float | None
    receiving: bool = Field(description="Whether an enrolment still takes photos.")
    done: int = Field(description="Photos or references that were worked on.", examples=[312])
    total: int = Field(description="All of them so far.", examples=[5000])
    counts: dict[str, int] = Field(
        description="Outcomes of photos by status, and references added; of other jobs, figures of the result.",
        examples=[{"enrolled": 309, "no face": 3, "references": 309}],
    )
    revision: int = Field(description="Grows with every change.")
    cancelling: bool = Field(description="Whether it ends after the piece of work that runs.")
    ended: datetime | None
    code: str | None = Field(description="Code of the error that stopped it.")
    message: str | None


class JobPage(Answer):
    """Some jobs, latest first."""

    jobs: list[Job]
    next: str | None = Field(description="Cursor of the next page; null on the last one.")


class JobPhoto(Answer):
    """A photo of an enrolment, with its outcome."""

    place: int = Field(description="Place in the job, from 1.")
    name: str = Field(description="As it was uploaded; empty once somebody in it was deleted.", examples=["ada.jpg"])
    status: EnrolStatus | None = Field(description="Null while it waits, and if the job was cancelled before.")
    references: int = Field(description="Number of references added.")
    faces: int = Field(description="Number of faces found.")
    subject: str | None
    code: str | None = Field(description="Code of the error, for `failed` and `refused`.")
    message: str | None
    revision: int = Field(description="Revision of the job when the outcome was stored; 0 before.")


class JobPhotoPage(Answer):
    """Some photos of an enrolment, in order."""

    photos: list[JobPhoto]
    next: str | None = Field(description="Cursor of the next page; null on the last one.")


class NewJob(Body):
    """A job to begin."""

    kind: JobKind = Field(examples=["enrolment"])
    basis: str | None = Field(
        default=None, max_length=2000, description="On what basis people are enrolled.", examples=["consent"]
    )
    largest: bool = Field(default=False, description="Of several faces in a named person's photo, enrol the largest.")
    min_visible: float = Field(
        default=MIN_VISIBLE, ge=0, le=1, description="Refuse faces of which a smaller share is visible."
    )
