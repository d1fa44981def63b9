"""The evaluation report: one self-contained HTML page on one or more score files."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bareface.evaluation.analysis import Analysis, reliability_of
from bareface.evaluation.bootstrap import Estimate, Plan
from bareface.evaluation.metrics import at_fmr
from bareface.evaluation.tables import FEW_SUBJECTS, GroupTable, Ratio
from bareface.evaluation.verification import Difference
from bareface.reports import plots, worst
from bareface.reports.limits import cannot_show
from bareface.reports.page import render
from bareface.reports.rates import TOO_SMALL, interval, measured, percent
from bareface.values.words import plural

if TYPE_CHECKING:
    from bareface.calibration.calibration import Calibration

MARK_FMR = 1e-2
"""The false match rate whose threshold tells the worst pairs that would match from those that would not."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure ready to show: the value, its interval, and a word of caution."""

    value: str
    interval: str = ""
    caution: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A named row of a table."""

    name: str
    cells: tuple[Cell, ...]


def report(
    analyses: Sequence[Analysis],
    *,
    plan: Plan,
    tables: Sequence[tuple[str, GroupTable]] = (),
    differences: Sequence[tuple[str, Sequence[Difference]]] = (),
    calibration: Calibration | None = None,
    photos: str | Path | Sequence[str | Path] = (),
    made: datetime | None = None,
) -> bytes:
    """Render the page.

    Parameters
    ----------
    analyses
        The score files, in the order to show; the first is the one that others are compared with.
    plan
        The plan of the intervals.
    tables
        Group tables, each with the name of its score file.
    differences
        Paired differences from the first file, each with the name of the other.
    calibration
        Judged by its reliability on these scores.
    photos
        The folders that the photos' names are relative to. Pictures come from there and from nowhere else, whatever a
        score file says; none are shown by default.
    made
        When; now, if not given.

    Returns
    -------
    bytes
        UTF-8 HTML, pictures inside. It shows the user's photos: it is for the user.
    """
    made = (made or datetime.now(UTC)).astimezone(UTC)
    folders = [Path(photos)] if isinstance(photos, str | Path) else [Path(folder) for folder in photos]
    reliable = [(a.name, found) for a in analyses if calibration and (found := reliability_of(a.scores, calibration))]
    searched = [analysis for analysis in analyses if analysis.searches]
    return render(
        "evaluation.html",
        sheets=("report.css", "evaluation.css"),
        made=made,
        when=f"{made.day} {made:%B %Y, %H:%M} UTC",
        names=[analysis.name for analysis in analyses],
        files=[_facts(analysis) for analysis in analyses],
        plan=plan,
        level=percent(plan.level),
        verification=tuple(verification_rows(analyses)),
        identification=tuple(identification_rows(searched)),
        searched=[analysis.name for analysis in searched],
        differences=[(name, tuple(difference_rows(rows))) for name, rows in differences],
        tables=[(name, table_view(table)) for name, table in tables],
        limits=[(analysis.name, cannot_show(analysis)) for analysis in analyses],
        det=plots.svg(plots.det_plot(analyses)),
        cmc=plots.svg(plots.cmc_plot(searched)) if searched else None,
        fnir=plots.svg(plots.fnir_plot(searched)) if searched else None,
        histograms=[(analysis.name, plots.svg(plots.histogram_plot(analysis))) for analysis in analyses],
        reliability=plots.svg(plots.reliability_plot(reliable)) if reliable else None,
        calibration=calibration.basis if calibration else "",
        worst=[_worst(analysis, folders) for analysis in analyses],
        mark=percent(MARK_FMR),
        few=FEW_SUBJECTS,
        table_columns=TABLE_COLUMNS,
    )


def _facts(analysis: Analysis) -> dict[str, object]:
    info, found = analysis.scores.info, analysis.verification
    template = ", ".join(part for part in (info.model, info.precision, info.space) if part)
    facts = {
        "Protocol": f"{info.protocol} ({info.kind})" if info.protocol else info.kind,
        "Templates": template,
        "Detector": info.detector,
        "People": f"{found.subjects:,}",
        "Mated": f"{found.mated:,} of {plural(found.mated_subjects, 'person', 'people')}",
        "Non-mated": f"{found.nonmated:,} of {plural(found.subject_pairs, 'pair')} of people",
        "Lost (FTA)": measured(found.fta),
        "Scored": " ".join(
            part for part in (info.created[:10], f"by bareface {info.version}" * bool(info.version)) if part
        ),
    }
    return {"name": analysis.name, "facts": {k: v for k, v in facts.items() if v}, "notes": info.notes}


def _cell(found: Estimate, caution: str = "") -> Cell:
    return Cell(measured(found.value), interval(found), caution)


def verification_rows(analyses: Sequence[Analysis]) -> Iterator[Row]:
    """Return one-to-one metrics, one column for each file."""
    results = [analysis.verification for analysis in analyses]
    yield Row("Equal error rate", tuple(_cell(result.eer) for result in results))
    for points in zip(*(result.tar for result in results), strict=True):
        cells = (
            Cell(TOO_SMALL)
            if point.support == "too small"
            else _cell(point.tar, "few false matches" if point.support == "few" else "")
            for point in points
        )
        yield Row(f"TAR at FMR {percent(points[0].target)}", tuple(cells))
    if any(result.accuracy for result in results):
        cells = (_cell(r.accuracy) if r.accuracy else Cell("no folds") for r in results)
        yield Row("Accuracy over folds", tuple(cells))
    yield Row("Area under the ROC", tuple(Cell(f"{result.auc:.4f}") for result in results))


def identification_rows(analyses: Sequence[Analysis]) -> Iterator[Row]:
    """Return one-to-many metrics, one column for each file."""
    results = [analysis.identification for analysis in analyses if analysis.identification]
    ranks = sorted({point.rank for result in results for point in result.investigation})
    for rank in ranks:
        found = [{point.rank: point for point in result.investigation}.get(rank) for result in results]
        name = f"Missed at rank {rank}, whatever the score" if rank == 1 else f"Missed within {rank} ranks"
        yield Row(name, tuple(_cell(point.fnir) if point else Cell("gallery too small") for point in found))
    for points in zip(*(result.identification for result in results), strict=True):
        cells = (
            Cell(TOO_SMALL)
            if point.support == "too small"
            else _cell(point.fnir, "few false positives" if point.support == "few" else "")
            for point in points
        )
        yield Row(f"Missed (FNIR) at FPIR {percent(points[0].target)}", tuple(cells))


def difference_rows(rows: Sequence[Difference]) -> Iterator[Row]:
    """Return metrics of two files and their difference in percentage points."""
    for row in rows:
        name = {"eer": "Equal error rate", "accuracy": "Accuracy over folds"}.get(row.metric)
        name = name or f"TAR at FMR {percent(float(row.metric.removeprefix('tar@')))}"
        found = row.difference
        ends = f"{_points(found.low)} to {_points(found.high)}" if found.method != "none" else ""
        sure = "" if not ends else "no clear difference" if found.low <= 0 <= found.high else "different"
        yield Row(name, (Cell(measured(row.a)), Cell(measured(row.b)), Cell(_points(found.value), ends, sure)))


def _points(difference: float) -> str:
    return f"{100 * difference:+.2f}".replace("-", "−")


TABLE_COLUMNS = ("people", "mated", "FNMR", "non-mated", "FMR")


def table_view(table: GroupTable) -> dict[str, Any]:
    """Return a group table ready to show, and its ratios in words."""
    rows = [
        Row(
            row.group,
            (
                Cell(f"{row.subjects:,}", caution=f"fewer than {FEW_SUBJECTS}" if row.few else ""),
                Cell(f"{row.mated:,}"),
                _cell(row.fnmr),
                Cell(f"{row.nonmated:,}"),
                _cell(row.fmr),
            ),
        )
        for row in table.rows
    ]
    ratios = [_ratio(name, ratio) for name, ratio in (("FNMR", table.fnmr_ratio), ("FMR", table.fmr_ratio)) if ratio]
    return {
        "label": table.label,
        "target": percent(table.fmr_target),
        "threshold": f"{table.threshold:.3f}",
        "rows": rows,
        "ratios": ratios,
        "few": any(row.few for row in table.rows),
        "left_out": table.left_out,
    }


def _ratio(name: str, ratio: Ratio) -> str:
    said = f"Largest ratio of {name} between groups, “{ratio.highest}” over “{ratio.lowest}”:"
    if math.isinf(ratio.value):
        return f"{said} unknown, since the latter shows no error; likely at least {ratio.at_least:.1f}."
    if math.isnan(ratio.at_least):
        return f"{said} {ratio.value:.1f}."
    end = "no upper bound" if math.isinf(ratio.at_most) else f"{ratio.at_most:.1f}"
    return f"{said} {ratio.value:.1f} ({ratio.at_least:.1f} to {end})."


def _worst(analysis: Analysis, folders: Sequence[Path]) -> dict[str, object]:
    point = at_fmr(analysis.trials, MARK_FMR)
    return {
        "name": analysis.name,
        "pictures": bool(folders),
        "threshold": point.threshold,
        "matches": worst.false_matches(analysis.scores, folders),
        "nonmatches": worst.false_nonmatches(analysis.scores, folders),
        "failures": worst.failures(analysis.scores, folders),
        "failed": len(analysis.scores.info.failures),
    }
