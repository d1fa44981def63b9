"""Pictures on pages: of probes, references and subjects."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path
from fastapi.responses import Response

from bareface.errors import WebError
from bareface.reports.pictures import FaceView, face_picture
from bareface.web.pages.search import Number, list_of
from bareface.web.pages.visitors import Visiting
from bareface.web.turns import SEARCH

router = APIRouter(include_in_schema=False)

Id = Annotated[int, Path(ge=1, le=2**63 - 1)]
Kind = Literal["aligned", "map"]


def _jpeg(content: bytes | None) -> Response:
    if content is None:
        raise WebError("web.picture")
    return Response(content, media_type="image/jpeg")


def png(content: bytes) -> Response:
    """Return a labelled picture."""
    return Response(content, media_type="image/png")


def _of_view(view: FaceView, kind: Kind) -> Response:
    return _jpeg(view.picture if kind == "aligned" else view.map)


@router.get("/searches/{id}/photo.jpg")
def probe_photo(visitor: Visiting, id: str) -> Response:
    """Return the photo that was searched with."""
    service = visitor.service
    return _jpeg(service.views.photo(service.gallery, service.held(id)).picture)


@router.get("/searches/{id}/faces/{number}.jpg")
def probe_face(visitor: Visiting, id: str, number: Number) -> Response:
    """Return a face of the photo that was searched with."""
    return _jpeg(face_picture(list_of(visitor.service.held(id), number).probe[0]))


@router.get("/searches/{id}/faces/{number}/enhanced.png")
async def enhanced_probe(visitor: Visiting, id: str, number: Number) -> Response:
    """Return a probe face enhanced, with the band that says so."""
    service = visitor.service
    views, held = service.views, service.held(id)
    return png(await service.turns.run(SEARCH, views.enhanced_probe, service.gallery, held, number, visitor.context))


@router.get("/references/{id}/enhanced.png")
async def enhanced_reference(visitor: Visiting, id: Id) -> Response:
    """Return a reference's face enhanced, with the band that says so."""
    service = visitor.service
    return png(await service.turns.run(SEARCH, service.views.enhanced, service.gallery, id, visitor.context))


@router.get("/searches/{id}/faces/{number}/{kind}.jpg")
def probe_view(visitor: Visiting, id: str, number: Number, kind: Kind) -> Response:
    """Return a probe face aligned, or under its occlusion map."""
    service = visitor.service
    return _of_view(service.views.probe(service.gallery, service.held(id), number), kind)


@router.get("/references/{id}.jpg")
def crop(visitor: Visiting, id: Id) -> Response:
    """Return the kept picture of a reference."""
    return _jpeg(visitor.service.gallery.crop(id, context=visitor.context))


@router.get("/references/{id}/photo.jpg")
def photo(visitor: Visiting, id: Id) -> Response:
    """Return the photo that a reference comes from."""
    return _jpeg(visitor.service.gallery.photo(id, context=visitor.context))


@router.get("/references/{id}/{kind}.jpg")
def reference_view(visitor: Visiting, id: Id, kind: Kind) -> Response:
    """Return a reference's face aligned, or under its occlusion map."""
    return _of_view(visitor.service.views.reference(visitor.service.gallery, id, visitor.context), kind)


@router.get("/people/{id}.jpg")
def subject(visitor: Visiting, id: Id) -> Response:
    """Return the picture of a subject's best reference."""
    best = visitor.service.gallery.best_reference(id, context=visitor.context)
    return _jpeg(visitor.service.gallery.crop(best.id, context=visitor.context))
