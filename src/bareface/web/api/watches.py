"""Probe faces of cases that are searched again when references are enrolled."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path

from bareface.web import schemas_watches as schemas
from bareface.web.answers import body, errors
from bareface.web.api.cases import Number
from bareface.web.callers import Called, Served

router = APIRouter(prefix="/cases/{number}/watches", tags=["cases"])

Face = Annotated[int, Path(ge=1, le=schemas.LARGEST, description="Number of the kept face.", examples=[1])]


@router.get("", response_model=schemas.WatchList, responses=errors(404))
def list_watches(number: Number, service: Served, context: Called) -> Any:
    """List the probe faces of a case that can be searched again, with those that are."""
    return {"watches": body(service.cases.watches(number, context=context))}


@router.post("", response_model=schemas.Watch, status_code=201, responses=errors(403, 404, 409, 413))
def begin_watch(number: Number, new: schemas.NewWatch, service: Served, context: Called) -> Any:
    """Search a probe face again whenever references are enrolled, until its case is closed or expires."""
    service.cases.get(number, context=context)
    return body(service.cases.watch(new.face, case=number, context=context))


@router.delete("/{face}", status_code=204, responses=errors(404))
def end_watch(number: Number, face: Face, service: Served, context: Called) -> None:
    """Search a probe face no more; what was found stays in the case."""
    service.cases.get(number, context=context)
    service.cases.unwatch(face, case=number, context=context)
