"""``bareface search``: who in the gallery looks like this?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bareface.cli.options import EngineOptions, MinVisible, with_engine
from bareface.cli.output import ExitCode, Json, note, print_error, print_json, print_table, progress
from bareface.cli.search_restored import print_restored
from bareface.errors import FaceError, ImageError
from bareface.reports.json_search import answer_json
from bareface.reports.rarity import odds
from bareface.reports.wording import GUESSES, LEADS, verdict, what_shows
from bareface.values.defaults import MIN_VISIBLE
from bareface.values.words import percent, plural

if TYPE_CHECKING:
    from bareface.services.gallery import Gallery
    from bareface.services.gallery_report import SearchAnswer
    from bareface.values.face import MaskState
    from bareface.values.search import Candidate, CandidateList

_RESTORED = "Restored faces"

STRANGERS = (
    "strangers: how many searches by people who are not in this gallery would score as high (* extrapolated beyond "
    "what the calibration counted)"
)
"""Content of the column of that name."""


@dataclass(frozen=True, slots=True)
class _Restoring:
    """Restored faces to search with, too: completions of masked faces, enhanced versions of others."""

    masked: bool
    others: bool
    completions: int
    seed: int


@with_engine
def search(
    gallery: Annotated[Path, typer.Argument(metavar="GALLERY", help="The gallery to search.")],
    probes: Annotated[list[Path], typer.Argument(metavar="PROBE", help="Photos of the people to look for.")],
    options: EngineOptions,
    top: Annotated[int, typer.Option(min=1, help="List this many candidates for each face.")] = 20,
    same_person: Annotated[
        bool, typer.Option("--same-person", help="Search with all probes together, as photos of one person.")
    ] = False,
    min_visible: MinVisible = MIN_VISIBLE,
    with_restored: Annotated[
        bool,
        typer.Option(
            "--with-restored", help="Also search with completions of masked faces.", rich_help_panel=_RESTORED
        ),
    ] = False,
    with_enhanced: Annotated[
        bool,
        typer.Option(
            "--with-enhanced",
            help="Also search with an enhanced version of each unmasked face.",
            rich_help_panel=_RESTORED,
        ),
    ] = False,
    completions: Annotated[
        int,
        typer.Option(
            min=1, max=100, metavar="N", help="Draw N completions of each masked face.", rich_help_panel=_RESTORED
        ),
    ] = 4,
    seed: Annotated[int, typer.Option(min=0, help="Random seed for the completions.", rich_help_panel=_RESTORED)] = 0,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE.html", help="Also write one self-contained page with the faces side by side."),
    ] = None,
    json: Json = False,
) -> None:
    """Search a gallery: a candidate list for every face."""
    from bareface.services.gallery import Gallery
    from bareface.services.gallery_report import check_page

    if report:
        check_page(report)
    restoring = _Restoring(with_restored, with_enhanced, completions, seed)
    groups = [tuple(probes)] if same_person else [(probe,) for probe in probes]
    with Gallery.open(gallery, engine=options.for_gallery(), create=False) as opened:
        answers: list[SearchAnswer] = []
        with progress("Searching") as advance:
            for group in groups:
                answers.append(_search(opened, group, top, same_person, min_visible, restoring))
                advance(len(answers), len(groups))
        if report:
            opened.write_report(report, answers, title=str(gallery))
    if json:
        print_json({"gallery": str(gallery), "results": [answer_json(answer) for answer in answers]})
    else:
        _print(answers)
        if report:
            note(f"Report: {report}")
    if any(answer.failed for answer in answers):
        raise typer.Exit(ExitCode.INPUT)
    if not any(c.decision != "no match" for a in answers for entry in a.lists for c in entry.candidates):
        raise typer.Exit(ExitCode.NOTHING_FOUND)


def _search(
    gallery: Gallery,
    group: tuple[Path, ...],
    top: int,
    same_person: bool,
    min_visible: float,
    restoring: _Restoring,
) -> SearchAnswer:
    """Search once; a probe that cannot be used does not stop the others, a broken gallery does."""
    from bareface.services.gallery_report import SearchAnswer

    sources = list(group)
    try:
        again = restoring.masked or restoring.others
        result = gallery.search(sources, top, same_person, min_visible=min_visible, keep_photos=again)
        restored = gallery.search_restored(
            sources,
            result,
            unmask=restoring.masked,
            enhance=restoring.others,
            completions=restoring.completions,
            seed=restoring.seed,
        )
        return SearchAnswer(group, result, restored=restored)
    except (ImageError, FaceError) as error:
        return SearchAnswer(group, error=error)


def _print(answers: list[SearchAnswer]) -> None:
    for answer in answers:
        if answer.error:
            print_error(answer.error)
            continue
        for place, entry in enumerate(answer.lists):
            print_list(entry)
            if answer.restored:
                print_restored(answer.restored[place])
        for remark in answer.result.notes if answer.result else ():
            note(remark)
    if any(answer.lists for answer in answers):
        note(STRANGERS)
        if any(answer.restored for answer in answers):
            note(GUESSES)
        note(LEADS)


def print_list(entry: CandidateList) -> None:
    """Print a candidate list as a table, with the sentence that sums it up."""
    shown = ((face.source, what_shows(face.template.mask_state, face.template.visible)) for face in entry.probe)
    probe = " + ".join(f"{near(source)} ({words})" for source, words in shown)
    size = f"{plural(entry.subjects, 'subject')}, {plural(entry.references, 'reference')}"
    columns = ["rank", "subject", "similarity", "strangers", "decision", "visible", "source"]
    rows: list[list[object]] = [
        [
            candidate.rank,
            candidate.subject or f"unnamed subject {candidate.subject_id}",
            f"{candidate.similarity:.3f}",
            strangers(candidate),
            candidate.decision,
            visible(candidate.reference_state, candidate.visible),
            near(candidate.source),
        ]
        for candidate in entry.candidates
    ]
    if any(candidate.same_source for candidate in entry.candidates):
        columns.append("as the probe")
        for row, candidate in zip(rows, entry.candidates, strict=True):
            row.append(candidate.same_source)
    title = f"{probe} in {size}: {verdict(entry.candidates)[1]}"
    print_table(columns, rows, right=("rank", "similarity"), long=("subject", "source"), title=title)
    for remark in entry.notes:
        note(remark)


def strangers(candidate: Candidate) -> str:
    """Return the cell that says how often a stranger would score as high."""
    if candidate.fpir is None:
        return "not calibrated"
    return odds(candidate.fpir) + " *" * candidate.extrapolated


def visible(state: MaskState, share: float | None) -> str:
    """Return the cell that says how much of a face is visible, and the mask if there is one."""
    parts = [] if share is None else [percent(share)]
    return ", ".join([*parts, *([] if state == "none" else [f"{state} mask"])])


def near(source: str) -> str:
    """Return a path relative to the current folder if it lies below it."""
    try:
        here = Path.cwd()
    except FileNotFoundError:  # it was removed
        return source
    return str(Path(source).relative_to(here)) if Path(source).is_relative_to(here) else source
