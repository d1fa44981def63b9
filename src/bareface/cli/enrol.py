"""``bareface enrol``: photos into a gallery."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bareface.cli.complete import subject_names
from bareface.cli.ending import Ended
from bareface.cli.options import EngineOptions, Exclude, MinVisible, with_engine
from bareface.cli.output import ExitCode, Json, note, print_json, print_table, progress
from bareface.reports.json_enrolment import enrol_counts, enrolment_json
from bareface.values.defaults import MIN_VISIBLE
from bareface.values.words import passed_over, plural

if TYPE_CHECKING:
    from bareface.values.enrolment import EnrolReport

_SHOWN = 20


@with_engine
def enrol(
    gallery: Annotated[Path, typer.Argument(metavar="GALLERY", help="The gallery's file; created if absent.")],
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH", help="Photos and folders. A folder of folders: one person each."),
    ],
    options: EngineOptions,
    subject: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Enrol everyone as this person.", autocompletion=subject_names),
    ] = None,
    basis: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Record the legal basis for enrolling these people.")
    ] = None,
    largest: Annotated[
        bool, typer.Option("--largest", help="Enrol the largest of several faces in a named person's photo.")
    ] = False,
    face: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Enrol this face of one photo, as `bareface faces` numbers them with the same options.",
        ),
    ] = None,
    min_visible: MinVisible = MIN_VISIBLE,
    exclude: Exclude = None,
    no_crops: Annotated[bool, typer.Option("--no-crops", help="Store no pictures of the faces.")] = False,
    json: Json = False,
) -> None:
    """Enrol photos: each named by its folder, or by you.

    Files already enrolled are skipped, so an interrupted run is finished by running it again.
    """
    from bareface.services.gallery import Gallery

    # What ends within the first "with" removes a gallery that was made here and in which nothing was stored.
    with Gallery.open(gallery, engine=options.for_gallery()) as opened:
        with progress("Enrolling") as advance:
            try:
                report = opened.enrol(
                    paths,
                    subject=subject,
                    basis=basis,
                    largest=largest,
                    face=None if face is None else face - 1,
                    crops=not no_crops,
                    min_visible=min_visible,
                    exclude=exclude or (),
                    progress=lambda done, total, _: advance(done, total),
                )
            except (KeyboardInterrupt, Ended):
                note("What was enrolled stays; run the same command again to enrol the rest.")
                raise
        _print(report, gallery, json)


def _print(report: EnrolReport, gallery: Path, json: bool) -> None:
    """Print a report; exit where something was refused or nothing found."""
    if json:
        print_json(enrolment_json(report, str(gallery)))
    else:
        print_report(report)
    if report.count("failed") + report.count("refused"):
        raise typer.Exit(ExitCode.INPUT)
    if not report.count("enrolled") + report.count("already enrolled"):
        raise typer.Exit(ExitCode.NOTHING_FOUND)


def print_report(report: EnrolReport) -> None:
    """Print the number of files by outcome, and what each file that needs attention says."""
    counts = [(status, count) for status, count in enrol_counts(report).items() if count]
    print_table(("outcome", "files"), counts, right=("files",))
    note(f"{plural(report.references, 'reference')} added from {plural(len(report.outcomes), 'file')}.")
    unnamed = sum(outcome.status == "enrolled" and outcome.subject is None for outcome in report.outcomes)
    if unnamed:
        note(
            f"{plural(unnamed, 'file')} enrolled without a name: each face is a subject of its own. `--subject NAME`, "
            "or a folder for each person, gives names; `bareface gallery rename` and `assign` give them later."
        )
    done = ("enrolled", "already enrolled")
    attention = [o for o in report.outcomes if o.message or o.status not in done]
    attention.sort(key=lambda outcome: outcome.status in done)  # warnings after what went wrong
    for outcome in attention[:_SHOWN]:
        note(f"{outcome.status}: {outcome.source}{f': {outcome.message}' if outcome.message else ''}")
    if len(attention) > _SHOWN:
        note(f"... and {plural(len(attention) - _SHOWN, 'file')} more; --json lists them all.")
    for sentence in passed_over(report.left_out):
        note(sentence)
