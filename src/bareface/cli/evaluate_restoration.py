"""``bareface evaluate restoration``: is a person found more often with a restored face than with the photo itself?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bareface.cli.evaluate import Groups, Level, Pad, Replicates
from bareface.cli.options import EngineOptions, Exclude, with_engine
from bareface.cli.output import Json, note, print_json, print_table, progress
from bareface.reports.json_plain import finite, plain
from bareface.values.words import passed_over

if TYPE_CHECKING:
    from bareface.services.evaluation_restoration import ConditionResult


@with_engine
def restoration(
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", help="A folder with a folder per person, or a gallery with names.")
    ],
    options: EngineOptions,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="WORD", help="Test only conditions whose name contains this.")
    ] = None,
    severity: Annotated[
        list[int] | None, typer.Option(min=1, max=5, help="Use this severity of degradations; 2 and 4 by default.")
    ] = None,
    completions: Annotated[
        int, typer.Option(min=1, max=100, metavar="N", help="Draw N completions of each masked face.")
    ] = 4,
    people: Annotated[int | None, typer.Option(min=2, metavar="N", help="Use at most N subjects.")] = None,
    probes: Annotated[int, typer.Option(min=1, metavar="N", help="Search N times for each person and condition.")] = 1,
    groups: Groups = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Also write one self-contained page; it shows no photo.")
    ] = None,
    exclude: Exclude = None,
    pad: Pad = 0,
    replicates: Replicates = 1000,
    level: Level = 0.95,
    seed: Annotated[int, typer.Option(min=0, help="Random seed for the intervals.")] = 0,
    json: Json = False,
) -> None:
    """Search with photos as they are and restored, and judge whether restoring helps, condition by condition."""
    from bareface.services.evaluation_restoration import Plan, RestorationEvaluation

    second = replace(options, embedder="dlib-resnet", precision="float32")
    with progress("Searching") as advance:
        measured = RestorationEvaluation(options.engine, second.engine).measure(
            source,
            Plan(replicates, seed, level),
            only=only or (),
            severity=severity or (),
            completions=completions,
            people=people,
            probes=probes,
            groups=groups,
            report=report,
            exclude=exclude or (),
            pad=pad,
            progress=advance,
            shown=lambda result: None if json else print_condition(result),
        )
    found, left_out = measured.conditions, measured.left_out
    if json:
        print_json(
            {
                "source": str(source),
                "left_out": plain(left_out),
                "conditions": [{**finite(plain(one)), "sentence": one.sentence} for one in found],
            }
        )
        return
    for sentence in (*passed_over(left_out), *(one.sentence for one in found)):
        note(sentence)
    from bareface.reports.restoration import CAUTIONS

    for sentence in CAUTIONS if found else ("No person has a second photo to search with.",):
        note(sentence)


def print_condition(found: ConditionResult) -> None:
    """Print a condition's table, and what was measured of its pictures."""
    from bareface.reports import restoration as words

    columns = words.columns(found)
    rows = [words.row(one) for one in found.systems]
    print_table(columns, rows, right=columns[1:-4], long=columns[:1], title=words.title(found))
    for remark in words.remarks(found):
        note(remark)
