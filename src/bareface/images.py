"""The only door for pictures: decode with limits, encode, write; nothing else opens or writes one.

:func:`decode` answers with upright sRGB pixels or refuses with an :class:`~bareface.errors.ImageError` whose
code says why (all codes: ``docs/errors.md``). What a file *is* is told by its content, never by its name, and
only JPEG, PNG, WebP, GIF, TIFF, BMP, AVIF and HEIF are handed to a decoder.

Pillow decodes. OpenCV is somewhat faster on JPEG, yet it returns a JPEG that was cut short as a half grey
picture without an error, and finding the faces takes far longer than the difference. Pillow refuses such a
file, and releases the interpreter's lock while it works, so decoding overlaps with detection.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import BytesIO, FileIO
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, TypeVar

import numpy as np
from PIL import ExifTags, Image, ImageFile

from bareface._colour import flatten
from bareface._formats import OPENERS, check_container, recognise, refusal
from bareface._labels import Labels, of_image, options
from bareface.errors import ImageError
from bareface.files import write_atomically
from bareface.reading import NotAFile, open_regular, pieces
from bareface.types import Photo, Source, UInt8

EncodeFormat: TypeAlias = Literal["JPEG", "PNG", "WEBP"]
T = TypeVar("T")

_SUFFIXES: Final[dict[str, EncodeFormat]] = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WEBP"}
_STRIP: Final = 1 << 18  # pixels: a strip and its copy stay in the processor's cache
_RAISE: Final = "Raise the limit if you trust it."


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may cost, checked before anything is decoded.

    Attributes
    ----------
    max_bytes
        Largest file, in bytes.
    max_pixels
        Largest picture, width times height as its header states them.
    max_side
        A JPEG whose longest side is at least twice this is decoded at 1/2, 1/4 or 1/8 of its size, never with
        its longest side below this (the codec's own reduction: it saves time and memory). All other
        formats, and every JPEG if None, are decoded whole.
    """

    max_bytes: int = 256 * 2**20
    max_pixels: int = 100_000_000
    max_side: int | None = 4096


DEFAULT_LIMITS: Final = Limits()


