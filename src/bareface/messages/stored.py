"""Remarks that are stored, to be read in any language later."""

from __future__ import annotations

import json
from typing import Any

from bareface.messages.note import Note


def dumped(text: str) -> str:
    """Return a remark, or another text, as JSON.

    >>> loaded(dumped(Note("note.empty-gallery"))).code
    'note.empty-gallery'
    """
    return json.dumps(_shape(text))


def loaded(text: str) -> str:
    """Return what :func:`dumped` was given."""
    value: str = _value(json.loads(text))
    return value


def _shape(value: Any) -> Any:
    if isinstance(value, Note):
        return {"code": value.code, "params": {name: _shape(one) for name, one in value.params.items()}}
    return [_shape(one) for one in value] if isinstance(value, tuple) else value


def _value(value: Any) -> Any:
    if isinstance(value, dict):
        return Note(value["code"], **{name: _value(one) for name, one in value["params"].items()})
    return tuple(map(_value, value)) if isinstance(value, list) else value
