"""Listings of which SQLite returns one page: it searches, orders and cuts, so that no other row becomes an object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from bareface.storage.sqlite import queries
from bareface.storage.sqlite.columns import Damaged
from bareface.storage.sqlite.schema import correction, reference, subject
from bareface.values import names
from bareface.values.gallery import Reference, ReferencePage, Subject, SubjectPage

_BEST_FIRST = (sa.func.coalesce(reference.c.quality, -1.0).desc(), reference.c.id)
"""Order of a subject's references: those of unknown or equal quality by number."""


def subject_page(connection: sa.Connection, limit: int, after: tuple[str | None, int] | None, text: str) -> SubjectPage:
    """Return some subjects: named ones by name, then unnamed ones by number.

    They are two queries: one index holds the named ones in this order, and the unnamed ones in theirs.
    """
    s = subject.c
    matching = _contains(text)
    columns = sa.select(s.id, s.name).where(*matching)
    count = queries.count(connection, subject, *matching)
    name, number = ("", 0) if after is None else (after[0], min(after[1], queries.LARGEST))
    rows: list[Any] = []
    if name is not None:
        named = columns.where(sa.tuple_(s.name, s.id) > sa.tuple_(name, number)).order_by(s.name, s.id)
        rows += connection.execute(named.limit(limit + 1)).all()
        number = 0
    if len(rows) <= limit and (after is not None or len(rows) < count):
        unnamed = columns.where(s.name.is_(None), s.id > number).order_by(s.id)
        rows += connection.execute(unnamed.limit(limit + 1 - len(rows))).all()
    return SubjectPage(_counted(connection, rows[:limit]), count, len(rows) > limit)


def _contains(text: str) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the condition that a subject's name, or an alias, contains a text in any case; empty: all match."""
    parts = {key.casefold() for key in names.keys(text)}
    if "" in parts:
        return ()

    def within(column: sa.Column[Any]) -> sa.ColumnElement[bool]:
        folded = sa.func.folded(column)  # see `connection`
        return column.is_not(None) & sa.or_(*(sa.func.instr(folded, part) > 0 for part in sorted(parts)))

    aliases = sa.select(correction.c.subject_key).where(correction.c.kind == "merge", within(correction.c.merged_name))
    return (within(subject.c.name_key) | subject.c.key.in_(aliases),)


def _counted(connection: sa.Connection, rows: Sequence[Any]) -> tuple[Subject, ...]:
    """Return subjects, given by number and name, with their counts of references and their aliases."""
    counts: dict[int, int] = {}
    also: dict[int, tuple[str, ...]] = {}
    r = reference.c
    for some in queries.chunks([row[0] for row in rows]):
        query = sa.select(r.subject_id, sa.func.count()).where(r.subject_id.in_(some)).group_by(r.subject_id)
        counts.update((row[0], row[1]) for row in connection.execute(query))
        also.update(queries.aliases(connection, some))
    return tuple(Subject(number, name, counts.get(number, 0), also.get(number, ())) for number, name in rows)


def reference_page(connection: sa.Connection, limit: int, after: int, owner: int | None) -> ReferencePage:
    """Return some references by number, of the gallery or of one subject."""
    r = reference.c
    of_owner = () if owner is None else (r.subject_id == owner,)
    ids = sa.select(r.id).where(*of_owner, r.id > min(after, queries.LARGEST)).order_by(r.id).limit(limit + 1)
    numbers = list(connection.execute(ids).scalars())
    count = queries.count(connection, reference, *of_owner)
    known = queries.references_by_id(connection, numbers[:limit])
    return ReferencePage(tuple(known[number] for number in numbers[:limit]), count, len(numbers) > limit)


def best_reference(connection: sa.Connection, owner: int) -> Reference:
    """Return a subject's reference of the best quality; of those of unknown or equal quality the first."""
    r = reference.c
    query = sa.select(r.id).where(r.subject_id == owner).order_by(*_BEST_FIRST)
    number = connection.execute(query.limit(1)).scalar()
    if number is None:
        raise Damaged(f"subject {owner} has no reference")
    return queries.find_references(connection, [number])[0]


def unnamed(connection: sa.Connection, after: int, limit: int) -> dict[int, int]:
    """Return the best references of unnamed subjects above a number, by subject, in the order of the subjects."""
    s, r = subject.c, reference.c
    query = sa.select(s.id).where(s.name.is_(None), s.id > min(after, queries.LARGEST)).order_by(s.id).limit(limit)
    best: dict[int, int] = {}
    for some in queries.chunks(connection.execute(query).scalars()):
        faces = sa.select(r.subject_id, r.id).where(r.subject_id.in_(some))
        for owner, number in connection.execute(faces.order_by(r.subject_id, *_BEST_FIRST)):
            best.setdefault(owner, number)
    return best
