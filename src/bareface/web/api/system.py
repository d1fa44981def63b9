"""Health, readiness, and the gallery in figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from bareface.web import schemas
from bareface.web.answers import body, errors
from bareface.web.callers import Called, Served
from bareface.web.metrics import CONTENT_TYPE

router = APIRouter(tags=["system"])


@router.get("/health", response_model=schemas.Health, responses={421: errors()[421]})
async def health() -> Any:
    """Tell that the process answers; no token is needed."""
    return {"status": "ok"}


@router.get(
    "/readiness", response_model=schemas.Health, responses={status: errors()[status] for status in (421, 500, 503)}
)
def readiness(service: Served) -> Any:
    """Tell that the gallery can be read and searched; no token is needed, and nothing is told of it."""
    service.gallery.ready()
    return {"status": "ok"}


@router.get("/gallery", response_model=schemas.GalleryInfo, responses=errors())
def gallery(service: Served, context: Called) -> Any:
    """Count what the gallery holds."""
    info = body(service.gallery.info(context=context))
    return {"name": Path(info.pop("path")).name, **info}


@router.get("/openapi.json", include_in_schema=False)
def openapi(request: Request, context: Called) -> Response:
    """Return the OpenAPI document of this interface."""
    return JSONResponse(request.app.openapi())


@router.get(
    "/metrics",
    response_class=PlainTextResponse,
    responses={**errors(), 200: {"content": {"text/plain": {}}, "description": "Prometheus' text format."}},
)
def metrics(service: Served, context: Called) -> Response:
    """Return measures of the service: counts and times of requests by route, and what waits."""
    gauges = {
        "calls_running": ("Calls that compute now.", float(service.turns.running)),
        "calls_waiting": ("Calls that wait for their turn.", float(service.turns.waiting)),
        "searches_held": ("Searches in memory.", float(len(service.searches))),
    }
    return Response(service.metrics.text(gauges), media_type=CONTENT_TYPE)
