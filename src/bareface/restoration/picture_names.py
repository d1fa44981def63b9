"""File names of pictures that are made of photos: they replace earlier ones of the same photo, and no other file."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable, Container, Sequence
from pathlib import Path
from typing import Final

from bareface.errors import BarefaceError
from bareface.imaging import decode as images
from bareface.imaging.metadata import Labels
from bareface.restoration.base import Provenance
from bareface.restoration.provenance import KEYWORD, provenance_of
from bareface.system.files import file_name

_DRAWN_FROM: Final = re.compile(r'bareface:drawnFromSha256="([0-9a-f]+)"')


def names_of_restored(folder: Path, stem: str, endings: Sequence[str], provenance: Provenance) -> list[Path]:
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
        there = _provenance_of(path)
        return there is not None and _origin(there) == _origin(provenance)

    for number in itertools.count(1):
        numbered = stem if number == 1 else f"{stem}-{number}"
        paths = [folder / file_name(numbered, ending) for ending in endings]
        if all(_free(path, replaceable) for path in paths):
            return paths
    raise AssertionError


def name_of_drawing(folder: Path, stem: str, sha256: str, taken: Container[Path] = ()) -> Path:
    """Choose the name of a photo's picture with its faces drawn in.

    Parameters
    ----------
    folder, stem
        As for :func:`names_of_restored`.
    sha256
        Digest of the photo; an earlier drawing of the same photo is replaced.
    taken
        Resolved paths that are not to be used.
    """

    def replaceable(path: Path) -> bool:
        match = _DRAWN_FROM.search(_labels(path).xmp)
        return match is not None and match[1] == sha256

    for number in itertools.count(1):
        path = folder / file_name(stem, ".faces.png" if number == 1 else f".faces-{number}.png")
        if path.resolve() not in taken and _free(path, replaceable):
            return path
    raise AssertionError


def _free(path: Path, replaceable: Callable[[Path], bool]) -> bool:
    """Tell whether a picture may be written to a path; a folder or the like there is an error on writing."""
    return not os.path.lexists(path) or (not path.is_file() and not path.is_symlink()) or replaceable(path)


def _origin(provenance: Provenance) -> tuple[str, str, str]:
    return provenance.kind, provenance.source_sha256, dict(provenance.settings).get("face", "1")


def _provenance_of(path: Path) -> Provenance | None:
    return provenance_of(_labels(path))


def _labels(path: Path) -> Labels:
    """Read the labels of a file; empty if it is not a picture."""
    try:
        return images.labels(path, KEYWORD)
    except BarefaceError:
        return Labels()
