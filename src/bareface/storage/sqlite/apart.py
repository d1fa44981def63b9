"""Pairs of faces that people told apart.

An answer is about two faces, which is what a person looked at. What it says about two subjects follows from whose the
faces are now, so it stays right when subjects are merged, split or renamed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any, get_args

import sqlalchemy as sa

from bareface.storage.ports import IMPORTED
from bareface.storage.sqlite import queries
from bareface.storage.sqlite.schema import apart, file, reference
from bareface.values.suggestion import Apart, ApartAnswer, ApartPage

_one, _other = reference.alias("one"), reference.alias("another")
_owner = _one.c.subject_id == sa.bindparam("owner")
_TOLD_APART = [
    sa.select(_other.c.subject_id, apart.c.answer)
    .select_from(_one)
    .join(apart, here == _one.c.id)
    .join(_other, there == _other.c.id)
    .where(_owner)
    for here, there in ((apart.c.one_id, apart.c.other_id), (apart.c.other_id, apart.c.one_id))
]
_TOGETHER = (
    sa.select(_other.c.subject_id)
    .select_from(_one)
    .join(file, file.c.id == _one.c.file_id)
    .join(_other, _other.c.file_id == _one.c.file_id)
    .where(_owner, file.c.format != IMPORTED)  # templates of a file were never in one picture
    .distinct()
)
"""Made once: an alias of a table takes a millisecond."""

_UNCHECKED: sa.types.TypeEngine[Any] = sa.types.NullType()


def told_apart(connection: sa.Connection, owner: int, *, undecided: bool) -> set[int]:
    """Return the subjects that are told apart from one; with ``undecided`` those that nobody could say about, too."""
    rows = [row for query in _TOLD_APART for row in connection.execute(query, {"owner": owner})]
    return {subject for subject, answer in rows if undecided or answer == "different"} - {owner}


def together(connection: sa.Connection, owner: int) -> set[int]:
    """Return the subjects that are in a photo with one."""
    return set(connection.execute(_TOGETHER, {"owner": owner}).scalars()) - {owner}


def page(connection: sa.Connection, limit: int, after: int) -> ApartPage:
    """Return some answers by number; none of a gallery of an earlier layout, which may only be read."""
    if not sa.inspect(connection).has_table(apart.name):
        return ApartPage((), 0, more=False)
    a = apart.c
    query = sa.select(a.id, a.one_id, a.other_id, a.answer, a.made).where(a.id > min(after, queries.LARGEST))
    rows = connection.execute(query.order_by(a.id).limit(limit + 1)).all()
    answers = tuple(Apart(row[0], (row[1], row[2]), row[3], row[4]) for row in rows[:limit])
    return ApartPage(answers, queries.count(connection, apart), len(rows) > limit)


def undecided(connection: sa.Connection) -> int:
    """Return how many pairs nobody could say about."""
    return queries.count(connection, apart, apart.c.answer == "cannot say")


def tell(connection: sa.Connection, one: int, other: int, answer: ApartAnswer) -> int | None:
    """Keep an answer; returns its number, or None where as much is known of the pair."""
    first, second = sorted((one, other))
    a = apart.c
    there = connection.execute(sa.select(a.id, a.answer).where(a.one_id == first, a.other_id == second)).first()
    if there is not None and there.answer in (answer, "different"):
        return None
    if there is not None:
        connection.execute(apart.delete().where(a.id == there.id))
    values = {"one_id": first, "other_id": second, "answer": answer, "made": datetime.now(UTC)}
    return queries.inserted(connection, apart, values)


def forget(connection: sa.Connection, numbers: Iterable[int]) -> int:
    """Drop answers; returns how many."""
    groups = queries.chunks(number for number in numbers if 0 <= number <= queries.LARGEST)
    return sum(connection.execute(apart.delete().where(apart.c.id.in_(some))).rowcount for some in groups)


def hand_over(connection: sa.Connection, numbers: Collection[int]) -> None:
    """Let answers about faces that are about to be deleted be about other faces of the same subjects.

    So subjects stay told apart when a bad photo goes. Answers about a subject that goes altogether go with it.
    """
    a, doomed = apart.c, set(numbers)
    rows: dict[int, Any] = {}
    columns = [sa.type_coerce(a[name], _UNCHECKED) for name in ("id", "one_id", "other_id", "answer")]
    for some in queries.chunks(doomed):
        for end in (a.one_id, a.other_id):  # not in one statement: it would bind too many values for old SQLite
            query = sa.select(*columns).where(end.in_(some))
            rows.update((row[0], row) for row in connection.execute(query))
    for number, one, other, answer in rows.values():
        first, second = (face if face not in doomed else _heir(connection, face, doomed) for face in (one, other))
        connection.execute(apart.delete().where(a.id == number))
        if first is not None and second not in (None, first) and answer in get_args(ApartAnswer):
            tell(connection, first, second, answer)


def _heir(connection: sa.Connection, face: int, doomed: set[int]) -> int | None:
    """Return another face of the same subject that stays; None if none does."""
    r = reference.c
    owner = sa.select(sa.type_coerce(r.subject_id, _UNCHECKED)).where(r.id == face).scalar_subquery()
    faces = connection.execute(sa.select(r.id).where(r.subject_id == owner).order_by(r.id)).scalars()
    return next((one for one in faces if one not in doomed), None)
