"""Statements that run for each photo, put together once: that takes SQLAlchemy four times as long as to run them."""

from __future__ import annotations

from functools import cache

import sqlalchemy as sa

from bareface.storage.sqlite.schema import correction, file, gallery, history, reference, subject

_g, _s, _c = gallery.c, subject.c, correction.c

STATE = sa.select(_g.uuid, _g.space, _g.dimension, _g.generation, _g.epoch, _g.token)
DIMENSION = sa.select(_g.dimension)
GENERATION = sa.select(_g.generation)
PIN = gallery.update().where(_g.space.is_(None))
RENEW = gallery.update().values(generation=_g.generation + 1, previous=_g.token, token=sa.bindparam("new"))
FORGET = history.delete().where(
    (history.c.generation <= sa.bindparam("last")) | (history.c.generation >= sa.bindparam("now"))
)

NAMED = sa.select(_s.id, _s.name).where(_s.name.is_not(None)).order_by(_s.id)
CALLED = sa.select(_s.id).where(_s.name_key.in_(sa.bindparam("keys", expanding=True))).order_by(_s.id)
OF_KEY = sa.select(_s.id).where(_s.key == sa.bindparam("key"))
TARGET = sa.select(_s.key, _s.name).where(_s.id == sa.bindparam("number"))
NAME = subject.update().where(_s.id == sa.bindparam("number"))

CORRECTIONS = sa.select(_c.x1, _c.y1, _c.x2, _c.y2, _c.subject_key, _c.subject_name)
CORRECTIONS = CORRECTIONS.where(_c.sha256 == sa.bindparam("sha256")).order_by(_c.id)
_CORRECTED = sa.select(_c.subject_key, _c.subject_name)
ALIAS = _CORRECTED.where(_c.merged_name == sa.bindparam("key"))
WAITING = _CORRECTED.where(_c.subject_name_key == sa.bindparam("key"))
OWNERS = sa.select(_s.key, _s.name).select_from(subject).join(reference).join(file)
OWNERS = OWNERS.where(file.c.sha256 == sa.bindparam("sha256"))


@cache
def insert(table: sa.Table) -> sa.Insert:
    """Return the statement that adds a row of given values."""
    return table.insert()
