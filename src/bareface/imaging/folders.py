"""From what the user named to the photos to enrol, and to the subject that each one's folder names.

Everything that reads folders of photos walks them here, so that bins, thumbnails and previews do not become photos
anywhere, and what is left out is always said.
"""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from bareface.errors import BarefaceError, ImageError
from bareface.imaging.decode import DEFAULT_LIMITS, Limits
from bareface.imaging.sources import Held, checked_path, each, hold, name_of
from bareface.system import files
from bareface.system.reading import as_text
from bareface.values.enrolment import LeftOut
from bareface.values.face import Source

PHOTO_SUFFIXES = frozenset(
    {"", ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".webp", ".gif", ".tif", ".tiff"}
    | {".bmp", ".dib", ".heic", ".heif", ".heics", ".hif", ".avif"}
)
"""File suffixes that are read from a folder. A file that is named itself is always tried."""

SYSTEM_FOLDERS: Final = (
    *("@eadir", "@recycle", "@recently-snapshot", "@tmp", "@transcode", "@__thumb", "*@synoeastream", "*@synoresource"),
    *("#recycle", "#snapshot", "~snapshot", "network trash folder", "temporary items", "__macosx", "*.lrdata"),
    *("$recycle.bin", "recycler", "recycled", "system volume information", "lost+found", "found.[0-9][0-9][0-9]"),
    *("recycle bin*", "trashbox", "_nas_recycle_*", "@sharebin", "@synodrive", "backups.backupdb", "ipod photo cache"),
    *("appdata_*", "files_trashbin", "files_versions", "*.photoslibrary", "*.photolibrary", "*.migratedphotolibrary"),
    *("*.aplibrary", "*.cocatalog", "*.lrcat-data"),
)
"""Names, in lower case, of folders below a given one that are not walked: bins, snapshots, thumbnails and previews that
file servers, operating systems and photo programs make, and libraries of such programs, whose inner folders are
not names of people. Hidden ones are left out already."""

_LONGEST_SUFFIX: Final = 12


