"""Options and output that `unmask` and `enhance` share: the choice of faces, and the faces left as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from bareface.cli.output import note

if TYPE_CHECKING:
    from bareface.services.restored_photos import FaceChoice, RestoredPhoto


def _face(text: str | int) -> FaceChoice:
    if text == "all":
        return "all"
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise typer.BadParameter(f"{str(text)!r} is neither a number from 1 nor “all”.")
    return number


FaceOption = Annotated[
    Any,
    typer.Option(
        "--face",
        parser=_face,
        metavar="N|all",
        help="Use this face, as `bareface faces` numbers them with the same options, or all that can be restored.",
    ),
]
"""The face to restore, or all: a :data:`bareface.services.restored_photos.FaceChoice`."""


def shape_of_faces(made: RestoredPhoto, face: FaceChoice) -> dict[str, Any]:
    """Return the JSON of the faces of a photo of which all were to be restored; empty otherwise."""
    if face != "all":
        return {}
    return {
        "faces": [{"face": number, "drift": list(restored.drift)} for number, restored in made.faces],
        "declined": [{"face": number, "error": error.as_dict()} for number, error in made.declined],
    }


def tell_about(made: RestoredPhoto) -> None:
    """Tell how the photo was read, and name the faces that were left as they are, and why."""
    for remark in made.notes:
        note(f"{made.source}: {remark}")
    for number, error in made.declined:
        note(f"Face {number} is left as it is: {error.message}")
