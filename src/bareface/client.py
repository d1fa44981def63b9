"""A client of the web service, for Python programs: nothing is needed but the standard library.

>>> from bareface.client import Client
>>> client = Client("http://127.0.0.1:8000/", token="...")
>>> client.enrol("ada.jpg", subject="Ada Lovelace", basis="consent")  # doctest: +SKIP
>>> search = client.search("probe.jpg", purpose="find a missing person")  # doctest: +SKIP

Results are plain values with the keys of the OpenAPI document. An error is a :class:`ServiceError` with the code of the
service. Writes carry an ``Idempotency-Key`` and are sent once more if the connection breaks.
"""

from __future__ import annotations

import json
import secrets
import time
import unicodedata
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlencode, urlsplit

_TRIES = 30
_PHOTOS = {
    *("", ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".webp", ".gif", ".tif", ".tiff"),
    *(".bmp", ".dib", ".heic", ".heif", ".heics", ".hif", ".avif"),
}
_LEFT_OUT = (
    *("@eadir", "@recycle", "@recently-snapshot", "@tmp", "@transcode", "@__thumb", "*@synoeastream", "*@synoresource"),
    *("#recycle", "#snapshot", "~snapshot", "network trash folder", "temporary items", "__macosx", "*.lrdata"),
    *("$recycle.bin", "recycler", "recycled", "system volume information", "lost+found", "found.[0-9][0-9][0-9]"),
    *("recycle bin*", "trashbox", "_nas_recycle_*", "@sharebin", "@synodrive", "backups.backupdb", "ipod photo cache"),
    *("appdata_*", "files_trashbin", "files_versions", "*.photoslibrary", "*.photolibrary", "*.migratedphotolibrary"),
    *("*.aplibrary", "*.cocatalog", "*.lrcat-data"),
)
"""Names of folders that are not walked, as :data:`bareface.imaging.folders.SYSTEM_FOLDERS` has them."""
Json: TypeAlias = dict[str, Any]
Photo: TypeAlias = str | Path | bytes
"""A photo's path, or the bytes of its file."""


class ServiceError(Exception):
    """An answer of the service that is an error.

    Attributes
    ----------
    status
        The HTTP status.
    code, detail, remedy
        As the service says; see the documentation of errors.
    """

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.code = str(problem.get("code", ""))
        self.detail = str(problem.get("detail", ""))
        self.remedy = problem.get("remedy")
        super().__init__(f"{self.detail} {self.remedy or ''}".strip() + f" [{self.code}]")


