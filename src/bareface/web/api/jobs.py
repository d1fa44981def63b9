"""Background jobs: many photos to enrol, and upkeep of the gallery."""

from __future__ import annotations

import json
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, File, Form, Header, Path, Query, UploadFile
from fastapi.responses import Response

from bareface.values.enrolment import EnrolStatus, UploadedPhoto
from bareface.values.jobs import Job
from bareface.web import schemas_jobs as schemas
from bareface.web.answers import body, errors
from bareface.web.api.subjects import Cursor, Limit
from bareface.web.callers import Called, Served
from bareface.web.events import events
from bareface.web.state import Service
from bareface.web.uploads import content_of, name_of

router = APIRouter(prefix="/jobs", tags=["jobs"])

Number = Annotated[int, Path(ge=1, le=2**63 - 1, description="The job's number.", examples=[7])]
LastEvent = Annotated[
    int, Header(alias="Last-Event-ID", ge=0, le=2**63 - 1, description="Id of the last event that arrived.")
]
_EVENT = {
    "type": "object",
    "properties": {
        "event": {"type": "string", "enum": ["photo", "progress", "end"]},
        "id": {"type": "string", "description": "A revision of the job."},
        "data": {"type": "string", "description": "JSON: a `JobPhoto` for `photo`, else the `Job`."},
    },
}
_EXAMPLE = 'retry: 1000\n\nevent: photo\nid: 4\ndata: {"place": 1, "name": "ada.jpg", "status": "enrolled"}\n\n'


def changed(service: Service, job: Job) -> Any:
    """Tell who works and who watches that a job has changed; return it as JSON has it."""
    service.working.notify()
    return body(job)


async def received(photos: list[UploadFile], subject: str | None) -> list[UploadedPhoto]:
    """Return uploaded files as photos of a person."""
    return [UploadedPhoto(await content_of(one), name_of(one), subject) for one in photos]


@router.get("", response_model=schemas.JobPage, responses=errors())
async def list_jobs(service: Served, context: Called, limit: Limit = 50, cursor: Cursor = None) -> Any:
    """List jobs, latest first. A job that ended a week ago is erased."""
    before = service.cursors.place("jobs", cursor)
    page = await to_thread.run_sync(lambda: service.jobs.list(limit, before, context=context))
    following = service.cursors.sign("jobs", page.jobs[-1].id) if page.more else None
    return {"jobs": body(page.jobs), "next": following}


@router.post("", response_model=schemas.Job, status_code=201, responses=errors(413))
async def create_job(new: schemas.NewJob, service: Served, context: Called, response: Response) -> Any:
    """Begin a job. An `enrolment` takes photos then; the others work on the whole gallery.

    `reembedding` computes templates again with the service's models, `calibration` learns how often strangers score
    high, `check` looks for damage. One job runs at a time, behind searches, and goes on after a restart.
    """
    options = {"largest": new.largest, "min_visible": new.min_visible}
    job = await to_thread.run_sync(
        lambda: service.jobs.create(new.kind, new.basis, context=context, **options)  # type: ignore[arg-type]
    )
    response.headers["Location"] = f"/api/v1/jobs/{job.id}"
    return changed(service, job)


@router.get("/{number}", response_model=schemas.Job, responses=errors(404))
def get_job(number: Number, service: Served, context: Called) -> Any:
    """Return a job."""
    return body(service.jobs.get(number, context=context))


@router.post("/{number}/photos", response_model=schemas.Job, status_code=201, responses=errors(404, 409, 413))
async def add_photos(
    number: Number,
    service: Served,
    context: Called,
    photo: Annotated[list[UploadFile], File(min_length=1, description="A photo, or several.")],
    subject: Annotated[
        str | None, Form(max_length=2000, description="Name of the person on these photos; each face its own without.")
    ] = None,
) -> Any:
    """Add photos to an enrolment. Once this is answered, they are enrolled even if the machine stops."""
    photos = await received(photo, subject or None)
    job = await to_thread.run_sync(lambda: service.jobs.receive(number, photos, context=context))
    return changed(service, job)


@router.get("/{number}/photos", response_model=schemas.JobPhotoPage, responses=errors(404))
def list_photos(
    number: Number,
    service: Served,
    context: Called,
    limit: Limit = 50,
    cursor: Cursor = None,
    status: Annotated[EnrolStatus | None, Query(description="List only photos with this outcome.")] = None,
) -> Any:
    """List the photos of an enrolment in their order, each with its outcome."""
    listing = f"photos of job {number} {status}"
    page = service.jobs.photos(number, limit, service.cursors.place(listing, cursor) or 0, status, context=context)
    following = service.cursors.sign(listing, page.photos[-1].place) if page.more else None
    return {"photos": body(page.photos), "next": following}


@router.post("/{number}/complete", response_model=schemas.Job, responses=errors(404))
async def complete_job(number: Number, service: Served, context: Called) -> Any:
    """Say that no more photos come: the enrolment is done when all have their outcomes."""
    return changed(service, await to_thread.run_sync(lambda: service.jobs.complete(number, context=context)))


@router.post("/{number}/cancel", response_model=schemas.Job, responses=errors(404))
async def cancel_job(number: Number, service: Served, context: Called) -> Any:
    """End a job: what is done stays, and photos that wait are deleted."""
    return changed(service, await to_thread.run_sync(lambda: service.jobs.cancel(number, context=context)))


@router.post("/{number}/retry", response_model=schemas.Job, responses=errors(404, 409))
async def retry_job(number: Number, service: Served, context: Called) -> Any:
    """Go on with a job that an error stopped."""
    return changed(service, await to_thread.run_sync(lambda: service.jobs.retry(number, context=context)))


@router.delete("/{number}", status_code=204, responses=errors(404, 409))
def erase_job(number: Number, service: Served, context: Called) -> None:
    """Erase the record of a job that has ended, with the names of its photos."""
    service.jobs.erase(number, context=context)


@router.get(
    "/{number}/events",
    response_class=Response,
    responses={
        **errors(404),
        200: {
            "content": {"text/event-stream": {"schema": _EVENT, "example": _EXAMPLE}},
            "description": "Server-sent events: `photo` for each outcome, `progress` with the job, and `end`.",
        },
    },
)
async def job_events(number: Number, service: Served, context: Called, last: LastEvent = 0) -> Response:
    """Follow a job. Each event has a revision as its id; with `Last-Event-ID`, what came after it is sent.

    The answer ends with the job, and after ten minutes in any case: ask again then, with `Last-Event-ID`.
    """
    await to_thread.run_sync(lambda: service.jobs.get(number, context=context))
    return events(service, number, last, lambda one: json.dumps(body(one)), lambda job: json.dumps(body(job)))
