"""The database of cases: a file of its own next to a gallery.

It holds pictures of probes, but of references only their numbers: who is erased from the gallery leaves nothing here
but a number. A case is erased when it expires, and the file is rewritten then.
"""

from __future__ import annotations

import json
import os
import sqlite3
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bareface.system.small_database import SmallDatabase
from bareface.system.typed import made
from bareface.values.cases import Answer, Case, KeptFace, KeptSearch, Review
from bareface.values.search import Candidate

_FIRST = """
CREATE TABLE cases (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, purpose TEXT NOT NULL, basis TEXT,
  opened TEXT NOT NULL, opened_by TEXT NOT NULL, expires TEXT NOT NULL, closed TEXT);
CREATE TABLE search (
  id INTEGER PRIMARY KEY AUTOINCREMENT, case_id INTEGER NOT NULL REFERENCES cases(id) ON DELETE CASCADE,
  name TEXT NOT NULL, made TEXT NOT NULL, made_by TEXT NOT NULL, subjects INTEGER NOT NULL, refs INTEGER NOT NULL);
CREATE INDEX search_case ON search(case_id);
CREATE TABLE face (
  id INTEGER PRIMARY KEY AUTOINCREMENT, search_id INTEGER NOT NULL REFERENCES search(id) ON DELETE CASCADE,
  number INTEGER NOT NULL, crop BLOB NOT NULL, picture BLOB NOT NULL, map BLOB, facts TEXT NOT NULL,
  candidates TEXT NOT NULL);
CREATE INDEX face_search ON face(search_id);
CREATE TABLE review (
  id INTEGER PRIMARY KEY AUTOINCREMENT, face_id INTEGER NOT NULL REFERENCES face(id) ON DELETE CASCADE,
  asked TEXT NOT NULL, asked_by TEXT NOT NULL, two_person INTEGER NOT NULL, items TEXT NOT NULL);
CREATE TABLE answer (
  id INTEGER PRIMARY KEY AUTOINCREMENT, review_id INTEGER NOT NULL REFERENCES review(id) ON DELETE CASCADE,
  reviewer TEXT NOT NULL, item INTEGER NOT NULL, shown TEXT NOT NULL, verdict TEXT, confidence TEXT, note TEXT,
  answered TEXT, UNIQUE (review_id, reviewer, item));
CREATE TABLE look (
  search_id INTEGER NOT NULL REFERENCES search(id) ON DELETE CASCADE, person TEXT NOT NULL, looked TEXT NOT NULL,
  PRIMARY KEY (search_id, person));
"""
_ABSENT = {"subject": None, "source": ""}


