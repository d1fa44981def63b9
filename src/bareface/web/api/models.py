"""Models and their cards."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path

from bareface.web import schemas
from bareface.web.answers import body, errors
from bareface.web.callers import Called, Served

router = APIRouter(prefix="/models", tags=["models"])


@router.get("", response_model=schemas.Models, responses=errors())
def list_models(service: Served, context: Called) -> Any:
    """List the models, packaged ones first."""
    known = service.models.list(context=context)
    damaged = [str(error) for error in known.damaged]
    return {"models": body(known.models), "damaged": body(damaged), "precisions": list(known.precisions)}


@router.get("/{name}", response_model=schemas.Model, responses=errors(404))
def get_model(
    name: Annotated[str, Path(max_length=200, description="The model's name.", examples=["bareface-detector"])],
    service: Served,
    context: Called,
) -> Any:
    """Return the card of a model: what to know before using it."""
    return body(service.models.show(name, context=context))
