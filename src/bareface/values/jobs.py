"""Background jobs of the web service: frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, TypeAlias

from bareface.values.enrolment import EnrolStatus

JobKind: TypeAlias = Literal["enrolment", "reembedding", "calibration", "evaluation", "check"]
JobStatus: TypeAlias = Literal["waiting", "running", "done", "failed", "cancelled"]

ENDED: Final = ("done", "cancelled")
"""Statuses of a job that nothing can change any more; one that failed can be tried again."""


@dataclass(frozen=True, slots=True)
class Job:
    """Work that is done in the background, one job at a time.

    Attributes
    ----------
    id
        Its number, never used twice.
    kind, status
        The work, and its state.
    asked, asked_by
        When, in UTC, and by whom.
    basis, largest, min_visible
        Of an enrolment, as in :meth:`bareface.services.gallery.Gallery.enrol`.
    receiving
        Whether an enrolment still takes photos.
    done, total
        Photos or references that were worked on, and all of them so far.
    counts
        Outcomes of photos by status; of other jobs, figures of the result.
    revision
        Grows with every change.
    cancelling
        Whether it ends after what it works on now.
    ended
        When, in UTC; None before.
    code, message
        The error that stopped it; of a check that is done, the message says what it found.
    """

    id: int
    kind: JobKind
    status: JobStatus
    asked: datetime
    asked_by: str
    basis: str | None = None
    largest: bool = False
    min_visible: float | None = None
    receiving: bool = False
    done: int = 0
    total: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    revision: int = 0
    cancelling: bool = False
    ended: datetime | None = None
    code: str | None = None
    message: str | None = None

    @property
    def finished(self) -> bool:
        """Whether it ended for good."""
        return self.status in ENDED

    @property
    def resting(self) -> bool:
        """Whether nothing happens any more unless somebody asks for it."""
        return self.status in (*ENDED, "failed")


@dataclass(frozen=True, slots=True)
class JobPhoto:
    """A photo of an enrolment.

    Attributes
    ----------
    place
        Its place in the job, from 1.
    name
        The file's name, as its uploader's machine calls it; empty when it was erased with the person.
    status
        As in an outcome of an enrolment; None while it waits, and if the job was cancelled before.
    references, faces, subject, code, message
        As in an outcome.
    revision
        The job's revision when the outcome was stored; 0 before.
    """

    place: int
    name: str
    status: EnrolStatus | None = None
    references: int = 0
    faces: int = 0
    subject: str | None = None
    code: str | None = None
    message: str | None = None
    revision: int = 0


@dataclass(frozen=True, slots=True)
class JobPage:
    """Some jobs, latest first; ``more`` says whether older ones follow."""

    jobs: tuple[Job, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class JobPhotoPage:
    """Some photos of a job, in order; ``more`` says whether others follow."""

    photos: tuple[JobPhoto, ...]
    more: bool
