"""Writing a result: all of it or none of it, and for its owner's eyes only."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from io import BufferedRandom
from pathlib import Path
from typing import Final

from bareface.errors import UsageError

_LONGEST_NAME: Final = 255
"""Bytes of a name that common file systems take."""


def file_mode() -> int:
    """Return the permissions of new files, whatever the umask says: see :mod:`bareface.settings`.

    Raises
    ------
    UsageError
        ``usage.file-mode`` or ``usage.setting``.
    """
    from bareface import settings  # with pydantic, which commands that write nothing do not import

    return settings.current().file_mode


def folder_mode() -> int:
    """Return the permissions of new folders: who may read the files may look through the folder."""
    mode = file_mode()
    return mode | (mode & 0o444) >> 2


def create(path: str | Path, mode: int | None = None) -> BufferedRandom:
    """Open a new file for writing and reading, without a moment in which others could open it.

    Parameters
    ----------
    path
        Its place; FileExistsError if something is there.
    mode
        Its permissions; by default :func:`file_mode`.
    """
    mode = file_mode() if mode is None else mode

    def opener(name: str, flags: int) -> int:
        descriptor = os.open(name, flags, mode)
        _allow(descriptor, mode)
        return descriptor

    return open(path, "x+b", opener=opener)


def file_name(stem: str, ending: str) -> str:
    """Build a name from another file's, shortened where the file system would not accept it.

    A digest stands for the part that is cut off, so that two long names stay two.

    >>> file_name("portrait", ".faces.png")
    'portrait.faces.png'
    """
    whole = os.fsencode(stem)
    if len(whole) + len(os.fsencode(ending)) <= _LONGEST_NAME:
        return stem + ending
    ending = f"-{hashlib.sha256(whole).hexdigest()[:8]}{ending}"
    short = stem
    while len(os.fsencode(short + ending)) > _LONGEST_NAME:
        short = short[:-1]
    return short + ending


def check_named(path: str | Path) -> None:
    """Refuse an empty path, which would stand for the current folder.

    Raises
    ------
    UsageError
        ``usage.empty``.
    """
    if isinstance(path, str) and not path.strip():
        raise UsageError("usage.empty/path")


def absolute(path: str | Path) -> str:
    """Make a path absolute without following links.

    Raises
    ------
    UsageError
        ``usage.no-folder``: the current folder was removed.
    """
    try:
        return os.path.abspath(path)  # noqa: PTH100 - of pathlib's, one follows links and one keeps ".."
    except FileNotFoundError as error:
        raise UsageError("usage.no-folder", source=str(path)) from error


def may_open_more() -> bool:
    """Return whether this process can open another file: SQLite does not say why it cannot."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        return False
    return True


def make_folder(path: str | Path) -> Path:
    """Make a folder, with those above it, unless it is there; folders that are there keep their permissions.

    Raises
    ------
    UsageError
        ``usage.output``: it cannot be made here.
    """
    path, mode = Path(path), folder_mode()
    try:
        missing = [folder for folder in (path, *path.parents) if not folder.exists()]
        for folder in reversed(missing):
            with contextlib.suppress(FileExistsError):
                folder.mkdir(mode)
                _allow(folder, mode)
        path.mkdir(exist_ok=True)  # says so where a file is in its place
    except (OSError, ValueError) as error:
        raise UsageError(
            "usage.output/make-folder", reason=getattr(error, "strerror", None) or error, source=str(path)
        ) from error
    return path


@contextlib.contextmanager
def output_folder(path: Path) -> Iterator[Path]:
    """Make a folder as :func:`make_folder` does, and remove it again if the work fails and leaves it empty."""
    missing = [folder for folder in (path, *path.parents) if not os.path.exists(folder)]  # noqa: PTH110 - no error
    make_folder(path)
    try:
        yield path
    except BaseException:
        for folder in missing:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def _allow(target: int | Path, mode: int) -> None:
    """Restore the permissions that the umask removed from a new file; not every file system has permissions."""
    with contextlib.suppress(OSError):
        there = stat.S_IMODE(os.stat(target).st_mode)  # noqa: PTH116 - also of a descriptor
        if there & mode != mode:
            os.chmod(target, there | mode)  # noqa: PTH101


def check_place(path: str | Path, reads: Iterable[str | Path | None] = ()) -> None:
    """Refuse a place for a result before the work, not after it.

    Parameters
    ----------
    path
        The file to write; its folder must be there.
    reads
        Inputs of the result, None if not given: a result that replaced one of them would destroy it.

    Raises
    ------
    UsageError
        ``usage.output``.
    """
    place = Path(path)
    try:
        if not place.absolute().parent.is_dir():
            raise UsageError("usage.output/folder", source=str(path))
        if place.exists() and (not place.is_file() or _is_stream(place)):  # would be replaced by a file
            raise UsageError("usage.output/not-a-file", source=str(path))
        there = [one for one in reads if one is not None and os.path.exists(one)]  # noqa: PTH110 - never an error
        if place.exists() and any(map(place.samefile, there)):
            raise UsageError("usage.output/reads", source=str(path))
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from error


def _is_stream(place: Path) -> bool:
    """Tell whether a path is a link such as ``/dev/stdout`` to a stream of the process, which may lead to a file."""
    return place.is_symlink() and os.readlink(place).startswith("/proc/")  # noqa: PTH115 - the text of the link


def check_page(path: str | Path) -> None:
    """Refuse a place for a page before the work: as :func:`check_place`, and it replaces nothing but a page.

    Raises
    ------
    UsageError
        ``usage.output``.
    """
    check_place(path)
    try:
        there = b""
        if Path(path).exists():
            with Path(path).open("rb") as file:
                there = file.read(64)
    except OSError as error:
        raise _unwritable(path, error) from error
    if there and not there.lstrip().lower().startswith(b"<!doctype html"):
        raise UsageError("usage.output/page", source=str(path))


def write_atomically(path: str | Path, data: bytes) -> Path:
    """Write a file so that readers see the old content or the new, never half of it.

    Parameters
    ----------
    path
        File to write; a missing folder is an error. An existing file is replaced, its permissions with it.
    data
        The whole content.

    Returns
    -------
    Path
        The path written.

    Raises
    ------
    UsageError
        ``usage.output``: the place cannot be written to (no such folder, no permission, disk full, no file);
        ``usage.file-mode``.
    """
    path = Path(path)
    check_place(path)
    # Short of the name of the target, which may already be as long as a name can be.
    beside = path.with_name(f".{path.name[:40]}.{secrets.token_hex(4)}.part")
    try:
        try:
            with create(beside) as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())  # or a power cut could leave the new name on an empty file
            beside.replace(path)
        except BaseException:
            with contextlib.suppress(OSError, ValueError):
                beside.unlink(missing_ok=True)
            raise
    except (OSError, ValueError) as error:  # the latter: a name that is none
        raise _unwritable(path, error) from error
    return path


def _unwritable(path: str | Path, error: OSError | ValueError) -> UsageError:
    return UsageError("usage.output/write", reason=getattr(error, "strerror", None) or error, source=str(path))
