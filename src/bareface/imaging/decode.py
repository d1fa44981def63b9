"""The only door for pictures: decode with limits, encode, write; nothing else opens or writes one.

:func:`decode` answers with upright sRGB pixels or refuses with an :class:`~bareface.errors.ImageError` whose
code says why (all codes: ``docs/errors.md``). What a file *is* is told by its content, never by its name, and
only JPEG, PNG, WebP, GIF, TIFF, BMP, AVIF and HEIF are handed to a decoder.

Pillow decodes. OpenCV is somewhat faster on JPEG, yet it returns a JPEG that was cut short as a half grey
picture without an error, and finding the faces takes far longer than the difference. Pillow refuses such a
file, and releases the interpreter's lock while it works, so decoding overlaps with detection.
"""

from __future__ import annotations

import hashlib
import sys
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, get_args

import numpy as np
from PIL import Image, ImageFile
from PIL.TiffImagePlugin import TiffImageFile

from bareface.errors import ImageError
from bareface.imaging import tiff as _tiff
from bareface.imaging.colour import flatten
from bareface.imaging.formats import OPENERS, check_container, recognise, refusal, truncated
from bareface.imaging.jpeg import ended, ends_flat, has_end, in_one_pass, is_coarse, padded
from bareface.imaging.metadata import Labels, of_image, options, says_synthetic
from bareface.imaging.orientation import TURNS, exif_orientation
from bareface.imaging.read_bytes import check_length, content, is_closed, open_regular, reading
from bareface.imaging.sources import DEFAULT_LIMITS, Limits, checked_path, hold
from bareface.imaging.strict import strict
from bareface.messages import Note
from bareface.system.files import write_atomically
from bareface.system.reading import pieces
from bareface.values import arguments
from bareface.values.face import Photo, Source, UInt8

__all__ = ("DEFAULT_LIMITS", "Limits", "decode", "encode", "fingerprint", "format_for", "labels", "pixels_of", "write")

EncodeFormat: TypeAlias = Literal["JPEG", "PNG", "WEBP"]

_SUFFIXES: Final[dict[str, EncodeFormat]] = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WEBP"}
_STRIP: Final = 1 << 18  # pixels: a strip and its copy stay in the processor's cache
_HEADER: Final = 8  # 800 million pixels by default: what decoding costs in time still has a bound


def decode(source: Source, limits: Limits = DEFAULT_LIMITS) -> Photo:
    """Decode a photo to upright sRGB pixels.

    The EXIF orientation is applied, a colour profile converted to sRGB, transparency laid on white, 16-bit
    and float values brought to 8 bits. Of an animation or a file of many pages the first is taken, and
    ``Photo.notes`` says so. A JPEG that lacks only its end marker is read, with a note.

    Parameters
    ----------
    source
        Path of a file, the bytes of one, a file opened in binary mode (read from its start), a Pillow image, or an RGB
        array [H, W, 3] uint8. Arrays are copied, unless they are read-only and own their memory.
    limits
        Bounds on bytes and pixels; the reduction of huge JPEGs.

    Returns
    -------
    Photo
        ``pixels`` is read-only.

    Raises
    ------
    ImageError
        ``image.*``: see ``docs/errors.md``.
    """
    arguments.instance("limits", limits, Limits, Note("argument.limits"))
    held = hold(source, limits)
    if isinstance(held, np.ndarray):
        return _photo_of_array(held, limits)
    _quiet()
    name, data = _content(held, limits)
    kind = recognise(data, name)
    try:
        check_container(kind, data, name)
        with strict():
            if kind == "JPEG" and not has_end(data):
                return _without_end(data, name, limits)
            return _photo(kind, data, name, limits)
    except ImageError:
        raise
    except Exception as error:  # decoders fail in any way on hostile bytes; one file must not end a run
        raise refusal(error, kind, data, name) from error


def _quiet() -> None:
    """Silence Pillow's warnings on metadata, which must not reach a terminal or, as errors, reject an intact photo.

    At each use, since programs change the filters; ``warnings.catch_warnings`` is not for threads.
    """
    warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.\w+Plugin")


def pixels_of(image: Image.Image, limits: Limits = DEFAULT_LIMITS) -> UInt8:
    """Convert a Pillow image to upright sRGB pixels, like :func:`decode` for a file.

    Parameters
    ----------
    image
        Of any mode; its pixels are loaded, and it is left as it is.
    limits
        ``max_pixels`` applies.

    Returns
    -------
    ndarray
        RGB [H, W, 3] uint8, read-only.

    Raises
    ------
    ImageError
        As :func:`decode`.
    """
    name, notes = "<image>", list[str]()
    if not all(image.size):
        raise ImageError("image.array/no-pixels", source=name)
    try:
        _check_pixels(image.size, limits, name)
        loaded = _tiff.of_pillow(image, notes) if isinstance(image, TiffImageFile) else image
        loaded.load()
        return _array_of(_upright(loaded, notes)[0])
    except ImageError:
        raise
    except Exception as error:  # as in decode
        if is_closed(image):
            raise ImageError("image.source/closed", source=name) from error
        raise refusal(error, image.format or "image", b"", name) from error


