"""Comparison of two photos, without the gallery."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, File, UploadFile

from bareface.reports.json_faces import face_shape
from bareface.values.defaults import MIN_VISIBLE
from bareface.web import schemas
from bareface.web.answers import body, errors
from bareface.web.api.references import Visible
from bareface.web.callers import Called, Served
from bareface.web.turns import SEARCH
from bareface.web.uploads import content_of

router = APIRouter(prefix="/comparisons", tags=["comparisons"])


@router.post("", response_model=schemas.Compared, responses=errors(403, 404, 413))
async def compare(
    service: Served,
    context: Called,
    first: Annotated[UploadFile, File(description="A photo.")],
    second: Annotated[UploadFile, File(description="Another photo.")],
    min_visible: Visible = MIN_VISIBLE,
) -> Any:
    """Compare two photos by the best face of each."""
    contents = await content_of(first), await content_of(second)
    compared = await service.turns.run(
        SEARCH, service.faces.compare, *contents, min_visible=min_visible, context=context
    )
    faces = [[face_shape(face) for face in faces] for faces in compared.faces]
    return body({"faces": faces, "comparison": compared.comparison})