class Casebook(SmallDatabase):
    """Cases, kept searches, reviews and answers in one file."""

    layouts = (_FIRST,)

    # Cases

    def open_case(self, name: str, purpose: str, basis: str | None, by: str, expires: datetime) -> int:
        """Add a case; returns its number."""
        with self._open() as connection:
            values = (name, purpose, basis, _now(), by, _text(expires))
            query = "INSERT INTO cases (name, purpose, basis, opened, opened_by, expires) VALUES (?, ?, ?, ?, ?, ?)"
            return _number(connection.execute(query, values))

    def cases(self, number: int | None = None) -> tuple[Case, ...]:
        """Return all cases, latest first, or one."""
        with self._read() as connection:
            query = (
                "SELECT cases.*, (SELECT count(*) FROM search WHERE case_id = cases.id) AS searches FROM cases"
                " WHERE ?1 IS NULL OR id = ?1 ORDER BY id DESC"
            )
            return tuple(_case(row) for row in connection.execute(query, (number,)))

    def close_case(self, number: int) -> None:
        """Close a case."""
        with self._open() as connection:
            connection.execute("UPDATE cases SET closed = ? WHERE id = ? AND closed IS NULL", (_now(), number))

    def erase(self, number: int) -> None:
        """Erase a case; the file is rewritten."""
        self._erase("id = ?", number)

    def erase_expired(self, now: datetime) -> None:
        """Erase all cases that have expired, and finish an erasure that was cut short; the file is rewritten then."""
        with self._read() as connection:
            due = connection.execute("SELECT count(*) FROM cases WHERE expires <= ?", (_text(now),)).fetchone()[0]
        if due or self.unerased():
            self._erase("expires <= ?", _text(now))

    def _erase(self, where: str, value: int | str) -> None:
        with self._open() as connection:
            if connection.execute(f"DELETE FROM cases WHERE {where}", (value,)).rowcount:
                self.mark_deleted(connection)
        if self.unerased():
            self._rewrite()

    # Searches

    def keep(self, case: int, name: str, by: str, size: tuple[int, int], faces: tuple[KeptFace, ...]) -> int | None:
        """Add a search with its faces; returns its number, None if the case is closed or was erased meanwhile."""
        with self._open() as connection:
            if not connection.execute("SELECT 1 FROM cases WHERE id = ? AND closed IS NULL", (case,)).fetchone():
                return None
            query = "INSERT INTO search (case_id, name, made, made_by, subjects, refs) VALUES (?, ?, ?, ?, ?, ?)"
            search = _number(connection.execute(query, (case, name, _now(), by, *size)))
            for face in faces:
                query = (
                    "INSERT INTO face (search_id, number, crop, picture, map, facts, candidates)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)"
                )
                values = (search, face.number, face.crop, face.picture, face.map, _facts(face), _leads(face))
                connection.execute(query, values)
            self._look(connection, search, by)
            return search

    def searches(self, case: int) -> tuple[KeptSearch, ...]:
        """Return the searches of a case, latest first."""
        with self._read() as connection:
            rows = connection.execute("SELECT * FROM search WHERE case_id = ? ORDER BY id DESC", (case,)).fetchall()
            return tuple(_search(connection, row) for row in rows)

    def search(self, number: int) -> KeptSearch | None:
        """Return a kept search; None if there is none of this number."""
        with self._read() as connection:
            row = connection.execute("SELECT * FROM search WHERE id = ?", (number,)).fetchone()
            return None if row is None else _search(connection, row)

    def face(self, number: int) -> tuple[int, KeptFace] | None:
        """Return a kept face, and its case."""
        with self._read() as connection:
            query = (
                "SELECT face.*, search.case_id FROM face JOIN search ON search.id = face.search_id WHERE face.id = ?"
            )
            row = connection.execute(query, (number,)).fetchone()
            return None if row is None else (row["case_id"], _face(row))

    def look(self, search: int, person: str) -> None:
        """Note that a person has seen a search with its scores."""
        with self._open() as connection:
            self._look(connection, search, person)

    def lookers(self, search: int) -> dict[str, datetime]:
        """Return who has seen a search with its scores, each since when."""
        with self._read() as connection:
            rows = connection.execute("SELECT person, looked FROM look WHERE search_id = ?", (search,))
            return {row["person"]: _time(row["looked"]) for row in rows}

    @staticmethod
    def _look(connection: sqlite3.Connection, search: int, person: str) -> None:
        query = "INSERT OR IGNORE INTO look SELECT id, ?, ? FROM search WHERE id = ?"
        connection.execute(query, (person, _now(), search))

    # Reviews

    def ask(self, face: int, by: str, items: tuple[int, ...], *, two_person: bool) -> int | None:
        """Add a review; returns its number, None if the face was erased meanwhile."""
        with self._open() as connection:
            query = (
                "INSERT INTO review (face_id, asked, asked_by, two_person, items) SELECT id, ?, ?, ?, ? FROM face"
                " WHERE id = ?"
            )
            cursor = connection.execute(query, (_now(), by, two_person, json.dumps(items), face))
            return _number(cursor) if cursor.rowcount else None

    def reviews(self, number: int | None = None) -> tuple[Review, ...]:
        """Return all reviews, latest first, or one."""
        with self._read() as connection:
            query = (
                "SELECT review.*, face.search_id, face.candidates, search.case_id FROM review"
                " JOIN face ON face.id = review.face_id JOIN search ON search.id = face.search_id"
                " WHERE ?1 IS NULL OR review.id = ?1 ORDER BY review.id DESC"
            )
            return tuple(_review(connection, row) for row in connection.execute(query, (number,)).fetchall())

    def show(self, review: int, reviewer: str, item: int, most: int) -> bool:
        """Note that an item is shown to a reviewer; False if that many others have begun already."""
        with self._open() as connection:
            query = "SELECT count(DISTINCT reviewer) FROM answer WHERE review_id = ? AND reviewer <> ?"
            if connection.execute(query, (review, reviewer)).fetchone()[0] >= most:
                return False
            query = "INSERT OR IGNORE INTO answer (review_id, reviewer, item, shown) VALUES (?, ?, ?, ?)"
            connection.execute(query, (review, reviewer, item, _now()))
            return True

    def answer(self, review: int, reviewer: str, item: int, verdict: str, confidence: str, note: str) -> bool:
        """Store an answer to an item that was shown; False if there is one already, which stays."""
        with self._open() as connection:
            query = (
                "UPDATE answer SET verdict = ?, confidence = ?, note = ?, answered = ?"
                " WHERE review_id = ? AND reviewer = ? AND item = ? AND answered IS NULL"
            )
            values = (verdict, confidence, note, _now(), review, reviewer, item)
            return connection.execute(query, values).rowcount == 1

    def answers(self, review: int) -> tuple[Answer, ...]:
        """Return the answers of a review, item by item."""
        with self._read() as connection:
            query = (
                "SELECT answer.* FROM answer JOIN review ON review.id = review_id WHERE review_id = ?"
                " AND answered IS NOT NULL AND item < json_array_length(items) ORDER BY item, answer.id"
            )
            return tuple(
                made(
                    Answer,
                    reviewer=row["reviewer"],
                    item=row["item"],
                    verdict=row["verdict"],
                    confidence=row["confidence"],
                    note=row["note"],
                    shown=_time(row["shown"]),
                    answered=_time(row["answered"]),
                )
                for row in connection.execute(query, (review,))
            )


