"""``bareface compare``: compare two photos."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bareface.cli.options import EngineOptions, MinVisible, with_engine
from bareface.cli.output import ExitCode, Json, note, print_json, print_table
from bareface.reports.json_faces import face_shape
from bareface.reports.json_plain import plain
from bareface.reports.wording import LEADS, what_shows
from bareface.values.defaults import MIN_VISIBLE
from bareface.values.words import plural

if TYPE_CHECKING:
    from bareface.values.face import Face
    from bareface.values.search import Comparison


@with_engine
def compare(
    first: Annotated[Path, typer.Argument(metavar="A", help="A photo.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="Another photo.")],
    options: EngineOptions,
    min_visible: MinVisible = MIN_VISIBLE,
    json: Json = False,
) -> None:
    """Compare two photos by the best sufficiently visible face of each."""
    from bareface.services.faces import Faces

    compared = Faces(options.engine).compare(first, second, min_visible=min_visible)
    sides = {side: (photo, faces) for side, photo, faces in zip("ab", (first, second), compared.faces, strict=True)}
    comparison = compared.comparison
    if json:
        print_json(_shape(sides, comparison))
    else:
        _print(sides, comparison)
    if comparison is None or comparison.decision == "no match":
        raise typer.Exit(ExitCode.NOTHING_FOUND)


def _shape(found: dict[str, tuple[Path, tuple[Face, ...]]], comparison: Comparison | None) -> dict[str, Any]:
    sides = {
        side: {"source": str(photo), "faces": len(faces), "face": face_shape(faces[0]) if faces else None}
        for side, (photo, faces) in found.items()
    }
    return {**sides, "comparison": plain(comparison) if comparison else None}


def _print(found: dict[str, tuple[Path, tuple[Face, ...]]], comparison: Comparison | None) -> None:
    for photo, faces in found.values():
        if not faces:
            note(f"{photo}: no face found")
        elif len(faces) > 1:
            note(f"{photo}: {plural(len(faces), 'face')}; the best detected one is compared")
    if comparison:
        rows = [
            (
                comparison.decision,
                f"{comparison.similarity:.3f}",
                f"{comparison.threshold:.3f}",
                f"{comparison.fmr:g}",
                f"{comparison.distance:.3f}",
                *map(what_shows, comparison.states, comparison.visible),
            )
        ]
        print_table(("decision", "similarity", "match from", "at FMR", "distance", "A shows", "B shows"), rows)
        for remark in (comparison.basis, *comparison.notes):
            note(remark)
        note(LEADS)
