"""``bareface``: all commands together."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from bareface import messages
from bareface.cli import (
    calibrate,
    compare,
    demo,
    enhance,
    enrol,
    evaluate,
    evaluate_formats,
    evaluate_restoration,
    faces,
    gallery,
    models,
    search,
    serve,
    unmask,
)
from bareface.cli.commands import App
from bareface.cli.ending import Ended
from bareface.cli.output import JSON, remember_json, report_error
from bareface.errors import BarefaceError, UsageError

_EPILOG = (
    "Exit codes: 0 done; 1 done, nothing found (no face, or no one above “no match”); 2 wrong usage; "
    "3 some or all inputs failed; 4 gallery; 5 model; 130 interrupted; 129, 141 and 143 ended by another signal."
)

_BLANK = re.compile(r"(--[\w-]+=)?\s*")
_BLANKS = "bareface.blank-arguments"
_WRONG_USAGE: Any = typer.BadParameter.__bases__[0]  # of the library within Typer, which has moved


@contextmanager
def _told(context: Any) -> Iterator[None]:
    """Report wrong usage within as a JSON object if JSON was asked for; otherwise leave it to Typer."""
    try:
        yield
    except _WRONG_USAGE as error:
        if not context.find_root().meta[JSON]:
            raise
        place = getattr(error, "ctx", None) or context
        wrong = UsageError("usage.arguments", reason=error.format_message(), command=place.command_path)
        report_error(context, wrong)


class _Group(TyperGroup):
    """Our own errors become one line and an exit code; any other exception is a bug with a traceback."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write plain text here: importing what draws the boxes takes longer than all the rest. Commands draw boxes."""
        self.rich_markup_mode = None
        super().format_help(ctx, formatter)

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run a command line, to whose reader remedies speak of options and commands."""
        with messages.speaking("command line"):
            return super().main(*args, **extra)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Remember which arguments are empty, before a path makes the current folder of them."""
        blank = [place for place, text in enumerate(args, start=1) if _BLANK.fullmatch(text)]
        ctx.meta[_BLANKS] = [] if ctx.resilient_parsing else blank
        # For errors that are found before a command reads its options.
        remember_json(ctx, "--json" in takewhile(lambda text: text != "--", args))
        with _told(ctx):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the chosen command."""
        try:
            for place in ctx.meta[_BLANKS]:
                raise UsageError("usage.empty/argument", place=place)
            with _told(ctx):
                return super().invoke(ctx)
        except BarefaceError as error:
            report_error(ctx, error)
        except BrokenPipeError:  # before typer makes an exit code 1 of it, which here means that nothing was found
            raise Ended(signal.SIGPIPE) from None


app = App(
    name="bareface",
    cls=_Group,
    no_args_is_help=True,
    epilog=_EPILOG,
    pretty_exceptions_enable=False,
    help="Search your own photos by face: who else is here, and how sure is that?",
)


def _version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        typer.echo(f"bareface {version('bareface')}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose",
            "-v",
            count=True,
            help="Log steps and their duration to stderr; twice: log everything.",
        ),
    ] = 0,
    log_json: Annotated[bool, typer.Option("--log-json", help="Write stderr as JSON, one object a line.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    from bareface.cli.logs import listen  # with logging, which `bareface --help` need not wait for

    context.call_on_close(listen(verbose, log_json))


app.command()(enrol.enrol)
app.command()(search.search)
app.command()(serve.serve)
app.command()(compare.compare)
app.command()(faces.faces)
app.add_typer(gallery.app, name="gallery")
app.add_typer(models.app, name="models")
evaluate.app.command("import")(evaluate_formats.import_)
evaluate.app.command()(evaluate_formats.export)
evaluate.app.command()(evaluate_restoration.restoration)
app.add_typer(evaluate.app, name="evaluate")
app.command()(calibrate.calibrate)
app.command()(unmask.unmask)
app.command()(enhance.enhance)
app.command()(demo.demo)
