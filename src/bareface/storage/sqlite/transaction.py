"""A gallery's tables behind the ports :class:`GalleryReader` and :class:`GalleryWriter`.

Each method is one statement or a few, and none of them decides anything.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from bareface.storage.ports import Maker, NewReference, State, StoredPhoto
from bareface.storage.sqlite import apart, pages, queries, restored, rows, staged_templates, statements
from bareface.storage.sqlite.schema import correction, file, gallery, reference, restoration, subject, template
from bareface.values import names
from bareface.values.correction import Correction, Target
from bareface.values.face import Box, Float32, Template
from bareface.values.gallery import Deleted, GalleryInfo, Reference, ReferencePage, Subject, SubjectPage
from bareface.values.suggestion import ApartAnswer, ApartPage

_UNCHECKED: sa.types.TypeEngine[Any] = sa.types.NullType()
"""Reads what is stored without a check: a damaged row must be possible to delete."""


class SqliteReader:
    """A :class:`bareface.storage.ports.GalleryReader` on an open connection."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def state(self) -> State:
        """Return what the gallery is pinned to."""
        return State(*self._connection.execute(statements.STATE).one())

    def has_subject(self, number: int) -> bool:
        """Return whether there is a subject of this number."""
        query = sa.select(subject.c.id).where(subject.c.id == number)
        return 0 <= number <= queries.LARGEST and self._connection.execute(query).first() is not None

    def subjects_called(self, name: str) -> list[int]:
        """Return the numbers of the subjects of this name."""
        found = list(self._connection.execute(statements.CALLED, {"keys": names.keys(name)}).scalars())
        if not found and queries.has_former_keys(self._connection):
            found = [number for number, called in self.subject_names() if names.same(called, name)]
        return found

    def subject_names(self) -> list[tuple[int, str]]:
        """Return all named subjects, by number."""
        return [(row[0], row[1]) for row in self._connection.execute(statements.NAMED)]

    def subject_of_key(self, key: str) -> int | None:
        """Return the number of the subject with this key."""
        return self._connection.execute(statements.OF_KEY, {"key": key}).scalar()

    def target(self, number: int) -> Target:
        """Return key and name of a subject that is there."""
        return Target(*self._connection.execute(statements.TARGET, {"number": number}).one())

    def subjects(self) -> tuple[Subject, ...]:
        """Return all subjects: named ones by name, then unnamed ones by number."""
        return queries.subjects(self._connection)

    def subject(self, number: int) -> Subject:
        """Return one subject, which is there."""
        return queries.one_subject(self._connection, number)

    def subject_page(self, limit: int, after: tuple[str | None, int] | None, text: str) -> SubjectPage:
        """Return some subjects in the order of :meth:`subjects`."""
        return pages.subject_page(self._connection, limit, after, text)

    def unnamed(self, after: int, limit: int) -> dict[int, int]:
        """Return the best references of unnamed subjects above a number, by subject."""
        return pages.unnamed(self._connection, after, limit)

    def count_unnamed(self, up_to: int | None = None) -> int:
        """Return how many unnamed subjects there are."""
        below = () if up_to is None else (subject.c.id <= up_to,)
        return queries.count(self._connection, subject, subject.c.name.is_(None), *below)

    def told_apart(self, subject: int, *, undecided: bool) -> set[int]:
        """Return the subjects that are told apart from one."""
        return apart.told_apart(self._connection, subject, undecided=undecided)

    def together(self, subject: int) -> set[int]:
        """Return the subjects that are in a photo with one."""
        return apart.together(self._connection, subject)

    def apart_page(self, limit: int, after: int) -> ApartPage:
        """Return some answers above a number."""
        return apart.page(self._connection, limit, after)

    def count_undecided(self) -> int:
        """Return how many pairs of faces nobody could say about."""
        return apart.undecided(self._connection)

    def corrections_of(self, sha256: str) -> tuple[Correction, ...]:
        """Return the corrections of the faces in a photo."""
        return tuple(
            Correction(Box(*row[:4]), None if row[4] is None else Target(row[4], row[5]))
            for row in self._connection.execute(statements.CORRECTIONS, {"sha256": sha256})
        )

    def alias(self, name: str) -> Target | None:
        """Return the subject that this name is an alias of."""
        return self._corrected(statements.ALIAS, name)

    def waiting(self, name: str) -> Target | None:
        """Return the subject of this name that corrections name."""
        return self._corrected(statements.WAITING, name)

    def _corrected(self, statement: sa.Select[Any], name: str) -> Target | None:
        row = self._connection.execute(statement, {"key": names.key(name)}).first()
        return None if row is None else Target(*row)

    def owners_of(self, sha256: str) -> Mapping[str, str | None]:
        """Return the names by key of the subjects whose references come from a photo."""
        return {row.key: row.name for row in self._connection.execute(statements.OWNERS, {"sha256": sha256})}

    def templates_by(self, model: str) -> Iterator[tuple[Float32, int]]:
        """Return the templates of a model, each with the number of its subject."""
        query = sa.select(template.c.vector, reference.c.subject_id).select_from(template).join(reference)
        query = query.where(template.c.model == model).execution_options(yield_per=1 << 12)
        for blob, owner in self._connection.execute(query):
            yield np.frombuffer(blob, "<f4"), owner

    def photos_below(self, folder: str) -> list[tuple[int, str, str]]:
        """Return number, SHA-256 and path of the photos below a folder, by path."""
        first, behind = folder.rstrip(os.sep) + os.sep, folder.rstrip(os.sep) + chr(ord(os.sep) + 1)
        query = sa.select(file.c.id, file.c.sha256, file.c.path).order_by(file.c.path)
        below = query.where(file.c.path >= first, file.c.path < behind)  # a range, so that the index serves
        return [(row[0], row[1], row[2]) for row in self._connection.execute(below)]

    def photos(self, numbers: Sequence[int] | None = None) -> list[StoredPhoto]:
        """Return these photos, or all, by number."""
        f = file.c
        query = sa.select(f.sha256, f.path, f.format, f.width, f.height).order_by(f.id)
        groups = [query] if numbers is None else [query.where(f.id.in_(group)) for group in queries.chunks(numbers)]
        return [
            StoredPhoto(row[0], row[1], row[2], (row[3], row[4]))
            for group in groups
            for row in self._connection.execute(group)
        ]

    def photos_at(self, path: str) -> list[int]:
        """Return the numbers of the photos that lie, or lay, at this path."""
        return self._photos(file.c.path == path)

    def photos_with(self, sha256: str) -> list[int]:
        """Return the numbers of the photos of this content, one at most."""
        return self._photos(file.c.sha256 == sha256)

    def _photos(self, where: sa.ColumnElement[bool]) -> list[int]:
        return list(self._connection.execute(sa.select(file.c.id).where(where)).scalars())

    def references(self) -> Iterator[Reference]:
        """Return all references by number."""
        return queries.references(self._connection)

    def references_of(self, subject: int) -> tuple[Reference, ...]:
        """Return the references of a subject, best quality first."""
        return queries.references_of(self._connection, subject)

    def reference_page(self, limit: int, after: int, subject: int | None) -> ReferencePage:
        """Return some references by number."""
        return pages.reference_page(self._connection, limit, after, subject)

    def best_reference(self, subject: int) -> Reference:
        """Return a subject's reference of the best quality."""
        return pages.best_reference(self._connection, subject)

    def find_references(self, numbers: Sequence[int]) -> tuple[Reference, ...]:
        """Return these references in this order."""
        return queries.find_references(self._connection, numbers)

    def check_references(self, numbers: Sequence[int]) -> None:
        """Refuse numbers without a reference, without reading what may be damaged."""
        queries.check_references(self._connection, numbers)

    def has_references(self, numbers: Sequence[int]) -> set[int]:
        """Return the given references that exist."""
        return set(queries.subject_ids(self._connection, numbers))

    def deletions(self) -> int:
        """Return how many references were deleted so far: their numbers only grow."""
        return queries.deletions(self._connection)

    def count_references(self) -> int:
        """Return how many references there are."""
        return queries.count(self._connection, reference)

    def highest_reference(self, first: int | None = None) -> int:
        """Return the highest number of a reference, of all or of the first so many."""
        numbers = sa.select(reference.c.id)
        if first is None or first >= self.count_references():
            query = numbers.order_by(reference.c.id.desc()).limit(1)
        else:
            query = numbers.order_by(reference.c.id).limit(1).offset(max(0, first - 1))
        return 0 if first == 0 else self._connection.execute(query).scalar() or 0

    def crop(self, number: int) -> bytes | None:
        """Return the kept picture of a reference, if any."""
        return queries.crop(self._connection, number)

    def info(self, path: Path) -> GalleryInfo:
        """Return the gallery in figures; ``path`` is its file."""
        return queries.info(self._connection, path)

    def photos_to_embed(self, maker: Maker) -> list[int]:
        """Return the numbers of the photos with a reference that has no template by this maker."""
        return staged_templates.photos_to_embed(self._connection, maker)

    def references_to_embed(self, maker: Maker, photos: Sequence[int]) -> list[Reference]:
        """Return the references without such a template that come from these photos."""
        return staged_templates.references_to_embed(self._connection, maker, photos)

    def left_to_embed(self, maker: Maker, numbers: Sequence[int]) -> set[int]:
        """Return the given references without such a template."""
        return staged_templates.left_to_embed(self._connection, maker, numbers)

    def count_to_embed(self, maker: Maker) -> int:
        """Return how many references have no such template."""
        return staged_templates.count_to_embed(self._connection, maker)


