"""``bareface evaluate restoration``: is a person found more often with a restored face than with the photo itself?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bareface.cli.evaluate import Groups, Level, Pad, Replicates, finite
from bareface.cli.options import EngineOptions, Exclude, with_engine
from bareface.cli.output import Json, note, print_json, print_table, progress
from bareface.cli.shapes import plain
from bareface.errors import UsageError
from bareface.system.extras import require
from bareface.system.files import check_page, write_atomically
from bareface.values.words import passed_over

if TYPE_CHECKING:
    from bareface.evaluation.restoration import ConditionResult
    from bareface.evaluation.restoration_conditions import Condition


@with_engine
def restoration(
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", help="A folder with a folder per person, or a gallery with names.")
    ],
    options: EngineOptions,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="WORD", help="Only conditions whose name holds this.")
    ] = None,
    severity: Annotated[
        list[int] | None, typer.Option(min=1, max=5, help="Of degradations; 2 and 4 by default.")
    ] = None,
    completions: Annotated[int, typer.Option(min=1, max=100, metavar="N", help="Guesses of each masked face.")] = 4,
    people: Annotated[int | None, typer.Option(min=2, metavar="N", help="At most so many people.")] = None,
    probes: Annotated[int, typer.Option(min=1, metavar="N", help="Searches a person and condition.")] = 1,
    groups: Groups = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Also write one self-contained page; it shows no photo.")
    ] = None,
    exclude: Exclude = None,
    pad: Pad = 0,
    replicates: Replicates = 1000,
    level: Level = 0.95,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same intervals.")] = 0,
    json: Json = False,
) -> None:
    """Does restoring help? Search with photos as they are and restored; a verdict for every condition."""
    from bareface.evaluation.bootstrap import Plan
    from bareface.evaluation.restoration import grouped, judged
    from bareface.evaluation.restoration_conditions import SHOWN, conditions, people_of
    from bareface.evaluation.restoration_run import Settings, run, usable
    from bareface.evaluation.tables import read_labels
    from bareface.imaging.folders import Skipped
    from bareface.reports.restoration import CAUTIONS, page

    require("scipy", "skimage")
    if report:
        check_page(report)
    labels = read_labels(groups) if groups else ()
    tried = _chosen(conditions(sorted(set(severity)) if severity else SHOWN), only)
    settings = Settings(completions, usable(Settings().methods), people, probes, pad=pad)
    plan = Plan(replicates, seed, level)
    skipped = Skipped()
    found_people = people_of(source, exclude or (), skipped)
    engine = options.engine()
    other = replace(options, embedder="dlib-resnet", precision="float32").engine()
    dlib = other if engine.geometry == other.geometry and engine.model != other.model else None
    found: list[ConditionResult] = []
    with progress("Searching") as advance:
        for trial in run(found_people, engine, dlib, tried, settings, advance):
            for part in (trial, *(part for labelling in labels for part in grouped(trial, labelling))):
                found.append(judged(part, plan))
                if not json:
                    print_condition(found[-1])
    if report:
        write_atomically(report, page(found, str(source)))
    if json:
        print_json(
            {
                "source": str(source),
                "left_out": plain(skipped.report()),
                "conditions": [{**finite(plain(one)), "sentence": one.sentence} for one in found],
            }
        )
        return
    for sentence in (*passed_over(skipped.report()), *(one.sentence for one in found)):
        note(sentence)
    for sentence in CAUTIONS if found else ("No person has a second photo to search with.",):
        note(sentence)


def _chosen(conditions: list[Condition], only: list[str] | None) -> list[Condition]:
    """The conditions whose name holds one of the words; all without words."""
    if not only:
        return conditions
    chosen = [one for one in conditions if any(word.lower() in one.name.lower() for word in only)]
    if not chosen:
        names = ", ".join(one.name for one in conditions)
        raise UsageError("usage.condition", f"no condition is called {' or '.join(only)}, only {names}.")
    return chosen


def print_condition(found: ConditionResult) -> None:
    """One table a condition, and what was measured of its pictures."""
    from bareface.reports import restoration as words

    columns = words.columns(found)
    rows = [words.row(one) for one in found.systems]
    print_table(columns, rows, right=columns[1:-4], long=columns[:1], title=words.title(found))
    for remark in words.remarks(found):
        note(remark)
