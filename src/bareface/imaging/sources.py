"""Photos as users give them, as immutable plain values, and the limits of a photo."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from PIL import Image

from bareface.errors import BarefaceError, ImageError
from bareface.imaging.read_bytes import content_of_file
from bareface.values import arguments
from bareface.values.face import Source, UInt8

Held: TypeAlias = str | bytes | UInt8
"""A path, the bytes of a file, or a read-only RGB array of its own."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a file, checked before anything is decoded.

    Attributes
    ----------
    max_bytes
        Largest file, in bytes.
    max_pixels
        Largest picture, width times height, at the size it is decoded at. The header of a JPEG that is decoded reduced
        may state eight times as many, if one pass decodes it (progressive ones need memory for all of their pixels).
    max_side
        A JPEG whose longest side is at least twice this is decoded at 1/2, 1/4 or 1/8 of its size, never with
        its longest side below this (the codec's own reduction: it saves time and memory). All other
        formats, and every JPEG if None, are decoded whole.
    """

    max_bytes: int = 256 * 2**20
    max_pixels: int = 100_000_000
    max_side: int | None = 4096

    def __post_init__(self) -> None:
        arguments.count("max_bytes", self.max_bytes, 1)
        arguments.count("max_pixels", self.max_pixels, 1)
        if self.max_side is not None:
            arguments.count("max_side", self.max_side, 1)


DEFAULT_LIMITS: Final = Limits()


def limits_of(engine: object) -> Limits:
    """Return the limits of a photo for an engine: its own, or the defaults if it states none."""
    limits = getattr(engine, "limits", None)
    return limits if isinstance(limits, Limits) else DEFAULT_LIMITS


def hold(source: Source, limits: Limits) -> Held:
    """Convert one source to a value that later changes do not affect.

    Parameters
    ----------
    source
        A path; the bytes of a file, in any buffer; an open file, read from its start; a Pillow image; an RGB array,
        which is copied unless it is read-only and its own.
    limits
        ``max_bytes`` bounds what is read from an open file, ``max_pixels`` a Pillow image.

    Raises
    ------
    ImageError
        ``image.source`` for anything else, and for an empty path; as :func:`bareface.imaging.decode.decode` for an
        open file or a Pillow image that cannot be read; ``image.unreadable`` where the object itself fails.
    """
    try:
        return _held(source, limits)
    except BarefaceError:
        raise
    except Exception as error:  # whatever a caller's object raises: it is one bad source, not the end of a run
        raise _failed(source, error) from error


def _held(source: Source, limits: Limits) -> Held:
    match source:
        case bytes():
            return source
        case str() | os.PathLike():
            return checked_path(source)
        case np.ndarray():
            return _own(source)
        case Image.Image():
            from bareface.imaging.decode import pixels_of

            return pixels_of(source, limits)
    if _has(source, "read"):
        return content_of_file(source, limits.max_bytes)
    buffer = _buffer(source)
    if buffer is not None:
        return bytes(buffer)
    array = _array(source)
    if array is not None:
        return _own(array)
    raise ImageError("image.source/kind", kind=type(source).__name__)


def each(sources: Source | Iterable[Source]) -> Iterator[Source]:
    """Yield one source, or several in turn; refuse other values.

    Raises
    ------
    ImageError
        ``image.source``.
    """
    if is_source(sources):
        yield sources  # type: ignore[misc]
    elif isinstance(sources, Iterable) and not isinstance(sources, Mapping):
        yield from sources  # type: ignore[misc]
    else:
        raise ImageError("image.source/kind", kind=type(sources).__name__)


def is_source(value: object) -> bool:
    """Return whether a value is one photo, by its kind, and not several."""
    if isinstance(value, str | bytes | os.PathLike | np.ndarray | Image.Image) or _has(value, "read"):
        return True
    return _buffer(value) is not None or _array(value) is not None


def name_of(source: object) -> str:
    """Return the name of a source in messages and outcomes."""
    if isinstance(source, str | os.PathLike):
        try:
            return os.fsdecode(source)
        except Exception:  # of an object that gives no path
            return f"<{type(source).__name__}>"
    pixels = isinstance(source, np.ndarray | Image.Image) or _has(source, "__array_interface__")
    return "<array>" if pixels else "<bytes>"


def checked_path(path: str | os.PathLike[str]) -> str:
    """Return a path as a string; refuse an empty one, which would mean the current folder.

    Raises
    ------
    ImageError
        ``image.source``; ``image.unreadable``: the object gives no path.
    """
    try:
        name = os.fsdecode(path)
    except Exception as error:  # any object may have a method of that name
        raise _failed(path, error) from error
    if not name.strip():
        raise ImageError("image.source/path")
    return name


def _failed(source: object, error: Exception) -> ImageError:
    kind, reason = type(source).__name__, arguments.said(error)
    return ImageError("image.unreadable/object", kind=kind, reason=reason, source=name_of(source))


def _has(value: object, attribute: str) -> bool:
    try:
        return hasattr(value, attribute)
    except Exception:  # a property that fails
        return False


def _own(array: UInt8) -> UInt8:
    """Return a read-only array: the array itself, or a copy."""
    if array.flags.owndata and not array.flags.writeable:
        return array
    own = np.array(array)
    own.flags.writeable = False
    return own


def _buffer(source: object) -> memoryview | None:
    """Return the bytes of a bytearray, a memoryview, an ``array.array``; None if it is not a buffer of bytes."""
    if isinstance(source, np.ndarray | np.generic) or _has(source, "__array_interface__"):
        return None
    try:
        view = memoryview(source)  # type: ignore[arg-type]
    except Exception:  # a closed buffer is none, too
        return None
    return view if view.itemsize == 1 else None


def _array(source: object) -> UInt8 | None:
    """Convert a picture of another array library; None for other values, such as a column of paths."""
    if isinstance(source, np.generic) or not (_has(source, "__array_interface__") or _has(source, "__array__")):
        return None
    try:
        array = np.asarray(source)
    except Exception:  # whatever another library raises, it is not an array to us
        return None
    return array if array.ndim == 3 else None
