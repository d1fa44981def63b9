"""Background jobs on disk: a small database, and next to it the photos that still wait to be enrolled.

A photo is acknowledged when its file and its row are stored. Its file is deleted when its outcome is. A process that is
killed in between leaves a file too many, never one too few: :meth:`JobBook.clean` removes it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bareface.errors import GalleryError, ImageError, UsageError
from bareface.messages.stored import dumped
from bareface.storage.job_rows import Waiting, job_of, photo_of, waiting_of
from bareface.system.files import create, make_folder
from bareface.system.reading import NotAFile, read_regular
from bareface.system.small_database import SmallDatabase
from bareface.values.enrolment import EnrolOutcome, UploadedPhoto
from bareface.values.jobs import Job, JobKind, JobPage, JobPhoto, JobPhotoPage, JobStatus

try:
    import fcntl
except ImportError:  # not on Windows, where one process at a time should serve a gallery
    fcntl = None  # type: ignore[assignment]

_MOST = 2**40
"""Bytes of a photo that waits: it was as long when it came."""
_DATABASE, _LOCK, _PHOTO = "jobs.sqlite", ".lock", ".photo-"
"""Photos are hidden files: a walk through the folder that the gallery lies in does not enrol them."""

_TABLES = """
CREATE TABLE job (
  id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, status TEXT NOT NULL, asked TEXT NOT NULL,
  asked_by TEXT NOT NULL, basis TEXT, largest INTEGER NOT NULL, min_visible REAL, receiving INTEGER NOT NULL,
  touched TEXT NOT NULL, done INTEGER NOT NULL DEFAULT 0, total INTEGER NOT NULL DEFAULT 0,
  counts TEXT NOT NULL DEFAULT '{}', revision INTEGER NOT NULL DEFAULT 0, cancelling INTEGER NOT NULL DEFAULT 0,
  ended TEXT, code TEXT, message TEXT);
CREATE TABLE photo (
  id INTEGER PRIMARY KEY AUTOINCREMENT, job_id INTEGER NOT NULL REFERENCES job(id) ON DELETE CASCADE,
  place INTEGER NOT NULL, name TEXT NOT NULL, wished TEXT, sha256 TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
  status TEXT, refs INTEGER NOT NULL DEFAULT 0, faces INTEGER NOT NULL DEFAULT 0, subject TEXT, code TEXT,
  message TEXT, revision INTEGER NOT NULL DEFAULT 0, UNIQUE (job_id, place));
