"""``bareface evaluate``: how sure are matches, proven on the user's own photos."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from bareface.cli.options import EngineOptions, Exclude, with_engine
from bareface.cli.output import Json, note, print_json, print_pairs, print_table, progress
from bareface.cli.shapes import plain
from bareface.system.extras import require
from bareface.system.files import check_page, check_place, make_folder, write_atomically
from bareface.system.reading import read_regular

if TYPE_CHECKING:
    from bareface.calibration.calibration import Calibration
    from bareface.evaluation.analysis import Analysis
    from bareface.evaluation.bootstrap import Plan
    from bareface.evaluation.protocols import Protocol
    from bareface.evaluation.tables import GroupTable
    from bareface.evaluation.verification import Difference
    from bareface.reports.evaluation import Cell, Row
    from bareface.scores.score_file import ScoreFile

app = typer.Typer(help="Measure errors on your own photos or a standard set.", no_args_is_help=True)

_PROTOCOL, _STATISTICS = "Protocol", "Statistics"

Scores = Annotated[
    list[Path], typer.Argument(metavar="SCORES...", help="Score files; the first is the one compared with.")
]
Replicates = Annotated[
    int, typer.Option(min=0, help="Bootstrap replicates; 0 for no intervals.", rich_help_panel=_STATISTICS)
]
Level = Annotated[float, typer.Option(min=0.5, max=0.999, help="Confidence level.", rich_help_panel=_STATISTICS)]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same figures.", rich_help_panel=_STATISTICS)]
Fmr = Annotated[
    float,
    typer.Option(min=0, max=1, help="False match rate that groups are compared at.", rich_help_panel=_STATISTICS),
]
Groups = Annotated[
    Path | None,
    typer.Option("--groups", metavar="CSV", help="Your labels: a column subject or file, and one column a label."),
]
Photos = Annotated[Path | None, typer.Option(metavar="FOLDER", help="The folder the photos' names are relative to.")]
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
        min=0, metavar="PX", help="Border to put around each photo: tight crops need it.", rich_help_panel=_PROTOCOL
    ),
]
States = Annotated[
    Path | None,
    typer.Option(
        "--labels", metavar="CSV", help="Mask states: columns file, state, condition.", rich_help_panel=_PROTOCOL
    ),
]


@app.command()
@with_engine
def run(
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", help="A folder with a folder per person, a pairs.txt, or a CSV list.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="SCORES", help="Score file: .parquet, .csv or .csv.gz.")],
    options: EngineOptions,
    photos: Photos = None,
    probes: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV", help="Probes as file,subject; SOURCE is then the gallery.", rich_help_panel=_PROTOCOL
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
        int, typer.Option(min=1, help="References of each enrolled person.", rich_help_panel=_PROTOCOL)
    ] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Of the split.", rich_help_panel=_PROTOCOL)] = 0,
    labels: States = None,
    exclude: Exclude = None,
    pad: Pad = 0,
    json: Json = False,
) -> None:
    """Compare photos by a protocol and keep the scores."""
    from bareface.evaluation.sources import protocol_of
    from bareface.scores import formats as score_formats

    score_formats.check(out)
    check_place(out, (source, probes, labels))
    protocol = protocol_of(
        source,
        photos=photos,
        probes=probes,
        labels=labels,
        nonmated=open_set,
        references=references,
        seed=seed,
        exclude=exclude or (),
    )
    scores = _run(protocol, options, pad)
    scores.write(out)
    summary = {
        "scores": str(out),
        "comparisons": len(scores),
        "mated": int(scores.mated.sum()),
        "lost": int(scores.fta.sum()),
        "info": plain(scores.info),
        "left_out": plain(protocol.left_out),
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
    plan = _plan(replicates, level, seed)
    analyses = _analyses(scores, plan)
    differences = _differences(analyses, plan)
    tables = _tables(analyses, groups, fmr, plan)
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
        note(f"{analysis.name}: what this n cannot show")
        for sentence in cannot_show(analysis):
            note(f"- {sentence}")


@app.command()
def plot(
    scores: Scores,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Where the plots go.")],
    format: Annotated[Literal["png", "svg", "pdf"], typer.Option(help="Kind of file.")] = "png",
    calibration: Annotated[
        Path | None, typer.Option(metavar="JSON", help="A calibration to judge by its reliability.")
    ] = None,
    replicates: Replicates = 1000,
    level: Level = 0.95,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Draw DET, CMC, FNIR over FPIR, scores by mask state, reliability; files overlay."""
    from bareface.reports import plots

    analyses = _analyses(scores, _plan(replicates, level, seed))
    make_folder(out)
    written = []
    for name, figure in plots.all_plots(analyses, _calibration(calibration, analyses)):
        path = out / f"{name}.{format}"
        plots.write(figure, path)
        written.append(str(path))
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
    out: Annotated[Path, typer.Option("--out", "-o", metavar="HTML", help="The page, self-contained.")],
    options: EngineOptions,
    groups: Groups = None,
    fmr: Fmr = 0.01,
    photos: Shown = None,
    calibration: Annotated[
        Path | None, typer.Option(metavar="JSON", help="A calibration to judge; by default the packaged one.")
    ] = None,
    exclude: Exclude = None,
    pad: Pad = 0,
    replicates: Replicates = 1000,
    level: Level = 0.95,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Write a page with figures, plots, the worst pairs, and what the numbers cannot show."""
    from bareface.errors import UsageError
    from bareface.evaluation.protocols import all_pairs
    from bareface.reports.evaluation import report as page

    check_page(out)
    require("matplotlib", "scipy")
    for folder in photos or ():
        if not folder.is_dir():
            raise UsageError("usage.photos", "there is no such folder.", source=str(folder), remedy="Check --photos.")
    plan = _plan(replicates, level, seed)
    loaded = [
        _run(all_pairs(source, exclude or ()), options, pad) if source.is_dir() else read_scores(source)
        for source in sources
    ]
    analyses = _analyses(sources, plan, loaded)
    html = page(
        analyses,
        plan=plan,
        tables=_tables(analyses, groups, fmr, plan),
        differences=_differences(analyses, plan),
        calibration=_calibration(calibration, analyses),
        photos=[*(source for source in sources if source.is_dir()), *(photos or ())],
    )
    write_atomically(out, html)
    if json:
        print_json({"report": str(out), "files": [_shape(analysis) for analysis in analyses]})
    else:
        print_pairs([("report", out)])


def _run(protocol: Protocol, options: EngineOptions, pad: int) -> ScoreFile:
    from bareface.evaluation.run import run as run_protocol

    engine = options.engine()
    with progress("Analysing photos") as advance:
        return run_protocol(protocol, engine, pad=pad, progress=advance)


def read_scores(path: Path) -> ScoreFile:
    """A score file."""
    from bareface.scores.score_file import ScoreFile

    return ScoreFile.read(path)


def _plan(replicates: int, level: float, seed: int) -> Plan:
    from bareface.evaluation.bootstrap import Plan

    return Plan(replicates, seed, level)


def _analyses(paths: Sequence[Path], plan: Plan, loaded: Sequence[ScoreFile] | None = None) -> list[Analysis]:
    from bareface.evaluation.analysis import analyse

    short = [path.name.split(".")[0] or path.name for path in (path.absolute() for path in paths)]
    names = short if len(set(short)) == len(short) else [str(path) for path in paths]
    files = loaded if loaded is not None else [read_scores(path) for path in paths]
    return [analyse(name, scores, plan) for name, scores in zip(names, files, strict=True)]


def _differences(analyses: Sequence[Analysis], plan: Plan) -> list[tuple[str, Sequence[Difference]]]:
    """Of each further file from the first, where both hold the same people."""
    from bareface.errors import EvaluationError
    from bareface.evaluation.verification import compare

    found: list[tuple[str, Sequence[Difference]]] = []
    for other in analyses[1:]:
        try:
            found.append((other.name, compare(analyses[0].scores, other.scores, plan)))
        except EvaluationError as error:
            note(f"{other.name} is not compared with {analyses[0].name}: {error.message}")
    return found


def _tables(analyses: Sequence[Analysis], groups: Path | None, fmr: float, plan: Plan) -> list[tuple[str, GroupTable]]:
    """Tables by mask state and condition where stated, and by the user's labels."""
    from bareface.errors import EvaluationError
    from bareface.evaluation import tables
    from bareface.evaluation.metrics import support

    labellings = tables.read_labels(groups) if groups else ()
    found: list[tuple[str, GroupTable]] = []
    for analysis in analyses:
        if not labellings and support(fmr, analysis.trials.nonmated.size) == "too small":
            continue
        built_in = (make(analysis.scores, fmr, plan) for make in (tables.by_state, tables.by_condition))
        found += [(analysis.name, table) for table in built_in if table is not None]
        try:
            found += [(analysis.name, tables.by_labels(analysis.scores, of, fmr, plan)) for of in labellings]
        except EvaluationError as error:
            where = str(groups) if error.code == "evaluation.labels" else error.source
            raise EvaluationError(error.code, error.message, source=where, remedy=error.remedy) from error
    return found


