"""Background jobs: nothing acknowledged is lost, nothing is enrolled twice, and nobody's name stays."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bareface.audit.memory import MemoryAuditLog
from bareface.errors import BarefaceError, GalleryError, UsageError
from bareface.imaging.decode import encode
from bareface.services.gallery import Gallery
from bareface.services.jobs import AT_ONCE, Jobs
from bareface.values.context import Context
from bareface.values.enrolment import UploadedPhoto
from bareface.values.jobs import Job
from tests.gallery.pictures import TileEngine, colours, picture

COLOURS = colours(12)
WHO = Context("ada")


class Killed(BaseException):
    """The process ends."""


def go_on() -> bool:
    return False


@pytest.fixture
def gallery(tmp_path: Path) -> Gallery:
    return Gallery.open(tmp_path / "people", TileEngine())


@pytest.fixture
def jobs(gallery: Gallery) -> Jobs:
    return Jobs(gallery)


def photo(number: int, subject: str | None = None, tick: int = 0) -> UploadedPhoto:
    return UploadedPhoto(encode(picture(COLOURS[number], tick=tick), "PNG"), f"{number}.png", subject)


def enrolment(jobs: Jobs, *photos: UploadedPhoto, complete: bool = True) -> int:
    number = jobs.create("enrolment", "consent", context=WHO).id
    jobs.receive(number, photos)
    if complete:
        jobs.complete(number)
    return number


def do_all(jobs: Jobs) -> None:
    while jobs.work(go_on):
        pass


def pending(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "people-jobs").glob(".photo*"))


def bytes_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_a_photo_has_one_outcome_each_and_its_file_goes(jobs: Jobs, gallery: Gallery, tmp_path: Path) -> None:
    bad = UploadedPhoto(b"no photo", "bad.png")
    number = enrolment(jobs, photo(0, "Ada"), bad, photo(0, "Ada"), photo(1, "Bo"), photo(2))
    assert len(pending(tmp_path)) == 5
    do_all(jobs)
    job = jobs.get(number)
    assert (job.status, job.done, job.total, job.asked_by) == ("done", 5, 5, "ada")
    assert job.counts == {"enrolled": 3, "failed": 1, "already enrolled": 1, "references": 3}
    photos = jobs.photos(number).photos
    assert [one.status for one in photos] == ["enrolled", "failed", "already enrolled", "enrolled", "enrolled"]
    assert [one.subject for one in photos] == ["Ada", None, "Ada", "Bo", None]
    assert photos[1].code == "image.not-an-image"
    assert [one.basis for one in gallery.references()] == ["consent"] * 3
    assert pending(tmp_path) == []


def test_it_begins_before_all_photos_are_there(jobs: Jobs) -> None:
    number = enrolment(jobs, photo(0), complete=False)
    do_all(jobs)
    job = jobs.get(number)
    assert (job.status, job.done, job.receiving) == ("waiting", 1, True)
    jobs.receive(number, [photo(1)])
    do_all(jobs)
    assert jobs.complete(number).status == "done"
    with pytest.raises(UsageError, match="takes no more photos"):
        jobs.receive(number, [photo(2)])


def test_a_job_that_only_waits_for_photos_keeps_nobody_waiting(jobs: Jobs) -> None:
    enrolment(jobs, photo(0), complete=False)
    other = jobs.create("check").id
    do_all(jobs)
    assert jobs.get(other).status == "done"


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_loses_nothing_and_enrols_nothing_twice(
    gallery: Gallery, tmp_path: Path, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Jobs(gallery)
    number = enrolment(first, *(photo(n) for n in range(6)), complete=False)
    enrol: Callable[..., Any] = gallery.enrol_uploads

    def dying(*args: Any, **options: Any) -> None:
        if moment == "after":
            enrol(*args, **options)
        raise Killed

    monkeypatch.setattr(gallery, "enrol_uploads", dying)
    with pytest.raises(Killed):
        first.work(go_on)
    monkeypatch.undo()
    second = Jobs(Gallery.open(tmp_path / "people", TileEngine()))
    assert second.get(number).status == "running"
    with second.running() as alone:
        assert alone
        do_all(second)
    second.complete(number)
    job = second.get(number)
    assert (job.status, job.done, job.total) == ("done", 6, 6)
    assert len(gallery.references()) == 6
    assert pending(tmp_path) == []


def test_a_photo_that_ends_the_process_again_and_again_is_given_up(
    jobs: Jobs, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = enrolment(jobs, *(photo(n) for n in range(3)))
    enrol: Callable[..., Any] = gallery.enrol_uploads

    def dying(photos: list[UploadedPhoto], *args: Any, **options: Any) -> Any:
        if any(one.name == "1.png" for one in photos):
            raise Killed
        return enrol(photos, *args, **options)

    monkeypatch.setattr(gallery, "enrol_uploads", dying)
    deaths = 0
    while jobs.get(number).status != "done":
        try:
            do_all(jobs)
        except Killed:
            deaths += 1
    assert deaths == 3
    assert [one.code for one in jobs.photos(number).photos] == [None, "web.fatal-photo", None]
    assert len(gallery.references()) == 2


def test_a_file_without_a_row_is_cleaned_away(jobs: Jobs, tmp_path: Path) -> None:
    enrolment(jobs, photo(0))
    (tmp_path / "people-jobs" / ".photo-1-9").write_bytes(b"an upload that was not acknowledged")
    with jobs.running():
        assert pending(tmp_path) == [".photo-1-1"]


def test_one_process_works_at_a_time(jobs: Jobs, gallery: Gallery) -> None:
    with jobs.running() as alone:
        assert not alone  # there is no job, and no file for one
    enrolment(jobs, photo(0))
    with jobs.running() as alone, Jobs(gallery).running() as other:
        assert (alone, other) == (True, False)


def test_cancelling_drops_what_waits_and_keeps_what_is_done(jobs: Jobs, gallery: Gallery, tmp_path: Path) -> None:
    number = enrolment(jobs, *(photo(n) for n in range(AT_ONCE + 2)))
    jobs.work(go_on)
    assert jobs.cancel(number).cancelling
    do_all(jobs)
    job = jobs.get(number)
    assert (job.status, job.done, job.total) == ("cancelled", AT_ONCE, AT_ONCE + 2)
    assert pending(tmp_path) == []
    assert len(gallery.references()) == AT_ONCE
    waiting = enrolment(jobs, photo(9))
    assert jobs.cancel(waiting).status == "cancelled"
    assert pending(tmp_path) == []


def test_an_error_stops_a_job_and_it_can_go_on(
    jobs: Jobs, gallery: Gallery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = enrolment(jobs, photo(0))

    def failing(*args: Any, **options: Any) -> None:
        raise GalleryError("gallery.disk-full", source="people")

    monkeypatch.setattr(gallery, "enrol_uploads", failing)
    do_all(jobs)
    job = jobs.get(number)
    assert (job.status, job.code, pending(tmp_path)) == ("failed", "gallery.disk-full", [".photo-1-1"])
    monkeypatch.undo()
    jobs.retry(number)
    do_all(jobs)
    assert jobs.get(number).counts["enrolled"] == 1
    with pytest.raises(UsageError, match="not stopped by an error"):
        jobs.retry(number)


def test_a_bug_stops_a_job_and_not_the_others(jobs: Jobs, gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    first, other = jobs.create("calibration").id, jobs.create("check").id

    def failing(**options: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(gallery, "calibrate", failing)
    do_all(jobs)
    assert (jobs.get(first).status, jobs.get(first).code, jobs.get(other).status) == ("failed", "web.internal", "done")


class OtherModel(TileEngine):
    """Makes templates of another model."""

    def __init__(self) -> None:
        super().__init__(model="tiler-2")


def test_a_reembedding_gives_way_stops_and_goes_on(gallery: Gallery, tmp_path: Path) -> None:
    number = enrolment(Jobs(gallery), *(photo(n) for n in range(9)))
    do_all(Jobs(gallery))
    jobs = Jobs(Gallery.open(tmp_path / "people", OtherModel()))
    number = jobs.create("reembedding").id
    asked: list[Job] = []

    def stop_at_the_second() -> bool:
        asked.append(jobs.get(number))
        return len(asked) == 3

    jobs.work(stop_at_the_second)
    assert jobs.get(number).status == "running"
    assert [one.done for one in asked] == [0, AT_ONCE, 2 * AT_ONCE]
    do_all(jobs)
    job = jobs.get(number)
    assert (job.status, job.done, job.total) == ("done", 9, 9)
    assert job.counts == {"references": 9, "switched": 1, "unresolved": 0}
    assert {one.model for one in gallery.references()} == {"tiler-2"}


def test_a_reembedding_is_cancelled(gallery: Gallery, tmp_path: Path) -> None:
    enrolment(Jobs(gallery), *(photo(n) for n in range(9)))
    do_all(Jobs(gallery))
    jobs = Jobs(Gallery.open(tmp_path / "people", OtherModel()))
    number = jobs.create("reembedding").id

    def cancel() -> bool:
        jobs.cancel(number)
        return False

    jobs.work(cancel)
    assert jobs.get(number).status == "cancelled"
    assert {one.model for one in gallery.references()} == {"tiler"}


def test_an_evaluation_is_cancelled_between_its_steps(jobs: Jobs, gallery: Gallery) -> None:
    enrolment(jobs, photo(0, "Ada"), photo(1, "Grace"))
    do_all(jobs)
    number = jobs.create("evaluation").id
    steps = []

    def cancel_at_the_second() -> bool:
        steps.append(jobs.get(number))
        if steps[-1].done:
            jobs.cancel(number)
        return False

    jobs.work(cancel_at_the_second)
    assert [(one.done, one.total) for one in steps] == [(0, 3), (1, 3)]
    assert jobs.get(number).status == "cancelled"
    assert gallery.evaluation() is None


def test_figures_of_the_other_jobs(jobs: Jobs) -> None:
    enrolment(jobs, photo(0, "Ada"), photo(0, "Ada", tick=1))
    numbers = [jobs.create(kind).id for kind in ("calibration", "check")]  # type: ignore[arg-type]
    do_all(jobs)
    calibrated, checked = (jobs.get(number) for number in numbers)
    assert calibrated.counts["subjects"] == 1
    assert calibrated.counts["missing"] > 0
    assert checked.counts == {"references": 2, "problems": 0, "warnings": 0, "missing-photos": 0}


def test_whoever_is_deleted_leaves_no_name(jobs: Jobs, gallery: Gallery, tmp_path: Path) -> None:
    photos = [photo(0, "Ada Lovelace"), photo(1, "Grace Hopper"), photo(0, "Grace Hopper", tick=1)]
    unnamed = UploadedPhoto(photo(2).content, "somebody at the pond.png")
    number = enrolment(jobs, *photos, unnamed)
    do_all(jobs)
    gallery.delete(subject="Ada Lovelace")
    names = [(one.name, one.subject) for one in jobs.photos(number).photos]
    assert names == [
        ("", None),
        ("1.png", "Grace Hopper"),
        ("0.png", "Grace Hopper"),
        ("somebody at the pond.png", None),
    ]
    assert jobs.get(number).counts["enrolled"] == 4
    gallery.delete(reference=gallery.references()[-1].id)
    left = bytes_in(tmp_path / "people-jobs")
    assert b"Lovelace" not in left
    assert b"pond" not in left
    assert b"Grace Hopper" in left


def test_an_ended_job_is_erased_after_a_week_and_a_forgotten_one_ends(gallery: Gallery, tmp_path: Path) -> None:
    now = [datetime.now(UTC)]
    jobs = Jobs(gallery, clock=lambda: now[0])
    enrolment(jobs, photo(0, "Ada Lovelace"))
    left_open = enrolment(jobs, photo(1), complete=False)
    do_all(jobs)
    now[0] += timedelta(days=2)
    jobs.list()
    assert jobs.get(left_open).status == "done"
    now[0] += timedelta(days=6)
    assert jobs.list().jobs == ()
    assert b"Lovelace" not in bytes_in(tmp_path / "people-jobs")
    assert enrolment(jobs, photo(2)) == left_open + 1


def test_old_jobs_are_erased_although_nobody_looks(gallery: Gallery) -> None:
    now = [datetime.now(UTC)]
    jobs = Jobs(gallery, clock=lambda: now[0])
    number = enrolment(jobs, photo(0))
    do_all(jobs)
    now[0] += timedelta(days=8)
    assert not jobs.work(go_on)
    with pytest.raises(UsageError, match="there is no job number"):
        jobs.get(number)


def test_only_a_job_that_rests_can_be_erased(jobs: Jobs) -> None:
    number = enrolment(jobs, photo(0))
    with pytest.raises(UsageError, match="has not ended"):
        jobs.erase(number)
    do_all(jobs)
    jobs.erase(number)
    with pytest.raises(UsageError, match="there is no job number"):
        jobs.get(number)


def test_files_are_for_their_owner_and_a_folder_of_photos_is_left_alone(
    jobs: Jobs, gallery: Gallery, tmp_path: Path
) -> None:
    own = tmp_path / "people-jobs"
    own.mkdir()
    (own / "holiday.jpg").write_bytes(b"x")
    with pytest.raises(UsageError, match="other files"):
        jobs.create("enrolment")
    (own / "holiday.jpg").unlink()
    own.rmdir()
    enrolment(jobs, photo(0))
    assert own.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in own.iterdir()} == {0o600}
    assert gallery.enrol(tmp_path).outcomes == ()  # a walk does not take what waits


def test_pages_of_jobs_and_photos(jobs: Jobs) -> None:
    numbers = [enrolment(jobs, *(photo(n, tick=job) for n in range(3))) for job in range(3)]
    do_all(jobs)
    first = jobs.list(2)
    assert ([one.id for one in first.jobs], first.more) == ([3, 2], True)
    second = jobs.list(2, 2)
    assert ([one.id for one in second.jobs], second.more) == ([1], False)
    page = jobs.photos(numbers[0], 2)
    assert ([one.place for one in page.photos], page.more) == ([1, 2], True)
    assert [one.place for one in jobs.photos(numbers[0], 2, 2).photos] == [3]
    assert [one.place for one in jobs.latest(numbers[0], 2).photos] == [3, 2]
    assert jobs.photos(numbers[0], status="failed").photos == ()
    _, changed = jobs.changed(numbers[0], jobs.photos(numbers[0]).photos[0].revision)
    assert [one.place for one in changed] == [2, 3]


def test_every_call_leaves_one_event(gallery: Gallery) -> None:
    log = MemoryAuditLog()
    jobs = Jobs(gallery, log)
    calls: list[tuple[str, Callable[[], Any]]] = [
        ("create", lambda: jobs.create("enrolment", context=WHO)),
        ("receive", lambda: jobs.receive(1, [photo(0, "Ada")], context=WHO)),
        ("complete", lambda: jobs.complete(1, context=WHO)),
        ("list", lambda: jobs.list(context=WHO)),
        ("get", lambda: jobs.get(1, context=WHO)),
        ("photos", lambda: jobs.photos(1, context=WHO)),
        ("latest", lambda: jobs.latest(1, context=WHO)),
        ("cancel", lambda: jobs.cancel(1, context=WHO)),
        ("retry", lambda: jobs.retry(1, context=WHO)),
        ("erase", lambda: jobs.erase(1, context=WHO)),
    ]
    methods = {name for name in vars(Jobs) if not name.startswith("_")} - {"changed", "tidy", "running", "work"}
    assert methods == {name for name, _ in calls}
    for done, (name, call) in enumerate(calls, start=1):
        outcome = "done"
        try:
            call()
        except BarefaceError as error:
            outcome = error.code
        event = log.events[-1]
        assert (len(log.events), event.action, event.outcome, event.actor) == (done, f"Jobs.{name}", outcome, "ada")
        assert "Ada" not in str(event)


def test_what_waits_for_another_gallery_at_the_same_place_is_not_enrolled(
    jobs: Jobs, gallery: Gallery, tmp_path: Path
) -> None:
    number = enrolment(jobs, photo(0, "Ada"))
    with Gallery.open(tmp_path / "other", TileEngine()) as other:
        other.enrol(picture(COLOURS[5]), "Eve")
    (tmp_path / "people").rename(tmp_path / "former")
    (tmp_path / "other").rename(tmp_path / "people")
    do_all(jobs)
    assert [one.name for one in gallery.subjects()] == ["Eve"]
    assert (jobs.get(number).status, jobs.get(number).code) == ("failed", "usage.job")
    (tmp_path / "former").replace(tmp_path / "people")
    jobs.retry(number)
    do_all(jobs)
    assert [one.name for one in gallery.subjects()] == ["Ada"]


@pytest.mark.parametrize("place", ["link", "pipe", "nothing"])
def test_a_photo_that_nobody_gave_is_not_enrolled_in_place_of_one_that_waits(
    jobs: Jobs, gallery: Gallery, tmp_path: Path, place: str
) -> None:
    number = enrolment(jobs, photo(0, "Ada"), photo(1, "Bo"))
    waiting = min((tmp_path / "people-jobs").glob(".photo*"))
    waiting.unlink()
    if place == "link":
        (tmp_path / "private.png").write_bytes(photo(5).content)
        waiting.symlink_to(tmp_path / "private.png")
    elif place == "pipe":
        os.mkfifo(waiting)
    do_all(jobs)
    assert [one.name for one in gallery.subjects()] == ["Bo"], "the others are enrolled"
    job = jobs.get(number)
    assert (job.status, job.counts) == ("done", {"failed": 1, "enrolled": 1, "references": 1})
    lost = jobs.photos(number).photos[0]
    assert (lost.name, lost.code) == ("0.png", "gallery.photo-changed" if place == "link" else "image.missing")


def test_a_photo_does_not_count_as_fatal_for_errors_of_the_disk(
    jobs: Jobs, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = enrolment(jobs, photo(0, "Ada"), photo(1, "Bo"))

    def full(*_: object, **__: object) -> None:
        raise GalleryError("gallery.disk-full/sqlite")

    with monkeypatch.context() as patch:
        patch.setattr(Gallery, "enrol_uploads", full)
        for _ in range(4):
            do_all(jobs)
            assert jobs.get(number).code == "gallery.disk-full"
            jobs.retry(number)
    do_all(jobs)
    assert jobs.get(number).counts == {"enrolled": 2, "references": 2}


def test_an_original_is_kept_in_place_of_a_link(gallery: Gallery, tmp_path: Path) -> None:
    one = photo(0)
    gallery.enrol_upload(one.content, "Ada", name="a.png")
    (original,) = (tmp_path / "people-photos").glob("*.png")
    gallery.delete(subject="Ada")
    (tmp_path / "private.png").write_bytes(photo(5).content)
    original.symlink_to(tmp_path / "private.png")
    gallery.enrol_upload(one.content, "Ada", name="a.png")
    assert not original.is_symlink()
    assert original.read_bytes() == one.content


def test_a_check_says_what_it_found_until_somebody_is_deleted(jobs: Jobs, gallery: Gallery, tmp_path: Path) -> None:
    gallery.enrol_upload(photo(0).content, "Ada")
    gallery.enrol_upload(photo(1).content, "\u0410da")  # a Cyrillic letter
    (tmp_path / "people-cases").write_bytes(b"junk" * 300)
    number = jobs.create("check").id
    do_all(jobs)
    job = jobs.get(number)
    assert (job.status, job.counts["problems"], job.counts["warnings"]) == ("done", 1, 2)
    assert job.message is not None
    assert "people-cases, which is kept with the gallery, is damaged: file is not a database." in job.message
    assert "\u0410da" in job.message
    gallery.delete(subject="\u0410da")
    assert jobs.get(number).message is None


@pytest.mark.parametrize("ending", ["-cases", "-audit", "-jobs/jobs.sqlite", "-access", "-evaluation", "-calibration"])
def test_a_check_names_damaged_files_next_to_the_gallery(gallery: Gallery, ending: str) -> None:
    gallery.enrol_upload(photo(0).content, "Ada")
    place = Path(f"{gallery.path}{ending}")
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(b"junk" * 300)
    place.chmod(0o600)
    report = gallery.check()
    assert [place.name in one.message or one.code != "gallery.corrupt" for one in report.problems] == [True]
    place.unlink()
    assert gallery.check().ok
    assert not place.exists()


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("job", "kind", "x"),
        ("job", "asked", b"\xff"),
        ("job", "counts", "[]"),
        ("job", "message", "7"),
        ("photo", "status", "x"),
        ("photo", "place", "x"),
        ("photo", "refs", b"\xff"),
        ("photo", "message", "[]"),
        ("photo", "wished", b"\xff"),
    ],
)
def test_damaged_rows_are_errors_that_name_the_file(
    jobs: Jobs, tmp_path: Path, table: str, column: str, value: Any
) -> None:
    number = enrolment(jobs, photo(0, "Ada"))
    file = tmp_path / "people-jobs" / "jobs.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        if column == "status":
            connection.execute("UPDATE photo SET revision = 1")
        connection.execute(f"UPDATE {table} SET {column} = ?", (value,))
        connection.commit()
    calls: list[Callable[[], object]] = [
        jobs.list,
        lambda: jobs.get(number),
        lambda: jobs.photos(number),
        lambda: jobs.latest(number),
        lambda: jobs.changed(number, 0),
        lambda: jobs.work(go_on),
    ]
    errors = []
    for call in calls:
        with suppress(BarefaceError):
            try:
                call()
            except GalleryError as error:
                errors.append(error.code)
    assert errors
    assert set(errors) == {"gallery.corrupt"}
