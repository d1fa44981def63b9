"""Evaluation of the gallery on its own people, and the evenness of the promise over groups that the caller names."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, File, UploadFile

from bareface.web import schemas_evaluation as schemas
from bareface.web.answers import body, errors
from bareface.web.callers import Called, Served
from bareface.web.turns import ENROL
from bareface.web.uploads import content_of

router = APIRouter(prefix="/evaluation", tags=["evaluation"])


@router.get("", response_model=schemas.Evaluation, responses=errors())
def get_evaluation(service: Served, context: Called) -> Any:
    """Return the figures that were kept last; a job of the kind `evaluation` makes them."""
    return {"evaluation": body(service.gallery.evaluation(context=context))}


@router.post("/evenness", response_model=schemas.Evenness, responses=errors(404, 409, 413))
async def check_evenness(
    service: Served,
    context: Called,
    labels: Annotated[UploadFile, File(description="CSV: a column `subject`, and one column for each label.")],
) -> Any:
    """Check how even the promise is over groups by the caller's labels; nothing of them is kept."""
    content = await content_of(labels)
    found = await service.turns.run(ENROL, service.gallery.evenness, content, context=context)
    return {"labels": body(found)}
