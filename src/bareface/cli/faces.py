"""``bareface faces``: find the faces in photos, and draw them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bareface.cli.options import EngineOptions, with_engine
from bareface.cli.output import ExitCode, Json, note, print_error, print_json, print_table, progress
from bareface.reports.json_faces import face_shape
from bareface.reports.json_plain import plain
from bareface.values.words import no_face_found, percent

if TYPE_CHECKING:
    from bareface.services.faces import SeenPhoto
    from bareface.values.face import Face

_COMPONENTS = "Quality by component: of 100 comparisons that a flawless photo wins, how many are left"


@with_engine
def faces(
    photos: Annotated[list[Path], typer.Argument(metavar="PHOTO", help="Photos to look at.")],
    options: EngineOptions,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE|DIR",
            help="Write each photo with its faces drawn in and their occlusion maps below: PNG, JPEG or WebP.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Find faces: where they are, what a mask leaves visible and how good they are, best first."""
    from bareface.services.faces import Faces

    with progress("Looking for faces") as advance:
        results = Faces(options.engine).find(photos, output=output, progress=advance)
    if json:
        print_json({"photos": [_shape(one) for one in results]})
    else:
        _print(results)
    if any(one.error for one in results):
        raise typer.Exit(ExitCode.INPUT)
    if not any(one.faces for one in results):
        raise typer.Exit(ExitCode.NOTHING_FOUND)


def _shape(one: SeenPhoto) -> dict[str, Any]:
    return {
        "source": one.source,
        "size": plain(one.size),
        "notes": plain(one.notes),
        "min_face": one.min_face,
        "faces": [face_shape(face) for face in one.faces],
        "drawn": str(one.drawn) if one.drawn else None,
        "error": one.error.as_dict() if one.error else None,
    }


def _print(seen: Sequence[SeenPhoto]) -> None:
    found = [(one.source, number, face) for one in seen for number, face in enumerate(one.faces, start=1)]
    if found:
        columns = ("photo", "face", "score", "left, top", "size in px", "mask", "visible", "quality")
        right = ("face", "score", "visible", "quality")
        print_table(columns, [(*one[:2], *_cells(one[2])) for one in found], right=right, long=("photo",))
    rated = [(*one[:2], one[2].quality.components()) for one in found if one[2].quality]
    if rated:
        parts = list(dict.fromkeys(name for *_, components in rated for name in components))
        rows = [
            (photo, number, *(_whole(components.get(name)) for name in parts)) for photo, number, components in rated
        ]
        print_table(("photo", "face", *parts), rows, right=("face", *parts), long=("photo",), title=_COMPONENTS)
    for one in seen:
        if one.error:
            print_error(one.error)
            continue
        for remark in one.notes:
            note(f"{one.source}: {remark}")
        if not one.faces:
            note(f"{one.source}: {no_face_found(one.min_face)}")
        if one.drawn:
            note(f"Drawn: {one.drawn}")


def _cells(face: Face) -> tuple[str | None, ...]:
    return (
        f"{face.score:.2f}",
        f"{face.box.x1:.0f}, {face.box.y1:.0f}",
        f"{face.box.width:.0f} × {face.box.height:.0f}",
        face.mask_state,
        None if face.visible is None else percent(face.visible),
        _whole(face.quality.score if face.quality else None),
    )


def _whole(value: float | None) -> str | None:
    return None if value is None else f"{value:.0f}"
