"""Re-embedding: every reference gets a template of this engine, from its own photo, unless it has one that is complete.

New templates wait in a table of their own, so the work can be interrupted and continued. When all are there, one
transaction puts them in place of the old ones: a gallery never holds templates of two spaces.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import sqlalchemy as sa

from bareface.errors import BarefaceError, GalleryError, TemplateError
from bareface.faces.port import FaceEngine
from bareface.gallery.corrections import SAME_FACE_IOU
from bareface.gallery.enrol import BATCH, STREAM
from bareface.imaging import decode as images
from bareface.storage.sqlite import queries as catalogue
from bareface.storage.sqlite.rows import NO_BOX, check_vector, quality_of, template_values
from bareface.storage.sqlite.schema import gallery, reference, staged, template
from bareface.storage.sqlite.store import Store
from bareface.values.face import Face
from bareface.values.gallery import Progress, ReembedReport, Reference, Unresolved

if TYPE_CHECKING:
    from bareface.faces.analyser import Analysis


def reembed(store: Store, engine: FaceEngine, progress: Progress | None = None) -> ReembedReport:
    """Give every reference a template of this engine.

    Raises
    ------
    GalleryError
        The database failed; what was embedded before is kept, and the same call does the rest.
    TemplateError
        ``template.shape``: the engine's templates are not as long as others of their space; nothing was changed.
    """
    with store.write() as connection:
        s = staged.c
        ours = sa.and_(s.space == engine.space, s.model == engine.model, s.precision == engine.precision)
        connection.execute(staged.delete().where(~ours))  # left by an abandoned re-embedding to another model
        total = catalogue.count(connection, reference)
    unresolved: list[Unresolved] = []
    tried: set[int] = set()
    while files := _files_to_do(store, engine, tried):  # another process may enrol meanwhile
        for group in catalogue.chunks(files, STREAM):
            for failed in _embed_group(store, engine, group):
                unresolved.extend(failed)
                if progress is not None:
                    progress(total - _left(store, engine) + len(unresolved), total)
        tried.update(files)
    switched = _switch(store, engine)
    with store.read() as connection:
        total = catalogue.count(connection, reference)
    return ReembedReport(total - len(unresolved), tuple(unresolved), switched)


def _to_do(engine: FaceEngine) -> sa.ColumnElement[bool]:
    """References whose template is neither of this engine nor waiting to become so, or lacks what it would say.

    What an earlier version enrolled is taken as bare, with nobody having looked, and has no covered template.
    """
    t = template.c
    waits = sa.exists().where(staged.c.reference_id == reference.c.id)
    made = sa.exists().where(
        t.reference_id == reference.c.id,
        t.model == engine.model,
        t.precision == engine.precision,
        sa.select(gallery.c.space).scalar_subquery() == engine.space,
        *([t.visible.is_not(None)] if engine.sees_masks else []),
        *([sa.or_(t.mask_state != "none", t.covered.is_not(None))] if engine.makes_upper_face else []),
    )
    made = made.correlate(reference)  # not with a template that the query around it looks at
    return ~waits & ~made


def _files_to_do(store: Store, engine: FaceEngine, tried: set[int]) -> list[int]:
    with store.read() as connection:
        query = sa.select(reference.c.file_id).where(_to_do(engine)).distinct().order_by(reference.c.file_id)
        return [number for number in connection.execute(query).scalars() if number not in tried]


def _left(store: Store, engine: FaceEngine) -> int:
    with store.read() as connection:
        query = sa.select(sa.func.count()).select_from(reference).where(_to_do(engine))
        return connection.execute(query).scalar_one()


def _embed_group(store: Store, engine: FaceEngine, files: Sequence[int]) -> Iterator[list[Unresolved]]:
    """Stage templates of the references from these photos; yields, batch by batch, those that have none."""
    with store.read() as connection:
        wanted = reference.c.file_id.in_(files) & _to_do(engine)
        found = sorted(catalogue.references(connection, wanted), key=lambda one: one.sha256)
    photos = [list(ones) for _, ones in groupby(found, key=lambda one: one.sha256)]
    errors = {ones[0].sha256: error for ones in photos if (error := _gone(ones[0])) is not None}
    yield [_unresolved(one, errors[one.sha256]) for one in found if one.sha256 in errors]
    present = [ones for ones in photos if ones[0].sha256 not in errors]
    analyses = engine.stream([ones[0].source for ones in present], covered=True)
    for batch in catalogue.chunks(zip(present, analyses, strict=True), BATCH):
        failed = []
        with store.write() as connection:
            for ones, analysis in batch:
                still_there = catalogue.subject_ids(connection, [one.id for one in ones])
                for one in (one for one in ones if one.id in still_there):
                    try:
                        face = _again(one, analysis)
                        values = {"space": engine.space, **template_values(face.enrolment_template)}
                        connection.execute(staged.insert().values(reference_id=one.id, **values))
                        quality = reference.update().where(reference.c.id == one.id)
                        connection.execute(quality.values(quality=quality_of(face)))
                    except BarefaceError as error:
                        failed.append(_unresolved(one, error))
        yield failed


def _gone(one: Reference) -> BarefaceError | None:
    """Why a reference's photo cannot be used, if so."""
    if one.box == NO_BOX:
        return GalleryError("gallery.no-photo", "the template was imported without a photo.")
    try:
        if images.fingerprint(one.source, None) == one.sha256:
            return None
    except BarefaceError as error:
        return error
    return GalleryError("gallery.photo-changed", "there is another photo at this path now.")