def _calibration(path: Path | None, analyses: Sequence[Analysis]) -> Calibration | None:
    """The calibration to judge: the user's, or the one packaged for the scores' space."""
    from bareface.calibration.calibration import Calibration
    from bareface.errors import CalibrationError, EvaluationError

    if path is not None:
        try:
            return Calibration.from_json(read_regular(path).decode("utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            what = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise EvaluationError("evaluation.file", f"cannot be read: {what}.", source=str(path)) from error
        except CalibrationError as error:
            raise CalibrationError(error.code, error.message, source=str(path), remedy=error.remedy) from error
    made = {(analysis.scores.info.space, analysis.scores.info.model) for analysis in analyses}
    if len(made) != 1:
        return None
    try:
        return Calibration.packaged(*made.pop())
    except CalibrationError:  # other people's scores, or a space without one
        return None


def _shape(analysis: Analysis) -> dict[str, Any]:
    from bareface.reports.limits import cannot_show

    return {
        "name": analysis.name,
        "info": plain(analysis.scores.info),
        "verification": finite(plain(analysis.verification)),
        "identification": finite(plain(analysis.identification)) if analysis.identification else None,
        "cannot_show": list(cannot_show(analysis)),
    }


def finite(value: Any) -> Any:
    """JSON has no word for a rate of nothing or a threshold above all scores: they become null."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _print_rows(title: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    body = [(row.name, *(_text(cell) for cell in row.cells)) for row in rows]
    print_table(("", *columns), body, right=columns, title=title)


def _text(cell: Cell) -> str:
    ends = f"({cell.interval})" if cell.interval else ""
    return " ".join(part for part in (cell.value, ends, cell.caution) if part)
