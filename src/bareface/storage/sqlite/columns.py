"""Column types that check each value read: SQLite itself stores anything in any column.

A value that no version of bareface writes raises :class:`Damaged`; :mod:`bareface.storage.sqlite.damage` then names its
row.
"""

from __future__ import annotations

import math
import os
import re
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

from bareface.messages import Note

_T = TypeVar("_T")
_MOMENT = len("2026-01-31 23:59:59.123456")


class Damaged(Exception):
    """A stored value, or the lack of one, that bareface does not write. Never leaves the gallery's store."""


class NotText:
    """Stands for stored text that is not UTF-8 where damage is searched for."""

    def __repr__(self) -> str:
        return "bytes that are not UTF-8"


class Checked(TypeDecorator[_T]):
    """A type whose values are checked when they are read, and never converted without a check."""

    impl: sa.types.TypeEngine[Any] | type[sa.types.TypeEngine[Any]] = sa.Integer
    cache_ok = True
    optional: bool

    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        """Leave out SQLAlchemy's own conversion, which takes an integer in a blob's place for a length."""
        return self.read

    def read(self, value: Any) -> _T | None:
        """Return the value of a stored one.

        Raises
        ------
        Damaged
            It is of another type, or out of range.
        """
        if value is None:
            if not self.optional:
                raise Damaged(Note("damage.missing"))
            return None
        return self.parsed(value)

    def parsed(self, value: Any) -> _T:
        """Do as :meth:`read`, for a value that is not NULL."""
        raise NotImplementedError


class Whole(Checked[int]):
    """A whole number, not negative."""

    impl = sa.Integer
    cache_ok = True

    def __init__(self, *, optional: bool = False) -> None:
        super().__init__()
        self.optional = optional

    def parsed(self, value: Any) -> int:
        """Check a stored number."""
        if type(value) is not int or value < 0:
            raise Damaged(Note("damage.whole", value=_short(value)))
        return value


class Real(Checked[float]):
    """A finite number between two bounds."""

    impl = sa.Float
    cache_ok = True

    def __init__(self, low: float = -math.inf, high: float = math.inf, *, optional: bool = False) -> None:
        super().__init__()
        self.low, self.high, self.optional = low, high, optional

    def parsed(self, value: Any) -> float:
        """Check a stored number."""
        if not isinstance(value, float | int) or not math.isfinite(value) or not self.low <= value <= self.high:
            raise Damaged(Note("damage.range", value=_short(value)))
        return float(value)


class Words(Checked[str]):
    """Text, all of which matches a pattern."""

    impl = sa.String
    cache_ok = True

    def __init__(self, length: int | None = None, pattern: str = "", *, optional: bool = False) -> None:
        super().__init__(length)
        self.length, self.pattern, self.optional = length, pattern, optional
        self._whole = re.compile(pattern or "(?s:.*)")

    def parsed(self, value: Any) -> str:
        """Check stored text."""
        if not isinstance(value, str) or not self._whole.fullmatch(value):
            raise Damaged(Note("damage.text", value=_short(value)))
        return value


class LongWords(Words):
    """Text without a length."""

    impl = sa.Text
    cache_ok = True


class Blob(Checked[bytes]):
    """Bytes of a fixed length, or of a multiple of a length."""

    impl = sa.LargeBinary
    cache_ok = True

    def __init__(self, size: int | None = None, multiple: int = 1, *, optional: bool = False) -> None:
        super().__init__()
        self.size, self.multiple, self.optional = size, multiple, optional

    def parsed(self, value: Any) -> bytes:
        """Check stored bytes."""
        if not isinstance(value, bytes):
            raise Damaged(Note("damage.bytes", value=_short(value)))
        if len(value) % self.multiple or not value or self.size not in (None, len(value)):
            raise Damaged(Note("damage.length", length=len(value)))
        return value


NO_PATHS = (b"<bytes>", b"<array>")
"""Stood for a path in galleries of version 0.1, where a photo had none."""


def source_of(path: str | None, format: str) -> str:
    """Return what to call a photo: its path, or the name that analysis gives one without a path."""
    return path or ("<array>" if format == "array" else "<bytes>")


class FilePath(Checked[str]):
    """A path as the bytes the file system has: on Linux a name need not be valid UTF-8."""

    impl = sa.LargeBinary
    cache_ok = True

    def __init__(self, *, optional: bool = False) -> None:
        super().__init__()
        self.optional = optional

    def read(self, value: Any) -> str | None:
        """Read a path; None for a photo without one."""
        return None if self.optional and value in NO_PATHS else super().read(value)

    def process_bind_param(self, value: str | None, dialect: Any) -> bytes | None:
        """Convert for the database."""
        return None if value is None else os.fsencode(value)

    def parsed(self, value: Any) -> str:
        """Convert a stored value."""
        if not isinstance(value, bytes) or not value or b"\0" in value:
            raise Damaged(Note("damage.path", value=_short(value)))
        return os.fsdecode(value)


class Moment(Checked[datetime]):
    """A moment in UTC; SQLite keeps no time zone, so it is put back on the way out."""

    impl = sa.DateTime
    cache_ok = True
    optional = False

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Convert for the database."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def parsed(self, value: Any) -> datetime:
        """Convert a stored value."""
        try:
            if not isinstance(value, str) or len(value) != _MOMENT:
                raise ValueError
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
        except ValueError:
            raise Damaged(Note("damage.date", value=_short(value))) from None


def _short(value: object) -> str:
    """Describe a stored value in a message: what it is, never all of it."""
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
