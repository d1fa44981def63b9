"""Background jobs: the list, and one job with its progress."""

from __future__ import annotations

from typing import Annotated, Literal

from anyio import to_thread
from fastapi import APIRouter, File, Form, Header, Query, UploadFile
from fastapi.responses import RedirectResponse, Response

from bareface.errors import BarefaceError
from bareface.values.enrolment import EnrolStatus
from bareface.values.jobs import Job
from bareface.web.api.jobs import received
from bareface.web.events import events
from bareface.web.pages.pictures import Id
from bareface.web.pages.render import render
from bareface.web.pages.visitors import Visiting, Visitor

router = APIRouter(include_in_schema=False)

_JOBS = "/jobs"
_SHOWN = 100
Before = Annotated[int | None, Query(ge=1, le=2**63 - 1)]


async def begin(visitor: Visitor, basis: str, *, largest: bool) -> Job:
    """Begin an enrolment in a visitor's name."""
    jobs, context = visitor.service.jobs, visitor.context
    return await to_thread.run_sync(lambda: jobs.create("enrolment", basis, largest=largest, context=context))


async def send(visitor: Visitor, job: int, photo: list[UploadFile], name: str) -> None:
    """Give photos of a person to an enrolment."""
    jobs, photos = visitor.service.jobs, await received(photo, name.strip() or None)
    await to_thread.run_sync(lambda: jobs.receive(job, photos, context=visitor.context))
    visitor.service.working.notify()


async def end(visitor: Visitor, number: int, *further: str) -> None:
    """Say that an enrolment gets no more photos; the next page says how many it got, and what else is to say."""
    job = await to_thread.run_sync(lambda: visitor.service.jobs.complete(number, context=visitor.context))
    visitor.service.working.notify()
    visitor.session.say(" ".join((visitor.words("page.job-completed", count=job.total), *further)))


@router.get("/jobs")
def jobs_page(visitor: Visiting, before: Before = None) -> Response:
    """Show the jobs."""
    page = visitor.service.jobs.list(_SHOWN, before, context=visitor.context)
    return visitor.page("jobs.html", jobs=page.jobs, older=page.jobs[-1].id if page.more else None)


@router.post("/jobs")
async def create(
    visitor: Visiting,
    kind: Annotated[Literal["enrolment", "reembedding", "calibration", "evaluation", "check"], Form()],
    basis: Annotated[str, Form(max_length=2000)] = "",
    largest: Annotated[bool, Form()] = False,
) -> Response:
    """Begin a job; a script that sends photos then is told where."""
    if kind == "enrolment":
        job = await begin(visitor, basis, largest=largest)
        return Response(status_code=204, headers={"X-Next": f"{_JOBS}/{job.id}"})
    job = await to_thread.run_sync(lambda: visitor.service.jobs.create(kind, context=visitor.context))
    visitor.service.working.notify()
    return visitor.back(f"{_JOBS}/{job.id}", visitor.words("page.job-begun"))


@router.get("/jobs/{id}")
def job_page(visitor: Visiting, id: Id, before: Before = None, status: EnrolStatus | None = None) -> Response:
    """Show a job, with its latest outcomes."""
    jobs, context = visitor.service.jobs, visitor.context
    job = jobs.get(id, context=context)
    page = jobs.latest(id, _SHOWN, min(before or job.revision + 1, job.revision + 1), status, context=context)
    older = page.photos[-1].revision if page.more else None
    return visitor.page("job.html", job=job, photos=page.photos, older=older, before=before, status=status)


@router.get("/jobs/{id}/events")
async def job_events(
    visitor: Visiting,
    id: Id,
    after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0,
    last: Annotated[int, Header(alias="Last-Event-ID", ge=0, le=2**63 - 1)] = 0,
) -> Response:
    """Send parts of the page of a job as it goes on."""
    words = visitor.words
    await to_thread.run_sync(lambda: visitor.service.jobs.get(id, context=visitor.context))
    return events(
        visitor.service,
        id,
        max(after, last),
        lambda one: render("job-photos.html", words, photos=[one]),
        lambda job: render("job-progress.html", words, job=job),
    )


@router.post("/jobs/{id}/photos")
async def add_photos(
    visitor: Visiting,
    id: Id,
    photo: Annotated[list[UploadFile], File()],
    name: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Take photos from a script."""
    await send(visitor, id, photo, name)
    return Response(status_code=204)


@router.post("/jobs/{id}/complete")
async def complete(
    visitor: Visiting,
    id: Id,
    left_out: Annotated[int, Form(ge=0)] = 0,
    too_large: Annotated[int, Form(ge=0)] = 0,
) -> Response:
    """Take no more photos; a script says how many files it did not send."""
    said = [visitor.words("page.job-left-out", count=left_out)] if left_out else []
    said += [visitor.words("page.job-too-large", count=too_large)] if too_large else []
    await end(visitor, id, *said)
    # A script would follow, and be shown the message in place of the person.
    by_script = visitor.request.headers.get("x-part") is not None
    return Response(status_code=204) if by_script else RedirectResponse(f"{_JOBS}/{id}", 303)


@router.post("/jobs/{id}/cancel")
async def cancel(visitor: Visiting, id: Id) -> Response:
    """End a job."""
    job = await to_thread.run_sync(lambda: visitor.service.jobs.cancel(id, context=visitor.context))
    visitor.service.working.notify()
    text = "page.job-cancelled" if job.cancelling else "page.job-status/cancelled"
    return visitor.back(f"{_JOBS}/{id}", visitor.words(text))


@router.post("/jobs/{id}/retry")
async def retry(visitor: Visiting, id: Id) -> Response:
    """Go on with a job that an error stopped."""
    try:
        await to_thread.run_sync(lambda: visitor.service.jobs.retry(id, context=visitor.context))
    except BarefaceError as error:
        return visitor.failed(f"{_JOBS}/{id}", error)
    visitor.service.working.notify()
    return visitor.back(f"{_JOBS}/{id}", visitor.words("page.job-retried"))


@router.post("/jobs/{id}/erase")
def erase(visitor: Visiting, id: Id) -> Response:
    """Erase the record of a job."""
    try:
        visitor.service.jobs.erase(id, context=visitor.context)
    except BarefaceError as error:
        return visitor.failed(f"{_JOBS}/{id}", error)
    return visitor.back(_JOBS, visitor.words("page.job-erased"))
