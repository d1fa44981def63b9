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
from bareface.gallery import catalogue
from bareface.gallery.deletion import delete_references
from bareface.gallery.records import Deleted, Reference
from bareface.gallery.schema import correction, reference, subject
from bareface.types import Box, Face

SAME_FACE_IOU = 0.5


@dataclass(frozen=True, slots=True)
class Target:
    """The subject that a correction means: by key, which outlives the subject's deletion."""

    key: str
    name: str | None


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


def subject_for(connection: sa.Connection, target: Target) -> int:
    """The number of a correction's subject, made anew if it was deleted."""
    query = sa.select(subject.c.id)
    found = connection.execute(query.where(subject.c.key == target.key)).scalar()
    if found is None and target.name is not None:
        found = connection.execute(query.where(subject.c.name == target.name)).scalar()
    return int(found) if found is not None else catalogue.add_subject(connection, target.name, target.key)


def subject_named(connection: sa.Connection, name: str) -> int:
    """The number of the subject that a name means, perhaps merged into another; made if there is none."""
    c = correction.c
    merged = connection.execute(sa.select(c.subject_key, c.subject_name).where(c.merged_name == name)).first()
    if merged is not None:
        return subject_for(connection, Target(*merged))
    found = connection.execute(sa.select(subject.c.id).where(subject.c.name == name)).scalar()
    return int(found) if found is not None else catalogue.add_subject(connection, name)


def assign(connection: sa.Connection, references: Iterable[Reference], subject_id: int) -> None:
    """These faces are this subject's."""
    target = _target(connection, subject_id)
    moved = list(references)
    if target.name is None:  # no folder's name will bring its other faces together again
        moved += catalogue.references_of(connection, subject_id)
    for one in moved:
        _replace(connection, one, target)
        there = reference.update().where(reference.c.id == one.id)
        connection.execute(there.values(subject_id=subject_id))
    catalogue.drop_unused(connection, subject, {one.subject_id for one in moved})


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
        ``usage.subject-exists``.
    """
    if name is not None and connection.execute(sa.select(subject.c.id).where(subject.c.name == name)).first():
        raise UsageError(
            "usage.subject-exists",
            f"there is a subject called {name!r}.",
            remedy="Choose another name, or give the faces to that subject with `bareface gallery assign`.",
        )
    number = catalogue.add_subject(connection, name)
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
    kept, merged = _target(connection, kept_id), _target(connection, merged_id)
    ones = tuple(catalogue.references_of(connection, merged_id))
    towards = correction.update().where(correction.c.subject_key == merged.key)
    connection.execute(towards.values(subject_key=kept.key, subject_name=kept.name))
    assign(connection, ones, kept_id)
    if merged.name is None:
        return
    if kept.name is None:
        connection.execute(subject.update().where(subject.c.id == kept_id).values(name=merged.name))
        same = correction.update().where(correction.c.subject_key == kept.key)
        connection.execute(same.values(subject_name=merged.name))
    else:
        alias = {"merged_name": merged.name, "subject_key": kept.key, "subject_name": kept.name}
        connection.execute(correction.insert().values(kind="merge", made=datetime.now(UTC), **alias))


def _target(connection: sa.Connection, subject_id: int) -> Target:
    row = connection.execute(sa.select(subject.c.key, subject.c.name).where(subject.c.id == subject_id)).one()
    return Target(*row)


def _replace(connection: sa.Connection, one: Reference, target: Target | None) -> None:
    """Put a face's correction in place of an earlier one of the same face."""
    c = correction.c
    query = sa.select(c.id, c.x1, c.y1, c.x2, c.y2).where(c.sha256 == one.sha256)
    earlier = [row[0] for row in connection.execute(query) if Box(*row[1:]).iou(one.box) >= SAME_FACE_IOU]
    connection.execute(correction.delete().where(c.id.in_(earlier)))
    values = {"sha256": one.sha256, **one.box._asdict(), "made": datetime.now(UTC)}
    if target is None:
        values |= {"kind": "reject"}
    else:
        values |= {"kind": "assign", "subject_key": target.key, "subject_name": target.name}
    connection.execute(correction.insert().values(values))
