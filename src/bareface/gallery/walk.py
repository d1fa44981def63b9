"""From what the user named to the photos to enrol, and to the subject that each one's folder names."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bareface.errors import BarefaceError, ImageError
from bareface.types import Source

PHOTO_SUFFIXES = frozenset(
    {"", ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".webp", ".gif", ".tif", ".tiff"}
    | {".bmp", ".dib", ".heic", ".heif", ".heics", ".hif", ".avif"}
)
"""What is taken from a folder, which holds more than photos. A file that is named itself is always tried."""


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One photo to enrol.

    Attributes
    ----------
    source
        What to read: an absolute path, or the bytes or array that were given.
    name
        What to call it in outcomes.
    subject
        The name of the subject, or None.
    error
        Set when the file system refused; there is then nothing to read.
    """

    source: Source
    name: str
    subject: str | None
    error: BarefaceError | None = None


def as_sources(sources: Source | Sequence[Source]) -> Sequence[Source]:
    """One source, or several, as a sequence."""
    if isinstance(sources, str | Path | bytes | np.ndarray):
        return (sources,)
    return tuple(sources)


def entries(sources: Source | Sequence[Source], subject: str | None = None) -> Iterator[Entry]:
    """All photos that the sources name, in order; folders are walked in the order of their names.

    A photo in a folder below a given folder belongs to the subject of that folder's name, a path such as
    ``members/Ada`` for deeper ones, so that ``Ada/2019`` and ``Bo/2019`` never become one person. Photos that lie
    directly in a given folder, and files given themselves, are unnamed. Hidden files and folders are left out. Links
    are followed, and a folder that was walked is not walked again, so a loop of links ends.

    Parameters
    ----------
    sources
        A path, bytes or array, or a sequence of them.
    subject
        Names everything.
    """
    for source in as_sources(sources):
        if isinstance(source, bytes):
            yield Entry(source, "<bytes>", subject)
        elif isinstance(source, np.ndarray):
            yield Entry(source, "<array>", subject)
        elif Path(source).is_dir():
            root = absolute(source)
            for path, folder in _walk(root):
                if isinstance(path, ImageError):
                    yield Entry(folder, folder, None, path)
                else:
                    yield Entry(path, path, subject or _named(folder, root))
        else:
            path = absolute(source)
            yield Entry(path, path, subject)


def absolute(path: str | Path) -> str:
    """An absolute path by the user's own names: links are not replaced by what they point to."""
    return os.path.abspath(path)  # noqa: PTH100 - Path.resolve() would follow links


def _named(folder: str, root: str) -> str | None:
    """The subject that a folder names: its path below the root, the same on every file system."""
    below = os.path.relpath(folder, root)
    if below == os.curdir:
        return None
    name = unicodedata.normalize("NFC", Path(below).as_posix())  # macOS stores names decomposed
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _walk(root: str) -> Iterator[tuple[str | ImageError, str]]:
    """Photos below a folder, each with its folder; an error in place of a folder that cannot be read."""
    seen: set[tuple[int, int]] = set()
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        try:
            status = os.stat(folder)  # noqa: PTH116 - a link to itself fails here with an OSError, too
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            photos, folders = _listing(folder)
        except OSError as error:
            yield _unreadable(folder, error), folder
            continue
        for photo in photos:
            yield photo, folder
        waiting.extend(reversed(folders))


def _listing(folder: str) -> tuple[list[str], list[str]]:
    """The photos and the folders in a folder, each by name, folders before links to folders."""
    with os.scandir(folder) as listing:
        found = sorted((item for item in listing if not item.name.startswith(".")), key=lambda item: item.name)
    # Real folders first: where a link leads to one, the name of the folder itself is the one to keep.
    folders = sorted((item for item in found if _kind(item) == "folder"), key=lambda item: item.is_symlink())
    # A link that leads nowhere is kept, to be named as such; a pipe or a device would block whoever reads it.
    files = (item for item in found if _kind(item) in ("file", "broken link"))
    photos = [item.path for item in files if Path(item.name).suffix.lower() in PHOTO_SUFFIXES]
    return photos, [item.path for item in folders]


def _kind(item: os.DirEntry[str]) -> str:
    try:
        if item.is_dir():
            return "folder"
        if item.is_file():
            return "file"
    except OSError:  # a link to itself
        return "broken link"
    return "broken link" if item.is_symlink() and not Path(item.path).exists() else "other"


def _unreadable(folder: str, error: OSError) -> ImageError:
    return ImageError(
        "image.unreadable",
        f"the folder cannot be read ({error.strerror or error}).",
        source=folder,
        remedy="Check its permissions, then enrol again.",
    )
