"""Read what a search needs of the database in few steps, so that threads can search at the same time.

Python takes its lock again after each row that it reads: threads that read hundreds of rows each would wait for one
another at every row, so SQLite puts them all into one. Values are checked as the tables' columns are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import sqlalchemy as sa

from bareface.storage.ports import Int64
from bareface.storage.sqlite.columns import Damaged, source_of
from bareface.storage.sqlite.schema import file, reference, subject, template
from bareface.values.face import Box, Float32, MaskState

_AT_ONCE = 4096
"""Numbers in one statement, which may be a million characters long."""


class Listed(NamedTuple):
    """The part of a reference that a candidate list shows; see :class:`bareface.values.gallery.Reference`."""

    id: int
    subject: str | None
    source: str
    sha256: str
    box: Box
    model: str
    precision: str
    mask_state: MaskState
    visible: float | None


_COLUMNS: tuple[sa.Column[Any], ...] = (
    subject.c.name,
    file.c.path,
    file.c.format,
    file.c.sha256,
    *(reference.c[side] for side in ("x1", "y1", "x2", "y2")),
    *(template.c[name] for name in ("model", "precision", "mask_state", "visible")),
)
_READ: Any = tuple(column.type.read for column in _COLUMNS)  # type: ignore[attr-defined]
_LISTED = (
    f"SELECT reference.id, subject.id, {', '.join(map(str, _COLUMNS))} FROM reference "
    "LEFT JOIN subject ON subject.id = reference.subject_id LEFT JOIN file ON file.id = reference.file_id "
    "LEFT JOIN template ON template.reference_id = reference.id WHERE reference.id IN "
)


def listed(connection: sa.Connection, ids: Iterable[int]) -> dict[int, Listed]:
    """Return references as a candidate list shows them, by number."""
    rows = _rows(connection, f"{_LISTED}({_joined(ids)})")
    if not rows:
        return {}
    numbers, subjects, *columns = zip(*rows, strict=True)
    if None in subjects:
        raise Damaged(f"reference {numbers[subjects.index(None)]} has no subject")
    values = [_checked(read, column) for read, column in zip(_READ, columns, strict=True)]
    return {
        number: Listed(number, name, source_of(path, format), sha256, Box(*rest[:4]), *rest[4:])
        for number, name, path, format, sha256, *rest in zip(numbers, *values, strict=True)
    }


def _checked(read: Callable[[Any], Any], column: Sequence[Any]) -> list[Any]:
    """Return a column's values as its type reads them, each value once: models and mask states, say, are few.

    Values that are equal but of two types (1 and 1.0) are read alike by each of these columns.
    """
    values = {value: read(value) for value in set(column)}
    return [values[value] for value in column]


def token(connection: sa.Connection) -> str:
    """Return the token of the database's state, which no other state of any gallery has."""
    ((found,),) = _rows(connection, "SELECT token FROM gallery")
    return str(found)


def vectors(connection: sa.Connection, ids: Int64, dimension: int) -> Float32:
    """Return the templates float32 [n, d] of references int64 [n], in that order, fit to be compared."""
    found = np.empty((len(ids), dimension), np.float32)
    order = np.argsort(ids, kind="stable")
    for start in range(0, len(ids), _AT_ONCE):
        places = order[start : start + _AT_ONCE]
        found[places] = _sorted_vectors(connection, ids[places], dimension)
    if not (np.isfinite(found).all() and found.any(axis=1).all()):
        raise Damaged("a template is not finite or all zero")
    return found


def _sorted_vectors(connection: sa.Connection, ids: Int64, dimension: int) -> Float32:
    """Return the templates of references whose numbers rise, each number once."""
    wanted = _joined(ids.tolist())
    ((numbers, blobs, wrong),) = _rows(
        connection,
        "SELECT group_concat(reference_id), group_concat(hex(vector), ''), "
        f"sum(typeof(vector) <> 'blob' OR length(vector) <> {4 * dimension}) "
        f"FROM template WHERE reference_id IN ({wanted})",
    )
    if wrong:
        raise Damaged(f"a template has not {dimension} numbers")
    if numbers == wanted:  # as SQLite seeks them, though it does not promise to
        return np.frombuffer(bytes.fromhex(blobs), "<f4").reshape(len(ids), dimension)
    held = _numbers(numbers)
    matrix = np.frombuffer(bytes.fromhex(blobs or ""), "<f4").reshape(len(held), dimension)
    rising = np.argsort(held)
    if not np.array_equal(held[rising], ids):
        raise Damaged("the index holds a template that the database lacks")
    return matrix[rising]


def owners(connection: sa.Connection, ids: Iterable[int]) -> dict[int, int]:
    """Return the subject numbers of references, by reference number."""
    found: dict[int, int] = {}
    numbers = sorted(ids)
    for start in range(0, len(numbers), _AT_ONCE):
        some = _joined(numbers[start : start + _AT_ONCE])
        query = f"SELECT group_concat(id), group_concat(subject_id) FROM reference WHERE id IN ({some})"
        ((references, subjects),) = _rows(connection, query)
        found.update(zip(_numbers(references).tolist(), _numbers(subjects).tolist(), strict=True))
    return found


def masked(connection: sa.Connection, ids: Int64) -> Int64:
    """Return those of references int64 [n] that wear a mask."""
    found: list[Int64] = [np.empty(0, np.int64)]
    for start in range(0, len(ids), _AT_ONCE):
        some = _joined(ids[start : start + _AT_ONCE].tolist())
        query = (
            f"SELECT group_concat(reference_id) FROM template WHERE reference_id IN ({some}) AND mask_state <> 'none'"
        )
        ((numbers,),) = _rows(connection, query)
        found.append(_numbers(numbers))
    return np.concatenate(found)


def _rows(connection: sa.Connection, query: str) -> list[tuple[Any, ...]]:
    raw = connection.connection.dbapi_connection
    assert raw is not None
    cursor = raw.cursor()
    try:
        cursor.execute(query)
        return list(cursor.fetchall())
    finally:
        cursor.close()


def _joined(numbers: Iterable[int]) -> str:
    return ",".join(map(str, numbers))


def _numbers(listed: str | None) -> Int64:
    """Return the numbers of a list as SQLite writes it."""
    return np.array(listed.split(",") if listed else [], np.int64)
