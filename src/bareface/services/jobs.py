"""Background jobs: many photos to enrol, and upkeep of a gallery, one job at a time.

A job is stored before it is acknowledged, with its photos. A process that dies leaves it as it was; the next one goes
on. A photo whose outcome was not stored is enrolled again, which changes nothing if it was enrolled: it is known by its
digest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, get_args

from bareface.audit.port import AuditLog
from bareface.errors import BarefaceError, UsageError, WebError
from bareface.logs import logger
from bareface.messages import Note
from bareface.services.gallery import Gallery
from bareface.services.recorded import Recorder
from bareface.storage.job_book import jobs_of
from bareface.storage.job_rows import Waiting
from bareface.values import arguments
from bareface.values.context import Context
from bareface.values.defaults import MIN_VISIBLE
from bareface.values.enrolment import EnrolOutcome, UploadedPhoto
from bareface.values.jobs import Job, JobKind, JobPage, JobPhoto, JobPhotoPage

AT_ONCE: Final = 4
"""Photos of one turn: how long a search may have to wait."""
KEPT_DAYS: Final = 7
"""Days after which a job that ended is erased, with the names of its photos."""
_MOST_TRIES: Final = 3
_log = logger(__name__)


class _Stopped(Exception):
    """The work stops here, and goes on when the service runs again."""


class _Cancelled(_Stopped):
    """The work stops here for good."""


class Jobs:
    """The background jobs of a gallery.

    Parameters
    ----------
    gallery
        The gallery; the folder ``<path>-jobs`` next to it keeps the jobs, and the photos that wait.
    audit
        Takes one event for each call; see :class:`bareface.audit.port.AuditLog`.
    keep
        Keep the originals of enrolled photos, as :meth:`bareface.services.gallery.Gallery.enrol_upload` does.
    clock
        Gives the time, in UTC.
    """

    def __init__(
        self,
        gallery: Gallery,
        audit: AuditLog | None = None,
        *,
        keep: bool = True,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._gallery = gallery
        self._book = jobs_of(Path(gallery.path))
        self._recorder = Recorder(audit)
        self._keep = keep
        self._clock = clock
        self._tidied = datetime.min.replace(tzinfo=UTC)

    def create(
        self,
        kind: JobKind,
        basis: str | None = None,
        *,
        largest: bool = False,
        min_visible: float = MIN_VISIBLE,
        context: Context | None = None,
    ) -> Job:
        """Add a job: photos to enrol, or a re-embedding, a calibration, an evaluation or a check.

        Parameters
        ----------
        kind
            The work: an enrolment of photos, or a job on the whole gallery.
        basis, largest, min_visible
            Of an enrolment, as in :meth:`bareface.services.gallery.Gallery.enrol`. It then takes photos, and works on
            them while others are still on their way.
        context
            The caller; the job is done in the same name.

        Raises
        ------
        UsageError
            ``usage.value``, ``usage.output``: there are files of somebody else in the folder of the jobs.
        """
        with self._recorder.call("Jobs.create", context):
            arguments.choice("kind", kind, get_args(JobKind))
            share = arguments.number("min_visible", min_visible, 0, 1)
            by = (context or Context()).actor
            why = (basis or "").strip() or None
            number = self._book.add(kind, by, why, largest=largest, min_visible=share, gallery=self._identifier())
            return self._job(number)

    def receive(self, job: int, photos: Sequence[UploadedPhoto], *, context: Context | None = None) -> Job:
        """Store photos of an enrolment; when this returns, they are enrolled even if the machine stops.

        Raises
        ------
        UsageError
            ``usage.unknown-job``; ``usage.job``: it takes no photos, or no more.
        """
        with self._recorder.call("Jobs.receive", context) as facts:
            self._job(job)
            facts.add(photos=len(photos))
            if not self._book.receive(job, photos):
                raise UsageError("usage.job/closed", number=job)
            return self._job(job)

    def complete(self, job: int, *, context: Context | None = None) -> Job:
        """Take no more photos for an enrolment: it is done when all have their outcomes."""
        with self._recorder.call("Jobs.complete", context):
            self._job(job)
            self._book.complete(job)
            return self._job(job)

    def list(self, most: int = 50, before: int | None = None, *, context: Context | None = None) -> JobPage:
        """List jobs, latest first, of those before a number; those that ended long ago are erased now."""
        with self._recorder.call("Jobs.list", context):
            self.tidy()
            return self._book.jobs(arguments.row("most", most, 1), before)

    def get(self, job: int, *, context: Context | None = None) -> Job:
        """Return a job; ``usage.unknown-job``."""
        with self._recorder.call("Jobs.get", context):
            return self._job(job)

    def photos(
        self,
        job: int,
        most: int = 50,
        after: int = 0,
        status: str | None = None,
        *,
        context: Context | None = None,
    ) -> JobPhotoPage:
        """Return photos of an enrolment in their order, of those after a place; all, or those with a status."""
        with self._recorder.call("Jobs.photos", context):
            self._job(job)
            return self._book.photos(job, arguments.row("most", most, 1), arguments.row("after", after), status)

    def latest(
        self,
        job: int,
        most: int = 50,
        before: int | None = None,
        status: str | None = None,
        *,
        context: Context | None = None,
    ) -> JobPhotoPage:
        """Return outcomes of an enrolment, latest first, of those before a revision; all, or those with a status."""
        with self._recorder.call("Jobs.latest", context):
            self._job(job)
            return self._book.latest(job, arguments.row("most", most, 1), before, status)

    def cancel(self, job: int, *, context: Context | None = None) -> Job:
        """End a job: what is done stays, what waits is dropped, and photos that wait are deleted."""
        with self._recorder.call("Jobs.cancel", context):
            self._job(job)
            self._book.cancel(job)
            return self._job(job)

    def retry(self, job: int, *, context: Context | None = None) -> Job:
        """Go on with a job that an error stopped."""
        with self._recorder.call("Jobs.retry", context):
            if self._job(job).status != "failed":
                raise UsageError("usage.job/not-failed", number=job)
            self._book.retry(job)
            return self._job(job)

    def erase(self, job: int, *, context: Context | None = None) -> None:
        """Erase the record of a job that does not run, with the names of its photos.

        Raises
        ------
        UsageError
            ``usage.unknown-job``; ``usage.job``: it waits or runs.
        """
        with self._recorder.call("Jobs.erase", context):
            self._job(job)
            if not self._book.erase(job):
                raise UsageError("usage.job/runs", number=job)

    def changed(self, job: int, after: int, most: int = 200) -> tuple[Job | None, tuple[JobPhoto, ...]]:
        """Return a job, and outcomes that were stored after a revision; this is no call that leaves an event."""
        found = self._book.job(job)
        return found, () if found is None else self._book.changed(job, after, most)

    def tidy(self) -> None:
        """Erase jobs that ended long ago, and end enrolments that get no photos any more; leaves no event."""
        now = self._tidied = self._clock()
        self._book.expire(now - timedelta(days=KEPT_DAYS), now - timedelta(days=1))

    # The work

    @contextmanager
    def running(self) -> Iterator[bool]:
        """Be the one process that works on the jobs; False if another one is, or there never was a job."""
        if not self._book.exists():
            yield False
            return
        with self._book.running() as alone:
            if alone:
                self._book.clean()
            yield alone

    def work(self, give_way: Callable[[], bool]) -> bool:
        """Work on the next job, for one turn; return False if there is nothing to do, but tidy up each hour.

        Parameters
        ----------
        give_way
            Called between pieces of work: lets others compute, and returns whether to stop.
        """
        other = UsageError("usage.job/other-gallery")
        self._book.stop_others(self._identifier(), other.code, _said(other))
        job = self._book.next()
        if job is None:
            if self._clock() - self._tidied > timedelta(hours=1):
                self.tidy()
            return False
        try:
            if job.cancelling:
                raise _Cancelled
            if job.kind == "enrolment":
                self._enrol(job)
            else:
                self._book.end(job.id, "done", *self._upkeep(job, give_way))
        except _Cancelled:
            self._book.end(job.id, "cancelled")
        except _Stopped:
            pass
        except BarefaceError as error:
            self._fail(job, error)
        except Exception as error:
            _log.exception("job %d failed", job.id)
            self._fail(job, WebError("web.internal"), error)
        return True

    def _fail(self, job: Job, error: BarefaceError, cause: Exception | None = None) -> None:
        _log.warning("job %d stopped: %s", job.id, cause or error.code)
        self._book.fail(job.id, error.code, _said(error))

    def _enrol(self, job: Job) -> None:
        waiting = self._book.begin(job.id, AT_ONCE)
        if not waiting:
            self._book.end(job.id, "done")
        elif waiting[0].tries >= _MOST_TRIES:  # alone, see JobBook.begin
            error = WebError("web.fatal-photo", tries=waiting[0].tries)
            self._book.finish(job.id, [(waiting[0].place, _failed(waiting[0], error))])
        elif lost := [(one.place, _failed(one, one.lost)) for one in waiting if one.lost is not None]:
            self._book.finish(job.id, lost)  # the others come next, one by one
        else:
            outcomes = self._gallery.enrol_uploads(
                [one.photo for one in waiting],
                job.basis,
                keep=self._keep,
                largest=job.largest,
                min_visible=MIN_VISIBLE if job.min_visible is None else job.min_visible,
                save_index=not job.receiving and job.done + len(waiting) >= job.total,
                context=Context(job.asked_by),
            )
            self._book.finish(job.id, [(one.place, done) for one, done in zip(waiting, outcomes, strict=True)])

    def _upkeep(self, job: Job, give_way: Callable[[], bool]) -> tuple[dict[str, int], Note | None]:
        """Do a job that works on the whole gallery; returns figures of the result, and what there is to say of it."""
        context = Context(job.asked_by)

        def progress(done: int, total: int) -> None:
            if self._book.note(job.id, done, total):
                raise _Cancelled
            if give_way():
                raise _Stopped

        if job.kind == "reembedding":
            made = self._gallery.reembed(progress, batch=AT_ONCE, context=context)
            left = Counter(one.code for one in made.unresolved)
            counts = {"references": made.references, "switched": int(made.switched), "unresolved": left.total()}
            return {**counts, **left}, None
        if job.kind == "calibration":
            fitted = self._gallery.calibrate(context=context)
            return {"subjects": fitted.subjects, "references": fitted.references, "missing": fitted.missing}, None
        if job.kind == "evaluation":
            measured = self._gallery.evaluate(progress, context=context)
            return {"subjects": measured.subjects, "references": measured.references}, None
        report = self._gallery.check(context=context)
        counts = {"references": report.references, "problems": len(report.problems), "warnings": len(report.warnings)}
        found = tuple(one.message for one in (*report.problems, *report.warnings))
        said = Note("note.check", found=found) if found else None
        return {**counts, "missing-photos": len(report.missing_photos)}, said

    def _identifier(self) -> str:
        """Return the identifier of the gallery that is at this place now."""
        return self._gallery.gone_since(None, ())[0].uuid

    def _job(self, number: int) -> Job:
        found = self._book.job(arguments.count("job", number, code="usage.unknown-job"))
        if found is None:
            raise UsageError("usage.unknown-job", number=number)
        return found


def _said(error: BarefaceError) -> Note:
    return Note("note.error", message=error.message, advice=error.remedy or "")


def _failed(one: Waiting, error: BarefaceError) -> EnrolOutcome:
    return EnrolOutcome(one.photo.name, "failed", subject=one.photo.subject, code=error.code, message=error.message)
