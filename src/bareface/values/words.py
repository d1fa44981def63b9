"""Words that every layer uses: counts, percentages, and text that is safe to print."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bareface.values.enrolment import LeftOut

FORMATS = "JPEG, PNG, WebP, GIF, TIFF, BMP, AVIF and HEIC"
"""What is read, in words."""


_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def no_face_found(min_face: float | None) -> str:
    """That a photo shows no face, and how small a face was looked for."""
    return "no face found" + ("" if min_face is None else f" of at least {math.ceil(min_face)} pixels")


def not_looked_for(min_face: float) -> str:
    """That smaller faces may have been passed over."""
    return f"faces under {math.ceil(min_face)} pixels were not looked for"


def printable(text: object) -> str:
    r"""Text with everything that could act on a terminal or reorder a page written as an escape.

    File and subject names come from outside: control characters can drive a terminal, a right-to-left
    override can make ``gpj.exe`` read ``exe.jpg``, and a name that is no valid UTF-8 cannot be printed.

    >>> printable("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return "".join(
        character
        if unicodedata.category(character) not in _UNPRINTABLE
        else character.encode("unicode_escape", "surrogatepass").decode("ascii")
        for character in str(text)
    )


def plural(count: int, noun: str, many: str | None = None) -> str:
    """A count and its noun, ``1 subject`` or ``1,200 subjects``.

    >>> plural(2, "face")
    '2 faces'
    """
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


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
            f"left out {plural(len(left_out.folders), 'folder')} by their names: {_some(names)} "
            "(name a folder itself to have it read)"
        )
    if left_out.files:
        counts = [f"{count:,} {suffix}" for suffix, count in left_out.files.items()]
        sentences.append(f"left out {_some(counts)}: bareface reads {FORMATS}")
    if left_out.hidden:
        sentences.append(f"left out {plural(left_out.hidden, 'hidden file')}")
    if left_out.excluded:
        sentences.append(f"left out {plural(left_out.excluded, 'file')} by --exclude")
    if left_out.special:
        names = [path.rsplit("/", 1)[-1] for path in left_out.special]
        sentences.append(
            f"left out {plural(len(names), 'pipe, socket or device', 'pipes, sockets or devices')}: {_some(names)}"
        )
    return sentences


def _some(names: Sequence[str], most: int = 12) -> str:
    """Names in a row, with a count of those beyond the first."""
    shown = ", ".join(printable(name) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"


def percent(share: float) -> str:
    """A share in [0, 1] in whole percent, rounded down: what is below a limit never reads as if it reached it.

    >>> percent(0.31), percent(0.498), percent(1.0)
    ('31 %', '49 %', '100 %')
    """
    return f"{math.floor(100 * share + 1e-6)} %"
