"""Rows of the database of jobs, and the photos in them."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bareface.errors import BarefaceError
from bareface.messages.stored import loaded
from bareface.system.typed import made
from bareface.values.enrolment import UploadedPhoto
from bareface.values.jobs import Job, JobPhoto


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """A photo that waits for its turn.

    Attributes
    ----------
    place, photo
        Its place in the job, and the photo.
    tries
        Number of times that it was begun before.
    lost
        Error that its file is not there any more, or another one is in its place; None if it can be enrolled.
    """

    place: int
    photo: UploadedPhoto
    tries: int
    lost: BarefaceError | None = None


def waiting_of(row: sqlite3.Row) -> Waiting:
    """Return a photo as it waits, without its content."""
    photo = made(UploadedPhoto, content=b"", name=row["name"], subject=row["wished"])
    return Waiting(int(row["place"]), photo, int(row["tries"]))


def job_of(row: sqlite3.Row) -> Job:
    """Return a job as its row holds it."""
    ended = None if row["ended"] is None else datetime.fromisoformat(row["ended"])
    same: dict[str, Any] = {
        name: row[name]
        for name in ("id", "kind", "status", "asked_by", "basis", "min_visible", "code", "done", "total", "revision")
    }
    job = made(
        Job,
        **same,
        asked=datetime.fromisoformat(row["asked"]),
        largest=bool(row["largest"]),
        receiving=bool(row["receiving"]),
        counts=json.loads(row["counts"]),
        cancelling=bool(row["cancelling"]),
        ended=ended,
    )
    return replace(job, message=_message(row))  # a remark stays one, which checking makes plain text


def photo_of(row: sqlite3.Row) -> JobPhoto:
    """Return a photo as its row holds it."""
    names = ("place", "name", "status", "faces", "code", "revision")
    same: dict[str, Any] = {name: row[name] for name in names}
    subject = row["wished"] if row["status"] is None else row["subject"]
    return replace(made(JobPhoto, **same, references=row["refs"], subject=subject), message=_message(row))


def _message(row: sqlite3.Row) -> str | None:
    message = None if row["message"] is None else loaded(row["message"])
    if not isinstance(message, str | None):
        raise ValueError(message)
    return message
