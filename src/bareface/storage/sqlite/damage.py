"""Damage that SQLite does not see: values in a database that no version of bareface writes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np
import sqlalchemy as sa

from bareface.messages import Note
from bareface.storage.sqlite import schema
from bareface.storage.sqlite.columns import Checked, Damaged, NotText
from bareface.values.gallery import Problem

_BY_REFERENCE = "advice.delete-reference"
_REMEDIES = {
    "subject": "advice.delete-subject",
    "reference": _BY_REFERENCE,
    "template": _BY_REFERENCE,
    "picture": _BY_REFERENCE,
    "staged_template": _BY_REFERENCE,
    "file": "advice.delete-references",
}
_COPY = "advice.copy"
_DISPENSABLE = ("correction", "apart", "restoration", "restored_face", "history")
"""Tables whose rows no other row depends on, but for those that are deleted with them."""
_REPAIR = "advice.repair"
_REMEDIES |= dict.fromkeys(_DISPENSABLE, _REPAIR)
_PARTS = ("template", "picture", "staged_template")
"""Tables whose rows belong to a reference: without it, nothing depends on them, and no number deletes them."""


def problems(connection: sqlite3.Connection) -> Iterator[Problem]:
    """Return all damaged rows, table by table; each problem names table, row and column, and says what to do."""
    return (problem for _, _, problem in _found(connection))


def ends_by_repair(problem: Problem) -> bool:
    """Tell whether :func:`repair` deletes the row that a problem is about."""
    advice = problem.message.params.get("advice") if isinstance(problem.message, Note) else None
    return isinstance(advice, Note) and advice.code == _REPAIR


def repair(connection: sqlite3.Connection) -> int:
    """Delete damaged rows on which no reference depends, within a transaction; returns how many."""
    rows = {(table, row) for table, row, _ in _found(connection) if table in _DISPENSABLE and row is not None}
    for table in _PARTS:
        orphans = f"SELECT rowid FROM [{table}] WHERE reference_id NOT IN (SELECT id FROM reference)"
        with suppress(sqlite3.Error):  # named by a check
            rows |= {(table, row) for (row,) in connection.execute(orphans)}
    for table, row in rows:
        connection.execute(f"DELETE FROM [{table}] WHERE rowid = ?", (row,))
    return len(rows)


def _found(connection: sqlite3.Connection) -> Iterator[tuple[str, Any, Problem]]:
    """Describe damage with its table and row; without a row if it is not one of a single row."""
    connection.text_factory = _text
    dimension = _dimension(connection)
    later = _later_tables(connection)
    for table in schema.metadata.sorted_tables:
        if table.name in later:
            continue
        key = next(iter(table.primary_key.columns))
        names = ", ".join(f"[{column.name}]" for column in table.columns)
        seen = 0
        try:
            for row in connection.execute(f"SELECT {names} FROM [{table.name}]"):
                seen += 1
                values = dict(zip(table.columns.keys(), row, strict=True))
                number = values[key.name]
                for what in (*_columns(table, values), *_together(table, values, dimension)):
                    templates = table is schema.template and what.params.get("column") in ("vector", "covered")
                    yield _row(table.name, number, what, "gallery.template" if templates else "gallery.corrupt")
        except sqlite3.Error as error:
            what = Note("damage.unread", table=table.name, reason=error, advice=Note(_COPY))
            yield table.name, None, Problem("gallery.corrupt", what)
        else:
            if table is schema.gallery and seen != 1:
                what = Note("damage.gallery-rows", rows=seen, advice=Note(_COPY))
                yield table.name, None, Problem("gallery.corrupt", what)
    yield from _links(connection)


def _later_tables(connection: sqlite3.Connection) -> set[str]:
    """Return the tables that a gallery of an earlier layout, which may only be read, does not have yet."""
    with suppress(sqlite3.Error):  # a missing table is damage then
        ((revision,),) = connection.execute("SELECT version_num FROM alembic_version")
        if schema.READABLE <= str(revision) < schema.REVISION:
            there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            return set(schema.metadata.tables) - there
    return set()


def _columns(table: sa.Table, values: dict[str, Any]) -> Iterator[Note]:
    for column in table.columns:
        if isinstance(column.type, Checked):
            try:
                column.type.read(values[column.name])
            except Damaged as error:
                yield Note("damage.column", column=column.name, what=error)


def _together(table: sa.Table, values: dict[str, Any], dimension: int | None) -> Iterator[Note]:
    """Return rows whose columns are valid one by one, but contradict each other."""
    if table in (schema.template, schema.staged):
        length = dimension if table is schema.template else None
        blobs = ((name, _vector(values[name], length)) for name in ("vector", "covered"))
        yield from (Note("damage.column", column=name, what=what) for name, what in blobs if what)
    elif table is schema.correction:
        needed = ("merged_name", "subject_key") if values["kind"] == "merge" else ("sha256", "x1", "y1", "x2", "y2")
        missing = Note("damage.missing")
        yield from (Note("damage.column", column=name, what=missing) for name in needed if values[name] is None)
    elif table is schema.restoration and isinstance(values["provenance"], str):
        try:
            json.loads(values["provenance"])
        except (ValueError, RecursionError):
            yield Note("damage.column", column="provenance", what=Note("damage.json"))


def _vector(blob: object, dimension: int | None) -> Note | None:
    if not isinstance(blob, bytes) or not blob or len(blob) % 4:
        return None  # named by its column
    if dimension is not None and len(blob) != 4 * dimension:
        return Note("damage.vector-length", length=len(blob), expected=4 * dimension)
    vector = np.frombuffer(blob, "<f4")
    return None if np.isfinite(vector).all() and vector.any() else Note("damage.vector")


def _dimension(connection: sqlite3.Connection) -> int | None:
    try:
        row = connection.execute("SELECT dimension FROM gallery").fetchone()
    except sqlite3.Error:
        return None
    return row[0] if row and isinstance(row[0], int) else None


def _links(connection: sqlite3.Connection) -> Iterator[tuple[str, Any, Problem]]:
    """Return rows that point to no row, and references without a template."""
    try:
        for table, row, target, _ in connection.execute("PRAGMA foreign_key_check"):
            advice = _REPAIR if table in _PARTS else None
            yield _row(table, row, Note("damage.link", table=target), advice=advice)
        lost = "SELECT id FROM reference WHERE id NOT IN (SELECT reference_id FROM template)"
        for (number,) in connection.execute(lost):
            yield _row("reference", number, Note("damage.no-template"), "gallery.template")
        pinned = "SELECT 1 FROM gallery WHERE (space IS NULL OR dimension IS NULL)"
        if connection.execute(f"{pinned} AND EXISTS (SELECT 1 FROM template)").fetchone():
            yield _row("gallery", 1, Note("damage.no-space"))
    except sqlite3.Error as error:
        what = Note("damage.compared", reason=error, advice=Note(_COPY))
        yield "gallery", None, Problem("gallery.corrupt", what)


def _row(
    table: str, row: object, what: Note, code: str = "gallery.corrupt", advice: str | None = None
) -> tuple[str, Any, Problem]:
    advice = advice or _REMEDIES.get(table, _COPY)
    who = "damage.reference" if advice == _BY_REFERENCE else "damage.row"
    return table, row, Problem(code, Note(who, row=row, table=table, what=what, advice=Note(advice, row=row)))


def _text(data: bytes) -> Any:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return NotText()
