"""Conversion of photos, references and templates to rows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import sqlalchemy as sa

from bareface.errors import TemplateError
from bareface.storage.ports import NewReference, StoredPhoto
from bareface.storage.sqlite.queries import blob_of, inserted
from bareface.storage.sqlite.schema import file, picture, reference, template
from bareface.storage.sqlite.statements import DIMENSION, insert
from bareface.values.face import Template


def add_photo(connection: sa.Connection, photo: StoredPhoto) -> int:
    """Add a photo; returns its number."""
    width, height = photo.size
    values = {
        "sha256": photo.sha256,
        "path": photo.path,
        "format": photo.format,
        "width": width,
        "height": height,
    }
    return inserted(connection, file, values)


def add_reference(connection: sa.Connection, made: NewReference, subject: int, photo: int, basis: str | None) -> int:
    """Add a reference with its template and pictures; returns its number.

    Raises
    ------
    TemplateError
        ``template.shape``.
    """
    check_length(connection, made.template)
    points = made.landmarks
    values: dict[str, Any] = {
        "subject_id": subject,
        "file_id": photo,
        **{name: float(value) for name, value in made.box._asdict().items()},
        "landmarks": None if points is None else np.ascontiguousarray(points.points, "<f4").tobytes(),
        "scheme": None if points is None else points.scheme,
        "score": float(made.score),
        "quality": made.quality,
        "basis": basis,
        "enrolled": datetime.now(UTC),
    }
    number = inserted(connection, reference, values)
    connection.execute(insert(template), {"reference_id": number, **template_values(made.template)})
    if made.thumbnail is not None:
        pictures = {"reference_id": number, "thumbnail": made.thumbnail, "crop": made.crop}
        connection.execute(insert(picture), pictures)
    return number


def check_length(connection: sa.Connection, made: Template) -> None:
    """Refuse a template of another length than the gallery's.

    Raises
    ------
    TemplateError
        ``template.shape``.
    """
    expected = connection.execute(DIMENSION).scalar_one()
    for vector in (made.vector, made.upper_face):
        if vector is not None and len(vector) != expected:
            raise TemplateError("template.shape/gallery", model=made.model, length=len(vector), expected=expected)


def template_values(made: Template) -> dict[str, Any]:
    """Return a template as columns."""
    return {
        "model": made.model,
        "precision": made.precision,
        "vector": blob_of(made.vector),
        "mask_state": made.mask_state,
        "visible": made.visible,
        "covered": None if made.upper_face is None else blob_of(made.upper_face),
    }
