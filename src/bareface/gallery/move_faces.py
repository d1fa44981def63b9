"""Move faces between subjects by hand, merge and rename subjects, and reject faces.

Corrections are kept apart from the references, so enrolling a folder again does not undo them: a correction names a
photo by its content and a face by its place. Faces of a photo are told apart by the overlap of their boxes, so another
detector's slightly different box still finds its correction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bareface.errors import UsageError
from bareface.gallery import subjects
from bareface.storage.ports import GalleryWriter
from bareface.values import names
from bareface.values.correction import Target
from bareface.values.gallery import Deleted, Reference


def assign(writer: GalleryWriter, references: Iterable[Reference], subject: int) -> None:
    """Give these faces to a subject.

    A subject that is left with none was not who it seemed: its aliases end, so that nobody who gets its name later
    takes over photos of others.
    """
    target = writer.target(subject)
    moved = list(references)
    if target.name is None:  # no folder's name will bring its other faces together again
        moved += writer.references_of(subject)
    for one in moved:
        writer.correct(one.sha256, one.box, target)
    writer.move_references([one.id for one in moved], subject)
    before = {one.subject_id for one in moved}
    writer.end_aliases_of_emptied(before)
    writer.drop_unused_subjects(before)


def reject(writer: GalleryWriter, references: Sequence[Reference]) -> Deleted:
    """Delete these faces, and never enrol them again."""
    for one in references:
        writer.correct(one.sha256, one.box, None)
    return writer.delete_references(one.id for one in references)


def split(writer: GalleryWriter, references: Sequence[Reference], name: str | None, *, apart: bool = False) -> int:
    """Move faces to a new subject; return its number.

    With ``apart`` it is kept that they are not the person whose other faces stay behind.

    Raises
    ------
    UsageError
        ``usage.subject-exists``, ``usage.name``.
    """
    number = subjects.add(writer, None if name is None else subjects.free(writer, name))
    assign(writer, references, number)
    if apart:
        for before in {one.subject_id for one in references}:
            left = writer.references_by_subject(before)
            for one in references if left else ():
                if one.subject_id == before:
                    writer.tell_apart(one.id, left[0], "different")
    return number


def merge(writer: GalleryWriter, kept: int, merged: int) -> None:
    """Make the second subject the first: its references, its name, and all that was corrected towards it.

    A first subject without a name takes the second's.

    Raises
    ------
    UsageError
        ``usage.merge``: they are one already.
    """
    if kept == merged:
        raise UsageError("usage.merge")
    into, former = writer.target(kept), writer.target(merged)
    ones = writer.references_of(merged)
    writer.retarget(into, key=former.key)
    assign(writer, ones, kept)
    writer.drop_unused_subjects([merged])
    if into.name is None and former.name is not None:
        subjects.take(writer, kept, former.name)
    elif former.name is not None:
        _alias(writer, former.name, into)


def rename(writer: GalleryWriter, subject: int, name: str) -> None:
    """Give a subject another name; the earlier one is its alias from now on, as that of a merged subject is.

    Raises
    ------
    UsageError
        ``usage.subject-exists``, ``usage.name``.
    """
    name = subjects.free(writer, name, but=subject)
    earlier = writer.target(subject).name
    subjects.take(writer, subject, name)
    if earlier is not None:
        _alias(writer, earlier, writer.target(subject))
    else:  # no folder's name brings its faces back
        assign(writer, writer.references_of(subject), subject)


def _alias(writer: GalleryWriter, name: str, target: Target) -> None:
    if names.same(name, target.name) or names.reads_as_number(name):
        return
    writer.end_alias(name)
    writer.add_alias(name, target)