def _again(one: Reference, analysis: Analysis) -> Face:
    """The face that lies where the reference's face lay."""
    if analysis.error is not None:
        raise analysis.error
    overlaps = [(face.box.iou(one.box), face) for face in analysis.faces]
    overlap, face = max(overlaps, key=lambda pair: pair[0], default=(0.0, None))
    if face is None or overlap < SAME_FACE_IOU:
        raise GalleryError("gallery.face-lost", "this detector does not find the face.")
    check_vector(face.enrolment_template)
    return face


def _unresolved(one: Reference, error: BarefaceError) -> Unresolved:
    return Unresolved(one.id, one.source, error.code, error.message)


def _switch(store: Store, engine: FaceEngine) -> bool:
    """Put the waiting templates in place; whether the gallery is now all in the engine's space."""
    with store.write() as connection:
        left = connection.execute(sa.select(reference.c.id).where(_to_do(engine)).limit(1)).scalar()
        if left is not None and store.state(connection).space != engine.space:
            return False
        columns = [column for column in staged.c if column.name in template.c]
        new = sa.select(staged.c.reference_id)
        dimension = _staged_dimension(connection, store, engine)
        connection.execute(template.delete().where(template.c.reference_id.in_(new)))
        connection.execute(template.insert().from_select([c.name for c in columns], sa.select(*columns)))
        connection.execute(staged.delete())
        state = gallery.update().values(epoch=gallery.c.epoch + 1)
        if dimension is not None:
            state = state.values(space=engine.space, dimension=dimension)
        elif store.state(connection).space != engine.space:  # an empty gallery takes any space
            state = state.values(space=None, dimension=None)
        connection.execute(state)
        return True


def _staged_dimension(connection: sa.Connection, store: Store, engine: FaceEngine) -> int | None:
    """The length of the waiting templates, all of one and that of their space; None where none waits."""
    lengths = set(connection.execute(sa.select(sa.func.length(staged.c.vector)).distinct()).scalars())
    state = store.state(connection)
    pinned = {4 * state.dimension} if state.space == engine.space and state.dimension is not None else lengths
    if len(lengths) > 1 or not lengths <= pinned:
        raise TemplateError(
            "template.shape",
            f"{engine.model} gives templates of another length than others of the space {engine.space}.",
            source=str(store.path),
            remedy="Nothing was changed. Give each length its own space: `bareface models add --space`.",
        )
    return lengths.pop() // 4 if lengths else None