def decode(source: Source, limits: Limits = DEFAULT_LIMITS) -> Photo:
    """Decode a photo to upright sRGB pixels.

    The EXIF orientation is applied, a colour profile converted to sRGB, transparency laid on white, 16-bit
    and float values brought to 8 bits. Of an animation or a file of many pages the first is taken, and
    ``Photo.notes`` says so.

    Parameters
    ----------
    source
        Path of a file, the bytes of one, or an RGB array [H, W, 3] uint8 (taken as it is, not copied).
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
    if isinstance(source, np.ndarray):
        return _photo_of_array(source, limits)
    name, data = _content(source, limits)
    kind = recognise(data, name)
    try:
        check_container(kind, data, name)
        image = OPENERS[kind](BytesIO(data))
        _check_pixels(image.size, limits, name)
        return _photo_of_image(image, kind, name, hashlib.sha256(data).hexdigest(), limits)
    except ImageError:
        raise
    except Exception as error:  # decoders fail in any way on hostile bytes; one file must not end a run
        raise refusal(error, kind, data, name) from error


def fingerprint(path: str | Path, limits: Limits = DEFAULT_LIMITS) -> str:
    """SHA-256 of a file as :attr:`Photo.sha256` has it, without decoding it.

    Parameters
    ----------
    path
        The file, read in small pieces.
    limits
        ``max_bytes`` applies.

    Returns
    -------
    str
        64 hex digits.

    Raises
    ------
    ImageError
        As :func:`decode` for a file that cannot be read or is too long.
    """
    name = _name(path)
    with _open_regular(name, limits) as file:
        return _reading(lambda: _digest(pieces(file, limits.max_bytes, name)), name)


def labels(source: str | Path | bytes, keyword: str = "Comment", limits: Limits = DEFAULT_LIMITS) -> Labels:
    """What a picture file says of itself; empty where it says nothing that can be read.

    Parameters
    ----------
    source, limits
        As for :func:`decode`, without arrays.
    keyword
        The PNG text that may hold the comment.

    Raises
    ------
    ImageError
        As :func:`decode` for a file that cannot be read, is too long, or is no picture.
    """
    name, data = _content(source, limits)
    kind = recognise(data, name)
    try:
        image = OPENERS[kind](BytesIO(data))
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
    name = "<array>"
    image = Image.fromarray(_rgb(pixels, name))
    choices: dict[str, Any] = {} if format == "PNG" else {"quality": quality}
    if lossless and format == "WEBP":
        choices["lossless"] = True
    if labels is not None:
        choices |= options(labels, format)
    out = BytesIO()
    try:
        image.save(out, format, **choices)
    except (OSError, ValueError) as error:
        what = f"{image.width}x{image.height} pixels cannot be encoded as {format}: {error}"
        raise ImageError("image.encode", what, source=name, remedy="Use PNG or a smaller picture.") from error
    return out.getvalue()


def write(path: str | Path, pixels: UInt8, quality: int = 90) -> None:
    """Write pixels as a picture file, all of it or nothing; an existing file is replaced.

    Parameters
    ----------
    path
        Ends in ``.jpg``, ``.jpeg``, ``.png`` or ``.webp``, which chooses the format.
    pixels, quality
        As in :func:`encode`.

    Raises
    ------
    ImageError
        ``image.suffix``, and as :func:`encode`.
    UsageError
        ``usage.output``: folder missing, no permission, disk full.
    """
    write_atomically(path, encode(pixels, format_for(path), quality))


def format_for(path: str | Path) -> EncodeFormat:
    """The format that a name to write to asks for.

    Raises
    ------
    ImageError
        ``image.suffix``.
    """
    suffix = Path(path).suffix
    format = _SUFFIXES.get(suffix.lower())
    if format is None:
        what = f"its suffix {suffix!r} names no format that bareface writes."
        raise ImageError("image.suffix", what, source=str(path), remedy="Use .jpg, .png or .webp.")
    return format


def _content(source: str | Path | bytes, limits: Limits) -> tuple[str, bytes]:
    """A file's name and bytes."""
    if isinstance(source, bytes):
        _check_bytes(len(source), limits, "<bytes>")
        return "<bytes>", source
    name = _name(source)
    with _open_regular(name, limits) as file:
        return name, _reading(lambda: b"".join(pieces(file, limits.max_bytes, name)), name)


