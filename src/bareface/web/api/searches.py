"""Searches of the gallery with an uploaded photo."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Path, UploadFile
from fastapi.responses import Response

from bareface.errors import WebError
from bareface.reports.json_search import list_shape
from bareface.reports.pictures import face_picture
from bareface.values.defaults import MIN_VISIBLE
from bareface.web import schemas
from bareface.web.answers import body, errors
from bareface.web.api.references import Visible
from bareface.web.callers import Called, Served
from bareface.web.held import HeldSearch
from bareface.web.searching import held_search, search

router = APIRouter(prefix="/searches", tags=["searches"])

Id = Annotated[str, Path(max_length=100, description="The search's id.")]


def search_body(search: HeldSearch) -> Any:
    """Return a search as JSON has it."""
    lists = [list_shape(entry) for entry in search.result.lists]
    return body(
        {
            "id": search.id,
            "made": search.made,
            "name": search.name,
            "kept": search.kept,
            "notes": search.result.notes,
            "lists": lists,
        }
    )


@router.post("", response_model=schemas.Search, status_code=201, responses=errors(403, 404, 409, 413))
async def make_search(
    service: Served,
    context: Called,
    photo: Annotated[list[UploadFile], File(min_length=1, description="A photo, or several.")],
    response: Response,
    top: Annotated[int, Form(ge=1, le=1000, description="Length of the candidate lists.")] = 20,
    same_person: Annotated[bool, Form(description="The photos show one person: search with all together.")] = False,
    min_visible: Visible = MIN_VISIBLE,
    purpose: Annotated[str | None, Form(description="Why; it goes into the audit event.", max_length=1000)] = None,
    case: Annotated[int | None, Form(ge=1, le=schemas.LARGEST, description="Number of the case to keep it in.")] = None,
) -> Any:
    """Search with a photo: a candidate list for every face in it."""
    how = {"top": top, "same_person": same_person, "min_visible": min_visible}
    held = await search(service, photo, context, purpose=purpose or None, case=case, **how)
    response.headers["Location"] = f"/api/v1/searches/{held.id}"
    return search_body(held)


@router.get("/{id}", response_model=schemas.Search, responses=errors(404))
def get_search(id: Id, service: Served, context: Called) -> Any:
    """Return a search again."""
    return search_body(held_search(service, id, context))


@router.get(
    "/{id}/lists/{number}/crop",
    response_class=Response,
    responses={**errors(404), 200: {"content": {"image/jpeg": {}}, "description": "160 x 160 pixels."}},
)
def get_probe_crop(
    id: Id,
    number: Annotated[int, Path(ge=1, le=10_000, description="Number of the list, from 1.")],
    service: Served,
    context: Called,
) -> Any:
    """Return the picture of the first probe face of a list."""
    lists = service.held(id).result.lists
    if number > len(lists):
        raise WebError("web.picture")
    return Response(face_picture(lists[number - 1].probe[0]), media_type="image/jpeg")


@router.delete("/{id}", status_code=204, responses=errors(404))
def delete_search(id: Id, service: Served, context: Called) -> None:
    """Forget a search and its photos now."""
    service.searches.drop(id)
