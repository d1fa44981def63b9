"""Permissions and links of a gallery's files."""

from __future__ import annotations

import shlex
import stat
from contextlib import suppress
from pathlib import Path

from bareface.messages import Note
from bareface.storage.sqlite.place import NEIGHBOURS
from bareface.system.files import file_mode, folder_mode
from bareface.values.gallery import Problem

_OTHERS = 0o077
_BESIDE = ("", *NEIGHBOURS)


def shared(gallery: Path) -> tuple[Problem, ...]:
    """Return the files of a gallery that others may read or write, although ``$BAREFACE_FILE_MODE`` does not say so."""
    modes, folders = {}, {}
    # SQLite's own files are where a link to the gallery leads, the index is where the link is.
    named = dict.fromkeys((gallery, gallery.resolve()))
    for path in (one.with_name(one.name + ending) for one in named for ending in _BESIDE):
        with suppress(FileNotFoundError):  # other programs remove logs and indexes at any time
            mode = path.stat().st_mode
            if stat.S_ISREG(mode) and mode & _OTHERS & ~file_mode():
                modes[path] = mode & 0o777
            if stat.S_ISDIR(mode) and mode & _OTHERS & ~folder_mode():
                folders[path] = mode & 0o777
    if not modes and not folders:
        return ()
    files = [f"{path.name} ({mode:04o})" for path, mode in (modes | folders).items()]
    command = " && ".join(
        f"chmod {allowed:o} {shlex.join(map(str, several))}"
        for allowed, several in ((file_mode(), modes), (folder_mode(), folders))
        if several
    )
    return (Problem("gallery.shared", Note("damage.shared", files=files, command=command)),)


def linked(gallery: Path) -> tuple[Problem, ...]:
    """Warn of a gallery that has several names: SQLite and the index keep files next to each of them."""
    count = gallery.stat().st_nlink
    if count < 2:
        return ()
    return (Problem("gallery.linked", Note("damage.linked", count=count)),)
