"""Show on stderr what bareface logs while a command runs: text for people, or one JSON object a line."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from bareface.cli import output
from bareface.logs import ROOT

_LEVELS: Final = (logging.WARNING, logging.INFO, logging.DEBUG)


class _Lines(logging.Handler):
    """Writes one line a record; tracebacks, which may name files, stay out."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        try:
            when, level = datetime.fromtimestamp(record.created, UTC), record.levelname.lower()
            if output.stderr.json:
                fields = {"level": level, "logger": record.name, "message": record.getMessage()}
                output.write_line("log", fields, when)
            elif output.stderr.verbose:
                clock = when.astimezone().strftime("%H:%M:%S.%f")[:-3]
                output.note(f"{clock} {level} {record.name}: {record.getMessage()}")
            else:
                output.note(f"{level.capitalize()}: {record.getMessage()}")
        except Exception:
            self.handleError(record)


def listen(verbosity: int, as_json: bool) -> Callable[[], None]:
    """Show the records of ``bareface.*`` from now on.

    Parameters
    ----------
    verbosity
        0 shows warnings, 1 also what was done, 2 and more everything.
    as_json
        Write everything on stderr as JSON, the command's own notes and errors too.

    Returns
    -------
    callable
        Ends it.
    """
    log, lines = logging.getLogger(ROOT), _Lines()
    level = log.level
    output.stderr.json, output.stderr.verbose = as_json, verbosity > 0
    log.addHandler(lines)
    log.setLevel(_LEVELS[min(verbosity, len(_LEVELS) - 1)])

    def end() -> None:
        log.removeHandler(lines)
        log.setLevel(level)
        output.stderr.json = output.stderr.verbose = False

    return end
