"""Find a message by its id and put its parameters into it."""

from __future__ import annotations

import math
import re
import string
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from numbers import Integral, Real
from typing import Any, Final, Literal, NamedTuple

from bareface.messages.words import percent, plural, some

ENGLISH: Final = "en"
LANGUAGES: Final = {ENGLISH: "English", "de": "Deutsch"}
"""Languages of pages by their codes, each with its own name; what another one lacks is said in English."""

Interface = Literal["command line", "python", "service"]
"""Interfaces on which a person reads a message: remedies name options, functions, or what a page offers."""


class Entry(NamedTuple):
    """A message and what to do about it; both are templates with named parameters.

    Attributes
    ----------
    message
        The event, in a sentence; None for an advice, which has only `cli` and `python`.
    remedy
        The remedy; None if nothing helps, or if it depends on the interface.
    cli
        The remedy on the command line, in place of `remedy`.
    python
        The remedy in a program, in place of `remedy`.
    service
        The remedy on a page or in an answer of the web service; by default `remedy`, or `cli` for whoever runs it.
    """

    message: str | None = None
    remedy: str | None = None
    cli: str | None = None
    python: str | None = None
    service: str | None = None


_interface: Interface = "python"


@contextmanager
def speaking(interface: Interface) -> Iterator[None]:
    """Render messages for an interface within; a process has one, so this holds for all its threads."""
    global _interface
    before, _interface = _interface, interface
    try:
        yield
    finally:
        _interface = before


def message(code: str, params: Mapping[str, object], language: str = ENGLISH) -> str:
    """Return a message with its parameters; a code without an entry stands for itself."""
    entry = _entry(code, language)
    template = code if entry is None else entry.message or _own(entry, _interface)
    return _formatter(language).vformat(template or code, (), params)


def remedy(
    code: str, params: Mapping[str, object], interface: Interface | None = None, language: str = ENGLISH
) -> str | None:
    """Return what to do about a message, None if the catalogue knows nothing.

    Parameters
    ----------
    code, params
        The message's.
    interface
        The reader's interface; by default as :func:`speaking` says, else Python.
    language
        The reader's language.
    """
    entry = _entry(code, language)
    if entry is None:
        return None
    template = _own(entry, interface or _interface) or entry.remedy
    return template and _formatter(language).vformat(template, (), params)


def _entry(code: str, language: str) -> Entry | None:
    """Return an entry, in English where the language has none."""
    return entries(language).get(code) or entries().get(code)


def _own(entry: Entry, interface: Interface) -> str | None:
    if interface == "service":
        return entry.service or (None if entry.remedy else entry.cli)
    return entry.cli if interface == "command line" else entry.python


@cache
def entries(language: str = ENGLISH) -> Mapping[str, Entry]:
    """Return the whole catalogue of a language, read when the first message is rendered."""
    if language == "de":
        from bareface.messages.de import ENTRIES
    else:
        from bareface.messages.en import ENTRIES
    return ENTRIES


class _Formatter(string.Formatter):
    """Formats as ``str.format`` does, with words for counts, lists and shares.

    - counts: ``{n:count face}``, ``{n:count person|people}``
    - lists: ``{names:list}``, ``{names:or}``, ``{parts:phrases}``, ``{notes:brackets}``, ``{names:some}``
    - arrays: ``{shape:shape}`` in brackets, ``{tensor:tensor}`` a type and a shape
    - parts of sentences: ``{reason:clause}`` without its full stop
    - numbers: ``{share:percent}`` rounded down, one or several; ``{size:up}`` rounded up
    """

    def __init__(self, language: str) -> None:
        self._language = language

    def format_field(self, value: Any, format_spec: str) -> Any:
        """Format one parameter."""
        word, _, rest = format_spec.partition(" ")
        if self._language != ENGLISH:
            value = _translated(value, self._language)
        match word:
            case "count":
                noun, _, many = rest.partition("|")
                return self._number(plural(value, noun, many or None))
            case "list":
                return ", ".join(map(str, value))
            case "or":
                return f" {_OR.get(self._language, 'or')} ".join(map(str, value))
            case ",":
                return self._number(f"{value:,}")
            case "some":
                return some(value)
            case "clause":
                return str(value).rstrip(".")
            case "after":
                return "".join(f": {one}" for one in value)
            case "sentences":
                return ". ".join(str(one).rstrip(".") for one in value)
            case "brackets":
                return "".join(f" ({one}.)" for one in value)
            case "shape":
                return f"[{', '.join(map(str, value))}]"
            case "phrases":
                return "; ".join(map(str, value))
            case "tensor":
                kind, shape = value
                return f"{kind} [{', '.join(map(str, shape))}]"
            case "percent":
                return ", ".join(map(percent, value if isinstance(value, tuple) else (value,)))
            case "up":
                return str(math.ceil(value))
        text = super().format_field(value, format_spec)
        return written(text, self._language) if isinstance(value, Real) and not isinstance(value, Integral) else text

    def _number(self, text: str) -> str:
        """Return a text that begins with a number, with the language's own thousands separator."""
        return text if self._language not in _OR else re.sub(r"(?<=\d),(?=\d)", "\u202f", text)


def written(number: str, language: str) -> str:
    """Return a number, as Python writes it, with the decimal mark of a language."""
    return number if language not in _OR else number.replace(".", ",")


_OR: Final = {"de": "oder"}


@cache
def _formatter(language: str) -> _Formatter:
    return _Formatter(language)


def translated(text: str, language: str) -> str:
    """Return a remark in a language; other text stays as it is."""
    return str(_translated(text, language))


def _translated(value: Any, language: str) -> Any:
    code, params = getattr(value, "code", None), getattr(value, "params", None)
    if isinstance(value, str) and isinstance(code, str) and isinstance(params, dict):  # a note
        return message(code, params, language)
    return tuple(_translated(one, language) for one in value) if isinstance(value, tuple) else value


def plain(value: object) -> object:
    """Return a parameter as a plain value: text, number, truth value, None or a tuple of them.

    Of an exception the message, or the note that it was raised with.
    """
    if isinstance(value, Exception):
        said = getattr(value, "message", value.args[0] if len(value.args) == 1 else None)
        return said if isinstance(said, str) else str(value)
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, bytes):
        return tuple(map(plain, value))
    return int(value) if hasattr(value, "__index__") else str(value)
