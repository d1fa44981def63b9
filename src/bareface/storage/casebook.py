"""The database of cases: a file of its own next to a gallery.

It holds pictures of probes, but of references only their numbers: who is erased from the gallery leaves nothing here
but a number. A case is erased when it expires, and the file is rewritten then.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
from collections.abc import Collection
from dataclasses import asdict, fields, replace
from datetime import datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any

from bareface.storage.casebook_reviews import ReviewBook
from bareface.storage.casebook_rows import moment, new_id, now, parsed, text_of
from bareface.storage.casebook_watches import TABLES, Probe, WatchBook
from bareface.system.typed import made
from bareface.values.cases import Case, KeptFace, KeptRestored, KeptSearch
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
_SECOND = """
ALTER TABLE search ADD COLUMN models TEXT NOT NULL DEFAULT '[]';
ALTER TABLE review ADD COLUMN checklist INTEGER NOT NULL DEFAULT 0;
ALTER TABLE review ADD COLUMN controls TEXT NOT NULL DEFAULT '[]';
ALTER TABLE answer ADD COLUMN features TEXT NOT NULL DEFAULT '{}';
CREATE TABLE restored (
  id INTEGER PRIMARY KEY AUTOINCREMENT, face_id INTEGER NOT NULL REFERENCES face(id) ON DELETE CASCADE,
  made TEXT NOT NULL, made_by TEXT NOT NULL, picture BLOB, facts TEXT NOT NULL);
CREATE INDEX restored_face ON restored(face_id);
CREATE TABLE seen (
  review_id INTEGER NOT NULL REFERENCES review(id) ON DELETE CASCADE, reviewer TEXT NOT NULL, item INTEGER NOT NULL,
  what TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (review_id, reviewer, item, what));
"""
_THIRD = """
CREATE TABLE excluded (
  face_id INTEGER NOT NULL REFERENCES face(id) ON DELETE CASCADE, reference_id INTEGER NOT NULL,
  review_id INTEGER NOT NULL REFERENCES review(id) ON DELETE CASCADE, excluded_by TEXT NOT NULL, at TEXT NOT NULL,
  apart INTEGER,
  PRIMARY KEY (face_id, reference_id));
