"""Output of commands: JSON or tables to stdout, everything else to stderr, and the exit codes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import IntEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import typer

from bareface.errors import BarefaceError, UsageError, exit_code_of
from bareface.values.words import printable

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import Console

JSON = "bareface.json"
"""Key of a command's context that holds whether results are printed as JSON."""
_PIPE_WIDTH = 160


class _Stderr:
    """Format of stderr: set by :func:`bareface.cli.logs.listen` while a command runs."""

    json = False
    verbose = False


stderr = _Stderr()


class ExitCode(IntEnum):
    """Exit codes of the process; documented in ``docs/cli.md``."""

    DONE = 0
    NOTHING_FOUND = 1
    USAGE = 2
    INPUT = 3
    GALLERY = 4
    MODEL = 5
    INTERRUPTED = 130


def remember_json(context: typer.Context, value: bool) -> bool:
    """Keep for :func:`report_error` whether JSON was asked for."""
    context.find_root().meta[JSON] = value
    return value


Json = Annotated[
    bool,
    typer.Option(
        "--json",
        callback=remember_json,
        is_eager=True,
        help="Print one JSON object and nothing else to stdout.",
    ),
]
"""The ``--json`` option; eager, so that an error in a later option is JSON too."""


def exit_code(error: BarefaceError) -> ExitCode:
    """Return the exit code of an error."""
    return ExitCode(exit_code_of(error.code))


def report_error(context: typer.Context, error: BarefaceError) -> NoReturn:
    """Print an error, as JSON if that was asked for, and exit with its code."""
    if context.find_root().meta.get(JSON):
        print_json({"error": error.as_dict()})
    else:
        print_error(error)
    raise typer.Exit(exit_code(error))


def print_json(value: Any) -> None:
    """Print one JSON object on stdout, in ASCII: a file name need not be valid Unicode, the output always is."""
    print(json.dumps(value, indent=2, allow_nan=False))


def print_error(error: BarefaceError) -> None:
    """Print one line on stderr, safe whatever the file is called; a remedy may have lines of its own."""
    if stderr.json:
        write_line("error", error.as_dict())
        return
    lines = str(error).split("\n") if error.remedy and "\n" in error.remedy else [error]
    typer.secho("Error: " + "\n".join(printable(line) for line in lines), err=True, fg=typer.colors.RED)


def note(text: object) -> None:
    """Print a remark on stderr."""
    if stderr.json:
        write_line("note", {"message": str(text)})
    else:
        typer.echo(printable(text), err=True)


def write_line(kind: str, fields: Mapping[str, object], when: datetime | None = None) -> None:
    """Write one JSON object as a line on stderr; ASCII only, as :func:`print_json`."""
    from datetime import UTC, datetime

    time = (when or datetime.now(UTC)).isoformat(timespec="milliseconds")
    typer.echo(json.dumps({"time": time, "kind": kind, **fields}), err=True)


def confirm(question: str, yes: bool) -> None:
    """Ask before something that cannot be undone; ``yes`` skips the question."""
    if yes:
        return
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError("usage.confirm")
    if not agreed(question):
        raise UsageError("usage.confirm/refused")


def agreed(question: str) -> bool:
    """Ask on the terminal; the end of input is a no."""
    try:
        return typer.confirm(question, err=True)
    except typer.Abort:
        return False


def console(*, stderr: bool = False) -> Console:
    """Return a console that folds long cells instead of losing them, wide enough if it is not a terminal."""
    from rich.console import Console

    class Ours(Console):
        def on_broken_pipe(self) -> None:
            raise

    terminal = Ours(stderr=stderr, highlight=False, emoji=False, markup=False)
    if not terminal.is_terminal:
        terminal.width = _PIPE_WIDTH
    return terminal


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    right: Collection[str] = (),
    long: Collection[str] = (),
    title: str | None = None,
) -> None:
    """Print a table on stdout.

    Parameters
    ----------
    columns
        The headings.
    rows
        One sequence a row; None is shown as an empty cell, all else as printable text.
    right
        The headings of columns to align right.
    long
        The headings of columns to fold where the terminal is narrow, the others keeping to one line; all of them
        if none is named.
    title
        A line above the table.
    """
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        justify: Literal["left", "right"] = "right" if column in right else "left"
        table.add_column(printable(column), justify=justify, overflow="fold", no_wrap=bool(long) and column not in long)
    for row in rows:
        table.add_row(*("" if cell is None else _cell(cell) for cell in row))
    if title:
        typer.secho(printable(title), bold=True)
    console().print(table)


def print_pairs(pairs: Iterable[tuple[str, object]]) -> None:
    """Print names and values below one another on stdout; leave out a pair whose value is None or empty."""
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in pairs:
        if value is not None and value != "":
            table.add_row(name, _cell(value))
    console().print(table)


def _cell(value: object) -> Any:
    from rich.text import Text

    text = printable(value)
    return Text(text, style=_STYLES.get(text, ""))


_STYLES = {
    "match": "bold green",
    "possible": "yellow",
    "no match": "dim",
    "failed": "red",
    "ambiguous": "yellow",
}


@contextmanager
def progress(description: str) -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar on stderr; show nothing if that is not a terminal.

    Yields
    ------
    callable
        To be called with how many are done and how many there are (0 while that is not known).
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    terminal = console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    hidden = not terminal.is_terminal or stderr.json or stderr.verbose  # lines would cut through it
    with Progress(*columns, console=terminal, transient=True, disable=hidden) as bar:
        task = bar.add_task(description, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)
