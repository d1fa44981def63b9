"""``bareface enhance``: a clearer picture of a face, labelled as recomputed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from bareface.cli.options import EngineOptions, with_engine
from bareface.cli.output import Json, note, print_json, progress
from bareface.cli.restoring import FaceOption, shape_of_faces, tell_about
from bareface.reports.json_plain import plain

if TYPE_CHECKING:
    from bareface.services.restored_photos import RestoredPhoto


@with_engine
def enhance(
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="Photo of a person whose face is unclear.")],
    options: EngineOptions,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="DIR", help="Write the pictures to this folder; create it if absent."),
    ] = Path(),
    method: Annotated[
        Literal["bareface", "wiener", "richardson-lucy", "unsharp", "bicubic"],
        typer.Option(
            help="Use this method; bareface is the network, the others are classical and need no training data."
        ),
    ] = "bareface",
    fidelity: Annotated[
        float, typer.Option(min=0, max=1, metavar="SHARE", help="Keep this share of the original; 1: all, 0: none.")
    ] = 0.5,
    face: FaceOption = "1",
    json: Json = False,
) -> None:
    """Make an unclear face clearer: before and after, and the face in its photo, labelled as recomputed."""
    from bareface.services.faces import Faces
    from bareface.services.restored_photos import share_in_words

    faces = Faces(options.engine, limits=options.limits())
    with progress("Restoring") as advance:
        result = faces.enhance(photo, output, method=method, fidelity=fidelity, face=face, progress=advance)
    if json:
        print_json(_shape(result) | shape_of_faces(result, face))
        return
    for number, restored in result.faces:
        which = "the face" if face == 1 else f"face {number}"
        share, drift = share_in_words(restored), restored.drift[0]
        note(f"{share} of {which} is recomputed by {method}; its identity drifted by {drift:.2f}.")
    tell_about(result)
    note(f"Before and after: {result.sheet}")
    note(f"In the photo: {result.pictures[0]}")
    if result.exposure > 1:
        note(f"The photo is underexposed; {result.exposure:.1f} times as bright, for viewing: {result.pictures[1]}")
    note("Added detail is computed, not recorded: do not use it as evidence. It is never enrolled.")


def _shape(made: RestoredPhoto) -> dict[str, Any]:
    return {
        "source": made.source,
        "notes": plain(made.notes),
        "sheet": str(made.sheet),
        "file": str(made.pictures[0]),
        "brightened": str(made.pictures[1]) if made.exposure > 1 else None,
        "exposure": made.exposure,
        "drift": made.restored.drift[0],
        "provenance": plain(made.provenance),
    }