@dataclass(slots=True)
class Skipped:
    """Counts what a walk leaves out; :meth:`report` is the result."""

    folders: list[str] = field(default_factory=list)
    suffixes: Counter[str] = field(default_factory=Counter)
    hidden: int = 0
    excluded: int = 0
    special: list[str] = field(default_factory=list)
    matched: dict[str, bool] = field(default_factory=dict)

    def report(self) -> LeftOut:
        """Report all skipped entries, files by suffix, the most common first, and patterns that matched nothing."""
        files = dict(self.suffixes.most_common())
        unmatched = tuple(pattern for pattern, matched in self.matched.items() if not matched)
        return LeftOut(tuple(self.folders), files, self.hidden, self.excluded, tuple(self.special), unmatched)


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One photo to enrol.

    Attributes
    ----------
    source
        Source to read: an absolute path, or the caller's bytes or array.
    name
        Name in outcomes.
    subject
        The name of the subject, or None.
    error
        Set when the file system refused; there is then nothing to read.
    """

    source: Held
    name: str
    subject: str | None
    error: BarefaceError | None = None


def as_sources(sources: Source | Iterable[Source], limits: Limits = DEFAULT_LIMITS) -> tuple[Held, ...]:
    """Convert one source, or several, to values that later changes do not affect.

    Raises
    ------
    ImageError
        As :func:`bareface.imaging.sources.hold`.
    """
    return tuple(hold(source, limits) for source in each(sources))


def entries(
    sources: Source | Iterable[Source],
    subject: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
    *,
    exclude: Sequence[str] = (),
    own: Collection[str] = (),
    skipped: Skipped | None = None,
) -> Iterator[Entry]:
    """Yield all photos that the sources name, in order; folders are walked in the order of their names.

    A photo in a folder below a given folder belongs to the subject of that folder's name, a path such as
    ``members/Ada`` for deeper ones, so that ``Ada/2019`` and ``Bo/2019`` never become one person. Photos that lie
    directly in a given folder, and files given themselves, are unnamed. Hidden files and folders and
    :data:`SYSTEM_FOLDERS` are left out, unless given themselves. Links are followed, and a folder that was walked is
    not walked again, so a loop of links ends.

    Parameters
    ----------
    sources
        A photo or folder, or several.
    subject
        Names everything.
    limits
        Bounds what is read from open files.
    exclude
        Leave out files and folders that match one of these patterns (``*``, ``?``, ``[...]``), by their name, by
        their path below the given folder or, for a pattern that begins at the root, by their whole path.
    own
        Real paths of the caller's own files and folders, such as a gallery in its folder of photos: passed over in
        silence.
    skipped
        Counts what is left out.

    Raises
    ------
    ImageError
        ``image.source``: something that is not a photo source, or an empty path. That is a mistake in the call, not a
        bad file, so it ends the walk.
    """
    skipped = skipped or Skipped()
    for pattern in exclude:
        skipped.matched.setdefault(pattern, False)
    for item in each(sources):
        try:
            source = hold(item, limits)
        except ImageError as error:
            if error.code == "image.source":
                raise
            yield Entry(b"", name_of(item), subject, error)
            continue
        if not isinstance(source, str):
            yield Entry(source, name_of(source), subject)
        elif _is_folder(source):
            root = absolute(source)
            for path, folder in _walk(_Rules(root, tuple(exclude), skipped, own)):
                if isinstance(path, ImageError):
                    yield Entry(folder, folder, None, path)
                else:
                    yield Entry(path, path, subject or _named(folder, root))
        else:
            path = absolute(source)
            yield Entry(path, path, subject)


def _is_folder(path: str | Path) -> bool:
    try:
        return Path(path).is_dir()
    except OSError:  # a name that no file system takes: for whoever reads it to say
        return False


def absolute(path: str | Path) -> str:
    """Return an absolute path in the user's own names: links are not resolved.

    Only ``..`` needs them replaced: above a link lies the folder that holds what it points to.
    """
    path = checked_path(path)
    parts = Path(path).parts
    if os.pardir in parts:
        last = len(parts) - parts[::-1].index(os.pardir)
        path = os.path.join(os.path.realpath(os.path.join(*parts[:last])), *parts[last:])  # noqa: PTH118
    return files.absolute(path)  # Path.resolve() would follow links


def _named(folder: str, root: str) -> str | None:
    """Return the subject that a folder names: its path below the root, the same on every file system."""
    below = os.path.relpath(folder, root)
    return None if below == os.curdir else as_text(_normal(Path(below).as_posix()))


def _normal(name: str) -> str:
    return unicodedata.normalize("NFC", name)  # macOS stores names decomposed


@dataclass(frozen=True, slots=True)
class _Rules:
    """Entries skipped below a root."""

    root: str
    exclude: tuple[str, ...]
    skipped: Skipped
    own: Collection[str] = ()

    def takes(self, item: os.DirEntry[str], kind: str) -> bool:
        """Return whether to read a file or folder; count those that are skipped."""
        name = _normal(item.name)
        folded = name.lower()
        hidden = name.startswith(".")
        excluded = self._excludes(name, item.path)
        if self.own and os.path.realpath(item.path) in self.own:
            return False
        if kind == "folder":
            left_out = hidden or excluded or any(fnmatchcase(folded, pattern) for pattern in SYSTEM_FOLDERS)
            if left_out:
                self.skipped.folders.append(item.path)
            return not left_out
        if hidden or excluded:
            self.skipped.hidden += hidden
            self.skipped.excluded += excluded and not hidden
            return False
        if kind == "other":  # it would block whoever reads it
            self.skipped.special.append(item.path)
            return False
        suffix = Path(folded).suffix
        if suffix not in PHOTO_SUFFIXES:
            self.skipped.suffixes[suffix if len(suffix) <= _LONGEST_SUFFIX else "others"] += 1
            return False
        return True

    def _excludes(self, name: str, path: str) -> bool:
        if not self.exclude:
            return False
        spellings = name, _normal(Path(path).relative_to(self.root).as_posix()), _normal(path)
        matching = [
            pattern
            for pattern in self.exclude
            if any(fnmatchcase(one, _normal(pattern).removeprefix("./").rstrip("/")) for one in spellings)
        ]
        self.skipped.matched.update(dict.fromkeys(matching, True))
        return bool(matching)


def _walk(rules: _Rules) -> Iterator[tuple[str | ImageError, str]]:
    """Yield photos below a folder, each with its folder; an error in place of a folder that cannot be read."""
    seen: set[tuple[int, int]] = set()
    waiting = [rules.root]
    while waiting:
        folder = waiting.pop()
        try:
            status = os.stat(folder)  # noqa: PTH116 - a link to itself fails here with an OSError, too
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            photos, folders = _listing(folder, rules)
        except OSError as error:
            yield _unreadable(folder, error), folder
            continue
        for photo in photos:
            yield photo, folder
        waiting.extend(reversed(folders))


def _listing(folder: str, rules: _Rules) -> tuple[list[str], list[str]]:
    """Return the photos and the folders in a folder, each by name, folders before links to folders."""
    with os.scandir(folder) as listing:
        items = [(item, _kind(item)) for item in sorted(listing, key=lambda item: item.name)]
    # A link that leads nowhere is kept, to be named as such.
    taken = [(item, kind) for item, kind in items if rules.takes(item, kind)]
    # Real folders first: where a link leads to one, the name of the folder itself is the one to keep.
    folders = sorted((item for item, kind in taken if kind == "folder"), key=lambda item: item.is_symlink())
    return [item.path for item, kind in taken if kind != "folder"], [item.path for item in folders]


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
    return ImageError("image.unreadable/folder", reason=error.strerror or error, source=folder)
