"""What the gallery needs of an engine, and how a face becomes rows of the database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import sqlalchemy as sa

from bareface.errors import TemplateError
from bareface.imaging import decode as images
from bareface.storage.sqlite.queries import blob_of, inserted
from bareface.storage.sqlite.schema import file, gallery, picture, reference, template
from bareface.storage.sqlite.store import State
from bareface.values.face import Box, Face, Landmarks, Template, UInt8

if TYPE_CHECKING:
    pass

THUMBNAIL = 16
_CROP_QUALITY = 85
NO_BOX = Box(0.0, 0.0, 0.0, 0.0)
"""Where a face is that came without a photo."""


def thumbnail(chip: UInt8) -> UInt8:
    """The aligned face [150, 150, 3] as grey [16, 16]: means of 9x9 pixels, three at each edge left out."""
    side = chip.shape[0] // THUMBNAIL
    edge = (chip.shape[0] - side * THUMBNAIL) // 2
    middle = chip[edge : edge + side * THUMBNAIL, edge : edge + side * THUMBNAIL].astype(np.float32)
    grey = middle @ np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601 luma
    means = grey.reshape(THUMBNAIL, side, THUMBNAIL, side).mean(axis=(1, 3))
    return np.asarray(np.rint(means), np.uint8)


def check_space(state: State, space: str, path: object) -> None:
    """Refuse templates of another space than the gallery's.

    Raises
    ------
    TemplateError
        ``template.space``.
    """
    if state.space is not None and state.space != space:
        raise TemplateError(
            "template.space",
            f"the gallery holds templates of the space {state.space!r}, the engine makes {space!r}.",
            source=str(path),
            remedy="Choose a model of the gallery's space, or convert it with `bareface gallery reembed`.",
        )


def check_vector(made: Template) -> None:
    """Refuse a template that nothing can be compared with.

    Raises
    ------
    TemplateError
        ``template.value``: not finite, or all zero.
    """
    if not all(np.isfinite(one).all() and one.any() for one in (made.vector, made.upper_face) if one is not None):
        raise TemplateError(
            "template.value",
            f"the model {made.model} gave a template that is not finite or all zero.",
            remedy="Add the model again from a sound file: `bareface models add`.",
        )


def pin_space(connection: sa.Connection, space: str, dimension: int) -> None:
    """Give the gallery its space, with its first template."""
    unpinned = gallery.c.space.is_(None)
    connection.execute(gallery.update().where(unpinned).values(space=space, dimension=dimension))


def check_length(connection: sa.Connection, made: Template) -> None:
    """Refuse a template of another length than the gallery's.

    Raises
    ------
    TemplateError
        ``template.shape``.
    """
    expected = connection.execute(sa.select(gallery.c.dimension)).scalar_one()
    for vector in (made.vector, made.upper_face):
        if vector is not None and len(vector) != expected:
            raise TemplateError(
                "template.shape",
                f"the model {made.model} gave a template of {len(vector)} numbers; the gallery's have {expected}.",
                remedy="Two models share a space's name: give each its own with `bareface models add --space`.",
            )


def add_file(connection: sa.Connection, sha256: str, path: str, format: str, size: tuple[int, int] = (0, 0)) -> int:
    """A new photo's number, or that of another file that templates came from."""
    values = {"sha256": sha256, "path": path, "format": format, "width": size[0], "height": size[1]}
    return inserted(connection, file, values)


def add_template(
    connection: sa.Connection,
    made: Template,
    *,
    subject_id: int,
    file_id: int,
    basis: str | None,
    box: Box = NO_BOX,
    landmarks: Landmarks | None = None,
    score: float = 0.0,
    quality: float | None = None,
) -> int:
    """Enrol a template; returns the new reference's number.

    Raises
    ------
    TemplateError
        ``template.shape``.
    """
    check_length(connection, made)
    values: dict[str, Any] = {
        "subject_id": subject_id,
        "file_id": file_id,
        **{name: float(value) for name, value in box._asdict().items()},
        "landmarks": None if landmarks is None else np.ascontiguousarray(landmarks.points, "<f4").tobytes(),
        "scheme": None if landmarks is None else landmarks.scheme,
        "score": float(score),
        "quality": quality,
        "basis": basis,
        "enrolled": datetime.now(UTC),
    }
    reference_id = inserted(connection, reference, values)
    connection.execute(template.insert().values(reference_id=reference_id, **template_values(made)))
    return reference_id


def template_values(made: Template) -> dict[str, Any]:
    """A template as columns."""
    return {
        "model": made.model,
        "precision": made.precision,
        "vector": blob_of(made.vector),
        "mask_state": made.mask_state,
        "visible": made.visible,
        "covered": None if made.upper_face is None else blob_of(made.upper_face),
    }


def quality_of(face: Face) -> float | None:
    """A face's quality as it is stored, 0 to 100."""
    return None if face.quality is None else face.quality.score


def add_face(
    connection: sa.Connection, face: Face, *, subject_id: int, file_id: int, basis: str | None, crops: bool
) -> int:
    """Enrol one face: its template and pictures; returns the new reference's number."""
    reference_id = add_template(
        connection,
        face.enrolment_template,
        subject_id=subject_id,
        file_id=file_id,
        basis=basis,
        box=face.box,
        landmarks=face.landmarks,
        score=face.score,
        quality=quality_of(face),
    )
    connection.execute(
        picture.insert().values(
            reference_id=reference_id,
            thumbnail=thumbnail(face.chip).tobytes(),
            crop=images.encode(face.crop, "JPEG", _CROP_QUALITY) if crops else None,
        )
    )
    return reference_id
