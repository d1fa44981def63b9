"""Formats of picture files, their decoders and refusals; used by ``images`` only.

Only what is recognised here by its first bytes reaches a decoder.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Final, Literal, TypeAlias

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,
)

from bareface.errors import ImageError
from bareface.imaging.jpeg import unsupported
from bareface.imaging.tiff import Unsupported, opened
from bareface.messages import Note

READABLE: Final = "JPEG, PNG, WebP, GIF, TIFF, BMP, AVIF and HEIC"


def _heif(file: BytesIO) -> ImageFile.ImageFile:
    import pillow_heif  # only here: it loads a second codec library, and few photos need it

    image: ImageFile.ImageFile = pillow_heif.HeifImageFile(file)
    return image


_Opener: TypeAlias = Callable[[BytesIO], ImageFile.ImageFile]
# Pillow's classes themselves, not Image.open: only what was recognised is tried, and Image.open's own bound
# on pixels (which warns at one size and raises at another, for the whole process) does not come before ours.
OPENERS: Final[dict[str, _Opener]] = {
    "JPEG": JpegImagePlugin.jpeg_factory,
    "PNG": PngImagePlugin.PngImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "TIFF": opened,
    "BMP": BmpImagePlugin.BmpImageFile,
    "AVIF": AvifImagePlugin.AvifImageFile,
    "HEIF": _heif,
}
_PNG_START: Final = b"\x89PNG\r\n\x1a\n"
_STARTS: Final = (
    (b"\xff\xd8\xff", "JPEG"),
    (_PNG_START, "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
)
_ICON, _CURSOR, _VIDEO = "image.unsupported/icon", "image.unsupported/cursor", "image.unsupported/video"
# Pictures all the same, so that the refusal can name the remedy.
_DECLINED: Final = (
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"8BPS", "Photoshop"),
    (b"\0\0\1\0", _ICON),
    (b"v/1\1", "OpenEXR"),
    (b"qoif", "QOI"),
    (b"%PDF", "PDF"),
    (b"<svg", "SVG"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"II\xbc\x01", "JPEG XR"),
    (b"\x8aMNG", "MNG"),
    (b"\x8bJNG", "JNG"),
    (b"DDS ", "DirectDraw (DDS)"),
    (b"\x01\xda", "SGI"),
    (b"\x59\xa6\x6a\x95", "Sun raster"),
    (b"SIMPLE  =", "FITS"),
    (b"#?RADIANCE", "Radiance (HDR)"),
    (b"#?RGBE", "Radiance (HDR)"),
    (b"/* XPM", "XPM"),
    (b"gimp xcf", "GIMP (XCF)"),
    (b"AT&TFORM", "DjVu"),
    (b"BPG\xfb", "BPG"),
    (b"FLIF", "FLIF"),
    (b"farbfeld", "farbfeld"),
    (b"icns", _ICON),
    (b"%!PS", "PostScript"),
    (b"\xc5\xd0\xd3\xc6", "PostScript"),
    (b"\xd7\xcd\xc6\x9a", "Windows metafile (WMF)"),
    (b"FUJIFILMCCD-RAW", "Camera raw (RAF)"),
    (b"IIRO", "Camera raw (ORF)"),
    (b"IIRS", "Camera raw (ORF)"),
    (b"MMOR", "Camera raw (ORF)"),
    (b"IIU\0", "Camera raw (RW2)"),
    (b"FOVb", "Camera raw (X3F)"),
    (b"\0MRM", "Camera raw (MRW)"),
    (b"Image type: ", "IFUNC (IM)"),
    (b"DanM", "Microsoft Paint (MSP)"),
    (b"LinS", "Microsoft Paint (MSP)"),
    (b"\x1aE\xdf\xa3", _VIDEO),
)
# Of formats without a first word of their own.
_DECLINED_BY_FORM: Final = (
    (re.compile(rb"P(?:[1-6Ff]\s+[\d#]|7\n)"), "Netpbm (PBM, PGM, PPM, PAM, PFM)"),
    (re.compile(rb"\x0a[\x00\x02-\x05]\x01[\x01\x02\x04\x08]"), "PCX"),
    (re.compile(rb"\x00\x00\x02\x00[^\x00]\x00"), _CURSOR),
    (re.compile(rb".{4}ftypcrx ", re.DOTALL), "Camera raw (CR3)"),
    (re.compile(rb".{4}ftyp(?:iso|mp4|M4V|qt  |3g|avc|MSNV|dash)", re.DOTALL), _VIDEO),
    (re.compile(rb"RIFF.{4}AVI ", re.DOTALL), _VIDEO),
    (re.compile(rb"RIFF.{4}ACON", re.DOTALL), _CURSOR),
    (re.compile(rb".{128}DICM", re.DOTALL), "DICOM"),
    (re.compile(rb"\x01\x00\x00\x00.{36} EMF", re.DOTALL), "Windows metafile (EMF)"),
    (re.compile(rb"#define \w+_width \d"), "XBM"),
    (re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:\?xml|!DOCTYPE|!--|svg)[^\x00]{0,2000}<svg", re.IGNORECASE), "SVG"),
    # Targa: no colour map or one of 256, an image type, a size, 8 to 32 bits; the bits that must be 0.
    (
        re.compile(
            rb".(?:\x00[\x02\x03\x0a\x0b]\x00{5}|\x01[\x01\x09].{5}).{4}(?!\x00\x00)..(?!\x00\x00)..[\x01\x08\x0f\x10\x18\x20][\x00-\x3f]",
            re.DOTALL,
        ),
        "Targa (TGA)",
    ),
)
_BMP_HEADERS: Final = (12, 40, 52, 56, 64, 108, 124)
_HEIF_BRANDS: Final = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
)


def recognise(data: bytes, name: str) -> str:
    """Recognise the format of a file by its first bytes: a key of :data:`OPENERS`.

    Raises
    ------
    ImageError
        ``image.empty``, ``image.not-an-image`` or ``image.unsupported``.
    """
    if not data:
        raise ImageError("image.empty", source=name)
    for start, kind in _STARTS:
        if data.startswith(start):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[:2] == b"BM" and int.from_bytes(data[14:18], "little") in _BMP_HEADERS:
        return "BMP"
    if data[4:8] == b"ftyp":
        box = data[8 : max(16, int.from_bytes(data[:4]))][:256]
        brands = {box[i : i + 4] for i in range(0, len(box), 4)}
        if brands & {b"avif", b"avis"}:
            return "AVIF"
        if brands & _HEIF_BRANDS:
            return "HEIF"
    title = _declined(data)
    if title is not None:
        if title in (_ICON, _CURSOR, _VIDEO):
            raise ImageError(title, source=name)
        raise ImageError("image.unsupported/format", format=title, source=name)
    raise ImageError("image.not-an-image", source=name)


def _declined(data: bytes) -> str | None:
    """Return the title of a format that is not read, or the id of its message; None if it is not a known picture."""
    for start, title in _DECLINED:
        if data.startswith(start):
            return title
    head = data[:4096]
    return next((title for form, title in _DECLINED_BY_FORM if form.match(head)), None)


def truncated(name: str) -> ImageError:
    """Build the refusal of a truncated file."""
    return ImageError("image.truncated", source=name)


def _corrupt(name: str, detail: object) -> ImageError:
    return ImageError("image.corrupt", reason=detail, source=name)


def check_container(kind: str, data: bytes, name: str) -> None:
    """Refuse a file that does not keep its own length or checksums: some decoders let that pass.

    Raises
    ------
    ImageError
        ``image.truncated`` or ``image.corrupt``.
    Unsupported
        A JPEG of a process that is not read.
    """
    match kind:
        case "JPEG":
            if reason := unsupported(data):
                raise Unsupported(reason)
        case "PNG":
            _check_png(data, name)
        case "WEBP":
            if len(data) < 8 + int.from_bytes(data[4:8], "little"):
                raise truncated(name)
        case "AVIF" | "HEIF":
            if _boxes_end(data) > len(data):
                raise truncated(name)


def _check_png(data: bytes, name: str) -> None:
    """Check the pixel checksums of a PNG; Pillow ignores them, so a half-copied file padded with zeros would pass."""
    view, position = memoryview(data), len(_PNG_START)
    while position + 12 <= len(data):
        length, chunk = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        if end > len(data):
            break
        (checksum,) = struct.unpack_from(">I", data, end - 4)
        if chunk[:1].isupper() and zlib.crc32(view[position + 4 : end - 4]) != checksum:
            raise _corrupt(name, Note("reason.checksum", chunk=chunk.decode("latin-1")))
        if chunk == b"IEND":
            return
        position = end
    raise truncated(name)


def _boxes_end(data: bytes) -> int:
    """Return the end of an ISO base media file by its own boxes; appended data is ignored."""
    position = 0
    while data[position + 4 : position + 8] in (b"ftyp", b"meta", b"mdat", b"moov", b"free"):
        size = int.from_bytes(data[position : position + 4])
        if size == 1:
            size = int.from_bytes(data[position + 8 : position + 16])
        if size < 8:  # 0: to the end of the file
            return len(data)
        position += size
    return position


def refusal(error: Exception, kind: str, data: bytes, name: str) -> ImageError:
    """Translate a decoder's exception to a refusal for the user."""
    detail = error.args[0] if isinstance(error, Unsupported) else str(error) or type(error).__name__
    if isinstance(error, MemoryError):
        return ImageError("image.memory", source=name)
    if isinstance(error, Image.DecompressionBombError):
        return ImageError("image.too-many-pixels/decoder", reason=detail, source=name)
    if isinstance(error, Unsupported) or any(w in detail.lower() for w in ("unsupported", "unknown pixel mode")):
        return ImageError("image.unsupported/kind", format=kind, reason=detail, source=name)
    if "truncated" in detail.lower() or _ends_early(kind, data):
        return truncated(name)
    return _corrupt(name, detail)


def _ends_early(kind: str, data: bytes) -> bool:
    """Return whether a file that failed to decode is truncated, the more likely cause in that case."""
    match kind:
        case "JPEG":
            return not data.rstrip(b"\0").endswith(b"\xff\xd9")
        case "GIF":
            return not data.endswith(b";")
        case "BMP":
            return len(data) < int.from_bytes(data[2:6], "little")
        case "TIFF":
            order: Literal["little", "big"] = "little" if data[:1] == b"I" else "big"
            place = data[8:16] if b"+" in data[2:4] else data[4:8]
            return len(data) < 8 or int.from_bytes(place, order) + 2 > len(data)
        case _:
            return False