def _digest(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def _name(source: object) -> str:
    if isinstance(source, str | os.PathLike):
        return os.fsdecode(source)
    what = f"{type(source).__name__} names no photo: a path, bytes or an RGB array is needed."
    raise ImageError("image.source", what)


def _open_regular(name: str, limits: Limits) -> FileIO:
    """Open a regular file of acceptable length; neither a pipe nor a device may make the caller wait."""
    file = _reading(lambda: open_regular(name), name)
    try:
        _check_bytes(os.fstat(file.fileno()).st_size, limits, name)
    except ImageError:
        file.close()
        raise
    return file


def _reading(action: Callable[[], T], name: str) -> T:
    try:
        return action()
    except OSError as error:
        code, what, remedy = _reading_failure(error)
        raise ImageError(code, what, source=name, remedy=remedy) from error


def _reading_failure(error: OSError) -> tuple[str, str, str | None]:
    match error:
        case IsADirectoryError():
            return "image.directory", "it is a folder, not a photo.", "Name a file in it."
        case FileNotFoundError() | NotADirectoryError():
            return "image.missing", "there is no such file (or a link to it is broken).", "Check the path."
        case PermissionError():
            return "image.unreadable", "it may not be read.", "Change its permissions."
        case OSError(errno=errno.ELOOP):
            return "image.symlink-loop", "its symbolic links lead back to themselves.", "Remove the loop."
        case NotAFile():
            return "image.not-a-file", f"{error.strerror}.", None
        case _:
            return "image.unreadable", f"it cannot be read: {error.strerror or error}.", "Check the disk or share."


def _check_bytes(count: int, limits: Limits, name: str) -> None:
    if count > limits.max_bytes:
        what = f"its {count:,} bytes are more than the limit of {limits.max_bytes:,}."
        raise ImageError("image.too-many-bytes", what, source=name, remedy=_RAISE)


def _check_pixels(size: tuple[int, int], limits: Limits, name: str) -> None:
    width, height = size
    if width * height > limits.max_pixels:
        what = f"its {width} x {height} pixels are more than the limit of {limits.max_pixels:,}."
        raise ImageError("image.too-many-pixels", what, source=name, remedy=_RAISE)


def _rgb(pixels: object, name: str) -> UInt8:
    array = np.asarray(pixels)
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3 or array.size == 0:
        what = f"an RGB array [H, W, 3] of uint8 is needed, not {list(array.shape)} of {array.dtype}."
        raise ImageError("image.array", what, source=name)
    return np.ascontiguousarray(array)


def _photo_of_array(array: UInt8, limits: Limits) -> Photo:
    name = "<array>"
    pixels = _rgb(array, name).view()
    pixels.flags.writeable = False
    size = (pixels.shape[1], pixels.shape[0])
    _check_pixels(size, limits, name)
    return Photo(pixels, name, hashlib.sha256(pixels.data).hexdigest(), "array", size)


def _photo_of_image(image: ImageFile.ImageFile, kind: str, name: str, sha256: str, limits: Limits) -> Photo:
    notes: list[str] = []
    size = image.size
    if kind == "JPEG" and limits.max_side is not None:
        _reduce(image, limits.max_side, notes)
    image.load()
    upright = flatten(image, notes)
    orientation = _orientation(image, notes)
    if orientation in _TURNS:
        upright = upright.transpose(_TURNS[orientation])
        size = (size[1], size[0]) if orientation >= 5 else size
    pixels = _array_of(upright)
    _note_frames(image, kind, notes)
    return Photo(pixels, name, sha256, kind, size, tuple(notes))


def _array_of(image: Image.Image) -> UInt8:
    """Pixels of an RGB picture, copied in strips: three times faster than at once, and half the memory."""
    width, height = image.size
    pixels = np.empty((height, width, 3), np.uint8)
    rows = max(1, _STRIP // width)
    for top in range(0, height, rows):
        bottom = min(height, top + rows)
        pixels[top:bottom] = np.asarray(image.crop((0, top, width, bottom)))
    pixels.flags.writeable = False
    return pixels


def _reduce(image: ImageFile.ImageFile, max_side: int, notes: list[str]) -> None:
    width, height = image.size
    factor = next((f for f in (8, 4, 2) if max(width, height) // f >= max_side), 1)
    if factor > 1:
        image.draft(None, (max(1, width // factor), max(1, height // factor)))
        notes.append(f"decoded at {image.width} x {image.height} of {width} x {height} pixels")


_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _orientation(image: ImageFile.ImageFile, notes: list[str]) -> int:
    """EXIF orientation still to be applied: TIFF and HEIF were turned, and lost the tag, while loading."""
    try:
        exif = image.getexif()
        orientation = int(exif.get(ExifTags.Base.Orientation, 1))
        damaged = not exif and bool(image.info.get("exif"))
    except Exception:  # EXIF is written by countless programs; a bad block does not spoil the pixels
        orientation, damaged = 1, True
    if damaged:
        notes.append("EXIF holds nothing that can be read: taken as upright")
    return orientation


def _note_frames(image: ImageFile.ImageFile, kind: str, notes: list[str]) -> None:
    what = {"TIFF": "first of {} pages", "JPEG": "first of {} pictures", "HEIF": "main of {} pictures"}
    try:
        frames = getattr(image, "n_frames", 1)
    except Exception:  # the first frame is already decoded, and the only one wanted
        notes.append("first frame; what follows it is damaged")
    else:
        if frames > 1:
            notes.append(what.get(kind, "first of {} frames").format(frames))