class Client:
    """Calls a service.

    Parameters
    ----------
    address
        The printed address, such as ``http://127.0.0.1:8000/``.
    token
        The token.
    actor
        Name of the caller, where several people share the token.
    timeout
        Seconds to wait for an answer.
    """

    def __init__(self, address: str, token: str, *, actor: str | None = None, timeout: float = 120.0) -> None:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"not an address of a service: {address}")
        self._connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._place = parts.netloc.rpartition("@")[2]
        self._base = parts.path.rstrip("/") + "/api/v1"
        self._headers: dict[str, str | bytes] = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        if actor is not None:
            self._headers["X-Actor"] = actor.encode()
        self._timeout = timeout

    def gallery(self) -> Json:
        """Return the gallery in figures."""
        return self._json("GET", "/gallery")

    def subjects(self, text: str = "") -> Iterator[Json]:
        """Yield the subjects, or those whose name contains a text."""
        yield from self._pages("/subjects", "subjects", {"text": text} if text else {})

    def references(self, subject: int | None = None) -> Iterator[Json]:
        """Yield the references, of the gallery or of one subject."""
        yield from self._pages("/references", "references", {} if subject is None else {"subject": subject})

    def enrol(self, photo: Photo, *, subject: str | None = None, basis: str | None = None, **options: object) -> Json:
        """Enrol a photo; returns its outcome. Options are ``largest``, ``face`` and ``min_visible``."""
        fields = {"subject": subject, "basis": basis, **options}
        return self._upload("/references", {"photo": photo}, fields)

    def enrol_folder(self, folder: str | Path, *, basis: str | None = None, **options: object) -> Json:
        """Enrol a folder of photos as one background job; returns the job when all photos have arrived.

        A folder in it names the person on its photos, by its path if it is deeper; photos directly in it are of nobody
        yet. Hidden files, whatever is no photo, and folders of bins and thumbnails are left out. So is a photo that
        cannot be read, or is larger than the service takes. ``left_out`` of the job that is returned lists all of
        them, each with ``path`` and ``why``. Options are ``largest`` and ``min_visible``.

        >>> job = client.enrol_folder("album", basis="consent")  # doctest: +SKIP
        >>> for event in client.follow(job["id"]):  # doctest: +SKIP
        ...     print(event)
        """
        top = Path(folder)
        if not top.is_dir():
            raise NotADirectoryError(str(top))
        number = self.create_job("enrolment", basis=basis, **options)["id"]
        left_out: list[Json] = []
        for path, why in _photos(top):
            if why is None:
                parts = path.parent.relative_to(top).parts
                try:
                    self.add_photo(number, path, subject="/".join(parts) or None)
                except ServiceError as error:
                    if error.status != 413:
                        raise
                    why = error.detail
                except OSError as error:
                    if error.filename is None:  # the connection broke
                        raise
                    why = error.strerror or "cannot be read"
            if why is not None:
                left_out.append({"path": str(path), "why": why})
        return self.complete_job(number) | {"left_out": left_out}

    def create_job(self, kind: str, **options: object) -> Json:
        """Begin a job: ``enrolment``, ``reembedding``, ``calibration``, ``evaluation`` or ``check``.

        Options of an enrolment are ``basis``, ``largest`` and ``min_visible``; it then takes photos.
        """
        return self._json("POST", "/jobs", {"kind": kind, **options})

    def add_photo(self, job: int, photo: Photo, *, subject: str | None = None) -> Json:
        """Add a photo to an enrolment: it is enrolled even if the service stops now. Returns the job."""
        return self._upload(f"/jobs/{job}/photos", {"photo": photo}, {"subject": subject})

    def complete_job(self, job: int) -> Json:
        """Say that no more photos come."""
        return self._json("POST", f"/jobs/{job}/complete")

    def job(self, job: int) -> Json:
        """Return a job."""
        return self._json("GET", f"/jobs/{job}")

    def jobs(self) -> Iterator[Json]:
        """Yield the jobs, latest first."""
        yield from self._pages("/jobs", "jobs", {})

    def job_photos(self, job: int, status: str | None = None) -> Iterator[Json]:
        """Yield the photos of an enrolment in their order, each with its outcome; all, or those with one status."""
        yield from self._pages(f"/jobs/{job}/photos", "photos", {} if status is None else {"status": status})

    def cancel_job(self, job: int) -> Json:
        """End a job: what is done stays, and photos that wait are deleted."""
        return self._json("POST", f"/jobs/{job}/cancel")

    def follow(self, job: int, after: int = 0) -> Iterator[Json]:
        """Yield events of a job until it ends, also across a restart of the service.

        Each has ``event`` (``photo``, ``progress`` or ``end``), ``id``, and ``data``: an outcome, or the job.

        Parameters
        ----------
        job
            The job's number.
        after
            Id of the last event that is known.

        Raises
        ------
        ServiceError
            The service answers with an error.
        OSError
            It cannot be reached, after 30 tries a second apart.
        """
        left = _TRIES
        while True:
            try:
                for event in self._events(f"/jobs/{job}/events", after):
                    left, after = _TRIES, event["id"]
                    yield event
                    if event["event"] == "end":
                        return
            except (OSError, HTTPException):
                left -= 1
                if left == 0:
                    raise
            time.sleep(1)

    def search(self, photo: Photo, **options: object) -> Json:
        """Search with a photo. Options are ``top``, ``min_visible``, ``purpose`` and ``case``."""
        return self._upload("/searches", {"photo": photo}, options)

    def compare(self, first: Photo, second: Photo) -> Json:
        """Compare two photos by the best face of each."""
        return self._upload("/comparisons", {"first": first, "second": second}, {})

    def crop(self, reference: int) -> bytes:
        """Return the kept picture of a reference, a JPEG."""
        return self.request("GET", f"/references/{reference}/crop")

    def rename(self, subject: int, name: str) -> Json:
        """Rename a subject."""
        return self._json("PATCH", f"/subjects/{subject}", {"name": name})

    def merge(self, kept: int, merged: int) -> Json:
        """Merge a subject into another."""
        return self._json("POST", f"/subjects/{kept}/merge", {"merged": merged})

    def assign(self, references: list[int], subject: str) -> Json:
        """Give references to a subject, by its name or by its number as ``#7``."""
        return self._json("POST", "/references/assign", {"references": references, "subject": subject})

    def split(self, references: list[int], name: str | None = None) -> Json:
        """Move references to a new subject."""
        return self._json("POST", "/references/split", {"references": references, "name": name})

    def reject(self, references: list[int]) -> Json:
        """Delete references, and never enrol these faces again."""
        return self._json("POST", "/references/reject", {"references": references})

    def delete_subject(self, subject: int) -> Json:
        """Delete a subject with its references, for good."""
        return self._json("DELETE", f"/subjects/{subject}")

    def suggestions(self, after: int = 0, limit: int = 1, *, undecided: bool = False) -> Json:
        """Suggest for unnamed faces the subject that each resembles most; ask again with ``after`` until it is None."""
        asked = urlencode({"after": after, "limit": limit, "undecided": _text(undecided)})
        return self._json("GET", f"/suggestions?{asked}")

    def answer_suggestion(self, face: int, candidate: int, answer: str) -> Json:
        """Answer a suggestion with ``same``, ``different``, ``not a face`` or ``cannot say``."""
        given = {"face": face, "candidate": candidate, "answer": answer}
        return self._json("POST", "/suggestions/answers", given)

    def told_apart(self) -> Iterator[Json]:
        """Yield the answers that keep faces apart."""
        yield from self._pages("/suggestions/answers", "answers", {})

    def forget_answer(self, number: int) -> Json:
        """Take such an answer back."""
        return self._json("DELETE", f"/suggestions/answers/{number}")

    def open_case(self, name: str, purpose: str, basis: str | None = None, days: int = 90) -> Json:
        """Open a case."""
        return self._json("POST", "/cases", {"name": name, "purpose": purpose, "basis": basis, "days": days})

    def watch(self, case: int, face: int) -> Json:
        """Let a kept probe face be searched again whenever references are enrolled, while its case is open."""
        return self._json("POST", f"/cases/{case}/watches", {"face": face})

    def ask_review(self, face: int, **options: object) -> Json:
        """Ask for a review of a kept face's candidates.

        Options are ``length``, ``two_person``, ``shuffle``, ``checklist`` and ``controls``.
        """
        return self._json("POST", "/reviews", {"face": face, **options})

    def next_pair(self, review: int) -> Json | None:
        """Return the next pair to compare, None when all are answered."""
        pair: Json | None = self._json("POST", f"/reviews/{review}/next")["pair"]
        return pair

    def answer(self, review: int, item: int, verdict: str, confidence: str, **options: object) -> Json:
        """Answer a pair. Options are ``note`` and ``features``, the findings of the checklist by component."""
        given = {"item": item, "verdict": verdict, "confidence": confidence, **options}
        return self._json("POST", f"/reviews/{review}/answers", given)

    def outcome(self, review: int) -> Json:
        """Return the answers of a review that is complete."""
        return self._json("GET", f"/reviews/{review}/outcome")

    def exclude(self, review: int) -> Json:
        """Note candidates as “not this person” of whom all reviewers say that they are different people."""
        return self._json("POST", f"/reviews/{review}/exclude")

    def include(self, review: int) -> Json:
        """Take back what was noted after a review."""
        return self._json("POST", f"/reviews/{review}/include")

    def labels(self, case: int) -> bytes:
        """Return answers on which all reviewers agree, a score file (CSV)."""
        return self.request("GET", f"/cases/{case}/labels")

    def evaluation(self) -> Json | None:
        """Return the figures of the gallery that were kept last; a job of the kind ``evaluation`` makes them."""
        found: Json | None = self._json("GET", "/evaluation")["evaluation"]
        return found

    def evenness(self, labels: Photo) -> list[Json]:
        """Return how even the promise is by labels: a CSV with a column ``subject`` and one for each label."""
        found: list[Json] = self._upload("/evaluation/evenness", {"labels": labels}, {})["labels"]
        return found

    def report(self, case: int, format: str = "html", language: str = "en") -> bytes:
        """Return the report of a case, one self-contained file: ``html`` or ``pdf``, in ``en`` or ``de``."""
        return self.request("GET", f"/cases/{case}/report?{urlencode({'format': format, 'language': language})}")

    def cases(self) -> list[Json]:
        """Return the cases, latest first."""
        cases: list[Json] = self._json("GET", "/cases")["cases"]
        return cases

    def request(
        self, method: str, path: str, body: bytes | None = None, content_type: str = "application/json"
    ) -> bytes:
        """Call any resource below ``/api/v1``; returns the body of the answer.

        Raises
        ------
        ServiceError
            The service answers with an error.
        OSError
            It cannot be reached.
        """
        headers = dict(self._headers)
        if body is not None:
            headers["Content-Type"] = content_type
        if method != "GET":
            headers["Idempotency-Key"] = secrets.token_urlsafe(16)
        try:
            return self._once(method, path, body, headers)
        except (ConnectionError, HTTPException):
            return self._once(method, path, body, headers)

    def _once(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str | bytes]) -> bytes:
        connection = self._connect(self._place, timeout=self._timeout)
        try:
            connection.request(method, self._base + path, body, dict(headers))
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if answer.status >= 400:
            raise ServiceError(answer.status, _problem(content))
        return content

    def _events(self, path: str, after: int) -> Iterator[Json]:
        """Yield the server-sent events of one answer."""
        connection = self._connect(self._place, timeout=self._timeout)
        try:
            headers = {**self._headers, "Accept": "text/event-stream", "Last-Event-ID": str(after)}
            connection.request("GET", self._base + path, None, headers)
            answer = connection.getresponse()
            if answer.status >= 400:
                raise ServiceError(answer.status, _problem(answer.read()))
            event: Json = {}
            for line in answer:
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name in ("event", "id", "data"):
                    event[name] = value
                elif not name and "event" in event:
                    yield {"event": event["event"], "id": int(event["id"]), "data": json.loads(event["data"])}
                    event = {}
        finally:
            connection.close()

    def _json(self, method: str, path: str, value: object = None) -> Json:
        body = None if value is None else json.dumps(value).encode()
        result: Json = json.loads(self.request(method, path, body))
        return result

    def _pages(self, path: str, key: str, query: Mapping[str, object]) -> Iterator[Json]:
        cursor: str | None = None
        while True:
            asked = {**query, "limit": 200, **({} if cursor is None else {"cursor": cursor})}
            page = self._json("GET", f"{path}?{urlencode(asked)}")
            yield from page[key]
            cursor = page["next"]
            if cursor is None:
                return

    def _upload(self, path: str, photos: Mapping[str, Photo], fields: Mapping[str, object]) -> Json:
        boundary = secrets.token_hex(16)
        given = {name: _text(value) for name, value in fields.items() if value is not None}
        # a folder's name may be no UTF-8: it names the person as on the command line
        parts = [_part(boundary, name, text.encode("utf-8", "backslashreplace"), None) for name, text in given.items()]
        for name, photo in photos.items():
            content = photo if isinstance(photo, bytes) else Path(photo).read_bytes()
            file = "photo" if isinstance(photo, bytes) else Path(photo).name
            parts.append(_part(boundary, name, content, file))
        body = b"".join(parts) + f"--{boundary}--\r\n".encode()
        result: Json = json.loads(self.request("POST", path, body, f"multipart/form-data; boundary={boundary}"))
        return result


