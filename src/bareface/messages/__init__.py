"""Words for people: the core names messages by code and parameters, and their sentences are all here.

A code is ``area.what`` or, where one code has several sentences, ``area.what/which``; the codes of remarks begin with
``note.``. The sentences lie in :mod:`bareface.messages.en`, one module an area; a translation is another package of
the same shape.
"""

from bareface.messages.catalogue import (
    LANGUAGES,
    Entry,
    Interface,
    entries,
    message,
    remedy,
    speaking,
    translated,
    written,
)
from bareface.messages.note import Note

__all__ = [
    "LANGUAGES",
    "Entry",
    "Interface",
    "Note",
    "entries",
    "message",
    "remedy",
    "speaking",
    "translated",
    "written",
]