def fingerprint(path: str | Path, limits: Limits | None = DEFAULT_LIMITS) -> str:
    """Return the SHA-256 of a file, equal to :attr:`Photo.sha256`, without decoding it.

    Parameters
    ----------
    path
        The file, read in small pieces.
    limits
        ``max_bytes`` applies; None for files of any length.

    Returns
    -------
    str
        64 hex digits.

    Raises
    ------
    ImageError
        As :func:`decode` for a file that cannot be read or is too long.
    """
    name = checked_path(path)
    most = sys.maxsize if limits is None else limits.max_bytes
    with open_regular(name, most) as file:
        return reading(lambda: _digest(pieces(file, most, name)), name)


def labels(source: str | Path | bytes, keyword: str = "Comment", limits: Limits = DEFAULT_LIMITS) -> Labels:
    """Read the labels in a picture file's metadata; empty if there are none that can be read.

    Parameters
    ----------
    source, limits
        As for :func:`decode`, without arrays and images.
    keyword
        The PNG text that may hold the comment.

    Raises
    ------
    ImageError
        As :func:`decode` for a file that cannot be read, is too long, or is not a picture.
    """
    _quiet()
    name, data = _content(source, limits)
    kind = recognise(data, name)
    try:
        image = OPENERS[kind](BytesIO(data))
        if kind == "PNG":  # of which the pixels are decoded, too
            _check_pixels(image.size, limits, name)
        return of_image(image, data, keyword)
    except ImageError:
        raise
    except Exception as error:
        raise refusal(error, kind, data, name) from error


def encode(
    pixels: UInt8, format: EncodeFormat, quality: int = 90, *, lossless: bool = False, labels: Labels | None = None
) -> bytes:
    """Encode pixels as the bytes of a picture file.

    Parameters
    ----------
    pixels
        RGB [H, W, 3] uint8, sRGB.
    format
        ``JPEG``, ``PNG`` or ``WEBP``.
    quality
        1 to 100 for JPEG and WebP; PNG is lossless.
    lossless
        WebP without loss; JPEG cannot.
    labels
        Metadata; none by default.

    Raises
    ------
    ImageError
        ``image.array`` for another shape or type, ``image.encode`` if the format cannot hold the picture.
    """
    arguments.choice("format", format, get_args(EncodeFormat), code="image.encode")
    quality = arguments.count("quality", quality, 1, 100)
    name = "<array>"
    image = Image.fromarray(checked_rgb(pixels, name))
    choices: dict[str, Any] = {} if format == "PNG" else {"quality": quality}
    if lossless and format == "WEBP":
        choices["lossless"] = True
    if labels is not None:
        choices |= options(labels, format)
    out = BytesIO()
    try:
        image.save(out, format, **choices)
    except (OSError, ValueError) as error:
        raise ImageError(
            "image.encode", width=image.width, height=image.height, format=format, reason=error, source=name
        ) from error
    return out.getvalue()


def write(path: str | Path, pixels: UInt8, quality: int = 90, *, labels: Labels | None = None) -> None:
    """Write pixels as a picture file, all of it or nothing; an existing file is replaced.

    Parameters
    ----------
    path
        Ends in ``.jpg``, ``.jpeg``, ``.png`` or ``.webp``, which chooses the format.
    pixels, quality, labels
        As in :func:`encode`.

    Raises
    ------
    ImageError
        ``image.suffix``, and as :func:`encode`.
    UsageError
        ``usage.output``: folder missing, no permission, disk full.
    """
    write_atomically(path, encode(pixels, format_for(path), quality, labels=labels))


def format_for(path: str | Path) -> EncodeFormat:
    """Return the format that a file name to write asks for.

    Raises
    ------
    ImageError
        ``image.suffix``.
    """
    path = arguments.path("path", path)
    suffix = Path(path).suffix
    format = _SUFFIXES.get(suffix.lower())
    if format is None:
        raise ImageError("image.suffix", suffix=suffix, source=str(path))
    return format


def _content(source: str | Path | bytes, limits: Limits) -> tuple[str, bytes]:
    """Return a file's name and bytes."""
    if isinstance(source, bytes):
        check_length(len(source), limits.max_bytes, "<bytes>")
        return "<bytes>", source
    name = checked_path(source)
    return name, content(name, limits.max_bytes)


