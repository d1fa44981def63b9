"""Fonts of PDF reports: they come with the package, so a report shows the names of people, and the same everywhere.

DejaVu Sans has the Latin, Greek, Cyrillic, Arabic, Hebrew, Armenian, Georgian and Lao scripts; the others are taken
from further fonts, of which a report embeds only those that its text needs.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Final

FAMILY: Final = "DejaVuSans"
FURTHER: Final = {
    "NotoSansDevanagari-Regular": ((0x0900, 0x097F), (0xA8E0, 0xA8FF)),
    "NotoSansBengali-Regular": ((0x0980, 0x09FF),),
    "NotoSansGurmukhi-Regular": ((0x0A00, 0x0A7F),),
    "NotoSansGujarati-Regular": ((0x0A80, 0x0AFF),),
    "NotoSansOriya-Regular": ((0x0B00, 0x0B7F),),
    "NotoSansTamil-Regular": ((0x0B80, 0x0BFF),),
    "NotoSansTelugu-Regular": ((0x0C00, 0x0C7F),),
    "NotoSansKannada-Regular": ((0x0C80, 0x0CFF),),
    "NotoSansMalayalam-Regular": ((0x0D00, 0x0D7F),),
    "NotoSansSinhala-Regular": ((0x0D80, 0x0DFF),),
    "NotoSansThai-Regular": ((0x0E00, 0x0E7F),),
    "NotoSansMyanmar-Regular": ((0x1000, 0x109F), (0xA9E0, 0xA9FF), (0xAA60, 0xAA7F)),
    "NotoSansEthiopic-Regular": ((0x1200, 0x139F), (0x2D80, 0x2DDF), (0xAB00, 0xAB2F)),
    "NotoSansKhmer-Regular": ((0x1780, 0x17FF), (0x19E0, 0x19FF)),
    "NanumGothicCoding": ((0x1100, 0x11FF), (0x3130, 0x318F), (0xAC00, 0xD7A3)),
    "DroidSansFallbackFull": ((0x3000, 0x312F), (0x3190, 0x9FFF), (0xF900, 0xFAFF), (0xFF00, 0xFFEF)),
}
"""Further fonts, each with the ranges of code points that are looked up in it."""


def font_file(name: str) -> Path:
    """Return the file of a font; Debian's and PyPI's tools unpack packages, so it is one."""
    return Path(str(resources.files("bareface.reports").joinpath("fonts", f"{name}.ttf")))


def further_fonts(text: Iterable[str]) -> list[str]:
    """Return the further fonts that a text needs, in the order of :data:`FURTHER`.

    >>> further_fonts("Łukasz Ελένη Юлия"), further_fonts("नेहा 李")
    ([], ['NotoSansDevanagari-Regular', 'DroidSansFallbackFull'])
    """
    codes = {ord(one) for one in text}
    return [
        name for name, ranges in FURTHER.items() if any(low <= code <= high for code in codes for low, high in ranges)
    ]


def composed(text: str) -> str:
    """Return a text whose letters carry their marks as far as there are such letters: not every font composes them."""
    return unicodedata.normalize("NFC", text)
