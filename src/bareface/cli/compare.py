"""``bareface compare``: two photos, one answer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bareface.cli.options import EngineOptions, with_engine
from bareface.cli.output import ExitCode, Json, note, print_json, print_table
from bareface.cli.shapes import face_shape, plain
from bareface.wording import LEADS, plural

if TYPE_CHECKING:
    from bareface.types import Comparison, Face


@with_engine
def compare(
    first: Annotated[Path, typer.Argument(metavar="A", help="A photo.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="Another photo.")],
    options: EngineOptions,
    json: Json = False,
) -> None:
    """Compare two photos, by the best face of each."""
    import bareface

    engine = options.engine()
    found = {"a": (first, engine.faces(first)), "b": (second, engine.faces(second))}
    best = [faces[0] for _, faces in found.values() if faces]
    comparison = bareface.compare(*best) if len(best) == 2 else None
    if json:
        print_json(_shape(found, comparison))
    else:
        _print(found, comparison)
    if comparison is None or comparison.decision == "no match":
        raise typer.Exit(ExitCode.NOTHING_FOUND)


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
            )
        ]
        print_table(("decision", "similarity", "match from", "at FMR", "distance"), rows)
        note(comparison.basis)
        note(LEADS)
