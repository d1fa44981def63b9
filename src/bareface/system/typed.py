"""Making values from what a file says, each field of its type."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


def made(kind: type[T], /, **values: Any) -> T:
    """Make a value of a dataclass whose fields are checked: what does not fit into one is a ``ValueError``."""
    kinds: Any = kind  # hashable, as all classes are
    value: T = _adapter(kinds).validate_python(values)
    return value


@cache
def _adapter(kind: Any) -> Any:
    from pydantic import TypeAdapter  # here, since few commands need it

    return TypeAdapter(kind)
