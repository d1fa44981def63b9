"""``bareface enhance``: a clearer picture of a face, labelled as recomputed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from bareface.cli.options import EngineOptions, with_engine
from bareface.cli.output import Json, note, print_json
from bareface.cli.shapes import plain
from bareface.cli.unmask import chosen_face
from bareface.system.files import file_name, make_folder

if TYPE_CHECKING:
    from bareface.restoration.base import Restored
    from bareface.values.face import Photo


@with_engine
def enhance(
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="Photo of a person whose face is unclear.")],
    options: EngineOptions,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for the pictures; made if it is not there.")
    ] = Path(),
    method: Annotated[
        Literal["bareface", "wiener", "richardson-lucy", "unsharp", "bicubic"],
        typer.Option(help="bareface: the network; the others are classical, and need no training data."),
    ] = "bareface",
    fidelity: Annotated[
        float, typer.Option(min=0, max=1, metavar="SHARE", help="1: as the photo is; 0: all that the method does.")
    ] = 0.5,
    face: Annotated[int, typer.Option(min=1, metavar="N", help="Which face, as `bareface faces` numbers them.")] = 1,
    json: Json = False,
) -> None:
    """Make an unclear face clearer: before and after, and the face in its photo, labelled as recomputed."""
    from bareface.imaging import decode as images
    from bareface.restoration.enhance import place_back
    from bareface.restoration.provenance import share_in_words
    from bareface.restoration.saving import save_picture
    from bareface.restoration.sheet import before_and_after

    opened = images.decode(photo, options.limits())
    engine = options.engine()
    make_folder(output)
    found = chosen_face(engine.detect(opened), face, str(photo))
    restored = engine.enhance(found, method, fidelity)
    beside, placed = output / file_name(photo.stem, ".enhance.png"), output / file_name(photo.stem, ".enhanced.png")
    save_picture(beside, before_and_after(restored), restored.provenance)
    save_picture(placed, place_back(restored, opened.pixels), restored.provenance)
    if json:
        print_json(_shape(opened, restored, beside, placed))
        return
    share, drift = share_in_words(restored.provenance), restored.drift[0]
    note(f"{share} of the face is recomputed by {method}; its identity drifted by {drift:.2f}.")
    note(f"Before and after: {beside}")
    note(f"In the photo: {placed}")
    note("What is sharper now was computed from statistics of other faces: no evidence. It is never enrolled.")


def _shape(photo: Photo, restored: Restored, beside: Path, placed: Path) -> dict[str, Any]:
    return {
        "source": photo.source,
        "sheet": str(beside),
        "file": str(placed),
        "drift": restored.drift[0],
        "provenance": plain(restored.provenance),
    }
