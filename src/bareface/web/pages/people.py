"""The gallery: subjects, their references, and corrections that can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.responses import RedirectResponse, Response

from bareface.errors import BarefaceError, UsageError
from bareface.services.undoing import Undo
from bareface.values.gallery import Subject
from bareface.web.pages.pictures import Id
from bareface.web.pages.visitors import Visiting, Visitor, local_path

router = APIRouter(include_in_schema=False)

Chosen = Annotated[list[int], Form(default_factory=list)]
_PAGE = 48
_PEOPLE = "/people"


@router.get("/people")
def people_page(
    visitor: Visiting, text: Annotated[str, Query(max_length=2000)] = "", cursor: Annotated[str | None, Query()] = None
) -> Response:
    """Show the subjects, some at a time."""
    listing = f"people {text}"
    place = visitor.service.cursors.place(listing, cursor)
    gallery, context = visitor.service.gallery, visitor.context
    page = gallery.subject_page(_PAGE, None if place is None else tuple(place), text, context=context)
    last = page.subjects[-1] if page.more else None
    following = None if last is None else visitor.service.cursors.sign(listing, [last.name, last.id])
    values = {"page": page, "text": text, "next": following}
    if cursor is not None:
        return visitor.part("people-more.html", **values)
    if visitor.request.headers.get("hx-request"):
        return visitor.part("people-list.html", **values)
    unnamed = gallery.subject_page(1, (None, 0), context=context).subjects
    return visitor.page("people.html", info=gallery.info(context=context), unnamed=unnamed, **values)


@router.get("/people/names")
def names(visitor: Visiting, text: Annotated[str, Query(max_length=2000)] = "") -> Response:
    """Suggest subjects for a name that is being typed."""
    page = visitor.service.gallery.subject_page(8, None, text, context=visitor.context)
    return visitor.part("names.html", subjects=page.subjects)


@router.get("/people/{id}")
def person_page(visitor: Visiting, id: Id) -> Response:
    """Show a subject and its references, best first."""
    gallery, context = visitor.service.gallery, visitor.context
    subject = gallery.subject(id, context=context)
    return visitor.page("person.html", subject=subject, references=gallery.references(id, context=context))


@router.post("/people/{id}/rename")
def rename(visitor: Visiting, id: Id, name: Annotated[str, Form()] = "") -> Response:
    """Rename a subject."""
    return _corrected(visitor, id, "page.renamed", lambda: visitor.corrector.rename(id, name))


@router.post("/people/{id}/merge")
def merge(visitor: Visiting, id: Id, other: Annotated[str, Form()] = "") -> Response:
    """Merge another subject into this one."""

    def work() -> tuple[Subject, Undo]:
        merged = visitor.service.gallery.subject(other, context=visitor.context).id
        return visitor.corrector.merge(id, merged)

    return _corrected(visitor, id, "page.merged", work)


@router.post("/people/{id}/assign")
def assign(visitor: Visiting, id: Id, reference: Chosen, other: Annotated[str, Form()] = "") -> Response:
    """Give the chosen references to another subject."""
    return _corrected(visitor, id, "page.assigned", lambda: visitor.corrector.assign(reference, other))


@router.post("/people/{id}/split")
def split(visitor: Visiting, id: Id, reference: Chosen, other: Annotated[str, Form()] = "") -> Response:
    """Make a subject of the chosen references."""
    return _corrected(visitor, id, "page.split", lambda: visitor.corrector.split(reference, other.strip() or None))


@router.post("/people/{id}/reject")
def reject(visitor: Visiting, id: Id, reference: Chosen) -> Response:
    """Delete the chosen references, and never enrol these faces again."""
    return _deleted(
        visitor, id, reference, lambda: visitor.service.gallery.reject(reference, context=visitor.context).references
    )


@router.post("/people/{id}/delete-references")
def delete_references(visitor: Visiting, id: Id, reference: Chosen) -> Response:
    """Delete the chosen references for good."""
    return _deleted(
        visitor,
        id,
        reference,
        lambda: visitor.service.gallery.delete(reference=reference, context=visitor.context).references,
    )


@router.post("/people/{id}/delete")
def delete(visitor: Visiting, id: Id) -> Response:
    """Delete a subject for good."""
    return _deleted(
        visitor, id, [], lambda: visitor.service.gallery.delete(subject=id, context=visitor.context).references
    )


@router.post("/undo")
def undo(visitor: Visiting, undo: Annotated[str, Form()] = "", next: Annotated[str, Form()] = "") -> Response:
    """Take a correction back."""
    steps = visitor.session.undos.pop(undo, None)
    if steps is None:
        visitor.session.complain(visitor.words("page.undo-gone"))
        return _to(visitor, None)
    try:
        subject = visitor.corrector.undo(steps)
    except UsageError as error:
        return visitor.failed(local_path(next, _PEOPLE), error)
    except BarefaceError as error:  # it may go better another time
        visitor.session.say(visitor.words.error(error), steps, next or None, failed=True)
        return RedirectResponse(local_path(next, _PEOPLE), 303)
    person = _PEOPLE if subject is None else f"{_PEOPLE}/{subject.id}"
    return visitor.back(local_path(next, person), visitor.words("page.undone"))


def _corrected(visitor: Visitor, id: int, code: str, work: Callable[[], tuple[Subject, Undo | None]]) -> Response:
    """Make a correction, and go to the subject that it made or changed."""
    try:
        subject, undo = work()
    except BarefaceError as error:
        return visitor.failed(f"{_PEOPLE}/{id}", error)
    name = subject.name or visitor.words("page.unnamed", number=subject.id)
    return visitor.back(f"{_PEOPLE}/{subject.id}", visitor.words(code, name=name), undo)


def _deleted(visitor: Visitor, id: int, references: list[int], work: Callable[[], int]) -> Response:
    """Delete, and go to what is left."""
    try:
        count = work()
    except BarefaceError as error:
        return visitor.failed(f"{_PEOPLE}/{id}", error)
    visitor.service.forget({id}, set(references))
    visitor.session.say(visitor.words("page.deleted", count=count))
    return _to(visitor, id)


def _to(visitor: Visitor, id: int | None) -> Response:
    """Go to a subject if it is still there, else to all."""
    if id is not None:
        try:
            visitor.service.gallery.subject(id, context=visitor.context)
            return RedirectResponse(f"{_PEOPLE}/{id}", 303)
        except BarefaceError:
            pass
    return RedirectResponse(_PEOPLE, 303)