class SqliteWriter(SqliteReader):
    """A :class:`bareface.storage.ports.GalleryWriter` on an open connection, whose transaction its opener ends."""

    def pin_space(self, space: str, dimension: int) -> None:
        """Give the gallery its space, unless it has one."""
        self._connection.execute(statements.PIN, {"space": space, "dimension": dimension})

    def add_photo(self, photo: StoredPhoto) -> int:
        """Add a photo; returns its number."""
        return rows.add_photo(self._connection, photo)

    def add_reference(self, made: NewReference, subject: int, photo: int, basis: str | None) -> int:
        """Add a reference; returns its number."""
        return rows.add_reference(self._connection, made, subject, photo, basis)

    def move_photo(self, number: int, path: str) -> None:
        """Give a photo another path."""
        self._connection.execute(file.update().where(file.c.id == number).values(path=path))

    def drop_staged_of_others(self, maker: Maker) -> None:
        """Delete waiting templates of another maker."""
        staged_templates.drop_others(self._connection, maker)

    def stage(self, reference: int, made: Template, quality: float | None) -> None:
        """Let a template of a reference wait; its quality is stored at once."""
        staged_templates.stage(self._connection, reference, made, quality)

    def switch(self, maker: Maker, path: Path) -> bool:
        """Put waiting templates in place."""
        return staged_templates.switch(self._connection, maker, path)

    def add_subject(self, key: str) -> int:
        """Add an unnamed subject; returns its number."""
        return queries.inserted(self._connection, subject, {"name": None, "key": key})

    def name_subject(self, number: int, name: str) -> None:
        """Name a subject; corrections are left as they are."""
        values = {"name": name, "name_key": names.key(name), "namesake": 0}
        self._connection.execute(statements.NAME, {"number": number, **values})

    def drop_unused_subjects(self, numbers: Iterable[int]) -> int:
        """Delete the given subjects that no reference points to; returns how many."""
        return queries.drop_unused(self._connection, subject, numbers)

    def tell_apart(self, one: int, other: int, answer: ApartAnswer) -> int | None:
        """Keep an answer about two references; returns its number, or None where as much is known of them."""
        return apart.tell(self._connection, one, other, answer)

    def forget_apart(self, numbers: Iterable[int]) -> int:
        """Drop answers; returns how many."""
        return apart.forget(self._connection, numbers)

    def move_references(self, numbers: Sequence[int], subject: int) -> None:
        """Let references be another subject's."""
        for group in queries.chunks(numbers):
            self._connection.execute(reference.update().where(reference.c.id.in_(group)).values(subject_id=subject))

    def correct(self, sha256: str, box: Box, target: Target | None) -> None:
        """Correct the face in this box, in place of an earlier correction of the same face."""
        c = correction.c
        query = sa.select(c.id, c.x1, c.y1, c.x2, c.y2).where(c.sha256 == sha256)
        there = self._connection.execute(query).all()
        earlier = [row[0] for row in there if Correction(Box(*row[1:]), None).concerns(box)]
        self._connection.execute(correction.delete().where(c.id.in_(earlier)))
        values: dict[str, object] = {"sha256": sha256, **box._asdict(), "made": datetime.now(UTC)}
        values |= {"kind": "reject"} if target is None else {"kind": "assign", **_towards(target)}
        self._connection.execute(correction.insert().values(values))

    def retarget(self, to: Target, *, key: str, name: str | None = None) -> None:
        """Let corrections towards a key, or towards a name, mean this subject."""
        c = correction.c
        same = c.subject_key == key
        if name is not None:
            same |= c.subject_name_key == names.key(name)
        self._connection.execute(correction.update().where(same).values(**_towards(to)))

    def add_alias(self, name: str, target: Target) -> None:
        """Let a name mean a subject that has another."""
        values = {"kind": "merge", "merged_name": names.key(name), "made": datetime.now(UTC), **_towards(target)}
        self._connection.execute(correction.insert().values(values))

    def end_alias(self, name: str) -> None:
        """Let a name be nobody's alias."""
        self._connection.execute(correction.delete().where(correction.c.merged_name == names.key(name)))

    def end_aliases_of_emptied(self, numbers: Iterable[int]) -> None:
        """Drop the aliases of the given subjects that have no reference."""
        empty = ~sa.exists().where(reference.c.subject_id == subject.c.id)
        keys = sa.select(subject.c.key).where(subject.c.id.in_(sorted(numbers)), empty)
        aliases = correction.delete().where(correction.c.kind == "merge", correction.c.subject_key.in_(keys))
        self._connection.execute(aliases)

    def forget_corrections(self, key: str) -> None:
        """Drop corrections towards a subject, its aliases included; rejected faces stay rejected."""
        self._connection.execute(correction.delete().where(correction.c.subject_key == key))

    def references_from(self, photos: Sequence[int]) -> list[int]:
        """Return the numbers of the references that come from these photos."""
        return self._references(reference.c.file_id.in_(photos))

    def references_by_subject(self, subject: int) -> list[int]:
        """Return the numbers of a subject's references."""
        return self._references(reference.c.subject_id == subject)

    def _references(self, where: sa.ColumnElement[bool]) -> list[int]:
        return list(self._connection.execute(sa.select(reference.c.id).where(where)).scalars())

    def delete_references(self, numbers: Iterable[int]) -> Deleted:
        """Delete references with their pictures, photos and subjects left without any, and their restorations."""
        photos: set[int] = set()
        subjects: set[int] = set()
        count = 0
        raw = sa.select(
            sa.type_coerce(reference.c.file_id, _UNCHECKED), sa.type_coerce(reference.c.subject_id, _UNCHECKED)
        )
        numbers = list(numbers)
        apart.hand_over(self._connection, numbers)
        restored.forget_faces(self._connection, numbers)
        for group in queries.chunks(numbers):
            these = reference.c.id.in_(group)
            found = self._connection.execute(raw.where(these)).all()
            photos.update(row[0] for row in found if isinstance(row[0], int))
            subjects.update(row[1] for row in found if isinstance(row[1], int))
            count += self._connection.execute(reference.delete().where(these)).rowcount
        digests = self._digests(photos)
        dropped = queries.drop_unused(self._connection, file, photos)
        # A restoration holds small pictures of the face. Those of probes, which are not enrolled, stay on record.
        gone = restoration.c.source_sha256.not_in(sa.select(file.c.sha256))
        for some in queries.chunks(digests):
            self._connection.execute(restoration.delete().where(gone & restoration.c.source_sha256.in_(some)))
        if not queries.count(self._connection, reference):  # any model may make the next template
            emptied = gallery.c.space.is_not(None)
            unpinned = gallery.update().where(emptied).values(space=None, dimension=None, epoch=gallery.c.epoch + 1)
            self._connection.execute(unpinned)
        return Deleted(count, dropped, self.drop_unused_subjects(subjects))

    def _digests(self, photos: Iterable[int]) -> list[str]:
        """Return the SHA-256 of photos, as hex; without the damaged ones."""
        column = sa.type_coerce(file.c.sha256, _UNCHECKED)
        digests: list[str] = []
        for group in queries.chunks(photos):
            values = self._connection.execute(sa.select(column).where(file.c.id.in_(group))).scalars()
            digests += [value for value in values if isinstance(value, str)]
        return digests

    def mark_deleted(self) -> None:
        """Note that bytes of what was deleted are still to be overwritten."""
        mark_deleted(self._connection)


def mark_deleted(connection: sa.Connection) -> None:
    """Note in the file that bytes of what was deleted are still to be overwritten; the mark is random."""
    connection.exec_driver_sql(f"PRAGMA user_version = {1 + secrets.randbelow(2**31 - 1)}")


def _towards(target: Target) -> dict[str, str | None]:
    key = None if target.name is None else names.key(target.name)
    return {"subject_key": target.key, "subject_name": target.name, "subject_name_key": key}
