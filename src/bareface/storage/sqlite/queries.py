"""Queries of a gallery's tables, each on an open connection."""

from __future__ import annotations

import math
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from bareface.errors import UsageError
from bareface.storage.sqlite import statements
from bareface.storage.sqlite.columns import Damaged, source_of
from bareface.storage.sqlite.schema import correction, file, gallery, picture, reference, subject, template
from bareface.system.chunks import chunks as groups_of
from bareface.values.face import Box, Float32, UInt8
from bareface.values.gallery import GalleryInfo, Reference, Subject, TemplateCount

_T = TypeVar("_T")
_AT_ONCE = 500
"""Values bound to one statement: old SQLite allows 999."""

LARGEST = 2**63 - 1
"""The largest number that SQLite stores."""

MASKED = ("partial", "full")
"""Named one by one, so that their index serves."""


def chunks(values: Iterable[_T]) -> Iterator[tuple[_T, ...]]:
    """Yield the values in groups that are small enough to bind to one statement."""
    return groups_of(values, _AT_ONCE)


def count(connection: sa.Connection, table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
    """Return how many rows a table has; without a condition SQLite looks at no row."""
    return connection.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one()


def sizes(connection: sa.Connection) -> dict[str, int]:
    """Return how many subjects, references, photos and corrections there are, by those names."""
    tables = {"subjects": subject, "references": reference, "photos": file, "corrections": correction}
    return {name: count(connection, table) for name, table in tables.items()}


def info(connection: sa.Connection, path: Path) -> GalleryInfo:
    """Return the gallery in figures; ``path`` is its file."""
    row = connection.execute(sa.select(gallery)).one()
    return GalleryInfo(
        path=str(path),
        uuid=row.uuid,
        space=row.space,
        dimension=row.dimension,
        templates=template_counts(connection),
        size=sum(_size(Path(os.path.realpath(path) + end)) for end in ("", "-wal", "-index")),
        generation=row.generation,
        created=row.created,
        **sizes(connection),
    )


def _size(path: Path) -> int:
    """Return the size of a file, 0 where there is none: other programs remove logs and indexes at any time."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def template_counts(connection: sa.Connection) -> tuple[TemplateCount, ...]:
    """Return which models made the references, in which precision.

    Usually one made them all, and each search of a new state asks: so their names are sought one after the other in the
    index, and what the newest template's model made is the rest of what there is.
    """
    t = template.c
    made = sa.select(t.model, t.precision)
    newest = connection.execute(made.order_by(t.reference_id.desc()).limit(1)).first()
    if newest is None:
        return ()
    counts: dict[tuple[str, str], int] = {}
    following = made.order_by(t.model, t.precision).limit(1)
    row = connection.execute(following).first()
    while row is not None:
        model, precision = row
        by_it = sa.select(sa.func.count()).where(t.model == model, t.precision == precision)
        counts[model, precision] = 0 if row == newest else connection.execute(by_it).scalar_one()
        same_model = following.where(t.model == model, t.precision > precision)
        row = connection.execute(same_model).first() or connection.execute(following.where(t.model > model)).first()
    counts[newest[0], newest[1]] = count(connection, template) - sum(counts.values())
    return tuple(TemplateCount(*by, references) for by, references in counts.items())


def template_numbers(connection: sa.Connection, highest: int) -> NDArray[np.int64]:
    """Return the numbers of the references up to one that have a template, in one row: they are many."""
    t = template.c.reference_id
    query = sa.select(sa.func.group_concat(t)).where(t <= highest)
    listed = connection.execute(query).scalar()
    return np.array(listed.split(",") if listed else [], np.int64)


def has_templates_by(connection: sa.Connection, model: str) -> bool:
    """Return whether a model made any of the references."""
    query = sa.select(template.c.reference_id).where(template.c.model == model).limit(1)
    return connection.execute(query).first() is not None


def subjects(connection: sa.Connection) -> tuple[Subject, ...]:
    """Return all subjects with their counts of references: named ones by name, then unnamed ones by number."""
    query = (
        sa.select(subject.c.id, subject.c.name, sa.func.count(reference.c.id))
        .select_from(subject)
        .outerjoin(reference)
        .group_by(subject.c.id, subject.c.name)
        .order_by(subject.c.name.is_(None), subject.c.name, subject.c.id)
    )
    also = aliases(connection)
    listing = tuple(Subject(row[0], row[1], row[2], also.get(row[0], ())) for row in connection.execute(query))
    if sum(one.references for one in listing) != count(connection, reference):
        raise Damaged("some references have no subject")
    return listing


def one_subject(connection: sa.Connection, number: int) -> Subject:
    """Return one subject, which is there."""
    having = sa.select(sa.func.count()).where(reference.c.subject_id == number).scalar_subquery()
    query = sa.select(subject.c.id, subject.c.name, having).where(subject.c.id == number)
    return Subject(*connection.execute(query).one(), aliases(connection, [number]).get(number, ()))


def aliases(connection: sa.Connection, numbers: Sequence[int] | None = None) -> dict[int, tuple[str, ...]]:
    """List the aliases of each subject that has some, of all or of these few, oldest first."""
    towards = sa.and_(correction.c.kind == "merge", correction.c.subject_key == subject.c.key)
    query = sa.select(subject.c.id, correction.c.merged_name).join(correction, towards).order_by(correction.c.id)
    if numbers is not None:
        query = query.where(subject.c.id.in_(numbers))
    names: defaultdict[int, list[str]] = defaultdict(list)
    for owner, name in connection.execute(query):
        names[owner].append(name)
    return {owner: tuple(several) for owner, several in names.items()}


def references(connection: sa.Connection, where: sa.ColumnElement[bool] | None = None) -> Iterator[Reference]:
    """Return the references in the order of their numbers."""
    r, f, t = reference.c, file.c, template.c
    query = (
        sa.select(
            r.id,
            r.subject_id,
            subject.c.name,
            f.path,
            f.format,
            f.sha256,
            r.x1,
            r.y1,
            r.x2,
            r.y2,
            r.score,
            t.model,
            t.precision,
            r.basis,
            r.enrolled,
            picture.c.crop.is_not(None),
            t.mask_state,
            t.visible,
            r.quality,
            subject.c.id,
        )
        .select_from(reference)
        .outerjoin(subject)  # an inner join would leave out, unsaid, what has lost its subject, photo or template
        .outerjoin(file)
        .outerjoin(template)
        .outerjoin(picture)
        .order_by(r.id)
    )
    if where is not None:
        query = query.where(where)
    for *row, owner in connection.execute(query):
        if owner is None:
            raise Damaged(f"reference {row[0]} has no subject")
        number, subject_id, name, path, format, sha256, *rest = row
        values: tuple[Any, ...] = (number, subject_id, name, source_of(path, format), sha256, Box(*rest[:4]), *rest[4:])
        yield Reference(*values)


def references_of(connection: sa.Connection, subject_id: int) -> tuple[Reference, ...]:
    """Return the references of one subject, best quality first; those of unknown or equal quality by number."""
    listing = references(connection, reference.c.subject_id == subject_id)
    return tuple(sorted(listing, key=lambda one: -1.0 if one.quality is None else one.quality, reverse=True))


def references_by_id(connection: sa.Connection, ids: Sequence[int]) -> dict[int, Reference]:
    """Return references by number; numbers that are not enrolled are omitted."""
    possible = (number for number in ids if 0 <= number < 2**63)  # a larger one has no place in the database
    groups = (references(connection, reference.c.id.in_(group)) for group in chunks(possible))
    return {one.id: one for group in groups for one in group}


def subject_ids(connection: sa.Connection, ids: Sequence[int]) -> dict[int, int]:
    """Return subject numbers by reference number."""
    owners: dict[int, int] = {}
    for group in chunks(ids):
        query = sa.select(reference.c.id, reference.c.subject_id).where(reference.c.id.in_(group))
        owners.update((row[0], row[1]) for row in connection.execute(query))
    return owners


def vectors(connection: sa.Connection, ids: Sequence[int]) -> dict[int, Float32]:
    """Return the templates [d] of these references."""
    templates: dict[int, Float32] = {}
    for group in chunks(ids):
        query = sa.select(template.c.reference_id, template.c.vector).where(template.c.reference_id.in_(group))
        templates.update(decoded(connection, query))
    return templates


def upper_face_vectors(connection: sa.Connection, ids: Sequence[int], model: str) -> dict[int, Float32]:
    """Return upper-face vectors [d] by reference id; references without one made by this model are omitted."""
    templates: dict[int, Float32] = {}
    t = template.c
    for group in chunks(ids):
        query = sa.select(t.reference_id, t.covered).where(
            t.reference_id.in_(group), t.covered.is_not(None), t.mask_state == "none", t.model == model
        )
        templates.update(decoded(connection, query))
    return templates


def count_masked(connection: sa.Connection) -> int:
    """Return the number of references that wear a mask."""
    query = sa.select(sa.func.count()).select_from(template).where(template.c.mask_state.in_(MASKED))
    return int(connection.execute(query).scalar_one())


def all_vectors(
    connection: sa.Connection, after: int, rows: int, dimension: int
) -> Iterator[tuple[NDArray[np.int64], Float32]]:
    """Return numbers [n] and templates [n, d] of references above ``after``, ``rows`` of them or fewer."""
    columns = template.c.reference_id, template.c.vector
    query = sa.select(*columns).where(template.c.reference_id > after).order_by(template.c.reference_id)
    result = connection.execution_options(yield_per=rows).execute(query)
    for part in result.partitions(rows):
        numbers = np.fromiter((row[0] for row in part), np.int64, len(part))
        yield numbers, _matrix([row[1] for row in part], dimension)


def thumbnails(connection: sa.Connection, ids: Sequence[int]) -> dict[int, UInt8]:
    """Return the thumbnails [n, n] of these references, where they have one."""
    pictures: dict[int, UInt8] = {}
    for group in chunks(ids):
        query = sa.select(picture.c.reference_id, picture.c.thumbnail).where(picture.c.reference_id.in_(group))
        for number, blob in connection.execute(query):
            pixels = np.frombuffer(blob, np.uint8)
            side = math.isqrt(len(pixels))
            pictures[number] = pixels.reshape(side, side)
    return pictures


def crop(connection: sa.Connection, number: int) -> bytes | None:
    """Return the kept picture of a reference."""
    blob: bytes | None = connection.execute(sa.select(picture.c.crop).where(picture.c.reference_id == number)).scalar()
    return blob


def decoded(connection: sa.Connection, query: sa.Select[Any]) -> dict[int, Float32]:
    """Return templates [d] by reference number, of the gallery's dimension and fit to be compared."""
    rows = connection.execute(query).all()
    dimension = connection.execute(sa.select(gallery.c.dimension)).scalar() or 0
    matrix = _matrix([row[1] for row in rows], dimension)
    return {row[0]: vector for row, vector in zip(rows, matrix, strict=True)}


def _matrix(blobs: Sequence[bytes], dimension: int) -> Float32:
    """Return stored templates [n, d]."""
    if any(len(blob) != 4 * dimension for blob in blobs):
        raise Damaged(f"a template has not {dimension} numbers")
    matrix = np.frombuffer(b"".join(blobs), "<f4").reshape(len(blobs), dimension).astype(np.float32, copy=False)
    if not (np.isfinite(matrix).all() and matrix.any(axis=1).all()):
        raise Damaged("a template is not finite or all zero")
    return matrix


def blob_of(vector: Float32) -> bytes:
    """Return a template [d] as it is stored."""
    return np.ascontiguousarray(vector, "<f4").tobytes()


def find_references(connection: sa.Connection, ids: Sequence[int]) -> tuple[Reference, ...]:
    """Return these references, in that order.

    Raises
    ------
    UsageError
        ``usage.unknown-reference``.
    """
    check_references(connection, ids)
    by_id = references_by_id(connection, ids)
    return tuple(by_id[one] for one in dict.fromkeys(ids))


def check_references(connection: sa.Connection, ids: Sequence[int]) -> None:
    """Refuse numbers that no reference has; the rows themselves are not read, so they may be damaged.

    Raises
    ------
    UsageError
        ``usage.unknown-reference``.
    """
    column = reference.c.id
    groups = chunks(number for number in ids if 0 <= number <= LARGEST)
    known = {n for group in groups for n in connection.execute(sa.select(column).where(column.in_(group))).scalars()}
    for one in ids:
        if one not in known:
            raise UsageError("usage.unknown-reference/number", number=one)


def inserted(connection: sa.Connection, table: sa.Table, values: dict[str, Any]) -> int:
    """Add a row; returns its number."""
    key = connection.execute(statements.insert(table), values).inserted_primary_key
    assert key is not None
    return int(key[0])


def drop_unused(connection: sa.Connection, table: sa.Table, numbers: Iterable[int]) -> int:
    """Delete rows that no reference points to, among these photos or subjects; returns how many."""
    column = reference.c.file_id if table is file else reference.c.subject_id
    unused = ~sa.exists().where(column == table.c.id)
    groups = chunks(sorted(set(numbers)))
    return sum(connection.execute(table.delete().where(table.c.id.in_(group), unused)).rowcount for group in groups)


def deletions(connection: sa.Connection) -> int:
    """Return how many references were deleted so far: the highest number that was given, less those that are there."""
    query = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'reference'"
    return int(connection.exec_driver_sql(query).scalar() or 0) - count(connection, reference)


def has_former_keys(connection: sa.Connection) -> bool:
    """Return whether names have the keys of a layout before 0008, in a gallery that cannot be written to."""
    return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()) < "0008"
