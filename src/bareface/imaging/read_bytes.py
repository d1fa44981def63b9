"""Bytes of files, within a limit, with errors that say what is wrong; used by ``images`` and ``sources``."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from io import FileIO
from typing import Any, TypeVar

from PIL import Image, ImageFile

from bareface.errors import ImageError
from bareface.system import reading as files
from bareface.values.arguments import said

T = TypeVar("T")

_PIECE = 1 << 20


def content(name: str, most: int) -> bytes:
    """Read all bytes of a regular file.

    Raises
    ------
    ImageError
        ``image.missing``, ``image.unreadable``, ``image.directory``, ``image.symlink-loop``, ``image.not-a-file``,
        ``image.too-many-bytes``.
    """
    with open_regular(name, most) as file:
        return reading(lambda: b"".join(files.pieces(file, most, name)), name)


def open_regular(name: str, most: int) -> FileIO:
    """Open a regular file of acceptable length; neither a pipe nor a device may make the caller wait."""
    file = reading(lambda: files.open_regular(name), name)
    try:
        check_length(os.fstat(file.fileno()).st_size, most, name)
    except ImageError:
        file.close()
        raise
    return file


def content_of_file(file: Any, most: int) -> bytes:
    """Read all of an open file, from its start if it is seekable.

    Raises
    ------
    ImageError
        ``image.source`` for text, ``image.unreadable``, ``image.too-many-bytes``.
    """
    name = _name(file)
    pieces: list[bytes] = []
    count = 0
    try:
        if hasattr(file, "seek") and (not hasattr(file, "seekable") or file.seekable()):
            file.seek(0)
        while True:
            piece = file.read(_PIECE)
            if piece is None:  # as of a stream that does not wait
                raise ImageError("image.unreadable/nothing-yet", source=name)
            if not isinstance(piece, bytes | bytearray | memoryview):
                kind = "text" if isinstance(piece, str) else type(piece).__name__
                raise ImageError("image.source/open-file", kind=kind, source=name)
            if not piece:
                break
            pieces.append(bytes(piece))
            count += len(pieces[-1])
            check_length(count, most, name)
    except ImageError:
        raise
    except Exception as error:  # any object may have methods of these names
        raise ImageError("image.unreadable/open-file", reason=said(error), source=name) from error
    return b"".join(pieces)


def _name(file: Any) -> str:
    try:
        return str(getattr(file, "name", "<file>"))
    except Exception:  # of any object
        return "<file>"


def is_closed(image: Image.Image) -> bool:
    """Return whether a Pillow image's pixels are gone, or its file is closed and they were not read before."""
    if isinstance(image, ImageFile.ImageFile) and image.tile and (image.fp is None or image.fp.closed):
        return True
    try:
        image.getpixel((0, 0))
    except Exception as error:  # what else is wrong with it is said elsewhere
        return "closed image" in str(error)
    return False


def check_length(count: int, most: int, name: str) -> None:
    """Refuse more bytes than the limit.

    Raises
    ------
    ImageError
        ``image.too-many-bytes``.
    """
    if count > most:
        raise ImageError("image.too-many-bytes", bytes=count, limit=most, source=name)


def reading(action: Callable[[], T], name: str) -> T:
    """Translate the system's errors in reading a file to ours."""
    try:
        return action()
    except OSError as error:
        raise _failure(error, name) from error


def _failure(error: OSError, name: str) -> ImageError:
    match error:
        case IsADirectoryError():
            return ImageError("image.directory", source=name)
        case FileNotFoundError() | NotADirectoryError():
            return ImageError("image.missing", source=name)
        case PermissionError():
            return ImageError("image.unreadable/permission", source=name)
        case OSError(errno=errno.ELOOP):
            return ImageError("image.symlink-loop", source=name)
        case files.NotAFile():
            return ImageError("image.not-a-file", reason=error.strerror, source=name)
        case _:
            return ImageError("image.unreadable/file", reason=error.strerror or error, source=name)
