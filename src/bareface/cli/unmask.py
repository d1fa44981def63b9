"""``bareface unmask``: several completions of what a mask hides, labelled as such."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bareface.cli.options import EngineOptions, with_engine
from bareface.cli.output import Json, note, print_json, print_table, progress
from bareface.cli.restoring import FaceOption, shape_of_faces, tell_about
from bareface.errors import UsageError
from bareface.reports.json_plain import plain

if TYPE_CHECKING:
    from bareface.services.restored_photos import FaceChoice, RestoredPhoto

_POINTS = re.compile(r"\s*-?\d+(\.\d+)?,-?\d+(\.\d+)?(\s+-?\d+(\.\d+)?,-?\d+(\.\d+)?){2,}\s*")


@with_engine
def unmask(
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="Photo of a person whose face is hidden in part.")],
    options: EngineOptions,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="DIR", help="Write the pictures to this folder; create it if absent."),
    ] = Path(),
    completions: Annotated[int, typer.Option(min=1, max=100, metavar="N", help="Draw N completions.")] = 4,
    seed: Annotated[int, typer.Option(min=0, help="Random seed for the completions.")] = 0,
    region: Annotated[
        str | None,
        typer.Option(
            metavar="MASK|POINTS",
            help="Fill this region: a black and white picture of the photo's size, or a polygon “x,y x,y x,y”.",
        ),
    ] = None,
    face: FaceOption = "1",
    json: Json = False,
) -> None:
    """Complete what a mask hides: several pictures, a map of their differences, all labelled as not evidence."""
    from bareface.services.faces import Faces

    faces = Faces(options.engine, limits=options.limits())
    with progress("Restoring") as advance:
        result = faces.unmask(
            photo,
            output,
            completions=completions,
            seed=seed,
            region=_region(region),
            face=face,
            progress=advance,
        )
    if json:
        print_json(_shape(result) | shape_of_faces(result, face))
        return
    _print(result, face)
    note(f"Side by side: {result.sheet}")
    note("These are guesses from statistics of other faces, not evidence. They are never enrolled.")


def _region(text: str | None) -> list[tuple[float, float]] | Path | None:
    """Return a polygon's points, or the path of a mask picture."""
    if text is None:
        return None
    if _POINTS.fullmatch(text):
        return [(float(x), float(y)) for x, y in (point.split(",") for point in text.split())]
    if not Path(text).exists() and "," in text:
        raise UsageError("usage.region", text=text)
    return Path(text)


def _shape(made: RestoredPhoto) -> dict[str, Any]:
    restored = made.restored
    return {
        "source": made.source,
        "notes": plain(made.notes),
        "sheet": str(made.sheet),
        "completions": [
            {"file": str(path), "drift": drift} for path, drift in zip(made.pictures, restored.drift, strict=True)
        ],
        "identity_spread": restored.identity_spread,
        "spread": float(restored.spread[restored.region].mean()),
        "share_of_photo": made.share_of_photo,
        "provenance": plain(made.provenance),
    }


def _print(made: RestoredPhoto, face: FaceChoice) -> None:
    from bareface.services.restored_photos import share_in_words

    rows = [
        (number, guess, f"{drift:.2f}", path)
        for number, restored in made.faces
        for guess, (drift, path) in enumerate(zip(restored.drift, made.pictures, strict=True), start=1)
    ]
    columns = ("face", "guess", "drift", "picture")
    skip = 0 if face == "all" else 1
    print_table(columns[skip:], [row[skip:] for row in rows], right=columns[skip:3], long=("picture",))
    for number, restored in made.faces:
        spread = float(restored.spread[restored.region].mean())
        which = "the face" if face == 1 else f"face {number}"
        note(
            f"{share_in_words(restored)} of {which} is filled; the guesses differ by {spread:.0f} grey "
            f"levels and, in identity, by {restored.identity_spread:.2f}."
        )
    tell_about(made)
