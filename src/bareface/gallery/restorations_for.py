"""Restorations made through a gallery: on its own record, or on the installation's where it cannot keep them."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import replace
from typing import Final

import sqlalchemy as sa

from bareface.errors import GalleryError, UsageError
from bareface.gallery.restorations import RestorationRecord, add, number_of, record_path, remember
from bareface.logs import logger
from bareface.restoration.base import Restored
from bareface.restoration.provenance import parsed
from bareface.storage.sqlite.schema import restoration
from bareface.storage.sqlite.store import Store
from bareface.storage.sqlite.transaction import mark_deleted

_MADE_FOR: Final = "gallery"
"""Setting in the provenance of a restoration that a gallery could not keep."""
_log = logger(__name__)


def record_in(gallery: Store, restored: Restored) -> None:
    """Put a restoration made through a gallery on that gallery's record.

    A gallery that may only be read, or that another process is writing to, keeps none: the installation's record does,
    with the gallery's identifier, so that :func:`forget_made_for` finds it.
    """
    try:
        gallery.check_writable()
        with gallery.read() as connection:  # each write is a new state of the gallery
            known = number_of(connection, restored)
        if known is None:
            with gallery.write() as connection:
                add(connection, restored)
    except GalleryError as error:
        if error.code not in ("gallery.read-only", "gallery.locked"):
            raise
        made = restored.provenance
        settings = (*made.settings, (_MADE_FOR, gallery.state().uuid))
        remember(replace(restored, provenance=replace(made, settings=settings)))


def forget_made_for(gallery: Store, sources: Collection[str]) -> int:
    """Take the restorations that a gallery could not keep of these photos off the installation's record.

    Returns how many. A record that cannot be changed stops nothing, but a warning says so.
    """
    try:
        path = record_path()
        if not sources or not os.path.isfile(path):  # noqa: PTH113 - never an error
            return 0
        with RestorationRecord.open(path) as record:
            return _forget(record.store, gallery.state().uuid, sources)
    except (GalleryError, UsageError) as error:
        if error.code != "usage.home":
            _log.warning("Restorations of an erased face may stay on the record of restorations: %s", error)
        return 0


def _forget(record: Store, gallery: str, sources: Collection[str]) -> int:
    columns = (restoration.c.id, restoration.c.provenance)
    with record.read() as connection:
        rows = connection.execute(sa.select(*columns).where(restoration.c.source_sha256.in_(sources))).all()
    made = {number: parsed(text) for number, text in rows}
    found = [number for number, one in made.items() if one and dict(one.settings).get(_MADE_FOR) == gallery]
    if found:
        with record.write() as connection:
            connection.execute(restoration.delete().where(restoration.c.id.in_(found)))
            mark_deleted(connection)
        record.erase()
    return len(found)
