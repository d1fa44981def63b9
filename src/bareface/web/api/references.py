"""References: list, enrol, correct and delete them, and their pictures."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Path, Query, UploadFile
from fastapi.responses import Response

from bareface.errors import WebError
from bareface.values.defaults import MIN_VISIBLE
from bareface.web import schemas
from bareface.web.answers import body, errors
from bareface.web.api.subjects import Cursor, Limit
from bareface.web.callers import Called, Served
from bareface.web.turns import ENROL
from bareface.web.uploads import content_of, name_of

router = APIRouter(prefix="/references", tags=["references"])

Number = Annotated[int, Path(ge=1, le=schemas.LARGEST, description="The reference's number.", examples=[12])]
Photo = Annotated[UploadFile, File(description="A photo: JPEG, PNG, WebP, GIF, TIFF, BMP, AVIF or HEIC.")]
Visible = Annotated[float, Form(ge=0, le=1, description="Refuse faces of which a smaller share is visible.")]


@router.get("", response_model=schemas.ReferencePage, responses=errors(404))
def list_references(
    service: Served,
    context: Called,
    limit: Limit = 50,
    cursor: Cursor = None,
    subject: Annotated[int | None, Query(ge=1, le=schemas.LARGEST, description="List only this subject's.")] = None,
) -> Any:
    """List references by number, some at a time."""
    listing = f"references {subject}"
    after = service.cursors.place(listing, cursor) or 0
    page = service.gallery.reference_page(limit, after, subject, context=context)
    following = service.cursors.sign(listing, page.references[-1].id) if page.more else None
    return {"references": body(page.references), "total": page.matching, "next": following}


@router.post("", response_model=schemas.Enrolled, responses=errors(403, 404, 409, 413))
async def enrol(
    service: Served,
    context: Called,
    photo: Photo,
    subject: Annotated[str | None, Form(description="Name of the person; each face its own without.")] = None,
    basis: Annotated[str | None, Form(description="On what basis the person is enrolled, e.g. `consent`.")] = None,
    largest: Annotated[bool, Form(description="Of several faces, enrol the largest as this person.")] = False,
    face: Annotated[int | None, Form(ge=1, description="Enrol only this face, 1 for the best-detected.")] = None,
    min_visible: Visible = MIN_VISIBLE,
) -> Any:
    """Enrol the faces of a photo. A photo that cannot be enrolled is an outcome: see `status`."""
    content, name = await content_of(photo), name_of(photo)
    outcome = await service.turns.run(
        ENROL,
        service.gallery.enrol_upload,
        content,
        subject or None,
        basis or None,
        name=name,
        keep=service.originals,
        largest=largest,
        face=None if face is None else face - 1,
        min_visible=min_visible,
        context=context,
    )
    return body(outcome)


@router.post("/assign", response_model=schemas.Subject, responses=errors(404, 409, 413))
def assign_references(change: schemas.Move, service: Served, context: Called) -> Any:
    """Give references to a subject, now and whenever their photos are enrolled again."""
    return body(service.gallery.assign(change.references, change.subject, context=context))


@router.post("/split", response_model=schemas.Subject, responses=errors(404, 409, 413))
def split_references(change: schemas.Split, service: Served, context: Called) -> Any:
    """Move references to a new subject."""
    return body(service.gallery.split(change.references, change.name, context=context))


@router.post("/reject", response_model=schemas.Deleted, responses=errors(404, 413))
def reject_references(change: schemas.Reject, service: Served, context: Called) -> Any:
    """Delete references, and never enrol these faces again."""
    deleted = service.gallery.reject(change.references, context=context)
    service.forget(references=set(change.references))
    return body(deleted)


@router.get("/{number:int}", response_model=schemas.Reference, responses=errors(404))
def get_reference(number: Number, service: Served, context: Called) -> Any:
    """Return a reference."""
    return body(service.gallery.reference(number, context=context))


@router.get(
    "/{number:int}/crop",
    response_class=Response,
    responses={**errors(404), 200: {"content": {"image/jpeg": {}}, "description": "160 x 160 pixels."}},
)
def get_crop(number: Number, service: Served, context: Called) -> Any:
    """Return the kept picture of a reference."""
    crop = service.gallery.crop(number, context=context)
    if crop is None:
        raise WebError("web.picture")
    return Response(crop, media_type="image/jpeg")


@router.delete("/{number:int}", response_model=schemas.Deleted, responses=errors(404))
def delete_reference(number: Number, service: Served, context: Called) -> Any:
    """Delete a reference with its picture, for good."""
    deleted = service.gallery.delete(reference=number, context=context)
    service.forget(references={number})
    return body(deleted)
