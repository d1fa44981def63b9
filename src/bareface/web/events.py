"""Server-sent events of a job: each outcome once and in order, how far the job is, and its end.

The id of an event is a revision of the job. Who was cut off sends the last one in ``Last-Event-ID``, and gets what came
after it: outcomes lie on the disk, so a restart of the service loses none.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from time import monotonic

from anyio import to_thread
from fastapi.responses import StreamingResponse

from bareface.values.jobs import Job, JobPhoto
from bareface.web.state import Service

_MOST = 200
_LONGEST_S = 600.0
"""Seconds after which a stream ends: the browser asks again, and shows again that it may."""
_RETRY = b"retry: 1000\n\n"
_ALIVE = b":\n\n"


def events(
    service: Service, number: int, after: int, photo: Callable[[JobPhoto], str], progress: Callable[[Job], str]
) -> StreamingResponse:
    """Answer with the events of a job.

    Parameters
    ----------
    service
        The service.
    number
        The job.
    after
        The last revision that is known.
    photo, progress
        Return the data of an outcome, and of how far the job is.
    """
    headers = {"X-Accel-Buffering": "no"}
    return StreamingResponse(
        _events(service, number, after, photo, progress), media_type="text/event-stream", headers=headers
    )


async def _events(
    service: Service, number: int, seen: int, photo: Callable[[JobPhoto], str], progress: Callable[[Job], str]
) -> AsyncIterator[bytes]:
    ends, said = monotonic() + _LONGEST_S, -1
    yield _RETRY
    while True:
        moment = service.working.moment()
        job, photos = await to_thread.run_sync(service.jobs.changed, number, seen, _MOST)
        if job is None:
            return
        for one in photos:
            yield _event("photo", one.revision, photo(one))
            seen = one.revision
        if len(photos) == _MOST:
            continue
        seen = max(seen, job.revision)
        if seen > said:
            yield _event("progress", seen, progress(job))
            said = seen
        if job.resting:
            yield _event("end", seen, progress(job))
            return
        if service.working.ending or monotonic() > ends:
            return
        await service.working.after(moment)
        yield _ALIVE  # who is gone is noticed


def _event(kind: str, id: int, data: str) -> bytes:
    lines = "".join(f"data: {line}\n" for line in data.splitlines())
    return f"event: {kind}\nid: {id}\n{lines}\n".encode()
