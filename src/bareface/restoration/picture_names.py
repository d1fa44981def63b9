"""File names of pictures that are made of photos: they replace earlier ones of the same photo, and no other file."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
from collections.abc import Callable, Container, Iterator, Sequence
from pathlib import Path
from typing import Final

from bareface.errors import BarefaceError
from bareface.imaging import decode as images
from bareface.imaging.metadata import Labels
from bareface.restoration.base import Provenance
from bareface.restoration.provenance import KEYWORD, provenance_of
from bareface.system.files import create, file_name

_DRAWN_FROM: Final = re.compile(r'bareface:drawnFromSha256="([0-9a-f]+)"')


@contextlib.contextmanager
def names_of_restored(
    folder: Path, stem: str, endings: Sequence[str], provenance: Provenance
) -> Iterator[tuple[Path, ...]]:
    """Choose the names of the pictures of one restoration, all with the same number if the plain ones are taken.

    Parameters
    ----------
    folder, stem
        Folder of the pictures, and the photo's name without its suffix.
    endings
        The rest of each name, such as ``.enhance.png``.
    provenance
        Provenance of the pictures. Earlier ones of the same kind, photo and face are replaced.
    """

    def replaceable(path: Path) -> bool:
        there = provenance_of(_labels(path))
        return there is not None and _origin(there) == _origin(provenance)

    numbered = (stem if number == 1 else f"{stem}-{number}" for number in itertools.count(1))
    sets = (tuple(folder / file_name(name, ending) for ending in endings) for name in numbered)
    with _taken(sets, replaceable) as paths:
        yield paths


@contextlib.contextmanager
def name_of_drawing(folder: Path, stem: str, sha256: str, used: Container[str] = ()) -> Iterator[Path]:
    """Choose the name of a photo's picture with its faces drawn in.

    Parameters
    ----------
    folder, stem
        As for :func:`names_of_restored`.
    sha256
        Digest of the photo; an earlier drawing of the same photo is replaced.
    used
        Real paths that are not to be used.
    """

    def replaceable(path: Path) -> bool:
        match = _DRAWN_FROM.search(_labels(path).xmp)
        return match is not None and match[1] == sha256

    endings = (".faces.png" if number == 1 else f".faces-{number}.png" for number in itertools.count(1))
    paths = (folder / file_name(stem, ending) for ending in endings)
    with _taken(((path,) for path in paths if os.path.realpath(path) not in used), replaceable) as (path,):
        yield path


@contextlib.contextmanager
def _taken(sets: Iterator[tuple[Path, ...]], replaceable: Callable[[Path], bool]) -> Iterator[tuple[Path, ...]]:
    """Take the first set of names of which none is in use, so that no other process takes it too.

    Empty files hold the places of pictures; they are removed if the work fails.
    """
    held: list[Path] = []

    def take(path: Path) -> bool:
        try:
            create(path).close()
        except FileExistsError:
            return path.is_dir() or replaceable(path)  # of a folder, writing says why it cannot be
        except OSError:
            return True  # as above
        held.append(path)
        return True

    def release() -> None:
        for path in held:
            with contextlib.suppress(OSError):
                if not path.stat().st_size:
                    path.unlink()
        held.clear()

    try:
        for paths in sets:
            if all(map(take, paths)):
                yield paths
                return
            release()
    finally:
        release()


def _origin(provenance: Provenance) -> tuple[str, str, str]:
    return provenance.kind, provenance.source_sha256, dict(provenance.settings).get("face", "1")


def _labels(path: Path) -> Labels:
    """Read the labels of a file; empty if it is not a picture."""
    try:
        return images.labels(path, KEYWORD)
    except BarefaceError:
        return Labels()
