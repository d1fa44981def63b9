"""Photos of which a face, or all faces, are restored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from bareface.errors import ImageError, RestorationError, UsageError
from bareface.values import arguments
from bareface.values.face import Face
from bareface.values.gallery import Progress

if TYPE_CHECKING:
    from bareface.restoration.base import Provenance, Restored

FaceChoice: TypeAlias = int | Literal["all"]
"""The number of a face, as :meth:`Faces.find` orders them, from 1, or all faces of a photo."""

_DECLINED: Final = ("restoration.nothing-hidden", "restoration.no-evidence", "restoration.no-information")
"""Codes of faces that are left as they are when all faces of a photo are restored."""


@dataclass(frozen=True, slots=True)
class RestoredPhoto:
    """A photo of which a face, or all faces, were restored.

    Attributes
    ----------
    source
        The photo's name.
    restored
        The completions or the enhanced face, with their provenance; of several faces, the first.
    sheet
        The picture that shows all versions of the face side by side; several faces are below each other.
    pictures
        The photo with each version put back; an underexposed one that was enhanced comes again, brightened.
    share_of_photo
        Share of the photo's pixels that were replaced.
    provenance
        Provenance of the pictures; of several faces, their mean share is synthetic.
    faces
        Number of each restored face, and its restoration.
    declined
        Number of each face that was left as it is, and why; empty if one face was asked for.
    exposure
        Gain in linear light of the brightened picture; 1 if there is none.
    notes
        Remarks on the photo: one that is decoded at half its size has pictures of that size.
    """

    source: str
    restored: Restored
    sheet: Path
    pictures: tuple[Path, ...]
    share_of_photo: float | None
    provenance: Provenance
    faces: tuple[tuple[int, Restored], ...]
    declined: tuple[tuple[int, RestorationError], ...]
    exposure: float = 1.0
    notes: tuple[str, ...] = ()


def share_in_words(made: RestoredPhoto | Restored) -> str:
    """Return which share of the restored faces was recomputed, e.g. ``35 %``."""
    from bareface.restoration.provenance import share_in_words

    return share_in_words(made.provenance)


def checked(photo: str | Path, output: str | Path, face: FaceChoice) -> tuple[Path, Path, FaceChoice]:
    """Check the arguments that all restorations have."""
    number = face if isinstance(face, str) and face == "all" else arguments.count("face", face, None, code="usage.face")
    return arguments.file_path("photo", photo), arguments.file_path("output", output), number


def chosen(faces: Sequence[Face], number: int, source: str) -> Face:
    """Return the face of a number, from 1."""
    if not faces:
        raise ImageError("image.no-face/photo", source=source)
    if not 1 <= number <= len(faces):
        raise UsageError("usage.face/number", number=number, faces=len(faces), source=source)
    return faces[number - 1]


def advanced(progress: Progress | None, total: int) -> Callable[[int], None]:
    """Return a function that reports how many of these steps are done."""
    return lambda done: None if progress is None else progress(done, total)


def each(
    found: Sequence[Face],
    face: FaceChoice,
    source: str,
    restore: Callable[[Face], Restored],
    advance: Callable[[int], None],
) -> tuple[list[tuple[int, Restored]], list[tuple[int, RestorationError]]]:
    """Restore one face, or all that can be; a photo in which none can be has the error of its first face."""
    if face != "all":
        return [(face, restore(chosen(found, face, source)))], []
    chosen(found, 1, source)
    made: list[tuple[int, Restored]] = []
    declined: list[tuple[int, RestorationError]] = []
    for number, one in enumerate(found, start=1):
        try:
            made.append((number, restore(one)))
        except RestorationError as error:
            if error.code not in _DECLINED:
                raise
            declined.append((number, error))
        advance(number)
    if not made:
        raise declined[0][1]
    return made, declined


def together(made: Sequence[tuple[int, Restored]], face: FaceChoice) -> Provenance:
    """Return the provenance of pictures with these faces; it states which, if not the photo's first alone."""
    first = made[0][1].provenance
    if face == 1:
        return first
    stated = {"face": str(face)}
    if face == "all":
        stated["faces"] = ", ".join(str(number) for number, _ in made)
    synthetic = sum(one.provenance.synthetic for _, one in made) / len(made)
    return replace(first, synthetic=synthetic, settings=(*first.settings, *stated.items()))
