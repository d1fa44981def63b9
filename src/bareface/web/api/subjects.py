"""Subjects: list, rename, merge and delete them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from bareface.web import schemas
from bareface.web.answers import body, errors
from bareface.web.callers import Called, Served

router = APIRouter(prefix="/subjects", tags=["subjects"])
_LISTING = "subjects"

Number = Annotated[int, Path(ge=1, le=schemas.LARGEST, description="The subject's number.", examples=[7])]
Limit = Annotated[int, Query(ge=1, le=500, description="Length of the page.")]
Cursor = Annotated[str | None, Query(description="`next` of the page before.", max_length=5000)]


@router.get("", response_model=schemas.SubjectPage, responses=errors())
def list_subjects(
    service: Served,
    context: Called,
    limit: Limit = 50,
    cursor: Cursor = None,
    text: Annotated[str, Query(description="Part of a name, or a number as `#7`.", max_length=2000)] = "",
) -> Any:
    """List subjects, some at a time: named ones by name, then unnamed ones by number."""
    listing = f"{_LISTING} {text}"
    after = service.cursors.place(listing, cursor)
    page = service.gallery.subject_page(limit, None if after is None else tuple(after), text, context=context)
    last = page.subjects[-1] if page.more else None
    following = None if last is None else service.cursors.sign(listing, [last.name, last.id])
    return {"subjects": body(page.subjects), "total": page.matching, "next": following}


@router.get("/{number}", response_model=schemas.Subject, responses=errors(404))
def get_subject(number: Number, service: Served, context: Called) -> Any:
    """Return a subject."""
    return body(service.gallery.subject(number, context=context))


@router.patch("/{number}", response_model=schemas.Subject, responses=errors(404, 409, 413))
def rename_subject(number: Number, change: schemas.Rename, service: Served, context: Called) -> Any:
    """Rename a subject; photos enrolled under the earlier name stay its own."""
    return body(service.gallery.rename(number, change.name, context=context))


@router.post("/{number}/merge", response_model=schemas.Subject, responses=errors(404, 409, 413))
def merge_subjects(number: Number, change: schemas.Merge, service: Served, context: Called) -> Any:
    """Merge another subject into this one."""
    return body(service.gallery.merge(number, change.merged, context=context))


@router.delete("/{number}", response_model=schemas.Deleted, responses=errors(404))
def delete_subject(number: Number, service: Served, context: Called) -> Any:
    """Delete a subject with its references and pictures, for good."""
    deleted = service.gallery.delete(subject=number, context=context)
    service.forget(subjects={number})
    return body(deleted)
