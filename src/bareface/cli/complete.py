"""Shell completion, read straight from the files: it must come at once."""

from __future__ import annotations

import os
import re
import shlex
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bareface.errors import BarefaceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bareface.services.models import ModelCard


_STEPS = 20_000_000
"""Of SQLite's own machine: some tenths of a second."""


def subject_names(incomplete: str) -> list[str]:
    """Return the names of the subjects of the gallery on the command line, as its shell needs them.

    A gallery may come from elsewhere, and shells put on the line, or run, what they are handed: a name that cannot be
    written safely is left out.
    """
    with suppress(sqlite3.Error, OSError, ValueError):  # a completion that cannot be made offers nothing
        for gallery in filter(_is_database, _words()):
            address = f"{gallery.resolve().as_uri()}?{_mode(gallery)}"
            with closing(sqlite3.connect(address, uri=True, timeout=0.2)) as database:
                database.set_progress_handler(lambda: 1, _STEPS)  # whatever else, it ends
                pattern = incomplete.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
                query = "SELECT name FROM subject WHERE name LIKE ? ESCAPE '\\' ORDER BY name LIMIT 50"
                names = (name for (name,) in database.execute(query, (pattern,)) if isinstance(name, str))
                write = _writing()
                return [_Written(name, text) for name in names if name.isprintable() and (text := write(name))]
    return []


class _Written(str):
    """A name as a shell needs it; Typer asks whether it begins as what was typed, which is the name itself."""

    _name: str

    def __new__(cls, name: str, text: str) -> _Written:
        """Keep both forms of a name."""
        written = super().__new__(cls, text)
        written._name = name
        return written

    def startswith(self, *prefix: Any) -> bool:
        """Return whether the name begins as what was typed."""
        return self._name.startswith(*prefix)


def _writing() -> Callable[[str], str | None]:
    """Return a function that writes a name for the shell that asks; it gives None for a name it cannot write."""
    match os.environ.get("_BAREFACE_COMPLETE", "").rpartition("_")[2]:
        case "bash" if _current_word()[:1] in ("'", '"'):  # a quotation mark stands there already
            return lambda name: None if re.search(r"""['"\\$`!*?\[]""", name) else name
        case "bash":
            return lambda name: re.sub(r"[^\w@%+,./:=-]", r"\\\g<0>", name)
        case "zsh":  # quotes blanks itself, but evaluates the rest, quotation marks taken out
            return lambda name: None if re.search(r"""['"\\$`]""", name) else name
        case "powershell" | "pwsh":
            return lambda name: (
                name if re.fullmatch(r"[\w.-]+", name) else "'" + re.sub("['‘’‚‛]", r"\g<0>\g<0>", name) + "'"
            )
        case _:
            return lambda name: name


def _current_word() -> str:
    """Return the word that bash completes, as it stands on the line: bash hands the words over in lines."""
    words, place = os.environ.get("COMP_WORDS", "").split("\n"), os.environ.get("COMP_CWORD", "")
    return words[int(place)] if place.isdecimal() and int(place) < len(words) else ""


def _mode(gallery: Path) -> str:
    """Return how to open a gallery: if no log is in use, as a file that does not change, so that none is made."""
    log = gallery.resolve().with_name(f"{gallery.resolve().name}-wal")
    return "mode=ro" if log.exists() and log.stat().st_size else "mode=ro&immutable=1"


def _words() -> list[Path]:
    """Return the words on the command line: the shells hand them over in one variable or the other.

    Click drops the arguments before an option that has no value yet, so its context does not know the gallery.
    """
    line = os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS") or ""
    for ending in ("", "'", '"'):  # the last word may be within quotation marks
        with suppress(ValueError):
            return [Path(word).expanduser() for word in shlex.split(line + ending)]
    return []


def _is_database(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\0"


def model_names(incomplete: str) -> list[str]:
    """Return the identifiers of all registered models."""
    return [card.id for card in _cards() if card.id.startswith(incomplete)]


def detector_names(incomplete: str) -> list[str]:
    """Return the values of ``--detector``: packaged detectors and added ones."""
    added = [card.id for card in _cards() if card.task == "detection" and not card.packaged]
    return [name for name in ("bareface", "dlib", *added) if name.startswith(incomplete)]


def embedder_names(incomplete: str) -> list[str]:
    """Return the values of ``--embedder``."""
    return [c.id for c in _cards() if c.task == "embedding" and c.id.startswith(incomplete)]


def preset_names(incomplete: str) -> list[str]:
    """Return the values of ``models add --preset``."""
    from bareface.services.models import PRESETS

    return [name for name in PRESETS if name.startswith(incomplete)]


def _cards() -> tuple[ModelCard, ...]:
    from bareface.services.models import Models

    with suppress(BarefaceError):
        return Models().list().models
    return ()
