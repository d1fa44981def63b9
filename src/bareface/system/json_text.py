"""JSON from files that anyone may have written: parsed, or a sentence that says what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from bareface.messages import Note

Pairs = Callable[[list[tuple[str, Any]]], Any]


def parse(text: str | bytes, pairs: Pairs | None = None) -> Any:
    """Parse a JSON text.

    Parameters
    ----------
    text
        Bytes may be in UTF-8, UTF-16 or UTF-32, and begin with a byte order mark.
    pairs
        Makes each object from its keys and values; by default a dict.

    Raises
    ------
    ValueError
        With a :class:`bareface.messages.Note` that says why, or what ``pairs`` raised.
    """
    if isinstance(text, str):
        text = text.removeprefix("\ufeff")
    try:
        return json.loads(text, object_pairs_hook=pairs)
    except json.JSONDecodeError as error:
        raise ValueError(Note("reason.json", line=error.lineno, column=error.colno)) from error
    except UnicodeDecodeError as error:
        raise ValueError(Note("reason.not-utf-8")) from error
    except RecursionError as error:
        raise ValueError(Note("reason.nested")) from error
    except ValueError as error:
        if error.args and isinstance(error.args[0], Note):
            raise
        raise ValueError(Note("reason.json-number")) from error  # one of thousands of digits


def reason_of(error: Exception) -> object:
    """Return why a file could not be read, in words for people; objects that are not as expected have none."""
    if isinstance(error, LookupError | TypeError | AttributeError):
        return Note("reason.other-layout")
    if isinstance(error, ValueError) and not (error.args and isinstance(error.args[0], Note)):
        return Note("reason.other-layout")
    return getattr(error, "strerror", None) or error