"""
_DIGEST = re.compile("[0-9a-f]{64}")
_ABSENT = {"subject": None, "source": ""}
_RESTORED = ("kind", "method", "model", "synthetic", "notes")


class Casebook(ReviewBook, WatchBook):
    """Cases, kept searches, reviews and answers in one file."""

    layouts = (_FIRST, _SECOND, _THIRD, TABLES)

    # Cases

    def open_case(self, name: str, purpose: str, basis: str | None, by: str, expires: datetime) -> int:
        """Add a case; returns its number."""
        with self._open() as connection:
            values = (name, purpose, basis, now(), by, text_of(expires))
            query = "INSERT INTO cases (name, purpose, basis, opened, opened_by, expires) VALUES (?, ?, ?, ?, ?, ?)"
            return new_id(connection.execute(query, values))

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
            connection.execute("UPDATE cases SET closed = ? WHERE id = ? AND closed IS NULL", (now(), number))

    def erase(self, number: int) -> None:
        """Erase a case; the file is rewritten."""
        self._erase("id = ?", number)

    def erase_expired(self, now: datetime) -> None:
        """Erase all cases that have expired, and finish an erasure that was cut short; the file is rewritten then."""
        with self._read() as connection:
            due = connection.execute("SELECT count(*) FROM cases WHERE expires <= ?", (text_of(now),)).fetchone()[0]
        if due or self.unerased():
            self._erase("expires <= ?", text_of(now))

    def sources_of(self, number: int) -> set[str]:
        """Return the digests of the photos and kept pictures that a case's restorations are made of."""
        return self._sources("id = ?", number)

    def sources_of_expired(self, now: datetime) -> set[str]:
        """Return the same of all cases that have expired."""
        return self._sources("expires <= ?", text_of(now))

    def _sources(self, where: str, value: int | str) -> set[str]:
        """Return digests of probes, without those of photos that other cases keep, too."""
        query = (
            "SELECT {}, CASE WHEN json_valid(probe.facts) THEN json_extract(probe.facts, '$.sha256') END AS photo"
            " FROM face JOIN search ON search.id = face.search_id LEFT JOIN probe ON probe.face_id = face.id"
            " WHERE search.case_id {} (SELECT id FROM cases WHERE {})"
        )
        with self._read() as connection:
            found = connection.execute(query.format("picture", "IN", where), (value,)).fetchall()
            if not found:
                return set()
            others = connection.execute(query.format("NULL", "NOT IN", where), (value,)).fetchall()
        pictures = (row["picture"] for row in found)
        kept = {hashlib.sha256(one).hexdigest() for one in pictures if isinstance(one, bytes)}
        photos = {row["photo"] for row in found if _DIGEST.fullmatch(str(row["photo"]))}  # a damaged row is erased, too
        return (kept | photos) - {row["photo"] for row in others}

    def _erase(self, where: str, value: int | str) -> None:
        with self._open() as connection:
            if connection.execute(f"DELETE FROM cases WHERE {where}", (value,)).rowcount:
                self.mark_deleted(connection)
        if self.unerased():
            self._rewrite()

    # Searches

    def keep(
        self,
        case: int,
        name: str,
        by: str,
        size: tuple[int, int],
        faces: tuple[KeptFace, ...],
        models: tuple[str, ...] = (),
        probes: tuple[Probe | None, ...] = (),
    ) -> int | None:
        """Add a search with its faces; returns its number, None if the case is closed or was erased meanwhile.

        A face with a probe can be searched again.
        """
        with self._open() as connection:
            if not connection.execute("SELECT 1 FROM cases WHERE id = ? AND closed IS NULL", (case,)).fetchone():
                return None
            query = (
                "INSERT INTO search (case_id, name, made, made_by, subjects, refs, models) VALUES (?, ?, ?, ?, ?, ?, ?)"
            )
            search = new_id(connection.execute(query, (case, name, now(), by, *size, json.dumps(models))))
            for face, probe in zip_longest(faces, probes):
                number = _add_face(connection, search, face)
                if probe is not None:
                    self._keep_probe(connection, number, probe)
            self._look(connection, search, by)
            return search

    def keep_again(self, probe: Probe, highest: int, by: str, size: tuple[int, int], face: KeptFace | None) -> None:
        """Note that a face was searched again, up to a reference; what was found is a search of its own."""
        with self._open() as connection:
            since = self._advance(connection, probe, highest)
            if since is None or face is None:
                return
            query = (
                "INSERT INTO search (case_id, name, made, made_by, subjects, refs, models, again, since) SELECT"
                " search.case_id, search.name, ?, ?, ?, ?, search.models, face.id, ? FROM face"
                " JOIN search ON search.id = face.search_id WHERE face.id = ?"
            )
            cursor = connection.execute(query, (now(), by, *size, since, probe.face_id))
            _add_face(connection, new_id(cursor), face)

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

    def there(self, numbers: Collection[int], now: datetime) -> set[int]:
        """Return those of some searches whose case has not expired."""
        query = (
            "SELECT search.id FROM search JOIN cases ON cases.id = search.case_id"
            " WHERE cases.expires > ? AND search.id IN (SELECT value FROM json_each(?))"
        )
        with self._read() as connection:
            return {row[0] for row in connection.execute(query, (text_of(now), json.dumps(sorted(numbers))))}

    def face(self, number: int) -> tuple[int, KeptFace] | None:
        """Return a kept face, and its case."""
        with self._read() as connection:
            query = (
                "SELECT face.*, search.case_id FROM face JOIN search ON search.id = face.search_id WHERE face.id = ?"
            )
            row = connection.execute(query, (number,)).fetchone()
            return None if row is None else (row["case_id"], _face(row))

    def keep_restored(self, restored: KeptRestored) -> int | None:
        """Add a search with restored versions of a kept face; returns its number, None if the face was erased."""
        with self._open() as connection:
            facts = {name: getattr(restored, name) for name in _RESTORED}
            facts["leads"] = [
                {key: value for key, value in asdict(one).items() if key not in _ABSENT}
                | {"enrolled": None if one.enrolled is None else text_of(one.enrolled)}
                for one in restored.leads
            ]
            query = (
                "INSERT INTO restored (face_id, made, made_by, picture, facts) SELECT id, ?, ?, ?, ? FROM face"
                " WHERE id = ?"
            )
            values = (now(), restored.made_by, restored.picture, json.dumps(facts), restored.face_id)
            cursor = connection.execute(query, values)
            return new_id(cursor) if cursor.rowcount else None

    def restored(self, face: int) -> tuple[KeptRestored, ...]:
        """Return the searches with restored versions of a kept face, in order."""
        with self._read() as connection:
            rows = connection.execute("SELECT * FROM restored WHERE face_id = ? ORDER BY id", (face,))
            return tuple(map(_restored, rows))

    def look(self, search: int, person: str) -> None:
        """Note that a person has seen a search with its scores."""
        with self._open() as connection:
            self._look(connection, search, person)

    def lookers(self, search: int) -> dict[str, datetime]:
        """Return who has seen a search with its scores, each since when."""
        with self._read() as connection:
            rows = connection.execute("SELECT person, looked FROM look WHERE search_id = ?", (search,))
            return {row["person"]: moment(row["looked"]) for row in rows}

    @staticmethod
    def _look(connection: sqlite3.Connection, search: int, person: str) -> None:
        query = "INSERT OR IGNORE INTO look SELECT id, ?, ? FROM search WHERE id = ?"
        connection.execute(query, (person, now(), search))


