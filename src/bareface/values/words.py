"""Words that every layer uses: counts, percentages, and text that is safe to print."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bareface.messages.words import percent, plural, printable, some

if TYPE_CHECKING:
    from bareface.values.enrolment import LeftOut

__all__ = ["no_face_found", "not_looked_for", "passed_over", "percent", "plural", "printable"]

FORMATS = "JPEG, PNG, WebP, GIF, TIFF, BMP, AVIF and HEIC"
"""What is read, in words."""


def no_face_found(min_face: float | None) -> str:
    """That a photo shows no face, and how small a face was looked for."""
    return "no face found" + ("" if min_face is None else f" of at least {math.ceil(min_face)} pixels")


def not_looked_for(min_face: float) -> str:
    """That smaller faces may have been passed over."""
    return f"faces under {math.ceil(min_face)} pixels were not looked for"


def passed_over(left_out: LeftOut) -> list[str]:
    """What a walk through folders left out, in sentences; none if nothing.

    >>> from bareface.values.face import LeftOut
    >>> passed_over(LeftOut(("/nas/@eaDir", "/nas/Ada/@eaDir"), {".nef": 2}))
    ['left out 2 folders by their names: @eaDir (name a folder itself to have it read)', 'left out 2 .nef: bareface \
reads JPEG, PNG, WebP, GIF, TIFF, BMP, AVIF and HEIC']
    """
    sentences = []
    if left_out.folders:
        names = list(dict.fromkeys(path.rsplit("/", 1)[-1] for path in left_out.folders))
        sentences.append(
            f"left out {plural(len(left_out.folders), 'folder')} by their names: {some(names)} "
            "(name a folder itself to have it read)"
        )
    if left_out.files:
        counts = [f"{count:,} {suffix}" for suffix, count in left_out.files.items()]
        sentences.append(f"left out {some(counts)}: bareface reads {FORMATS}")
    if left_out.hidden:
        sentences.append(f"left out {plural(left_out.hidden, 'hidden file')}")
    if left_out.excluded:
        sentences.append(f"left out {plural(left_out.excluded, 'file')} by --exclude")
    if left_out.special:
        names = [path.rsplit("/", 1)[-1] for path in left_out.special]
        sentences.append(
            f"left out {plural(len(names), 'pipe, socket or device', 'pipes, sockets or devices')}: {some(names)}"
        )
    return sentences
