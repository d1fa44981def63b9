"""``bareface compare``: two photos, one answer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bareface.cli.options import EngineOptions, MinVisible, with_engine
from bareface.cli.output import ExitCode, Json, note, print_json, print_table
from bareface.cli.shapes import face_shape, plain
from bareface.matching.evidence import MIN_VISIBLE, sort_out
from bareface.reports.wording import LEADS, what_shows
from bareface.values.words import plural

if TYPE_CHECKING:
    from bareface.services.engine import Engine
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
    """Compare two photos, by the best face of each that shows enough."""
    import bareface

    engine = options.engine()
    found = {side: (photo, _faces(engine, photo, min_visible)) for side, photo in (("a", first), ("b", second))}
    best = [faces[0] for _, faces in found.values() if faces]
    comparison = bareface.compare(*best, min_visible=min_visible) if len(best) == 2 else None
    if json:
        print_json(_shape(found, comparison))
    else:
        _print(found, comparison)
    if comparison is None or comparison.decision == "no match":
        raise typer.Exit(ExitCode.NOTHING_FOUND)


def _faces(engine: Engine, photo: Path, min_visible: float) -> list[Face]:
    """The faces of a photo, best first; those that show too little come last."""
    faces = engine.faces(photo)
    engine.embed(faces)
    enough, hidden = sort_out(faces, min_visible)
    return [*enough, *hidden]


def _shape(found: dict[str, tuple[Path, list[Face]]], comparison: Comparison | None) -> dict[str, Any]:
    sides = {
        side: {"source": str(photo), "faces": len(faces), "face": face_shape(faces[0]) if faces else None}
        for side, (photo, faces) in found.items()
    }
    return {**sides, "comparison": plain(comparison) if comparison else None}


def _print(found: dict[str, tuple[Path, list[Face]]], comparison: Comparison | None) -> None:
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
