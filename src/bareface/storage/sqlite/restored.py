"""Restorations on a gallery's record that go with the faces they were made of.

A restoration holds small pictures of a face. It names its photo, not its face: where a photo shows several enrolled
people, it is of whoever's thumbnail is most similar.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

import numpy as np
import sqlalchemy as sa

from bareface.storage.sqlite import queries
from bareface.storage.sqlite.schema import file, picture, reference, restoration
from bareface.values.face import Float32

_UNCHECKED: Final[sa.types.TypeEngine[Any]] = sa.types.NullType()
_SIDE: Final = 16


def forget_faces(connection: sa.Connection, numbers: Collection[int]) -> None:
    """Delete the restorations of references that are about to be deleted, from photos that show other references, too.

    A restoration or thumbnail that is damaged counts as one of them.
    """
    doomed = set(numbers)
    for digest, owners in _several(connection, doomed).items():
        query = sa.select(restoration.c.id, _raw(restoration.c.source)).where(restoration.c.source_sha256 == digest)
        made = connection.execute(query).all()
        if not made:
            continue
        query = sa.select(picture.c.reference_id, _raw(picture.c.thumbnail))
        faces: dict[int, Float32 | None] = {}
        for some in queries.chunks(owners):
            rows = connection.execute(query.where(picture.c.reference_id.in_(some)))
            faces.update((number, _small(blob)) for number, blob in rows)
        gone = (number for number, blob in made if _nearest(_small(blob), faces) not in owners - doomed)
        for some in queries.chunks(gone):
            connection.execute(restoration.delete().where(restoration.c.id.in_(some)))


def _several(connection: sa.Connection, doomed: Collection[int]) -> dict[str, set[int]]:
    """Return the references of each photo of doomed ones that shows others, too, by the photo's digest."""
    owners: dict[str, set[int]] = {}
    one, other = reference.alias("one"), reference.alias("another")
    query = (
        sa.select(_raw(file.c.sha256), other.c.id)
        .select_from(one)
        .join(file, file.c.id == one.c.file_id)
        .join(other, other.c.file_id == one.c.file_id)
    )
    for some in queries.chunks(doomed):
        for digest, number in connection.execute(query.where(one.c.id.in_(some))):
            owners.setdefault(digest, set()).add(number)
    return {digest: several for digest, several in owners.items() if isinstance(digest, str) and several - set(doomed)}


def _raw(column: sa.Column[Any]) -> sa.TypeCoerce[Any]:
    return sa.type_coerce(column, _UNCHECKED)


def _small(blob: object) -> Float32 | None:
    """Return a grey picture as [256] of length 1; None if it is damaged, or of one brightness."""
    side = int(len(blob) ** 0.5) if isinstance(blob, bytes) else 0
    if not isinstance(blob, bytes) or not side or side * side != len(blob) or side % _SIDE:
        return None
    pixels = np.frombuffer(blob, np.uint8).astype(np.float32)
    means = pixels.reshape(_SIDE, side // _SIDE, _SIDE, side // _SIDE).mean(axis=(1, 3)).ravel()
    centred = means - means.mean()
    length = float(np.linalg.norm(centred))
    return centred / np.float32(length) if length else None


def _nearest(face: Float32 | None, faces: Mapping[int, Float32 | None]) -> int | None:
    """Return the number of the face that correlates most; None if there is nothing to compare."""
    alike = {number: float(face @ one) for number, one in faces.items() if face is not None and one is not None}
    return max(alike, key=alike.__getitem__, default=None)
