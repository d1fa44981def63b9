"""Keys of names in a gallery, made anew when the form that is compared changes."""

from __future__ import annotations

from collections import Counter
from typing import Any

import sqlalchemy as sa

from bareface.values.names import key as key_of


def fill(connection: sa.Connection) -> None:
    """Write the key of each name, and drop corrections that a later one, or a subject, has replaced.

    Subjects whose names are the same stay as they are, told apart by ``namesake``.
    """
    living = _subjects(connection)
    _aliases(connection, living)
    _assignments(connection, living)


def _subjects(connection: sa.Connection) -> dict[str, tuple[str, str]]:
    """Give each subject the key of its name; returns key and name of the first subject of each."""
    first: dict[str, tuple[str, str]] = {}
    seen: Counter[str] = Counter()
    rows = connection.execute(sa.text("SELECT id, key, name FROM subject WHERE name IS NOT NULL ORDER BY id")).all()
    for number, key, name in rows:
        same = key_of(name)
        first.setdefault(same, (key, name))
        _execute(
            connection,
            "UPDATE subject SET name_key = :same, namesake = :namesake WHERE id = :number",
            same=same,
            namesake=seen[same],
            number=number,
        )
        seen[same] += 1
    return first


def _aliases(connection: sa.Connection, living: dict[str, tuple[str, str]]) -> None:
    """Keep the last alias of each name, unless a subject has that name."""
    query = "SELECT id, merged_name FROM correction WHERE kind = 'merge' ORDER BY id DESC"
    seen = set(living)
    for number, name in connection.execute(sa.text(query)).all():
        same = key_of(name)
        if same in seen:
            _execute(connection, "DELETE FROM correction WHERE id = :number", number=number)
        else:
            _execute(
                connection, "UPDATE correction SET merged_name = :same WHERE id = :number", same=same, number=number
            )
        seen.add(same)


def _assignments(connection: sa.Connection, living: dict[str, tuple[str, str]]) -> None:
    """Let corrections of one name mean one subject, and drop those towards deleted people."""
    there = set(connection.execute(sa.text("SELECT key FROM subject")).scalars())
    gone = "SELECT id, subject_key FROM correction WHERE subject_key IS NOT NULL AND subject_name IS NULL"
    for number, key in connection.execute(sa.text(gone)).all():
        if key not in there:
            _execute(connection, "DELETE FROM correction WHERE id = :number", number=number)
    rows = connection.execute(sa.text("SELECT merged_name, subject_key FROM correction WHERE kind = 'merge'"))
    aliases: dict[str, str] = {row.merged_name: row.subject_key for row in rows}
    query = "SELECT id, subject_key, subject_name FROM correction WHERE subject_name IS NOT NULL ORDER BY id DESC"
    towards = connection.execute(sa.text(query)).all()
    last: dict[str, tuple[str, str]] = dict(living)
    named = {key: (key, name) for _, key, name in reversed(towards)}
    for number, key, name in towards:
        same = key_of(name)
        if key not in there:
            heir = named.get(aliases.get(same, ""), (key, name))
            key, name = last.setdefault(same, heir)
        change = "SET subject_key = :key, subject_name = :name, subject_name_key = :same"
        values = {"key": key, "name": name, "same": key_of(name)}
        _execute(connection, f"UPDATE correction {change} WHERE id = :number", **values, number=number)


def _execute(connection: sa.Connection, statement: str, **values: Any) -> None:
    connection.execute(sa.text(statement), values)