def _digest(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def _check_pixels(size: tuple[int, int], limits: Limits, name: str, header: int = 1) -> None:
    width, height = size
    if width * height > limits.max_pixels * header:
        code = "image.too-many-pixels/header" if header > 1 else "image.too-many-pixels/limit"
        raise ImageError(code, width=width, height=height, times=header, limit=limits.max_pixels, source=name)


def checked_rgb(pixels: object, name: str = "<array>") -> UInt8:
    """Check an RGB array; raise ``image.array`` for anything else."""
    array = np.asarray(pixels)
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3 or array.size == 0:
        raise ImageError("image.array", shape=list(array.shape), dtype=array.dtype, source=name)
    return np.ascontiguousarray(array)


def _photo_of_array(array: UInt8, limits: Limits) -> Photo:
    name = "<array>"
    pixels = checked_rgb(array, name)
    pixels.flags.writeable = False
    size = (pixels.shape[1], pixels.shape[0])
    _check_pixels(size, limits, name)
    return Photo(pixels, name, hashlib.sha256(pixels.data).hexdigest(), "array", size)


def _photo(kind: str, data: bytes, name: str, limits: Limits, *, doubtful: bool = False) -> Photo:
    image, notes = OPENERS[kind](BytesIO(data)), list[str]()
    size = image.size
    if kind == "JPEG" and limits.max_side is not None:
        _check_pixels(size, limits, name, _HEADER if in_one_pass(data) else 1)
        _reduce(image, limits.max_side, notes)
    _check_pixels(image.size, limits, name)
    loaded = _tiff.load(image, data, notes) if kind == "TIFF" else image
    loaded.load()
    if kind == "JPEG" and (doubtful or ends_flat(loaded)):
        _check_complete(loaded, data, name, limits, most=None if doubtful else 1)
    if says_synthetic(data):
        notes.append(Note("note.synthetic"))
    if kind == "JPEG" and is_coarse(data):
        notes.append(Note("note.coarse"))
    upright, turned = _upright(loaded, notes)
    pixels = _array_of(upright)
    _note_frames(image, kind, notes)  # which moves on to other frames
    size = (size[1], size[0]) if turned else size
    return Photo(pixels, name, hashlib.sha256(data).hexdigest(), kind, size, tuple(notes))


def _without_end(data: bytes, name: str, limits: Limits) -> Photo:
    """Decode a JPEG that lacks its end marker; refuse it unless all its pixels are there."""
    whole = ended(data)
    if whole is None:
        raise truncated(name)
    photo = _photo("JPEG", whole, name, limits, doubtful=True)
    notes = (Note("note.end-missing"), *photo.notes)
    return replace(photo, sha256=hashlib.sha256(data).hexdigest(), notes=notes)


def _check_complete(loaded: Image.Image, data: bytes, name: str, limits: Limits, most: int | None) -> None:
    """Refuse a JPEG whose data end early, end marker or not: what is put behind them would change the picture."""
    for other in padded(data)[:most]:
        image = OPENERS["JPEG"](BytesIO(other))
        if limits.max_side is not None:
            _reduce(image, limits.max_side, [])
        image.load()
        if any(not np.array_equal(a, b) for a, b in zip(_strips(loaded), _strips(image), strict=True)):
            raise truncated(name)


def _upright(loaded: Image.Image, notes: list[str]) -> tuple[Image.Image, bool]:
    """Convert a loaded picture to upright sRGB; also return whether width and height were exchanged."""
    upright = flatten(loaded, notes)
    orientation = exif_orientation(loaded, notes)
    if orientation in TURNS:
        upright = upright.transpose(TURNS[orientation])
    return upright, orientation in TURNS and orientation >= 5


def _array_of(image: Image.Image) -> UInt8:
    """Copy the pixels of an RGB picture in strips: three times faster than at once, and half the memory."""
    width, height = image.size
    pixels = np.empty((height, width, 3), np.uint8)
    top = 0
    for strip in _strips(image):
        pixels[top : top + len(strip)] = strip
        top += len(strip)
    pixels.flags.writeable = False
    return pixels


def _strips(image: Image.Image) -> Iterator[UInt8]:
    """Yield a picture's rows in strips."""
    width, height = image.size
    rows = max(1, _STRIP // width)
    for top in range(0, height, rows):
        yield np.asarray(image.crop((0, top, width, min(height, top + rows))))


def _reduce(image: ImageFile.ImageFile, max_side: int, notes: list[str]) -> None:
    width, height = image.size
    factor = next((f for f in (8, 4, 2) if max(width, height) // f >= max_side), 1)
    if factor > 1:
        image.draft(None, (max(1, width // factor), max(1, height // factor)))
        notes.append(Note("note.reduced", width=image.width, height=image.height, full_width=width, full_height=height))


def _note_frames(image: ImageFile.ImageFile, kind: str, notes: list[str]) -> None:
    codes = {"TIFF": "note.first-page", "JPEG": "note.first-picture", "HEIF": "note.main-picture"}
    try:
        frames = getattr(image, "n_frames", 1)
    except Exception:  # the first frame is already decoded, and the only one wanted
        notes.append(Note("note.frames-damaged"))
    else:
        if frames > 1:
            notes.append(Note(codes.get(kind, "note.first-frame"), count=frames))
