"""Keeping a gallery sound: the integrity check, and photos whose folder was moved."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from bareface import images
from bareface.errors import BarefaceError, GalleryError, UsageError
from bareface.gallery import catalogue, permissions, subjects
from bareface.gallery.derived import DerivedIndex
from bareface.gallery.records import CheckReport, Problem, RelinkReport
from bareface.gallery.schema import file, reference, template
from bareface.gallery.store import Store
from bareface.gallery.walk import absolute

_SAMPLE = 64
_ITSELF = 0.9999


def relink(store: Store, old_root: str | Path, new_root: str | Path) -> RelinkReport:
    """Point the photos below a moved folder to their new paths, where the same content lies there now.

    Raises
    ------
    UsageError
        ``usage.relink``: no photo of the gallery lies below the old folder.
    """
    old, new = absolute(old_root), absolute(new_root)
    first, behind = old.rstrip(os.sep) + os.sep, old.rstrip(os.sep) + chr(ord(os.sep) + 1)
    with store.read() as connection:
        below = sa.select(file.c.id, file.c.sha256, file.c.path).where(file.c.path >= first, file.c.path < behind)
        rows = connection.execute(below.order_by(file.c.path)).all()
    if not rows:
        raise UsageError(
            "usage.relink",
            "no photo of the gallery lies below it.",
            source=str(old_root),
            remedy="`bareface gallery references` lists the paths.",
        )
    moved: list[tuple[int, str]] = []
    missing: list[str] = []
    changed: list[str] = []
    for number, sha256, path in rows:
        target = os.path.join(new, path[len(first) :])  # noqa: PTH118 - absolute() made strings of both
        try:
            found = images.fingerprint(target)
        except BarefaceError:
            missing.append(target)
            continue
        if found == sha256:
            moved.append((number, target))
        else:
            changed.append(target)
    with store.write() as connection:
        for number, target in moved:
            connection.execute(file.update().where(file.c.id == number).values(path=target))
    return RelinkReport(len(moved), tuple(missing), tuple(changed))


def check(store: Store, index: DerivedIndex) -> CheckReport:
    """Look for damage in the database, whether the index agrees with it, and who may read them.

    A wrong index is rebuilt.
    """
    damage = [Problem("gallery.corrupt", line) for line in _damage(store)]
    if damage:
        return CheckReport(tuple(damage), (), 0, permissions.shared(store.path))
    with store.read() as connection:
        problems = _template_problems(connection, store.state(connection).dimension or 0)
        references = catalogue.count(connection, reference)
        paths = connection.execute(sa.select(file.c.path).order_by(file.c.path)).scalars()
        missing = tuple(path for path in paths if Path(path).is_absolute() and not Path(path).exists())
        names = subjects.doubtful_names(connection)
    if not problems and not _index_agrees(index):
        index.rebuild()
        problems = [Problem("gallery.index", "the search index disagreed with the database; it was rebuilt.")]
    return CheckReport(tuple(problems), missing, references, (*permissions.shared(store.path), *names))


def _damage(store: Store) -> tuple[str, ...]:
    try:
        return store.integrity()
    except GalleryError as error:
        return (error.message,)


def _template_problems(connection: sa.Connection, dimension: int) -> list[Problem]:
    """References whose template is absent, of the wrong length, or cannot be compared."""
    lost = sa.select(reference.c.id).where(~sa.exists().where(template.c.reference_id == reference.c.id))
    problems = [_template_problem(number, "has no template") for number in connection.execute(lost).scalars()]
    columns = sa.select(template.c.reference_id, template.c.vector, template.c.covered)
    for number, *blobs in connection.execution_options(yield_per=10_000).execute(columns):
        for blob in (blob for blob in blobs if blob is not None):
            if len(blob) != 4 * dimension:
                problems.append(_template_problem(number, f"has a template of {len(blob)} bytes, not {4 * dimension}"))
            elif not (np.isfinite(vector := catalogue.vector_of(blob)).all() and vector.any()):
                problems.append(_template_problem(number, "has a template that is not finite or all zero"))
    return problems


def _template_problem(number: int, what: str) -> Problem:
    return Problem(
        "gallery.template",
        f"reference {number} {what}; delete it and enrol its photo again, or restore a copy.",
    )


def _index_agrees(index: DerivedIndex) -> bool:
    """Whether the index holds what the database holds, and finds a sample of it."""
    with index.snapshot() as now:
        vectors = now.index
        stored = np.fromiter(now.connection.execute(sa.select(template.c.reference_id)).scalars(), np.int64)
        if vectors is None:
            return len(stored) == 0
        if not np.array_equal(np.sort(vectors.ids), np.sort(stored)):
            return False
        sample = stored[:: max(1, len(stored) // _SAMPLE)].tolist()
        if not sample:
            return True
        found, _ = vectors.search(np.stack(list(catalogue.vectors(now.connection, sample).values())), 1)
        return bool(found.min() >= _ITSELF)