def _photos(top: Path) -> Iterator[tuple[Path, str | None]]:
    """Yield the photos below a folder in order, and what is left out, with the reason."""
    seen: set[tuple[int, int]] = set()
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        try:
            status, paths = folder.stat(), sorted(folder.iterdir())
        except OSError as error:
            yield folder, error.strerror or "cannot be read"
            continue
        if (status.st_dev, status.st_ino) in seen:  # a link leads back
            continue
        seen.add((status.st_dev, status.st_ino))
        below = []
        for path in paths:
            name = unicodedata.normalize("NFC", path.name).lower()
            if name.startswith("."):
                yield path, "hidden"
            elif path.is_dir():
                if any(fnmatchcase(name, pattern) for pattern in _LEFT_OUT):
                    yield path, "a folder of bins or thumbnails"
                else:
                    below.append(path)
            elif path.suffix.lower() not in _PHOTOS or (path.exists() and not path.is_file()):
                yield path, "not a photo"
            else:
                yield path, None
        waiting += sorted(below, key=lambda one: one.is_symlink())[::-1]


def _part(boundary: str, name: str, content: bytes, file: str | None) -> bytes:
    place = f'Content-Disposition: form-data; name="{name}"'
    if file is not None:
        place += f'; filename="{_escaped(file)}"'
    return f"--{boundary}\r\n{place}\r\n\r\n".encode() + content + b"\r\n"


def _escaped(name: str) -> str:
    """Return a file's name as browsers send it: UTF-8, with three characters escaped."""
    text = name.encode("utf-8", "replace").decode()
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _problem(content: bytes) -> Json:
    try:
        problem = json.loads(content)
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}
