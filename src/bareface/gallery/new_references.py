"""Faces made ready to be stored: checked, and with thumbnail and crop encoded, before any transaction is opened."""

from __future__ import annotations

import numpy as np

from bareface.errors import TemplateError
from bareface.imaging import decode as images
from bareface.imaging.thumbnail import thumbnail
from bareface.storage.ports import NewReference, State
from bareface.values.face import Face, Template

_CROP_QUALITY = 85


def prepare(face: Face, *, crops: bool) -> NewReference:
    """Compute everything that is stored of a face."""
    return NewReference(
        face.enrolment_template,
        face.box,
        face.landmarks,
        face.score,
        quality_of(face),
        thumbnail(face.chip).tobytes(),
        images.encode(face.crop, "JPEG", _CROP_QUALITY) if crops else None,
    )


def quality_of(face: Face) -> float | None:
    """Return a face's quality, 0 to 100."""
    return None if face.quality is None else face.quality.score


def check_space(state: State, space: str, path: object, message: str = "template.space/gallery") -> None:
    """Refuse templates of another space than the gallery's; ``message`` names the error's words.

    Raises
    ------
    TemplateError
        ``template.space``.
    """
    if state.space is not None and state.space != space:
        raise TemplateError(message, space=state.space, engine_space=space, source=str(path))


def check_vector(made: Template) -> None:
    """Refuse a template that nothing can be compared with.

    Raises
    ------
    TemplateError
        ``template.value``: not finite, or all zero.
    """
    if not all(np.isfinite(one).all() and one.any() for one in (made.vector, made.upper_face) if one is not None):
        raise TemplateError("template.value/model", model=made.model)
