"""``bareface unmask``: what could be below a mask, as several guesses that are labelled as such."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bareface.cli.options import EngineOptions, with_engine
from bareface.cli.output import Json, note, print_json, print_table, progress
from bareface.cli.shapes import plain
from bareface.errors import ImageError, UsageError
from bareface.system.files import file_name, make_folder

if TYPE_CHECKING:
    from bareface.imaging.decode import Limits
    from bareface.restoration.base import Restored
    from bareface.restoration.unmask import Region
    from bareface.values.face import Face, Photo, UInt8

_POINTS = re.compile(r"\s*-?\d+(\.\d+)?,-?\d+(\.\d+)?(\s+-?\d+(\.\d+)?,-?\d+(\.\d+)?){2,}\s*")


@with_engine
def unmask(
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="Photo of a person whose face is hidden in part.")],
    options: EngineOptions,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for the pictures; made if it is not there.")
    ] = Path(),
    completions: Annotated[int, typer.Option(min=1, max=100, metavar="N", help="How many guesses to draw.")] = 4,
    seed: Annotated[int, typer.Option(min=0, help="The same seed draws the same guesses.")] = 0,
    region: Annotated[
        str | None,
        typer.Option(
            metavar="MASK|POINTS",
            help="What to fill: a black and white picture of the photo's size, or a polygon “x,y x,y x,y”.",
        ),
    ] = None,
    face: Annotated[int, typer.Option(min=1, metavar="N", help="Which face, as `bareface faces` numbers them.")] = 1,
    json: Json = False,
) -> None:
    """Guess what a mask hides: several pictures, a map of how far they differ, all of them labelled as guesses."""
    from bareface.imaging import decode as images
    from bareface.restoration.unmask import place, placed_region

    opened = images.decode(photo, options.limits())
    chosen = _region(region, options.limits())
    engine = options.engine()
    make_folder(output)
    found = chosen_face(engine.detect(opened), face, str(photo))
    with progress("Guessing") as advance:
        restored = engine.unmask(found, completions, seed, chosen)
        sheet, written = _write_sheet(output / file_name(photo.stem, ".unmask.png"), restored), []
        marked = placed_region(restored, opened.pixels.shape[:2])
        for number, completion in enumerate(restored.completions, start=1):
            target = output / file_name(photo.stem, f".unmask-{number}.png")
            _save(target, place(restored, completion, opened.pixels), restored)
            written.append(target)
            advance(number, completions)
    if json:
        print_json(_shape(opened, restored, sheet, written, float(marked.mean())))
        return
    _print(restored, written)
    note(f"Side by side: {sheet}")
    note("These are guesses from statistics of other faces, not evidence. They are never enrolled.")


def _region(text: str | None, limits: Limits) -> Region | None:
    """A polygon's points, or the luminance of a mask image."""
    if text is None:
        return None
    if _POINTS.fullmatch(text):
        return [(float(x), float(y)) for x, y in (point.split(",") for point in text.split())]
    if not Path(text).exists() and "," in text:
        raise UsageError("usage.region", f"{text!r} is no polygon of three or more points “x,y x,y x,y”, and no file.")
    import cv2
    import numpy as np

    from bareface.imaging import decode as images

    grey: UInt8 = np.asarray(cv2.cvtColor(images.decode(text, limits).pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    return grey


def chosen_face(faces: list[Face], number: int, source: str) -> Face:
    """The face of a number, as ``bareface faces`` counts from 1."""
    if not faces:
        raise ImageError("image.no-face", "no face found.", source=source, remedy="Try another detector or photo.")
    if number > len(faces):
        raise UsageError("usage.face", f"there is no face {number}, only {len(faces)}.", source=source)
    return faces[number - 1]


def _write_sheet(path: Path, restored: Restored) -> Path:
    from bareface.restoration.sheet import sheet

    picture, _ = sheet(restored)
    _save(path, picture, restored)
    return path


def _save(path: Path, pixels: UInt8, restored: Restored) -> None:
    from bareface.restoration.saving import save_picture

    save_picture(path, pixels, restored.provenance)


def _shape(photo: Photo, restored: Restored, sheet: Path, written: list[Path], share: float) -> dict[str, Any]:
    return {
        "source": photo.source,
        "sheet": str(sheet),
        "completions": [
            {"file": str(path), "drift": drift} for path, drift in zip(written, restored.drift, strict=True)
        ],
        "identity_spread": restored.identity_spread,
        "spread": float(restored.spread[restored.region].mean()),
        "share_of_photo": share,
        "provenance": plain(restored.provenance),
    }


def _print(restored: Restored, written: list[Path]) -> None:
    from bareface.restoration.provenance import share_in_words

    rows = [
        (number, f"{drift:.2f}", path)
        for number, (drift, path) in enumerate(zip(restored.drift, written, strict=True), start=1)
    ]
    print_table(("guess", "drift", "picture"), rows, right=("guess", "drift"), long=("picture",))
    spread = float(restored.spread[restored.region].mean())
    note(
        f"{share_in_words(restored.provenance)} of the face is filled; the guesses differ by {spread:.0f} grey "
        f"levels and, in identity, by {restored.identity_spread:.2f}."
    )
