"""A search with restored versions of a probe face, on request: labelled pictures, next to the list of the photo."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from bareface.errors import BarefaceError, WebError
from bareface.reports.pictures import restored_picture
from bareface.values.search import SearchResult
from bareface.web.held import HeldSearch, RestoredAnswer
from bareface.web.pages.search import Number, list_of
from bareface.web.pages.visitors import Visiting, Visitor
from bareface.web.searching import held_search, keep_restored, open_case, still_there
from bareface.web.turns import SEARCH

router = APIRouter(include_in_schema=False)


@router.post("/searches/{id}/faces/{number}/restored")
async def restore(visitor: Visiting, id: str, number: Number) -> Response:
    """Search with completions of a masked face, or with an enhanced version of another."""
    held = held_search(visitor.service, id, visitor.context)
    address = f"/searches/{id}/faces/{number}/restored"
    try:
        if held.context.case is not None:
            open_case(visitor.service, int(held.context.case), visitor.context)
        before = visitor.service.state()
        held.restored[number] = await visitor.service.turns.run(SEARCH, _search, visitor, held, number)
        held = still_there(visitor.service, before, held)
    except BarefaceError as error:
        return visitor.failed(f"/searches/{id}?face={number}", error)
    try:
        keep_restored(visitor.service, held, number, visitor.context)
    except BarefaceError as error:
        return visitor.failed(address, error)
    return RedirectResponse(address, 303)


@router.get("/searches/{id}/faces/{number}/restored")
def restored_page(visitor: Visiting, id: str, number: Number) -> Response:
    """Show what was found with restored faces."""
    held = held_search(visitor.service, id, visitor.context)
    made = _made(visitor, id, number)
    return visitor.page("restored.html", held=held, number=number, one=made.search, shown=made.picture is not None)


@router.get("/searches/{id}/faces/{number}/restored.png")
def restored_sheet(visitor: Visiting, id: str, number: Number) -> Response:
    """Return the restored faces in one labelled picture."""
    picture = _made(visitor, id, number).picture
    if picture is None:
        raise WebError("web.picture")
    return Response(picture, media_type="image/png")


def _search(visitor: Visitor, held: HeldSearch, number: int) -> RestoredAnswer:
    top = len(list_of(held, number).candidates)
    gallery, context = visitor.service.gallery, replace(held.context, actor=visitor.context.actor)
    again = gallery.search(
        held.photos, max(1, top), keep_photos=True, context=context
    )  # pixels are not held in between
    if number > len(again.lists):
        raise WebError("web.search")
    entry = again.lists[number - 1]
    masked = entry.probe[0].mask_state != "none"
    (one,) = gallery.search_restored(
        held.photos, SearchResult((entry,)), unmask=masked, enhance=not masked, context=context
    )
    return RestoredAnswer(one, None if one.restored is None else restored_picture(one.restored))


def _made(visitor: Visitor, id: str, number: int) -> RestoredAnswer:
    made = visitor.service.held(id).restored.get(number)
    if made is None:
        raise WebError("web.search")
    return made