CREATE INDEX photo_waiting ON photo(job_id, place) WHERE status IS NULL;
CREATE INDEX photo_revision ON photo(job_id, revision);
"""
_SECOND = "ALTER TABLE job ADD COLUMN gallery TEXT NOT NULL DEFAULT '';"
_WAITS = "EXISTS (SELECT 1 FROM photo WHERE job_id = job.id AND status IS NULL)"
_UNFINISHED = "status IN ('waiting', 'running')"


class JobBook(SmallDatabase):
    """The jobs of a gallery.

    Parameters
    ----------
    folder
        The folder that keeps them; made when something is first stored.
    """

    layouts = (_TABLES, _SECOND)

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / _DATABASE)
        self.folder = folder

    def exists(self) -> bool:
        """Tell whether there is anything to read."""
        return self.path.is_file()

    @contextlib.contextmanager
    def running(self) -> Iterator[bool]:
        """Be the one process that works on jobs; False if another one is."""
        self._make()
        with (self.folder / _LOCK).open("ab") as lock:
            try:
                if fcntl is not None:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    def _make(self) -> None:
        if self.folder.exists() and not self.exists() and any(self.folder.iterdir()):
            raise UsageError("usage.output/own-folder", source=str(self.folder))
        make_folder(self.folder)
        with contextlib.suppress(FileExistsError):
            create(self.folder / _LOCK).close()

    # What callers ask for

    def add(
        self,
        kind: JobKind,
        by: str,
        basis: str | None = None,
        *,
        largest: bool = False,
        min_visible: float | None,
        gallery: str = "",
    ) -> int:
        """Add a job for the gallery of an identifier; returns its number. An enrolment then takes photos."""
        self._make()
        with self._open() as connection:
            query = (
                "INSERT INTO job (kind, status, asked, asked_by, basis, largest, min_visible, receiving, touched,"
                " gallery) VALUES (?, 'waiting', ?, ?, ?, ?, ?, ?, ?, ?)"
            )
            values = (kind, _now(), by, basis, largest, min_visible, kind == "enrolment", _now(), gallery)
            number = connection.execute(query, values).lastrowid
            assert number is not None
            return number

    def jobs(self, most: int, before: int | None = None) -> JobPage:
        """Return some jobs, latest first, of those before a number."""
        with self._read() as connection:
            query = "SELECT * FROM job WHERE ?1 IS NULL OR id < ?1 ORDER BY id DESC LIMIT ?2"
            rows = connection.execute(query, (before, most + 1)).fetchall()
            return JobPage(tuple(map(job_of, rows[:most])), len(rows) > most)

    def job(self, number: int) -> Job | None:
        """Return a job; None if there is none of this number."""
        with self._read() as connection:
            row = connection.execute("SELECT * FROM job WHERE id = ?", (number,)).fetchone()
            return None if row is None else job_of(row)

    def photos(self, job: int, most: int, after: int = 0, status: str | None = None) -> JobPhotoPage:
        """Return some photos of a job by their place, of those after one."""
        with self._read() as connection:
            query = (
                "SELECT * FROM photo WHERE job_id = ?1 AND place > ?2 AND (?3 IS NULL OR status = ?3)"
                " ORDER BY place LIMIT ?4"
            )
            found = connection.execute(query, (job, after, status, most + 1)).fetchall()
            return JobPhotoPage(tuple(map(photo_of, found[:most])), len(found) > most)

    def latest(self, job: int, most: int, before: int | None = None, status: str | None = None) -> JobPhotoPage:
        """Return some photos of a job that have an outcome, latest first, of those before a revision."""
        with self._read() as connection:
            query = (
                "SELECT * FROM photo WHERE job_id = ?1 AND revision > 0 AND (?2 IS NULL OR revision < ?2)"
                " AND (?3 IS NULL OR status = ?3) ORDER BY revision DESC LIMIT ?4"
            )
            found = connection.execute(query, (job, before, status, most + 1)).fetchall()
            return JobPhotoPage(tuple(map(photo_of, found[:most])), len(found) > most)

    def changed(self, job: int, after: int, most: int) -> tuple[JobPhoto, ...]:
        """Return photos whose outcome was stored after a revision, in this order."""
        with self._read() as connection:
            query = "SELECT * FROM photo WHERE job_id = ? AND revision > ? ORDER BY revision LIMIT ?"
            return tuple(map(photo_of, connection.execute(query, (job, after, most))))

    def receive(self, job: int, uploads: Sequence[UploadedPhoto]) -> bool:
        """Store photos behind those of an enrolment; False if it takes none any more."""
        written: list[Path] = []
        try:
            with self._open() as connection:
                query = f"UPDATE job SET touched = ? WHERE id = ? AND receiving AND {_UNFINISHED} AND NOT cancelling"
                if connection.execute(query, (_now(), job)).rowcount == 0:
                    return False
                query = "SELECT coalesce(max(place), 0) FROM photo WHERE job_id = ?"
                last = connection.execute(query, (job,)).fetchone()[0]
                for place, one in enumerate(uploads, last + 1):
                    path = self._file(job, place)
                    path.unlink(missing_ok=True)
                    with create(path) as file:
                        written.append(path)
                        file.write(one.content)
                        file.flush()
                        os.fsync(file.fileno())
                    query = "INSERT INTO photo (job_id, place, name, wished, sha256) VALUES (?, ?, ?, ?, ?)"
                    digest = hashlib.sha256(one.content).hexdigest()
                    connection.execute(query, (job, place, one.name, one.subject, digest))
                query = "UPDATE job SET total = total + ?, revision = revision + 1 WHERE id = ?"
                connection.execute(query, (len(uploads), job))
        except BaseException:
            for path in written:
                path.unlink(missing_ok=True)
            raise
        return True

    def complete(self, job: int) -> None:
        """Take no further photos; an enrolment with nothing left to do is done."""
        with self._open() as connection:
            query = "UPDATE job SET receiving = 0, revision = revision + 1 WHERE id = ? AND receiving"
            connection.execute(query, (job,))
            query = f"UPDATE job SET status = 'done', ended = ? WHERE id = ? AND status = 'waiting' AND NOT {_WAITS}"
            connection.execute(f"{query} AND kind = 'enrolment'", (_now(), job))

    def cancel(self, job: int) -> None:
        """End a job; one that runs ends after what it works on now."""
        with self._open() as connection:
            query = "UPDATE job SET cancelling = 1, receiving = 0, revision = revision + 1 WHERE id = ? AND status = ?"
            connection.execute(query, (job, "running"))
            query = (
                "UPDATE job SET status = 'cancelled', receiving = 0, ended = ?, revision = revision + 1"
                " WHERE id = ? AND status IN ('waiting', 'failed')"
            )
            connection.execute(query, (_now(), job))
        self.clean()

    def retry(self, job: int) -> None:
        """Let a job that failed wait for its turn again."""
        with self._open() as connection:
            query = (
                "UPDATE job SET status = 'waiting', ended = NULL, code = NULL, message = NULL, revision = revision + 1"
                " WHERE id = ? AND status = 'failed'"
            )
            connection.execute(query, (job,))

    def erase(self, job: int) -> bool:
        """Erase a job that does not run, with its photos; the file is rewritten. False if it runs."""
        with self._open() as connection:
            query = f"DELETE FROM job WHERE id = ? AND NOT {_UNFINISHED}"
            count = connection.execute(query, (job,)).rowcount
            if count:
                self.mark_deleted(connection)
        if count:
            self.clean()
            self._rewrite()
        return count > 0

    # The work

    def stop_others(self, gallery: str, code: str, message: str) -> None:
        """Stop, with an error, what was asked for another gallery that was at this place."""
        with self._open() as connection:
            query = (
                "UPDATE job SET status = 'failed', cancelling = 0, ended = ?, code = ?, message = ?,"
                f" revision = revision + 1 WHERE {_UNFINISHED} AND gallery NOT IN ('', ?)"
            )
            connection.execute(query, (_now(), code, dumped(message), gallery))

    def next(self) -> Job | None:
        """Return the job to work on, marked as running; None if there is nothing to do."""
        with self._open() as connection:
            query = (
                f"SELECT * FROM job WHERE {_UNFINISHED} AND"
                f" (kind <> 'enrolment' OR NOT receiving OR cancelling OR {_WAITS})"
                " ORDER BY status = 'running' DESC, id LIMIT 1"
            )
            row = connection.execute(query).fetchone()
            if row is None:
                return None
            if row["status"] == "waiting":
                query = "UPDATE job SET status = 'running', revision = revision + 1 WHERE id = ?"
                connection.execute(query, (row["id"],))
            return job_of(connection.execute("SELECT * FROM job WHERE id = ?", (row["id"],)).fetchone())

    def begin(self, job: int, most: int) -> list[Waiting]:
        """Return the next photos; one that was begun before comes alone, since it may have ended the process."""
        with self._open() as connection:
            query = "SELECT * FROM photo WHERE job_id = ? AND status IS NULL ORDER BY place LIMIT ?"
            rows = connection.execute(query, (job, most)).fetchall()
            fresh = [row for row in rows if not row["tries"]]
            rows = rows[:1] if rows and rows[0]["tries"] else fresh
            for row in rows:
                connection.execute("UPDATE photo SET tries = tries + 1 WHERE id = ?", (row["id"],))
            waiting = list(map(waiting_of, rows))
        return [
            self._read_again(one, row["sha256"], self._file(job, one.place))
            for one, row in zip(waiting, rows, strict=True)
        ]

    @staticmethod
    def _read_again(waiting: Waiting, sha256: str, path: Path) -> Waiting:
        """Return a photo with its content, or why there is none."""
        try:
            content = read_regular(path, _MOST)
        except (FileNotFoundError, NotAFile):
            return replace(waiting, lost=ImageError("image.missing"))
        except OSError as error:
            raise GalleryError("gallery.io", source=str(path)) from error
        if hashlib.sha256(content).hexdigest() != sha256:  # a link, say, to a photo that nobody gave
            return replace(waiting, lost=GalleryError("gallery.photo-changed"))
        return replace(waiting, photo=replace(waiting.photo, content=content))

    def finish(self, job: int, outcomes: Sequence[tuple[int, EnrolOutcome]]) -> None:
        """Store the outcomes of photos, and delete their files."""
        with self._open() as connection:
            row = connection.execute("SELECT counts, revision FROM job WHERE id = ?", (job,)).fetchone()
            counts, last = json.loads(row["counts"]), row["revision"] + len(outcomes)
            for revision, (place, one) in enumerate(outcomes, row["revision"] + 1):
                counts[one.status] = counts.get(one.status, 0) + 1
                counts["references"] = counts.get("references", 0) + one.references
                query = (
                    "UPDATE photo SET status = ?, refs = ?, faces = ?, subject = ?, code = ?, message = ?, revision = ?"
                    " WHERE job_id = ? AND place = ?"
                )
                said = None if one.message is None else dumped(one.message)
                values = (one.status, one.references, one.faces, one.subject, one.code, said, revision, job, place)
                connection.execute(query, values)
            query = (
                "UPDATE job SET counts = ?, revision = ?, done = done + ?,"
                f" status = CASE WHEN receiving AND NOT {_WAITS} THEN 'waiting' ELSE status END WHERE id = ?"
            )
            connection.execute(query, (json.dumps(counts), last, len(outcomes), job))
        for place, _ in outcomes:
            self._file(job, place).unlink(missing_ok=True)

    def note(self, job: int, done: int, total: int) -> bool:
        """Store how far a job is; returns whether it is to end."""
        with self._open() as connection:
            query = "UPDATE job SET done = ?, total = ?, revision = revision + 1 WHERE id = ? RETURNING cancelling"
            return bool(connection.execute(query, (done, total, job)).fetchone()["cancelling"])

    def end(self, job: int, status: JobStatus, counts: dict[str, int] | None = None, said: str | None = None) -> None:
        """End a job, and say something of it; counts of an enrolment stay as they are."""
        self._end(job, status, counts, why=None if said is None else dumped(said))
        self.clean()

    def fail(self, job: int, code: str, message: str) -> None:
        """Stop a job with an error; what waits of it is kept, and did not end the process."""
        self._end(job, "failed", None, code, dumped(message))
        with self._open() as connection:
            connection.execute("UPDATE photo SET tries = 0 WHERE job_id = ? AND status IS NULL", (job,))

    def _end(
        self,
        job: int,
        status: JobStatus,
        counts: dict[str, int] | None,
        code: str | None = None,
        why: str | None = None,
    ) -> None:
        with self._open() as connection:
            query = (
                "UPDATE job SET status = ?1, receiving = receiving AND ?1 = 'failed', cancelling = 0, ended = ?2,"
                " counts = coalesce(?3, counts), code = ?4, message = ?5, revision = revision + 1 WHERE id = ?6"
            )
            figures = None if counts is None else json.dumps(counts)
            connection.execute(query, (status, _now(), figures, code, why, job))

    # What must not be kept

    def clean(self) -> None:
        """Delete files of photos that do not wait any more, or never did."""
        if not self.exists():
            return
        with self._open() as connection:
            query = (
                "SELECT job_id, place FROM photo JOIN job ON job.id = job_id"
                " WHERE photo.status IS NULL AND job.status NOT IN ('done', 'cancelled')"
            )
            kept = {self._file(*row).name for row in connection.execute(query)}
            for path in sorted(self.folder.glob(f"{_PHOTO}*")):
                if path.name not in kept:
                    path.unlink(missing_ok=True)

    def expire(self, ended: datetime, untouched: datetime) -> None:
        """Erase jobs that ended before a moment; complete enrolments that got no photo since another."""
        if not self.exists():
            return
        with self._open() as connection:
            query = f"SELECT id FROM job WHERE receiving AND touched <= ? AND {_UNFINISHED}"
            forgotten = [row["id"] for row in connection.execute(query, (_text(untouched),))]
            count = connection.execute("DELETE FROM job WHERE ended <= ?", (_text(ended),)).rowcount
            if count:
                self.mark_deleted(connection)
        for number in forgotten:
            self.complete(number)
        if count:
            self.clean()
            self._rewrite()

    def forget(self, known: Callable[[str, Sequence[str]], bool]) -> None:
        """Erase names from outcomes of people who are not in the gallery any more.

        Parameters
        ----------
        known
            Tells, of the digest of an enrolled photo (or nothing) and the names that its row holds, whether the
            gallery knows them.
        """
        if not self.exists():
            return
        with self._open() as connection:
            gone = []
            query = (
                "SELECT * FROM photo WHERE name <> '' AND (status IS NOT NULL"
                " OR job_id IN (SELECT id FROM job WHERE status = 'cancelled'))"
            )
            for row in connection.execute(query):
                enrolled = row["status"] in ("enrolled", "already enrolled")
                names = [name for name in (row["wished"], row["subject"]) if name is not None]
                if not known(row["sha256"] if enrolled else "", names):
                    gone.append((row["id"],))
            # A remark can name somebody else, whose photo it is as well.
            connection.execute("UPDATE photo SET message = NULL WHERE status IN ('enrolled', 'already enrolled')")
            connection.execute("UPDATE job SET message = NULL WHERE kind = 'check'")  # which can name people
            nothing = "name = '', wished = NULL, sha256 = '', subject = NULL, message = NULL"
            query = f"UPDATE photo SET {nothing} WHERE id = ?"
            connection.executemany(query, gone)
            self.mark_deleted(connection)
        self._rewrite()

    def _file(self, job: int, place: int) -> Path:
        return self.folder / f"{_PHOTO}{job}-{place}"


def jobs_of(gallery: Path) -> JobBook:
    """Return the jobs of a gallery."""
    return JobBook(Path(os.path.realpath(gallery) + "-jobs"))


def _now() -> str:
    return _text(datetime.now(UTC))


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
