"""Metadata of picture files: XMP, PNG text and EXIF; used by ``images`` only."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from typing import Any, Final

from PIL import Image, ImageFile, PngImagePlugin

_XMP_CHUNK: Final = "XML:com.adobe.xmp"  # where PNG keeps an XMP packet, by Adobe's XMP specification, part 3
_DESCRIPTION, _SOFTWARE, _EXIF_FOLDER, _COMMENT = 0x010E, 0x0131, 0x8769, 0x9286
_ASCII: Final = b"ASCII\0\0\0"  # how EXIF marks the encoding of a user comment
_PACKET: Final = re.compile(rb"<x:xmpmeta.*?</x:xmpmeta>", re.DOTALL)
SYNTHETIC_TYPES: Final = frozenset(
    {"trainedalgorithmicmedia", "compositewithtrainedalgorithmicmedia", "compositesynthetic", "algorithmicmedia"}
)
"""IPTC's digital source types, in lower case, of pictures that show what no camera saw."""

_VOCABULARY: Final = b"/digitalsourcetype/"
_USUAL: Final = re.compile(_VOCABULARY + rb"(\w+)")
_SOURCE_TYPE: Final = re.compile(rb"cv\.iptc\.org/newscodes/digitalsourcetype/(\w+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Labels:
    """Metadata of a picture.

    Attributes
    ----------
    xmp
        The XMP packet; empty for none.
    description
        A sentence for people: EXIF ``ImageDescription`` and PNG ``Description``; ASCII.
    software
        Software that wrote the file; ASCII.
    comment
        For programs: EXIF ``UserComment``, and a PNG text under ``keyword``; ASCII.
    keyword
        Name of that PNG text.
    source_types
        On reading: the names in IPTC's vocabulary of digital source types that occur anywhere in the file, in XMP or
        in a C2PA manifest.
    """

    xmp: str = ""
    description: str = ""
    software: str = ""
    comment: str = ""
    keyword: str = "Comment"
    source_types: frozenset[str] = frozenset()


def options(labels: Labels, format: str) -> dict[str, Any]:
    """Return the labels as arguments of Pillow's ``save``."""
    exif = Image.Exif()
    exif[_DESCRIPTION] = labels.description
    exif[_SOFTWARE] = labels.software
    exif.get_ifd(_EXIF_FOLDER)[_COMMENT] = _ASCII + labels.comment.encode("ascii")
    if format != "PNG":
        return {"exif": exif, "xmp": labels.xmp.encode()}
    texts = PngImagePlugin.PngInfo()
    texts.add_itxt(_XMP_CHUNK, labels.xmp)
    for keyword, text in (
        ("Description", labels.description),
        ("Software", labels.software),
        (labels.keyword, labels.comment),
    ):
        texts.add_itxt(keyword, text)
    return {"exif": exif, "pnginfo": texts}


def says_synthetic(data: bytes) -> bool:
    """Return whether a picture file states, as IPTC and C2PA spell it, that it shows what no camera saw."""
    if _VOCABULARY not in data:  # which is found far sooner than an expression
        return False
    return any(name.decode().lower() in SYNTHETIC_TYPES for name in _USUAL.findall(data))


def of_image(image: ImageFile.ImageFile, data: bytes, keyword: str) -> Labels:
    """Read what a file says; what cannot be read is left empty, since anyone can write anything there.

    Parameters
    ----------
    image
        The opened file.
    data
        Its bytes, looked through for what the decoder does not hand out (another container, a C2PA manifest).
    keyword
        The PNG text that may hold the comment.
    """
    fields: dict[str, str] = {}
    with contextlib.suppress(Exception):  # a decoder fails in any way on hostile bytes; the pixels may still be sound
        if image.format == "PNG":
            image.load()  # or texts behind the pixels are not seen
        exif = image.getexif()
        fields["description"] = _text(exif.get(_DESCRIPTION))
        fields["software"] = _text(exif.get(_SOFTWARE))
        fields["comment"] = _text(exif.get_ifd(_EXIF_FOLDER).get(_COMMENT))
    text = image.info.get(keyword)
    if isinstance(text, str):
        fields["comment"] = str(text)
    packet = _text(image.info.get("xmp")) or _text(image.info.get(_XMP_CHUNK))
    if not packet and (match := _PACKET.search(data)):  # XMP is made to be found by scanning
        packet = _text(match[0])
    types = _SOURCE_TYPE.findall(data) + _SOURCE_TYPE.findall(packet.encode(errors="replace"))
    return Labels(packet, **fields, keyword=keyword, source_types=frozenset(name.decode() for name in types))


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.removeprefix(_ASCII).decode(errors="replace").rstrip("\0 ")
    return value if isinstance(value, str) else ""
