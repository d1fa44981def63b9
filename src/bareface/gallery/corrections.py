"""What people corrected: kept apart from the references, so that enrolling a folder anew does not undo it.

A correction names a photo by its content and a face by its place in it. Faces of a photo are told apart by the
overlap of their boxes, so another detector's slightly different box still finds its correction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from bareface.errors import UsageError
from bareface.gallery import subjects
from bareface.gallery.delete import delete_references
from bareface.gallery.subjects import Target
from bareface.storage.sqlite import queries as catalogue
from bareface.storage.sqlite.schema import correction, reference, subject
from bareface.values import names
from bareface.values.face import Box, Face
from bareface.values.gallery import Deleted, Reference

SAME_FACE_IOU = 0.5


@dataclass(frozen=True, slots=True)
class Standing:
    """One standing correction of a face; no target: the face is not to be enrolled."""

    box: Box
    target: Target | None

    def concerns(self, box: Box) -> bool:
        """Whether this is the face that was corrected."""
        return self.box.iou(box) >= SAME_FACE_IOU


def standing(connection: sa.Connection, sha256: str) -> tuple[Standing, ...]:
    """The corrections of a photo's faces."""
    c = correction.c
    query = sa.select(c.x1, c.y1, c.x2, c.y2, c.subject_key, c.subject_name).where(c.sha256 == sha256)
    return tuple(
        Standing(Box(*row[:4]), None if row[4] is None else Target(row[4], row[5])) for row in connection.execute(query)
    )


def rejected(face: Face, corrections: Iterable[Standing]) -> bool:
    """Whether a face is not to be enrolled."""
    return any(one.target is None and one.concerns(face.box) for one in corrections)


def target_of(face: Face, corrections: Iterable[Standing]) -> Target | None:
    """To whom a face was assigned, if it was."""
    return next((one.target for one in corrections if one.target is not None and one.concerns(face.box)), None)


def assign(connection: sa.Connection, references: Iterable[Reference], subject_id: int) -> None:
    """These faces are this subject's.

    A subject that is left with none was not who it seemed: its aliases end, so that nobody who gets its name later
    takes over photos of others.
    """
    target = subjects.target(connection, subject_id)
    moved = list(references)
    if target.name is None:  # no folder's name will bring its other faces together again
        moved += catalogue.references_of(connection, subject_id)
    for one in moved:
        _replace(connection, one, target)
        there = reference.update().where(reference.c.id == one.id)
        connection.execute(there.values(subject_id=subject_id))
    before = {one.subject_id for one in moved}
    subjects.end_aliases_of_emptied(connection, before)
    catalogue.drop_unused(connection, subject, before)


def reject(connection: sa.Connection, references: Sequence[Reference]) -> Deleted:
    """These faces are in the gallery no more, and are not enrolled again."""
    for one in references:
        _replace(connection, one, None)
    return delete_references(connection, [one.id for one in references])


def split(connection: sa.Connection, references: Iterable[Reference], name: str | None) -> int:
    """These faces are a subject of their own; returns its number.

    Raises
    ------
    UsageError
        ``usage.subject-exists``, ``usage.name``.
    """
    number = subjects.add(connection, None if name is None else subjects.free(connection, name))
    assign(connection, references, number)
    return number


def merge(connection: sa.Connection, kept_id: int, merged_id: int) -> None:
    """The second subject is the first: its references, its name, and all that was corrected towards it.

    A first subject without a name takes the second's.

    Raises
    ------
    UsageError
        ``usage.merge``: they are one already.
    """
    if kept_id == merged_id:
        raise UsageError("usage.merge", "a subject cannot be merged with itself.")
    kept, merged = subjects.target(connection, kept_id), subjects.target(connection, merged_id)
    ones = catalogue.references_of(connection, merged_id)
    towards = correction.update().where(correction.c.subject_key == merged.key)
    connection.execute(towards.values(**_columns(kept)))
    assign(connection, ones, kept_id)
    catalogue.drop_unused(connection, subject, [merged_id])
    if kept.name is None and merged.name is not None:
        subjects.take(connection, kept_id, merged.name)
    elif merged.name is not None:
        _alias(connection, merged.name, kept)


def rename(connection: sa.Connection, subject_id: int, name: str) -> None:
    """Give a subject another name; the earlier one is its alias from now on, as that of a merged subject is.

    Raises
    ------
    UsageError
        ``usage.subject-exists``, ``usage.name``.
    """
    name = subjects.free(connection, name, but=subject_id)
    earlier = subjects.target(connection, subject_id)
    subjects.take(connection, subject_id, name)
    if earlier.name is not None:
        _alias(connection, earlier.name, subjects.target(connection, subject_id))
    else:  # no folder's name brings its faces back
        assign(connection, catalogue.references_of(connection, subject_id), subject_id)


def _alias(connection: sa.Connection, name: str, kept: Target) -> None:
    if names.same(name, kept.name) or names.reads_as_number(name):
        return
    subjects.end_alias(connection, name)
    values = {"kind": "merge", "merged_name": names.key(name), "made": datetime.now(UTC), **_columns(kept)}
    connection.execute(correction.insert().values(values))


def _columns(target: Target) -> dict[str, str | None]:
    key = None if target.name is None else names.key(target.name)
    return {"subject_key": target.key, "subject_name": target.name, "subject_name_key": key}


def _replace(connection: sa.Connection, one: Reference, target: Target | None) -> None:
    """Put a face's correction in place of an earlier one of the same face."""
    c = correction.c
    query = sa.select(c.id, c.x1, c.y1, c.x2, c.y2).where(c.sha256 == one.sha256)
    earlier = [row[0] for row in connection.execute(query) if Box(*row[1:]).iou(one.box) >= SAME_FACE_IOU]
    connection.execute(correction.delete().where(c.id.in_(earlier)))
    values: dict[str, object] = {"sha256": one.sha256, **one.box._asdict(), "made": datetime.now(UTC)}
    if target is None:
        values["kind"] = "reject"
    else:
        values.update(kind="assign", **_columns(target))
    connection.execute(correction.insert().values(values))
