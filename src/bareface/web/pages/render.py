"""Templates of pages, and the sentences in them in the reader's language."""

from __future__ import annotations

import hashlib
import math
import os
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment

from bareface.errors import BarefaceError
from bareface.messages import LANGUAGES, Note, message, remedy, translated, written
from bareface.reports.page import strict
from bareface.reports.rarity import stranger_rate
from bareface.reports.wording import what_shows
from bareface.values.words import percent, printable

_CERTAIN_DECADES = 4.0
_DIGEST = re.compile(r"^[0-9a-f]{16}-(?=.)")  # before the name of an uploaded original
FILES = {
    "app.css": "text/css",
    "app.js": "text/javascript",
    "upload.js": "text/javascript",
    "compare.js": "text/javascript",
    "jobs.js": "text/javascript",
    "suggest.js": "text/javascript",
    "htmx.min.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
"""Files that pages load, with their types; htmx 2.0.11 is Big Sky Software's, under the licence in ``htmx.LICENSE``."""


@dataclass(frozen=True, slots=True)
class Words:
    """Sentences in one language."""

    language: str

    def __call__(self, code: str, /, **params: object) -> str:
        """Return a message."""
        return message(code, {name: self.say(value) for name, value in params.items()}, self.language)

    def say(self, value: Any) -> Any:
        """Return a remark in this language; other values as they are."""
        return translated(value, self.language) if isinstance(value, str) else value

    def error(self, error: BarefaceError) -> str:
        """Return an error as a sentence with its remedy, and its source if that is a name."""
        what = self.say(error.message)
        advice = remedy(error.id, error.params, "service", self.language) or error.remedy or ""
        name = (error.source or "").rsplit(os.sep, 1)[-1]  # where the service keeps a file is nothing for a page
        source = f"{printable(name)}: " if name and not name.startswith("<") else ""
        sentence = f"{source}{what} {advice}".strip()
        return sentence if source else sentence[:1].upper() + sentence[1:]

    def number(self, value: int) -> str:
        """Return a count with separators."""
        return message("page.number", {"number": value}, self.language)

    def decimal(self, value: float, digits: int) -> str:
        """Return a number with some digits after the point or comma."""
        return written(f"{value:.{digits}f}", self.language)

    def rate(self, value: float | None) -> str:
        """Return a share in percent, to two digits; a dash for none."""
        if value is None:
            return "–"
        digits = 1 if value >= 0.01 or value == 0 else min(6, -math.floor(math.log10(value)) - 1)
        return message("page.rate", {"rate": self.decimal(100 * value, digits)}, self.language)

    def date(self, when: datetime) -> str:
        """Return a day."""
        return f"{when:%Y-%m-%d}"

    def time(self, when: datetime) -> str:
        """Return a moment, in UTC."""
        return f"{when:%Y-%m-%d %H:%M} UTC"


def content_of(name: str) -> bytes:
    """Return a file that pages load."""
    return resources.files("bareface.web").joinpath("static", name).read_bytes()


@cache
def static(name: str) -> str:
    """Return the address of a file, which changes with its content."""
    return f"/static/{hashlib.sha256(content_of(name)).hexdigest()[:12]}/{name}"


def evidence(fpir: float | None) -> float | None:
    """Return the length of the bar of a rate in [0, 1]: logarithmic, full at one search in 10,000."""
    if fpir is None:
        return None
    return min(1.0, -math.log10(max(fpir, 10**-_CERTAIN_DECADES)) / _CERTAIN_DECADES)


def render(template: str, words: Words, **values: Any) -> str:
    """Render a template; all text is escaped."""
    return _environment().get_template(template).render(t=words, languages=LANGUAGES, **values)


@cache
def _environment() -> Environment:
    environment = strict("bareface.web")
    environment.filters.update(printable=printable, percent=percent, file=_file_name)
    environment.globals.update(
        static=static, evidence=evidence, stranger_rate=stranger_rate, what_shows=what_shows, Note=Note
    )
    return environment


def _file_name(path: str) -> str:
    return _DIGEST.sub("", printable(path).rsplit("/", 1)[-1])
