"""Deletion: a reference that is deleted leaves no bytes of itself in the gallery's files."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa

from bareface import images
from bareface.errors import BarefaceError, UsageError
from bareface.gallery import catalogue
from bareface.gallery.records import Deleted
from bareface.gallery.schema import correction, file, reference, subject
from bareface.gallery.walk import absolute


def delete_subject(connection: sa.Connection, which: int | str) -> Deleted:
    """Delete a subject with all its references; its name goes from corrections, too."""
    number = catalogue.find_subject(connection, which)
    key, name = connection.execute(sa.select(subject.c.key, subject.c.name).where(subject.c.id == number)).one()
    c = correction.c
    # What was said about faces stands (a rejected face stays rejected), what was said about the person goes.
    connection.execute(correction.delete().where(c.kind == "merge", (c.subject_key == key) | (c.merged_name == name)))
    connection.execute(correction.update().where(c.subject_key == key).values(subject_name=None))
    return _delete(connection, reference.c.subject_id == number)


def delete_photo(connection: sa.Connection, path: str | Path) -> Deleted:
    """Delete all references from a photo, known by its path or, if it was moved, by its content."""
    wanted = file.c.path == absolute(path)
    number = connection.execute(sa.select(file.c.id).where(wanted)).scalars().all()
    if not number and Path(path).is_file():
        with suppress(BarefaceError):
            wanted = file.c.sha256 == images.fingerprint(path)
        number = connection.execute(sa.select(file.c.id).where(wanted)).scalars().all()
    if not number:
        raise UsageError(
            "usage.unknown-photo",
            "no reference comes from this photo.",
            source=str(path),
            remedy="`bareface gallery references` lists the photos.",
        )
    return _delete(connection, reference.c.file_id.in_(number))


def delete_references(connection: sa.Connection, numbers: Sequence[int]) -> Deleted:
    """Delete these references."""
    catalogue.find_references(connection, numbers)
    total = 0
    for group in catalogue.chunks(numbers):
        total += _delete(connection, reference.c.id.in_(group), orphans=False).references
    return Deleted(total, *catalogue.drop_orphans(connection))


def _delete(connection: sa.Connection, where: sa.ColumnElement[bool], *, orphans: bool = True) -> Deleted:
    """Templates and pictures go with their reference, by foreign key."""
    references = connection.execute(reference.delete().where(where)).rowcount
    return Deleted(references, *(catalogue.drop_orphans(connection) if orphans else (0, 0)))
