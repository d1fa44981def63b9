"""Read references as a candidate list shows them, all in one row: see :mod:`bareface.storage.sqlite.lookups`.

Python's driver of SQLite gives the lock back and takes it again at each row, and once more at each value in it.
"""

from __future__ import annotations

import math
import os
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import sqlalchemy as sa

from bareface.storage.sqlite.columns import NO_PATHS, Damaged, FilePath, Real, source_of
from bareface.storage.sqlite.lookups import decoded, joined, rows
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
    *(subject.c.name, file.c.format, file.c.sha256),
    *(template.c.model, template.c.precision, template.c.mask_state),
)
_FEW: tuple[Any, ...] = tuple(column.type for column in _TEXTS[-3:])
"""Types of the texts with patterns that SQL does not check; a gallery has few different ones of these."""
_REALS: tuple[sa.Column[Any], ...] = (*(reference.c[side] for side in Box._fields), template.c.visible)
_COLUMNS = (*_TEXTS, file.c.path, *_REALS)
_FROM = (
    "FROM reference LEFT JOIN subject ON subject.id = reference.subject_id LEFT JOIN file ON file.id = "
    "reference.file_id LEFT JOIN template ON template.reference_id = reference.id WHERE reference.id IN "
)
_SEPARATOR = "\x1f"
_UNIT = 1 << 62
"""Parts of 1 in which a fraction is written: SQLite's own digits of a number need not be all."""
_NOTHING = 1 << 62
"""A whole part that stands for NULL."""


def _written(column: sa.Column[Any]) -> str:
    """Return SQL that writes a value; NULL, and what stands for a path, as nothing, or as nan."""
    if isinstance(column.type, FilePath):
        nothing = ", ".join(f"x'{one.hex()}'" for one in NO_PATHS)
        return f"CAST(CASE WHEN {column} IS NULL OR {column} IN ({nothing}) THEN x'' ELSE {column} END AS TEXT)"
    if isinstance(column.type, Real):
        whole, parts = _parts(column)
        return f"printf('%016X%016X', ifnull({whole}, {_NOTHING}), {parts})"
    return f"ifnull({column}, '')"


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
    elif isinstance(kind, FilePath):
        usual = f"typeof({column}) = 'blob' AND length({column}) > 0"
        usual += f" AND instr({column}, x'1f') = 0 AND instr({column}, x'00') = 0"
    else:
        usual = f"typeof({column}) = 'text' AND length({column}) > 0 AND instr({column}, char(31)) = 0"
        if column is file.c.sha256:
            usual += f" AND length({column}) = 64 AND {column} NOT GLOB '*[^0-9a-f]*'"
    return f"({usual} OR {column} IS NULL)" if kind.optional else f"({usual})"


_ONE_BY_ONE = f"SELECT reference.id, subject.id, {', '.join(map(str, _COLUMNS))} {_FROM}"
_TEXT = " || char(31) || ".join(["reference.id", *map(_written, _TEXTS)])
_NUMBERS = " || ".join(map(_written, _REALS))
_SOUND = " AND ".join(["subject.id IS NOT NULL", *map(_usual, _COLUMNS)])
_IN_ONE = (
    f"SELECT CAST(group_concat({_TEXT}, char(31)) AS BLOB), "
    f"CAST(group_concat({_written(file.c.path)}, char(31)) AS BLOB), "
    f"CAST(group_concat({_NUMBERS}, '') AS BLOB), total(({_SOUND}) IS NOT 1) {_FROM}"
)


def listed(connection: sqlite3.Connection, ids: Sequence[int]) -> dict[int, Listed]:
    """Return references as a candidate list shows them, by number.

    Where a value does not fit into the row that holds all, which bareface seldom or never writes, they are read one by
    one.
    """
    wanted = joined(ids)
    ((texts, paths, reals, unusual),) = rows(connection, f"{_IN_ONE}({wanted})")
    if texts is None:
        return {}
    if not unusual:
        with suppress(UnicodeDecodeError):
            return _read(texts, paths, reals)
    numbers, subjects, *columns = zip(*rows(connection, f"{_ONE_BY_ONE}({wanted})"), strict=True)
    if None in subjects:
        raise Damaged(f"reference {numbers[subjects.index(None)]} has no subject")
    kinds: list[Any] = [column.type for column in _COLUMNS]
    return _made(numbers, [list(map(kind.read, column)) for kind, column in zip(kinds, columns, strict=True)])


def _read(texts: bytes, paths: bytes, reals: bytes) -> dict[int, Listed]:
    """Return the references of one row."""
    values: list[Any] = texts.decode().split(_SEPARATOR)
    numbers, names, *others = (values[place :: 1 + len(_TEXTS)] for place in range(1 + len(_TEXTS)))
    for kind, found in zip(_FEW, others[-len(_FEW) :], strict=True):
        for text in set(found):
            kind.read(text)
    pairs = decoded(reals).view(">i8").reshape(-1, len(_REALS), 2)
    *box, visible = (pairs[..., 0] + pairs[..., 1] / _UNIT).T.tolist()
    shown = [None if share == _NOTHING else share for share in visible]
    sources = os.fsdecode(paths).split(_SEPARATOR)
    return _made(map(int, numbers), [[name or None for name in names], *others, sources, *box, shown])


def _made(numbers: Iterable[int], columns: Sequence[Sequence[Any]]) -> dict[int, Listed]:
    """Return references by number, from columns of values."""
    name, format, sha256, model, precision, mask_state, path, *box, visible = columns
    sources = [path or source_of(path, format) for path, format in zip(path, format, strict=True)]
    made = map(Listed, numbers, name, sources, sha256, map(Box, *box), model, precision, mask_state, visible)
    return {one.id: one for one in made}
