"""Who may read a gallery's files, and by which names."""

from __future__ import annotations

import shlex
from pathlib import Path

from bareface.system.files import file_mode
from bareface.values.gallery import Problem

_OTHERS = 0o077
_BESIDE = ("", "-wal", "-shm", "-journal", "-index", "-index.new")


def shared(gallery: Path) -> tuple[Problem, ...]:
    """The files of a gallery that others may read or write, although ``$BAREFACE_FILE_MODE`` does not say so."""
    modes = {}
    # SQLite's own files are where a link to the gallery leads, the index is where the link is.
    named = dict.fromkeys((gallery, gallery.resolve()))
    for path in (one.with_name(one.name + ending) for one in named for ending in _BESIDE):
        if path.is_file() and (mode := path.stat().st_mode & 0o777) & _OTHERS & ~file_mode():
            modes[path] = mode
    if not modes:
        return ()
    files = ", ".join(f"{path.name} ({mode:04o})" for path, mode in modes.items())
    return (
        Problem(
            "gallery.shared",
            f"other users of this computer may open {files}; `chmod {file_mode():o} {shlex.join(map(str, modes))}` "
            "ends that, or say with BAREFACE_FILE_MODE that it is meant.",
        ),
    )


def linked(gallery: Path) -> tuple[Problem, ...]:
    """A warning of a gallery that has several names: SQLite and the index keep files of their own beside each."""
    count = gallery.stat().st_nlink
    if count < 2:
        return ()
    return (
        Problem(
            "gallery.linked",
            f"the file has {count} names (hard links): programs that use it by different names at once damage it, and "
            "what is deleted by one name stays in the index beside the others. Remove the others, or make copies.",
        ),
    )
