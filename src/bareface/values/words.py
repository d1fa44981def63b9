"""Words that every layer uses: counts, percentages, and text that is safe to print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bareface.messages import Note
from bareface.messages.words import percent, plural, printable

if TYPE_CHECKING:
    from bareface.values.enrolment import LeftOut

__all__ = ["no_face_found", "not_looked_for", "passed_over", "percent", "plural", "printable"]

FORMATS = "JPEG, PNG, WebP, GIF, TIFF, BMP, AVIF and HEIC"
"""The formats that are read, in words."""


def no_face_found(min_face: float | None) -> Note:
    """Return that a photo shows no face, and the smallest detectable face."""
    return Note("note.no-face") if min_face is None else Note("note.no-face/least", min_face=min_face)


def not_looked_for(min_face: float) -> Note:
    """Return that smaller faces may have been missed."""
    return Note("note.not-looked-for", min_face=min_face)


def passed_over(left_out: LeftOut) -> list[Note]:
    """Return what a walk through folders left out, one note a reason; none if nothing.

    >>> from bareface.values.enrolment import LeftOut
    >>> passed_over(LeftOut(("/nas/@eaDir", "/nas/Ada/@eaDir"), {".nef": 2}))
    ['left out 2 folders by their names: @eaDir (name a folder itself to have it read)', 'left out 2 .nef: bareface \
reads JPEG, PNG, WebP, GIF, TIFF, BMP, AVIF and HEIC']
    """
    notes = []
    if left_out.folders:
        names = list(dict.fromkeys(path.rsplit("/", 1)[-1] for path in left_out.folders))
        notes.append(Note("note.left-out/folders", count=len(left_out.folders), names=names))
    if left_out.files:
        kinds = [f"{count:,} {suffix}" for suffix, count in left_out.files.items()]
        notes.append(Note("note.left-out/files", kinds=kinds))
    if left_out.hidden:
        notes.append(Note("note.left-out/hidden", count=left_out.hidden))
    if left_out.excluded:
        notes.append(Note("note.left-out/excluded", count=left_out.excluded))
    if left_out.special:
        names = [path.rsplit("/", 1)[-1] for path in left_out.special]
        notes.append(Note("note.left-out/special", count=len(names), names=names))
    if left_out.unmatched:
        notes.append(Note("note.left-out/unmatched", patterns=left_out.unmatched))
    return notes
