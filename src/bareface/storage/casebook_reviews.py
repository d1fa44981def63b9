"""Reviews in a casebook: requests, pairs and viewing aids that each reviewer saw, and the answers."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

from bareface.storage.casebook_rows import moment, new_id, now, parsed, text_of
from bareface.system.small_database import SmallDatabase
from bareface.system.typed import made
from bareface.values.cases import COMPONENTS, Answer, Component, Control, Finding, Review


class ReviewBook(SmallDatabase):
    """Reviews and answers."""

    def ask(
        self,
        face: int,
        by: str,
        items: tuple[int, ...],
        *,
        two_person: bool,
        checklist: bool = False,
        controls: tuple[Control, ...] = (),
    ) -> int | None:
        """Add a review; returns its number, None if the face was erased meanwhile."""
        with self._open() as connection:
            query = (
                "INSERT INTO review (face_id, asked, asked_by, two_person, items, checklist, controls)"
                " SELECT id, ?, ?, ?, ?, ?, ? FROM face WHERE id = ?"
            )
            pairs = [asdict(one) | {"enrolled": [text_of(moment) for moment in one.enrolled]} for one in controls]
            values = (now(), by, two_person, json.dumps(items), checklist, json.dumps(pairs), face)
            cursor = connection.execute(query, values)
            return new_id(cursor) if cursor.rowcount else None

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
            connection.execute(query, (review, reviewer, item, now()))
            return True

    def see(self, review: int, reviewer: str, item: int, what: str) -> bool:
        """Note that a reviewer opens a viewing aid of an item; False unless the item is before the reviewer."""
        with self._open() as connection:
            query = "SELECT 1 FROM answer WHERE review_id = ? AND reviewer = ? AND item = ? AND answered IS NULL"
            if connection.execute(query, (review, reviewer, item)).fetchone() is None:
                return False
            query = "INSERT OR IGNORE INTO seen VALUES (?, ?, ?, ?, ?)"
            connection.execute(query, (review, reviewer, item, what, now()))
            return True

    def answer(
        self,
        review: int,
        reviewer: str,
        item: int,
        verdict: str,
        confidence: str,
        note: str,
        features: Mapping[Component, Finding] | None = None,
    ) -> bool:
        """Store an answer to an item that was shown; False if there is one already, which stays."""
        with self._open() as connection:
            query = (
                "UPDATE answer SET verdict = ?, confidence = ?, note = ?, answered = ?, features = ?"
                " WHERE review_id = ? AND reviewer = ? AND item = ? AND answered IS NULL"
            )
            values = (verdict, confidence, note, now(), json.dumps(dict(features or {})), review, reviewer, item)
            return connection.execute(query, values).rowcount == 1

    def answers(self, review: int) -> tuple[Answer, ...]:
        """Return the answers of a review, item by item."""
        with self._read() as connection:
            query = "SELECT * FROM seen WHERE review_id = ? ORDER BY at"
            aids: dict[tuple[str, int], list[tuple[str, datetime]]] = {}
            for row in connection.execute(query, (review,)):
                aids.setdefault((row["reviewer"], row["item"]), []).append((row["what"], moment(row["at"])))
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
                    shown=moment(row["shown"]),
                    answered=moment(row["answered"]),
                    features=_in_order(parsed(row["features"])),
                    aids=aids.get((row["reviewer"], row["item"]), []),
                )
                for row in connection.execute(query, (review,))
            )

    def exclude(self, review: int, apart: Mapping[int, int | None], by: str) -> None:
        """Note that candidates of a review are not the probe's person, each with the gallery's fact that says so."""
        with self._open() as connection:
            query = "INSERT OR IGNORE INTO excluded SELECT face_id, ?, id, ?, ?, ? FROM review WHERE id = ?"
            for number, fact in apart.items():
                connection.execute(query, (number, by, now(), fact, review))

    def include(self, review: int) -> list[int]:
        """Take back what was noted after a review; returns the gallery's facts to take back with it."""
        with self._open() as connection:
            query = "SELECT apart FROM excluded WHERE review_id = ? AND apart IS NOT NULL"
            facts = [int(row["apart"]) for row in connection.execute(query, (review,))]
            connection.execute("DELETE FROM excluded WHERE review_id = ?", (review,))
            return facts

    def excluded(self, face: int) -> dict[int, int]:
        """Return the references that are not a kept face's person, each with the review that says so."""
        with self._read() as connection:
            rows = connection.execute("SELECT reference_id, review_id FROM excluded WHERE face_id = ?", (face,))
            return {int(row["reference_id"]): int(row["review_id"]) for row in rows}


def _in_order(features: Mapping[Component, Finding]) -> list[tuple[Component, Finding]]:
    if not set(features) <= set(COMPONENTS):
        raise ValueError
    return [(name, features[name]) for name in COMPONENTS if name in features]


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
        asked=moment(row["asked"]),
        asked_by=row["asked_by"],
        two_person=row["two_person"],
        items=parsed(row["items"]),
        reviewers=reviewers,
        checklist=row["checklist"],
        controls=[{**one, "enrolled": [moment(text) for text in one["enrolled"]]} for one in parsed(row["controls"])],
    )
    if not set(review.items) <= set(range(-len(review.controls), len(parsed(row["candidates"])))):
        raise ValueError
    return review