def book_of(gallery: Path) -> Casebook:
    """Return the cases of a gallery."""
    return Casebook(Path(os.path.realpath(gallery) + "-cases"))


def _add_face(connection: sqlite3.Connection, search: int, face: KeptFace) -> int:
    query = "INSERT INTO face (search_id, number, crop, picture, map, facts, candidates) VALUES (?, ?, ?, ?, ?, ?, ?)"
    values = (search, face.number, face.crop, face.picture, face.map, _facts(face), _leads(face))
    return new_id(connection.execute(query, values))


def _case(row: sqlite3.Row) -> Case:
    return made(
        Case,
        id=row["id"],
        name=row["name"],
        purpose=row["purpose"],
        basis=row["basis"],
        opened=moment(row["opened"]),
        opened_by=row["opened_by"],
        expires=moment(row["expires"]),
        closed=None if row["closed"] is None else moment(row["closed"]),
        searches=row["searches"],
    )


def _search(connection: sqlite3.Connection, row: sqlite3.Row) -> KeptSearch:
    faces = connection.execute("SELECT * FROM face WHERE search_id = ? ORDER BY number", (row["id"],))
    kept = made(
        KeptSearch,
        id=row["id"],
        case_id=row["case_id"],
        name=row["name"],
        made=moment(row["made"]),
        made_by=row["made_by"],
        subjects=row["subjects"],
        references=row["refs"],
        faces=(),
        models=parsed(row["models"]),
        again=row["again"],
        since=None if row["since"] is None else moment(row["since"]),
    )
    return replace(kept, faces=tuple(map(_face, faces)))


def _facts(face: KeptFace) -> str:
    names = ("points", "aligned", "scale", "box", "mask_state", "visible", "quality", "notes")
    enrolled = [None if one is None else text_of(one) for one in face.enrolled]
    return json.dumps({"enrolled": enrolled} | {name: getattr(face, name) for name in names})


def _leads(face: KeptFace) -> str:
    names = [field.name for field in fields(Candidate) if field.name not in _ABSENT]
    return json.dumps([{name: getattr(one, name) for name in names} for one in face.candidates])


def _face(row: sqlite3.Row) -> KeptFace:
    facts: dict[str, Any] = parsed(row["facts"])
    facts["enrolled"] = [None if one is None else moment(one) for one in facts.get("enrolled", ())]
    face = made(
        KeptFace,
        id=row["id"],
        number=row["number"],
        crop=row["crop"],
        picture=row["picture"],
        map=row["map"],
        candidates=[{**one, **_ABSENT} for one in parsed(row["candidates"])],
        **facts,
    )
    if face.enrolled and len(face.enrolled) != len(face.candidates):
        raise ValueError
    return face


def _restored(row: sqlite3.Row) -> KeptRestored:
    facts: dict[str, Any] = parsed(row["facts"])
    leads = [
        {**one, "enrolled": None if one["enrolled"] is None else moment(one["enrolled"])} for one in facts.pop("leads")
    ]
    return made(
        KeptRestored,
        id=row["id"],
        face_id=row["face_id"],
        made=moment(row["made"]),
        made_by=row["made_by"],
        picture=row["picture"],
        leads=leads,
        **facts,
    )
