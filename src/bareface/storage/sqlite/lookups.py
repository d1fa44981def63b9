"""Read what a search needs of the database in few steps, so that threads can search at the same time.

Python takes its lock again after each row that it reads: threads that read hundreds of rows each would wait for one
another at every row, so SQLite puts them all into one. Values are checked as the tables' columns are.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bareface.storage.ports import Int64
from bareface.storage.sqlite.columns import Damaged
from bareface.values.face import Float32

_AT_ONCE = 4096
"""Numbers in one statement, which may be a million characters long."""


def _bytes_of_digits() -> NDArray[np.uint8]:
    """Return bytes by the two hexadecimal digits that SQLite writes for them, read as one number."""
    table = np.zeros(1 << 16, np.uint8)
    digits = np.frombuffer("".join(f"{byte:02X}" for byte in range(256)).encode(), np.uint16)
    table[digits] = np.arange(256)
    return table


_BYTES = _bytes_of_digits()


def token(connection: sqlite3.Connection) -> str:
    """Return the token of the database's state, which no other state of any gallery has."""
    ((found,),) = rows(connection, "SELECT token FROM gallery")
    return str(found)


def templates(connection: sqlite3.Connection, ids: Int64, dimension: int) -> tuple[Float32, Int64]:
    """Return the templates float32 [n, d] of references, fit to be compared, and the numbers of their subjects [n].

    The references' numbers, int64 [n], rise; there is one at least.
    """
    parts = [_templates(connection, ids[start : start + _AT_ONCE], dimension) for start in range(0, len(ids), _AT_ONCE)]
    if len(parts) == 1:
        return parts[0]
    vectors, owners = zip(*parts, strict=True)
    return np.concatenate(vectors), np.concatenate(owners)


def _templates(connection: sqlite3.Connection, ids: Int64, dimension: int) -> tuple[Float32, Int64]:
    wanted = joined(ids.tolist())
    ((numbers, subjects, vectors, wrong),) = rows(
        connection,
        "SELECT group_concat(template.reference_id), "
        "CAST(group_concat(printf('%016X', reference.subject_id), '') AS BLOB), "
        "CAST(group_concat(hex(template.vector), '') AS BLOB), "
        f"{_misfits('vector', dimension)} + total(typeof(reference.subject_id) <> 'integer') "
        "FROM template JOIN reference ON reference.id = template.reference_id "
        f"WHERE template.reference_id IN ({wanted})",
    )
    held = ids if numbers == wanted else _numbers(numbers)  # as SQLite seeks them, though it does not promise to
    owners = decoded(subjects).view(">i8").astype(np.int64)
    matrix = _matrix(vectors, wrong, dimension)
    if held is ids:
        return matrix, owners
    rising = np.argsort(held)
    if not np.array_equal(held[rising], ids):
        raise Damaged("the index holds a template that the database lacks")
    return matrix[rising], owners[rising]


def _some(
    connection: sqlite3.Connection, ids: Int64, column: str, condition: str, model: str, dimension: int
) -> dict[int, Float32]:
    found: dict[int, Float32] = {}
    for start in range(0, len(ids), _AT_ONCE):
        wanted = joined(ids[start : start + _AT_ONCE].tolist())
        ((numbers, vectors, wrong),) = rows(
            connection,
            f"SELECT group_concat(reference_id), CAST(group_concat(hex({column}), '') AS BLOB), "
            f"{_misfits(column, dimension)} FROM template "
            f"WHERE reference_id IN ({wanted}) AND {condition} AND model = ?",
            (model,),
        )
        found.update(zip(_numbers(numbers).tolist(), _matrix(vectors, wrong, dimension), strict=True))
    return found


def _misfits(column: str, dimension: int) -> str:
    """Return SQL that counts values which are no templates."""
    return f"total(typeof({column}) <> 'blob' OR length({column}) <> {4 * dimension})"


def decoded(digits: bytes | None) -> NDArray[np.uint8]:
    """Return the bytes that hexadecimal digits stand for; NumPy leaves Python's lock to others meanwhile."""
    return _BYTES.take(np.frombuffer(digits or b"", np.uint16))


def _matrix(digits: bytes | None, misfits: float, dimension: int) -> Float32:
    """Return templates float32 [n, d], fit to be compared, of their bytes in hexadecimal digits."""
    if misfits:
        raise Damaged(f"a template has not {dimension} numbers")
    matrix = decoded(digits).view("<f4").reshape(-1, dimension)
    squares = np.einsum("nd,nd->n", matrix, matrix)
    # Seldom not so for sound ones, which are too small or large.
    sound = np.minimum.reduce(squares, initial=1) > 0 and np.maximum.reduce(squares, initial=1) < np.inf
    if not sound and not (np.isfinite(matrix).all() and matrix.any(axis=1).all()):
        raise Damaged("a template is not finite or all zero")
    return matrix


def upper_faces(connection: sqlite3.Connection, ids: Int64, model: str, dimension: int) -> dict[int, Float32]:
    """Return upper-face templates [d] by reference number; references without one by this model are omitted."""
    return _some(connection, ids, "covered", "covered IS NOT NULL AND mask_state = 'none'", model, dimension)


def masked_faces(connection: sqlite3.Connection, ids: Int64, model: str, dimension: int) -> dict[int, Float32]:
    """Return templates [d] by reference number; references without a mask, or of another model, are omitted."""
    return _some(connection, ids, "vector", "mask_state IN ('partial', 'full')", model, dimension)


def masked(connection: sqlite3.Connection, ids: Int64) -> Int64:
    """Return those of references int64 [n] that wear a mask."""
    found: list[Int64] = [np.empty(0, np.int64)]
    for start in range(0, len(ids), _AT_ONCE):
        some = joined(ids[start : start + _AT_ONCE].tolist())
        query = (
            f"SELECT group_concat(reference_id) FROM template WHERE reference_id IN ({some}) AND mask_state <> 'none'"
        )
        ((numbers,),) = rows(connection, query)
        found.append(_numbers(numbers))
    return np.concatenate(found)


def rows(connection: sqlite3.Connection, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Return what a statement finds."""
    cursor = sqlite3.Cursor(connection)  # the connection need not remember it: it is closed here
    try:
        return cursor.execute(query, parameters).fetchall()
    finally:
        cursor.close()


def joined(numbers: Sequence[int]) -> str:
    """Return numbers as a statement lists them."""
    return str(list(numbers))[1:-1].replace(" ", "")


def _numbers(listed: str | None) -> Int64:
    """Return the numbers of a list as SQLite writes it."""
    return np.array(list(map(int, listed.split(","))) if listed else [], np.int64)
