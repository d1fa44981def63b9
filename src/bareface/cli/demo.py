"""``bareface demo``: the whole thing in a minute."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bareface.cli.options import EngineOptions, with_engine
from bareface.cli.output import Json, note, print_json, print_table, progress
from bareface.cli.search import STRANGERS, strangers
from bareface.errors import UsageError
from bareface.reports.json_search import list_shape
from bareface.reports.wording import LEADS
from bareface.values.words import plural, printable

if TYPE_CHECKING:
    from bareface.services.demo import Demonstration
    from bareface.services.demo_photos import Photos


@with_engine
def demo(
    options: EngineOptions,
    folder: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Add your own people: a folder for each person; up to 100 are enrolled."),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Write to this folder.")] = Path("out/demo"),
    download: Annotated[
        bool,
        typer.Option("--download", help="Also download four pinned example photos, 1 MB; continue without a network."),
    ] = False,
    json: Json = False,
) -> None:
    """Show everything on public-domain portraits and a crowd of people who do not exist.

    Enrol them, search with bad photos of some of them, and write a report with pictures.
    """
    from bareface.services.demo import demonstrate

    more = _more(folder, out, download)
    with progress("Enrolling and searching") as advance:
        shown = demonstrate(out, options.engine(), more, advance, crowd=True)
    if json:
        print_json(_shape(shown))
    else:
        _print(shown)


def _more(folder: Path | None, out: Path, download: bool) -> list[Photos]:
    from bareface.services import demo_photos

    more = []
    chosen = folder or demo_photos.default_folder()
    if chosen:
        more.append(demo_photos.people_in(chosen))
    if download:
        try:
            more.append(demo_photos.download(out / "download"))
        except UsageError as error:
            note(f"Nothing was downloaded: {error} Going on without.")
    return more


def _shape(shown: Demonstration) -> dict[str, Any]:
    return {
        "gallery": str(shown.gallery),
        "report": str(shown.report),
        "subjects": shown.subjects,
        "references": shown.references,
        "results": [
            {
                "probe": str(finding.probe.path),
                "person": finding.probe.person,
                "list": list_shape(finding.entry) if finding.entry else None,
                "error": finding.error.as_dict() if finding.error else None,
            }
            for finding in shown.findings
        ],
    }


def _print(shown: Demonstration) -> None:
    rows = []
    for finding in shown.findings:
        best = finding.entry.candidates[0] if finding.entry else None
        rows.append(
            (
                finding.probe.path.name,
                finding.probe.person or "someone not enrolled",
                best.subject if best else finding.error and finding.error.message,
                f"{best.similarity:.3f}" if best else None,
                strangers(best) if best else None,
                best.decision if best else None,
            )
        )
    columns = ("probe", "shows", "rank 1", "similarity", "strangers", "decision")
    size = f"{plural(shown.subjects, 'subject')}, {plural(shown.references, 'reference')}"
    print_table(columns, rows, right=("similarity",), long=("probe", "shows", "rank 1"), title=f"Searched: {size}")
    for remark in shown.notes:
        note(remark)
    note(STRANGERS)
    note(LEADS)
    note(f"Gallery: {shown.gallery}")
    typer.echo(f"Report: {printable(shown.report.resolve())}")
