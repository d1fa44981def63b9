"""Keeping a gallery sound: the integrity check, and photos whose folder was moved."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from bareface.errors import BarefaceError, GalleryError, UsageError
from bareface.gallery import subjects
from bareface.imaging import decode as images
from bareface.imaging.folders import absolute
from bareface.messages import Note
from bareface.storage.index_sync import DerivedIndex
from bareface.storage.ports import GalleryStore, PhotoStore
from bareface.storage.sqlite import damage, permissions
from bareface.storage.sqlite import queries as catalogue
from bareface.storage.sqlite.schema import template
from bareface.storage.sqlite.store import Store
from bareface.values.gallery import CheckReport, Problem, RelinkReport

_ROWS = 1 << 16


def relink(store: GalleryStore, old_root: str | Path, new_root: str | Path) -> RelinkReport:
    """Point the photos below a moved folder to their new paths, where the same content lies there now.

    Raises
    ------
    UsageError
        ``usage.relink``: no photo of the gallery lies below the old folder.
    """
    old, new = absolute(old_root), absolute(new_root)
    first = len(old.rstrip(os.sep)) + 1
    with store.reading() as reader:
        photos = reader.photos_below(old)
    if not photos:
        raise UsageError("usage.relink", source=str(old_root))
    moved: list[tuple[int, str]] = []
    missing: list[str] = []
    changed: list[str] = []
    for number, sha256, path in photos:
        target = os.path.join(new, path[first:])  # noqa: PTH118 - absolute() made strings of both
        try:
            fingerprint = images.fingerprint(target, None)
        except BarefaceError:
            missing.append(target)
            continue
        if fingerprint == sha256:
            moved.append((number, target))
        else:
            changed.append(target)
    with store.writing() as writer:
        for number, target in moved:
            writer.move_photo(number, target)
    return RelinkReport(len(moved), tuple(missing), tuple(changed))


def check(store: Store, photos: PhotoStore, index: DerivedIndex) -> CheckReport:
    """Look for damage in the database, whether the index agrees with it, and who may read them.

    A wrong index is rebuilt.
    """
    problems = [Problem("gallery.corrupt", line) for line in _pages(store)]
    with suppress(GalleryError):  # pages too damaged to be read as rows are named already
        problems += store.damage()
    if problems:
        ends = sum(map(damage.ends_by_repair, problems))
        return CheckReport(tuple(problems), (), 0, permissions.shared(store.path), ends)
    with store.reading() as reader:
        references = reader.count_references()
        stored = reader.photos()
        names = subjects.doubtful_names(reader)
    missing = tuple(sorted(photo.path for photo in stored if photo.path is not None and photos.missing(photo)))
    if store.unerased():
        remains = Note("damage.unerased")
        names = (Problem("gallery.unerased", remains), *names)
    try:
        if not _index_agrees(index):
            index.rebuild()
            problems = [Problem("gallery.index", Note("damage.index"))]
    except GalleryError as error:
        if error.code != "gallery.corrupt":
            raise
        problems = [Problem(error.code, error.message)]
    return CheckReport(
        tuple(problems), missing, references, (*permissions.shared(store.path), *permissions.linked(store.path), *names)
    )


def _pages(store: Store) -> tuple[str, ...]:
    try:
        return store.integrity()
    except GalleryError as error:
        return (error.message,)


def _index_agrees(index: DerivedIndex) -> bool:
    """Return whether the index holds the templates that the database holds, every one."""
    with index.snapshot() as now:
        vectors = now.index
        if vectors is None:
            return catalogue.count(now.connection, template) == 0
        parts = catalogue.all_vectors(now.connection, 0, _ROWS, vectors.dimension)
        held = 0
        for numbers, templates in parts:
            if not vectors.agrees(numbers, templates):
                return False
            held += len(numbers)
        return held == len(vectors)
