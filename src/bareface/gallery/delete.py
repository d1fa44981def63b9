"""Deletion: a reference that is deleted leaves no bytes of itself in the gallery's files."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bareface.errors import BarefaceError, UsageError
from bareface.gallery import subjects
from bareface.imaging import decode as images
from bareface.imaging.folders import absolute
from bareface.storage.sqlite import queries as catalogue
from bareface.storage.sqlite.schema import file, reference, restoration, subject
from bareface.values.gallery import Deleted

_ANY: sa.types.TypeEngine[Any] = sa.types.NullType()
"""Reads what is stored without a check: a damaged row must be possible to delete."""


def delete_subject(connection: sa.Connection, which: int | str) -> Deleted:
    """Delete a subject with all its references, its aliases, and what was corrected towards it.

    A subject whose last reference was deleted is known by what was corrected towards it.
    """
    waiting = subjects.waiting(connection, which)
    if waiting is not None:
        subjects.forget(connection, waiting)
        return Deleted(0, 0, 1)
    number = subjects.find(connection, which)
    subjects.forget(connection, subjects.target(connection, number))
    return _delete_where(connection, reference.c.subject_id == number)


def delete_photo(connection: sa.Connection, path: str | Path) -> Deleted:
    """Delete all references from a photo, known by its path or, if it was moved, by its content."""
    wanted = file.c.path == absolute(path)
    number = connection.execute(sa.select(file.c.id).where(wanted)).scalars().all()
    if not number and Path(path).is_file():
        with suppress(BarefaceError):
            wanted = file.c.sha256 == images.fingerprint(path, None)
        number = connection.execute(sa.select(file.c.id).where(wanted)).scalars().all()
    if not number:
        raise UsageError(
            "usage.unknown-photo",
            "no reference comes from this photo.",
            source=str(path),
            remedy="`bareface gallery references` lists the photos.",
        )
    return _delete_where(connection, reference.c.file_id.in_(number))


def delete_references(connection: sa.Connection, numbers: Iterable[int]) -> Deleted:
    """Delete these references: templates and pictures go with them by foreign key, then what nothing needs."""
    files: set[int] = set()
    subjects: set[int] = set()
    count = 0
    for group in catalogue.chunks(numbers):
        these = reference.c.id.in_(group)
        raw = sa.select(sa.type_coerce(reference.c.file_id, _ANY), sa.type_coerce(reference.c.subject_id, _ANY))
        rows = connection.execute(raw.where(these)).all()
        files.update(row[0] for row in rows if isinstance(row[0], int))
        subjects.update(row[1] for row in rows if isinstance(row[1], int))
        count += connection.execute(reference.delete().where(these)).rowcount
    photos = catalogue.drop_unused(connection, file, files)
    # Small pictures of the face are in there, too.
    connection.execute(restoration.delete().where(restoration.c.source_sha256.not_in(sa.select(file.c.sha256))))
    return Deleted(count, photos, catalogue.drop_unused(connection, subject, subjects))


def _delete_where(connection: sa.Connection, where: sa.ColumnElement[bool]) -> Deleted:
    return delete_references(connection, connection.execute(sa.select(reference.c.id).where(where)).scalars().all())
