"""Templates of another model that wait until every reference has one; then they replace the others at once."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from bareface.errors import TemplateError
from bareface.storage.ports import Maker
from bareface.storage.sqlite import queries
from bareface.storage.sqlite.rows import template_values
from bareface.storage.sqlite.schema import gallery, reference, staged, template
from bareface.values.face import Template
from bareface.values.gallery import Reference


def _to_do(maker: Maker) -> sa.ColumnElement[bool]:
    """Return the references whose template is neither of this maker nor waits to become so, or is incomplete.

    Templates of early versions have no mask state that was measured, and no upper-face template.
    """
    t = template.c
    waits = sa.exists().where(staged.c.reference_id == reference.c.id)
    made = sa.exists().where(
        t.reference_id == reference.c.id,
        t.model == maker.model,
        t.precision == maker.precision,
        sa.select(gallery.c.space).scalar_subquery() == maker.space,
        *([t.visible.is_not(None)] if maker.sees_masks else []),
        *([sa.or_(t.mask_state != "none", t.covered.is_not(None))] if maker.makes_upper_face else []),
    )
    made = made.correlate(reference)  # not with a template that the query around it looks at
    return ~waits & ~made


def photos_to_embed(connection: sa.Connection, maker: Maker) -> list[int]:
    """Return the numbers of the photos with a reference to embed."""
    query = sa.select(reference.c.file_id).where(_to_do(maker)).distinct().order_by(reference.c.file_id)
    return list(connection.execute(query).scalars())


def references_to_embed(connection: sa.Connection, maker: Maker, photos: Sequence[int]) -> list[Reference]:
    """Return the references to embed that come from these photos."""
    groups = queries.chunks(photos)
    return [
        one
        for group in groups
        for one in queries.references(connection, reference.c.file_id.in_(group) & _to_do(maker))
    ]


def count_to_embed(connection: sa.Connection, maker: Maker) -> int:
    """Return how many references are to embed."""
    query = sa.select(sa.func.count()).select_from(reference).where(_to_do(maker))
    return connection.execute(query).scalar_one()


def left_to_embed(connection: sa.Connection, maker: Maker, numbers: Sequence[int]) -> set[int]:
    """Return the given references that are still to embed."""
    query = sa.select(reference.c.id).where(_to_do(maker))
    groups = (query.where(reference.c.id.in_(group)) for group in queries.chunks(numbers))
    return {number for group in groups for number in connection.execute(group).scalars()}


def drop_others(connection: sa.Connection, maker: Maker) -> None:
    """Delete waiting templates of another maker, left by a re-embedding that was abandoned."""
    s = staged.c
    ours = sa.and_(s.space == maker.space, s.model == maker.model, s.precision == maker.precision)
    connection.execute(staged.delete().where(~ours))


def stage(connection: sa.Connection, number: int, made: Template, quality: float | None) -> None:
    """Let a template of a reference wait; its quality is stored at once."""
    values = {"space": made.space, **template_values(made)}
    connection.execute(staged.insert().values(reference_id=number, **values))
    connection.execute(reference.update().where(reference.c.id == number).values(quality=quality))


def switch(connection: sa.Connection, maker: Maker, path: object) -> bool:
    """Put the waiting templates in place; whether the gallery is now all in the maker's space.

    Raises
    ------
    TemplateError
        ``template.shape``: they are not as long as others of their space; nothing is changed.
    """
    space, pinned = connection.execute(sa.select(gallery.c.space, gallery.c.dimension)).one()
    remaining = connection.execute(sa.select(reference.c.id).where(_to_do(maker)).limit(1)).scalar()
    if remaining is not None and space != maker.space:
        return False
    lengths = set(connection.execute(sa.select(sa.func.length(staged.c.vector)).distinct()).scalars())
    allowed = {4 * pinned} if space == maker.space and pinned is not None else lengths
    if len(lengths) > 1 or not lengths <= allowed:
        raise TemplateError("template.shape/model", model=maker.model, space=maker.space, source=str(path))
    columns = [column for column in staged.c if column.name in template.c]
    new = sa.select(staged.c.reference_id)
    connection.execute(template.delete().where(template.c.reference_id.in_(new)))
    connection.execute(template.insert().from_select([c.name for c in columns], sa.select(*columns)))
    connection.execute(staged.delete())
    state = gallery.update().values(epoch=gallery.c.epoch + 1)
    if lengths:
        state = state.values(space=maker.space, dimension=lengths.pop() // 4)
    elif space != maker.space:  # an empty gallery takes any space
        state = state.values(space=None, dimension=None)
    connection.execute(state)
    return True
