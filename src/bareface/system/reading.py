"""Reading what the user names: only where it is a file, never without end, whatever its name is made of."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from gzip import GzipFile
from io import FileIO
from typing import BinaryIO, Final

from bareface.messages import Note

MOST_BYTES: Final = 256 * 2**20
"""The longest text or list that is read whole, unless its reader says otherwise."""

_ESCAPED: Final = re.compile(r"\\u(dc[89a-f][0-9a-f])")


class NotAFile(OSError):
    """A pipe, a socket, a device or a special file of the system where a file is needed."""


def open_regular(path: str | os.PathLike[str]) -> FileIO:
    """Open a file for reading; a pipe or a device never makes the caller wait.

    Raises
    ------
    NotAFile
        It is a pipe, a socket, a device or a special file of the system, such as ``/proc/kmsg``.
    OSError
        It is a folder, is missing or may not be read; ``strerror`` says which.
    """
    name = os.fspath(path)
    try:
        status = os.stat(name)  # noqa: PTH116 - opening some devices already acts on them
        _refuse_other(status, name)
        _refuse_made_up(status, name)
        file = FileIO(name, "rb", opener=lambda name, flags: os.open(name, flags | getattr(os, "O_NONBLOCK", 0)))
    except ValueError as error:  # a zero byte in the path
        raise FileNotFoundError(errno.ENOENT, Note("reason.path", reason=error), name) from error
    try:
        _refuse_other(os.fstat(file.fileno()), name)  # another may have taken its place
    except NotAFile:
        file.close()
        raise
    return file


def read_regular(path: str | os.PathLike[str], most: int = MOST_BYTES) -> bytes:
    """Read a whole file, opened as by :func:`open_regular`.

    Parameters
    ----------
    path
        The file.
    most
        A longer one is refused, whatever length it states: some files have no end.

    Raises
    ------
    OSError
        As :func:`open_regular`; ``EFBIG`` if it is too long.
    """
    with open_regular(path) as file:
        return b"".join(pieces(file, most, os.fspath(path)))


def pieces(file: FileIO | BinaryIO | GzipFile, most: int, name: str) -> Iterator[bytes]:
    """Yield the rest of an open file in pieces; raise ``OSError`` (``EFBIG``) beyond ``most`` bytes."""
    length = 0
    while part := file.read(min(1 << 20, most + 1 - length)):
        length += len(part)
        if length > most:
            raise OSError(errno.EFBIG, Note("reason.too-long", most=most), name)
        yield part


def _refuse_other(status: os.stat_result, name: str) -> None:
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
        raise NotAFile(errno.EINVAL, Note("reason.not-a-file"), name)


def _refuse_made_up(status: os.stat_result, name: str) -> None:
    """Refuse a file that the kernel makes up while it is read: it states no length, on a file system of no size.

    Reading one may wait, never end, or take away what another program waits for.
    """
    if status.st_size or not stat.S_ISREG(status.st_mode) or not hasattr(os, "statvfs"):
        return
    try:
        blocks = os.statvfs(name).f_blocks
    except OSError:
        return
    if not blocks:
        raise NotAFile(errno.EINVAL, Note("reason.special-file"), name)


def as_text(name: str) -> str:
    r"""Convert a file's name to text that any file or database can hold: bytes that are not UTF-8 become escapes.

    >>> as_text("caf\udce9.jpg")
    'caf\\udce9.jpg'
    """
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def from_text(text: str) -> str:
    """Invert :func:`as_text`, unless a file has exactly this name."""
    return _ESCAPED.sub(lambda escape: chr(int(escape[1], 16)), text)