def book_of(gallery: Path) -> Casebook:
    """Return the cases of a gallery."""
    return Casebook(Path(os.path.realpath(gallery) + "-cases"))


def _now() -> str:
    return _text(datetime.now(UTC))


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment


def _number(cursor: sqlite3.Cursor) -> int:
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def _case(row: sqlite3.Row) -> Case:
    return made(
        Case,
        id=row["id"],
        name=row["name"],
        purpose=row["purpose"],
        basis=row["basis"],
        opened=_time(row["opened"]),
        opened_by=row["opened_by"],
        expires=_time(row["expires"]),
        closed=None if row["closed"] is None else _time(row["closed"]),
        searches=row["searches"],
    )


def _search(connection: sqlite3.Connection, row: sqlite3.Row) -> KeptSearch:
    faces = connection.execute("SELECT * FROM face WHERE search_id = ? ORDER BY number", (row["id"],))
    kept = made(
        KeptSearch,
        id=row["id"],
        case_id=row["case_id"],
        name=row["name"],
        made=_time(row["made"]),
        made_by=row["made_by"],
        subjects=row["subjects"],
        references=row["refs"],
        faces=(),
    )
    return replace(kept, faces=tuple(map(_face, faces)))


def _facts(face: KeptFace) -> str:
    names = ("points", "aligned", "scale", "box", "mask_state", "visible", "quality", "notes")
    enrolled = [None if one is None else _text(one) for one in face.enrolled]
    return json.dumps({"enrolled": enrolled} | {name: getattr(face, name) for name in names})


def _leads(face: KeptFace) -> str:
    names = [field.name for field in fields(Candidate) if field.name not in _ABSENT]
    return json.dumps([{name: getattr(one, name) for name in names} for one in face.candidates])


def _face(row: sqlite3.Row) -> KeptFace:
    facts: dict[str, Any] = _json(row["facts"])
    facts["enrolled"] = [None if one is None else _time(one) for one in facts.get("enrolled", ())]
    face = made(
        KeptFace,
        id=row["id"],
        number=row["number"],
        crop=row["crop"],
        picture=row["picture"],
        map=row["map"],
        candidates=[{**one, **_ABSENT} for one in _json(row["candidates"])],
        **facts,
    )
    if face.enrolled and len(face.enrolled) != len(face.candidates):
        raise ValueError
    return face


def _review(connection: sqlite3.Connection, row: sqlite3.Row) -> Review:
    query = (
        "SELECT reviewer, count(answered) AS given FROM answer WHERE review_id = ? GROUP BY reviewer ORDER BY min(id)"
    )
    reviewers = [(one["reviewer"], one["given"]) for one in connection.execute(query, (row["id"],))]
    review = made(
        Review,
        id=row["id"],
        face_id=row["face_id"],
        search_id=row["search_id"],
        case_id=row["case_id"],
        asked=_time(row["asked"]),
        asked_by=row["asked_by"],
        two_person=row["two_person"],
        items=_json(row["items"]),
        reviewers=reviewers,
    )
    if not set(review.items) <= set(range(len(_json(row["candidates"])))):
        raise ValueError
    return review


def _json(text: str) -> Any:
    """Parse what this module wrote: no number in it is infinite or none."""
    return json.loads(text, parse_constant=_refuse)


def _refuse(number: str) -> None:
    raise ValueError(number)
