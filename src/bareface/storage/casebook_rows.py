"""Rows of a casebook: moments, JSON and numbers as its tables state them."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from typing import Any


def now() -> str:
    """Return the time."""
    return text_of(datetime.now(UTC))


def text_of(when: datetime) -> str:
    """Return a moment as text: in UTC, so that texts sort as moments do."""
    return when.astimezone(UTC).isoformat(timespec="microseconds")


def moment(text: str) -> datetime:
    """Return the moment that a text states."""
    when = datetime.fromisoformat(text)
    if when.tzinfo is None:
        raise ValueError(text)
    return when


def new_id(cursor: sqlite3.Cursor) -> int:
    """Return the number of the row that was added."""
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def parsed(text: str) -> Any:
    """Parse what this module wrote: no number in it is infinite or none."""
    return json.loads(text, parse_constant=_refuse)


def _refuse(number: str) -> None:
    raise ValueError(number)
