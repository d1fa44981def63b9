"""``bareface evaluate``: measure on the user's own photos how sure matches are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from bareface.cli.commands import App
from bareface.cli.options import EngineOptions, Exclude, with_engine
from bareface.cli.output import Json, note, print_json, print_pairs, print_table, progress
from bareface.reports.json_plain import finite, plain
from bareface.values.defaults import MOST_PAD

if TYPE_CHECKING:
    from bareface.reports.evaluation import Cell, Row
    from bareface.services.evaluation import Analysis, Measured, Plan

app = App(help="Measure errors on your own photos or a standard set.", no_args_is_help=True)

_PROTOCOL, _STATISTICS = "Protocol", "Statistics"

Scores = Annotated[
    list[Path], typer.Argument(metavar="SCORES...", help="Score files; the first is the one compared with.")
]
Replicates = Annotated[
    int,
    typer.Option(
        min=0, max=1_000_000, help="Use N bootstrap replicates; 0: no intervals.", rich_help_panel=_STATISTICS
    ),
]
Level = Annotated[
    float, typer.Option(min=0.5, max=0.999, help="Set the confidence level.", rich_help_panel=_STATISTICS)
]
Seed = Annotated[int, typer.Option(min=0, help="Random seed for the intervals.", rich_help_panel=_STATISTICS)]
Fmr = Annotated[
    float,
    typer.Option(min=0, max=1, help="Compare groups at this false match rate.", rich_help_panel=_STATISTICS),
]
Groups = Annotated[
    Path | None,
    typer.Option(
        "--groups", metavar="CSV", help="Group by your labels: a column subject or file, and a column for each label."
    ),
]
Photos = Annotated[Path | None, typer.Option(metavar="FOLDER", help="Resolve the photos' names from this folder.")]
Shown = Annotated[
    list[Path] | None,
    typer.Option(
        "--photos",
        metavar="FOLDER",
        help="Show photos from this folder, which their names are relative to; repeatable. Score files show none.",
    ),
]
Pad = Annotated[
    int,
    typer.Option(
        min=0,
        max=MOST_PAD,
        metavar="PX",
        help="Add a border to each photo: tight crops need it.",
        rich_help_panel=_PROTOCOL,
    ),
]
States = Annotated[
    Path | None,
    typer.Option(
        "--labels", metavar="CSV", help="Read mask states: columns file, state, condition.", rich_help_panel=_PROTOCOL
    ),
]


@app.command()
@with_engine
def run(
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", help="A folder with a folder per person, a pairs.txt, or a CSV list.")
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="SCORES", help="Write this score file: .parquet, .csv or .csv.gz.")
    ],
    options: EngineOptions,
    photos: Photos = None,
    probes: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV", help="Read probes as file,subject; SOURCE is then the gallery.", rich_help_panel=_PROTOCOL
        ),
    ] = None,
    open_set: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            metavar="SHARE",
            rich_help_panel=_PROTOCOL,
            help="Split a folder into gallery and probes, this share of probes without a mate.",
        ),
    ] = None,
    references: Annotated[
        int, typer.Option(min=1, help="Use up to N references of each enrolled person.", rich_help_panel=_PROTOCOL)
    ] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Random seed of the split.", rich_help_panel=_PROTOCOL)] = 0,
    labels: States = None,
    exclude: Exclude = None,
    pad: Pad = 0,
    json: Json = False,
) -> None:
    """Compare photos by a protocol and keep the scores."""
    from bareface.services.evaluation import Evaluation

    with progress("Analysing photos") as advance:
        scored = Evaluation(options.engine).run(
            source,
            out,
            photos=photos,
            probes=probes,
            labels=labels,
            open_set=open_set,
            references=references,
            seed=seed,
            exclude=exclude or (),
            pad=pad,
            progress=advance,
        )
    scores = scored.scores
    summary = {
        "scores": str(out),
        "comparisons": len(scores),
        "mated": int(scores.mated.sum()),
        "lost": int(scores.fta.sum()),
        "info": plain(scores.info),
        "left_out": plain(scored.left_out),
    }
    if json:
        print_json(summary)
        return
    for text in scores.info.notes:
        note(text)
    print_pairs(
        [
            ("scores", out),
            ("comparisons", f"{len(scores):,}, {summary['mated']:,} of them mated"),
            ("lost", f"{summary['lost']:,}" if summary["lost"] else None),
        ]
    )


@app.command()
def metrics(
    scores: Scores,
    groups: Groups = None,
    fmr: Fmr = 0.01,
    replicates: Replicates = 1000,
    level: Level = 0.95,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Count errors, with confidence intervals; compare score files of the same people."""
    from bareface.services.evaluation import Evaluation

    measured = Evaluation().measure(scores, _plan(replicates, level, seed), groups=groups, fmr=fmr)
    analyses, differences, tables = measured.analyses, measured.differences, measured.tables
    _say_uncompared(measured)
    if json:
        print_json(
            {
                "files": [_shape(analysis) for analysis in analyses],
                "differences": [{"name": name, "metrics": finite(plain(rows))} for name, rows in differences],
                "groups": [{"name": name, **finite(plain(table))} for name, table in tables],
            }
        )
        return
    from bareface.reports import evaluation as words
    from bareface.reports.limits import cannot_show

    names = [analysis.name for analysis in analyses]
    _print_rows("One to one", names, words.verification_rows(analyses))
    searched = [analysis for analysis in analyses if analysis.identification]
    if searched:
        _print_rows("One to many", [analysis.name for analysis in searched], words.identification_rows(searched))
    for name, rows in differences:
        _print_rows(f"{name} against {names[0]}", [names[0], name, "points"], words.difference_rows(rows))
    for name, table in tables:
        view = words.table_view(table)
        _print_rows(f"{name} by {table.label}", list(words.TABLE_COLUMNS), view["rows"])
        for sentence in view["ratios"]:
            note(sentence)
    for analysis in analyses:
        note(f"{analysis.name}: limits of this sample")
        for sentence in cannot_show(analysis):
            note(f"- {sentence}")


