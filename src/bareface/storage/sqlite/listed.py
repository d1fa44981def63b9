"""Read references as a candidate list shows them, all in one row: see :mod:`bareface.storage.sqlite.lookups`.

Python's driver of SQLite gives the lock back and takes it again at each row, and once more at each value in it.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
import sqlalchemy as sa

from bareface.storage.sqlite.columns import Damaged, FilePath, Real, source_of
from bareface.storage.sqlite.lookups import joined, rows
from bareface.storage.sqlite.schema import file, reference, subject, template
from bareface.values.face import Box, MaskState


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


_TEXTS: tuple[sa.Column[Any], ...] = (
    *(subject.c.name, file.c.path, file.c.format, file.c.sha256),
    *(template.c.model, template.c.precision, template.c.mask_state),
)
_REALS: tuple[sa.Column[Any], ...] = (*(reference.c[side] for side in Box._fields), template.c.visible)
_FROM = (
    "FROM reference LEFT JOIN subject ON subject.id = reference.subject_id LEFT JOIN file ON file.id = "
    "reference.file_id LEFT JOIN template ON template.reference_id = reference.id WHERE reference.id IN "
)
_UNIT = 1 << 62
"""Parts of 1 in which a fraction is written: SQLite's own digits of a number need not be all."""


def _written(column: sa.Column[Any]) -> str:
    """Return SQL that writes a value in ASCII, without a separator of many; NULL as nothing, or as nan."""
    if column is file.c.sha256:
        return str(column)
    if not isinstance(column.type, Real):
        return f"hex({column})"
    whole, parts = _parts(column)
    return f"ifnull({whole} || ' ' || {parts}, 'nan nan')"


def _parts(column: sa.Column[Any]) -> tuple[str, str]:
    """Return SQL for the whole part of a number, and for its fraction in parts of 1."""
    whole = f"CAST({column} AS INTEGER)"
    return whole, f"CAST(({column} - {whole}) * {_UNIT} AS INTEGER)"


def _usual(column: sa.Column[Any]) -> str:
    """Return SQL that says whether a value is one that can be read from what is written, to the last bit."""
    kind: Any = column.type
    if isinstance(kind, Real):
        whole, parts = _parts(column)
        usual = f"typeof({column}) = 'real' AND {column} = {whole} + 1.0 * {parts} / {_UNIT}"
        if math.isfinite(kind.high):
            usual += f" AND {column} BETWEEN {kind.low} AND {kind.high}"
    else:
        usual = f"typeof({column}) = '{'blob' if isinstance(kind, FilePath) else 'text'}' AND length({column}) > 0"
        if column is file.c.sha256:
            usual += f" AND length({column}) = 64 AND {column} NOT GLOB '*[^0-9a-f]*'"
    return f"({usual} OR {column} IS NULL)" if kind.optional else f"({usual})"


_ONE_BY_ONE = f"SELECT reference.id, subject.id, {', '.join(map(str, (*_TEXTS, *_REALS)))} {_FROM}"
_IN_ONE = (
    "SELECT group_concat("
    + " || ',' || ".join(["reference.id", *map(_written, _TEXTS)])
    + ", ';'), group_concat("
    + " || ' ' || ".join(map(_written, _REALS))
    + ", ' '), total((subject.id IS NOT NULL AND "
    + " AND ".join(map(_usual, (*_TEXTS, *_REALS)))
    + f") IS NOT 1) {_FROM}"
)


def listed(connection: sqlite3.Connection, ids: Sequence[int]) -> dict[int, Listed]:
    """Return references as a candidate list shows them, by number.

    Where a value does not fit into the row that holds all, which bareface seldom or never writes, they are read one by
    one.
    """
    wanted = joined(ids)
    ((texts, reals, unusual),) = rows(connection, f"{_IN_ONE}({wanted})")
    if texts is None:
        return {}
    if not unusual:
        with suppress(UnicodeDecodeError):
            return _read(texts, reals)
    numbers, subjects, *columns = zip(*rows(connection, f"{_ONE_BY_ONE}({wanted})"), strict=True)
    if None in subjects:
        raise Damaged(f"reference {numbers[subjects.index(None)]} has no subject")
    kinds: list[Any] = [column.type for column in (*_TEXTS, *_REALS)]
    return _made(numbers, [list(map(kind.read, column)) for kind, column in zip(kinds, columns, strict=True)])


def _read(texts: str, reals: str) -> dict[int, Listed]:
    """Return the references of one row."""
    numbers, *columns = zip(*(text.split(",") for text in texts.split(";")), strict=True)
    values = [_decoded(column, written) for column, written in zip(_TEXTS, columns, strict=True)]
    pairs = np.array(list(map(float, reals.split()))).reshape(-1, len(_REALS), 2)
    *box, visible = (pairs[..., 0] + pairs[..., 1] / _UNIT).T.tolist()
    return _made(map(int, numbers), [*values, *box, [None if one != one else one for one in visible]])


def _decoded(column: sa.Column[Any], written: Sequence[str]) -> Sequence[Any]:
    """Return the values of a column of texts, each as the column's type reads it."""
    if column is file.c.sha256:
        return written
    kind: Any = column.type
    if isinstance(kind, FilePath):
        return [kind.read(bytes.fromhex(text) or None) for text in written]
    values = {text: kind.read(bytes.fromhex(text).decode() or None) for text in set(written)}  # models, say, are few
    return [values[text] for text in written]


def _made(numbers: Iterable[int], columns: Sequence[Sequence[Any]]) -> dict[int, Listed]:
    """Return references by number, from columns of values."""
    name, path, format, sha256, model, precision, mask_state, *box, visible = columns
    source, boxes = map(source_of, path, format), map(Box, *box)
    made = map(Listed, numbers, name, source, sha256, boxes, model, precision, mask_state, visible)
    return {one.id: one for one in made}
