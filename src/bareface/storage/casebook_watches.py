"""Part of the database of cases: probe faces that can be searched again, and those that are."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

import numpy as np

from bareface.storage.casebook_rows import moment, now, parsed, text_of
from bareface.system.small_database import SmallDatabase
from bareface.system.typed import made
from bareface.values.cases import Watch
from bareface.values.face import MaskState, Template
from bareface.values.search import Decision

TABLES = """
ALTER TABLE search ADD COLUMN again INTEGER;
ALTER TABLE search ADD COLUMN since TEXT;
CREATE TABLE probe (
  face_id INTEGER PRIMARY KEY REFERENCES face(id) ON DELETE CASCADE, facts TEXT NOT NULL, vector BLOB NOT NULL,
  upper_face BLOB, gallery TEXT NOT NULL, highest INTEGER NOT NULL);
CREATE TABLE watch (
  face_id INTEGER PRIMARY KEY REFERENCES probe(face_id) ON DELETE CASCADE, begun TEXT NOT NULL,
  begun_by TEXT NOT NULL, searched TEXT, searches INTEGER NOT NULL DEFAULT 0, trouble TEXT);
"""
_WATCH = (
    "SELECT probe.face_id, watch.begun, watch.begun_by, watch.searched, watch.searches, watch.trouble FROM probe"
    " JOIN face ON face.id = probe.face_id JOIN search ON search.id = face.search_id"
    " LEFT JOIN watch ON watch.face_id = probe.face_id"
)


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """A probe face as it is searched again.

    Attributes
    ----------
    face_id
        Number of the kept face; 0 before it is kept.
    template
        Its template.
    sha256
        Digest of the photo.
    gallery
        Identifier of the gallery that was searched.
    highest
        Highest number of a reference that was searched so far.
    """

    template: Template
    sha256: str
    gallery: str
    highest: int
    face_id: int = 0


@dataclass(frozen=True, slots=True)
class _Facts:
    """The part of a probe that is text."""

    model: str
    space: str
    precision: str
    mask_state: MaskState
    visible: float | None
    sha256: str


class WatchBook(SmallDatabase):
    """Probe faces that can be searched again."""

    def watches(self, case: int) -> tuple[Watch, ...]:
        """Return the faces of a case that can be searched again, with those that are."""
        with self._read() as connection:
            rows = connection.execute(f"{_WATCH} WHERE search.case_id = ? ORDER BY face.id", (case,))
            return tuple(map(_watch, rows))

    def begin_watch(self, face: int, by: str) -> bool:
        """Let a face be searched again from now on, whatever ended it before; returns False if it has no template."""
        with self._open() as connection:
            query = (
                "INSERT INTO watch (face_id, begun, begun_by) SELECT face_id, ?, ? FROM probe WHERE face_id = ?"
                " ON CONFLICT (face_id) DO UPDATE SET trouble = NULL"
            )
            connection.execute(query, (now(), by, face))
            return connection.execute("SELECT 1 FROM watch WHERE face_id = ?", (face,)).fetchone() is not None

    def end_watch(self, face: int) -> None:
        """Let a face be searched no more."""
        with self._open() as connection:
            connection.execute("DELETE FROM watch WHERE face_id = ?", (face,))

    def due(self, gallery: str, highest: int, now: datetime) -> Probe | None:
        """Return a face of an open case for which there are references that it was not compared with, if any is."""
        self._set_back(gallery, highest)
        with self._read() as connection:
            row = connection.execute(
                "SELECT probe.* FROM watch JOIN probe ON probe.face_id = watch.face_id"
                " JOIN face ON face.id = watch.face_id JOIN search ON search.id = face.search_id"
                " JOIN cases ON cases.id = search.case_id WHERE cases.closed IS NULL AND cases.expires > ?"
                " AND watch.trouble IS NULL AND probe.gallery = ? AND probe.highest < ? ORDER BY probe.highest LIMIT 1",
                (text_of(now), gallery, highest),
            ).fetchone()
            return None if row is None else _probe(row)

    def _set_back(self, gallery: str, highest: int) -> None:
        """Note that a gallery gives numbers again that faces were compared with: it was restored from a copy."""
        later = "gallery = ? AND highest > ?"
        with self._read() as connection:
            if connection.execute(f"SELECT 1 FROM probe WHERE {later}", (gallery, highest)).fetchone() is None:
                return
        with self._open() as connection:
            connection.execute(f"UPDATE probe SET highest = ? WHERE {later}", (highest, gallery, highest))

    def listed(self, face: int) -> dict[int, Decision]:
        """Return the references on the lists of a face, and of its searches again, by number with the decision."""
        with self._read() as connection:
            rows = connection.execute(
                "SELECT face.candidates FROM face JOIN search ON search.id = face.search_id"
                " WHERE face.id = ?1 OR search.again = ?1",
                (face,),
            )
            found = {int(one["reference_id"]): one["decision"] for row in rows for one in parsed(row["candidates"])}
            if not set(found.values()) <= set(get_args(Decision)):
                raise ValueError
            return found

    def note_trouble(self, face: int, code: str) -> None:
        """Note why a face is searched no more."""
        with self._open() as connection:
            connection.execute("UPDATE watch SET trouble = ? WHERE face_id = ?", (code, face))

    @staticmethod
    def _advance(connection: sqlite3.Connection, probe: Probe, highest: int) -> str | None:
        """Note that a face was searched again; returns when it was before, None if another process was first."""
        before = connection.execute(
            "SELECT coalesce(watch.searched, search.made) AS moment FROM watch JOIN face ON face.id = watch.face_id"
            " JOIN search ON search.id = face.search_id JOIN probe ON probe.face_id = face.id"
            " WHERE watch.face_id = ? AND probe.highest = ?",
            (probe.face_id, probe.highest),
        ).fetchone()
        if before is None:
            return None
        connection.execute("UPDATE probe SET highest = ? WHERE face_id = ?", (highest, probe.face_id))
        connection.execute(
            "UPDATE watch SET searched = ?, searches = searches + 1 WHERE face_id = ?", (now(), probe.face_id)
        )
        return str(before["moment"])

    @staticmethod
    def _keep_probe(connection: sqlite3.Connection, face: int, probe: Probe) -> None:
        one = probe.template
        facts = {
            "model": one.model,
            "space": one.space,
            "precision": one.precision,
            "mask_state": one.mask_state,
            "visible": one.visible,
            "sha256": probe.sha256,
        }
        upper = None if one.upper_face is None else _blob(one.upper_face)
        values = (face, json.dumps(facts), _blob(one.vector), upper, probe.gallery, probe.highest)
        connection.execute("INSERT INTO probe VALUES (?, ?, ?, ?, ?, ?)", values)


def _blob(vector: np.ndarray) -> bytes:
    return np.ascontiguousarray(vector, "<f4").tobytes()


def _vector(blob: bytes) -> np.ndarray:
    vector = np.frombuffer(blob, "<f4").astype(np.float32)
    if not len(vector) or not np.isfinite(vector).all():
        raise ValueError
    return vector


def _probe(row: sqlite3.Row) -> Probe:
    facts = made(_Facts, **parsed(row["facts"]))
    upper = None if row["upper_face"] is None else _vector(row["upper_face"])
    template = Template(
        _vector(row["vector"]), facts.model, facts.space, facts.precision, facts.mask_state, facts.visible, upper
    )
    return Probe(template, facts.sha256, row["gallery"], row["highest"], row["face_id"])


def _watch(row: sqlite3.Row) -> Watch:
    moments = {name: None if row[name] is None else moment(row[name]) for name in ("begun", "searched")}
    rest = {name: row[name] for name in ("face_id", "begun_by", "trouble")}
    return made(Watch, **moments, **rest, searches=row["searches"] or 0)