@app.command()
def plot(
    scores: Scores,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Write the plots to this folder.")],
    format: Annotated[Literal["png", "svg", "pdf"], typer.Option(help="Write files of this format.")] = "png",
    calibration: Annotated[
        Path | None, typer.Option(metavar="JSON", help="Judge the reliability of this calibration.")
    ] = None,
    replicates: Replicates = 1000,
    level: Level = 0.95,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Draw DET, CMC, FNIR over FPIR, scores by mask state, reliability; files overlay."""
    from bareface.services.evaluation import Evaluation

    plan = _plan(replicates, level, seed)
    before = {path.name for path in out.glob(f"*.{format}")} if out.is_dir() else set()
    paths = Evaluation().plot(scores, out, plan, format=format, calibration=calibration)
    replaced = [path.name for path in paths if path.name in before]
    if replaced:
        note(f"Replaced, in {out}: {', '.join(replaced)}.")
    written = [str(path) for path in paths]
    if json:
        print_json({"plots": written})
    else:
        print_pairs([("plot", path) for path in written])


@app.command()
@with_engine
def report(
    sources: Annotated[
        list[Path], typer.Argument(metavar="SCORES...", help="Score files, or folders of people, which are run first.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="HTML", help="Write this self-contained page.")],
    options: EngineOptions,
    groups: Groups = None,
    fmr: Fmr = 0.01,
    photos: Shown = None,
    calibration: Annotated[
        Path | None, typer.Option(metavar="JSON", help="Judge this calibration; by default the packaged one.")
    ] = None,
    exclude: Exclude = None,
    pad: Pad = 0,
    replicates: Replicates = 1000,
    level: Level = 0.95,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Write a page with figures, plots, the worst pairs, and the limits of the sample."""
    from bareface.services.evaluation import Evaluation

    with ExitStack() as stack:
        measured = Evaluation(options.engine).report(
            sources,
            out,
            _plan(replicates, level, seed),
            groups=groups,
            fmr=fmr,
            photos=photos or (),
            calibration=calibration,
            exclude=exclude or (),
            pad=pad,
            progress=lambda: stack.enter_context(progress("Analysing photos")),
        )
    _say_uncompared(measured)
    if json:
        print_json({"report": str(out), "files": [_shape(analysis) for analysis in measured.analyses]})
    else:
        print_pairs([("report", out)])


def _plan(replicates: int, level: float, seed: int) -> Plan:
    from bareface.services.evaluation import Plan

    return Plan(replicates, seed, level)


def _say_uncompared(measured: Measured) -> None:
    for name, error in measured.uncompared:
        note(f"{name} is not compared with {measured.analyses[0].name}: {error.message}")


def _shape(analysis: Analysis) -> dict[str, Any]:
    from bareface.reports.limits import cannot_show

    return {
        "name": analysis.name,
        "info": plain(analysis.scores.info),
        "verification": finite(plain(analysis.verification)),
        "identification": finite(plain(analysis.identification)) if analysis.identification else None,
        "cannot_show": list(cannot_show(analysis)),
    }


def _print_rows(title: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    body = [(row.name, *(_text(cell) for cell in row.cells)) for row in rows]
    print_table(("", *columns), body, right=columns, title=title)


def _text(cell: Cell) -> str:
    ends = f"({cell.interval})" if cell.interval else ""
    return " ".join(part for part in (cell.value, ends, cell.caution) if part)
