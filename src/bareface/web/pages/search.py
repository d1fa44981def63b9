"""Search: choose a photo, choose a face, see the candidates, compare one."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, File, Form, Path, UploadFile
from fastapi.responses import RedirectResponse, Response

from bareface.errors import BarefaceError, GalleryError, WebError
from bareface.reports.wording import verdict
from bareface.values.cases import Case
from bareface.values.gallery import Reference
from bareface.values.search import CandidateList
from bareface.web.held import HeldSearch
from bareface.web.pages.visitors import Visiting, Visitor
from bareface.web.searching import held_search, search

router = APIRouter(include_in_schema=False)

Number = Annotated[int, Path(ge=1, le=10_000)]
_TOP = 20
_RECENT = 8


def list_of(held: HeldSearch, number: int) -> CandidateList:
    """Return a list of a search by its number from 1; ``web.search`` if there is none."""
    if number > len(held.result.lists):
        raise WebError("web.search")
    return held.result.lists[number - 1]


@router.get("/")
def search_page(visitor: Visiting, case: int | None = None) -> Response:
    """Show where to drop a photo, and the latest searches."""
    visitor.session.case = case or visitor.session.case
    info = visitor.service.gallery.info(context=visitor.context)
    recent = [(one, verdict(one.result.lists[0].candidates)) for one in _latest(visitor)]
    return visitor.page(
        "search.html",
        info=info,
        recent=recent,
        purpose=visitor.session.purpose,
        cases=_open(visitor),
        case=visitor.session.case,
        shared=visitor.service.shared,
    )


def _latest(visitor: Visitor) -> list[HeldSearch]:
    """Return the latest searches.

    Where several people review, a verdict of somebody else's search would be seen before the own answer.
    """
    with suppress(GalleryError):  # the file of cases cannot be read, as the page says
        return visitor.service.latest(_RECENT, visitor.context.actor if visitor.service.shared else None)
    return []


def _open(visitor: Visitor) -> list[Case]:
    """Return the cases that a search can be kept in; none, with a word, where their file cannot be read."""
    try:
        return [one for one in visitor.service.cases.list(context=visitor.context) if one.closed is None]
    except GalleryError as error:
        visitor.session.complain(visitor.words.error(error))
        return []


@router.post("/searches")
async def make_search(
    visitor: Visiting,
    photo: Annotated[UploadFile, File()],
    purpose: Annotated[str, Form(max_length=1000)] = "",
    case: Annotated[str, Form(pattern=r"\d{0,18}")] = "",
) -> Response:
    """Search with a photo, and lead to the result."""
    visitor.session.purpose, visitor.session.case = purpose, int(case) if case else None
    by_script = visitor.request.headers.get("x-part") is not None  # which shows the error, and goes on by itself
    try:
        held = await search(
            visitor.service, [photo], visitor.context, purpose=purpose or None, case=visitor.session.case, top=_TOP
        )
    except BarefaceError as error:
        if by_script:
            raise
        return visitor.failed("/", error)
    address = f"/searches/{held.id}"
    return Response(status_code=204, headers={"X-Next": address}) if by_script else RedirectResponse(address, 303)


@router.get("/searches/{id}")
def result_page(visitor: Visiting, id: str, face: int = 1) -> Response:
    """Show a search: the photo with its faces, and the candidates of one of them."""
    held = held_search(visitor.service, id, visitor.context)
    entry = list_of(held, max(1, face))
    whole = not visitor.request.headers.get("hx-request")
    values = {"held": held, "number": max(1, face), "entry": entry, "verdict": verdict(entry.candidates)}
    if whole:
        shown = visitor.service.views.photo(visitor.service.gallery, held) if len(held.photos) == 1 else None
        cases = [] if held.kept else _open(visitor)
        size = None if shown is None else shown.size
        return visitor.page("result.html", size=size, cases=cases, case=visitor.session.case, **values)
    return visitor.part("candidates.html", **values)


@router.post("/searches/{id}/forget")
def forget(visitor: Visiting, id: str) -> Response:
    """Forget a search and its photo now."""
    visitor.service.searches.drop(id)
    return visitor.back("/", visitor.words("page.forgotten"))


@router.get("/searches/{id}/faces/{number}/candidates/{rank}")
def compare_page(visitor: Visiting, id: str, number: Number, rank: Number) -> Response:
    """Show a probe face and a candidate's reference, to compare by eye."""
    held = held_search(visitor.service, id, visitor.context)
    entry = list_of(held, number)
    if rank > len(entry.candidates):
        raise WebError("web.search")
    candidate = entry.candidates[rank - 1]
    gallery, context = visitor.service.gallery, visitor.context
    reference = gallery.reference(candidate.reference_id, context=context)
    return visitor.page(
        "compare.html",
        held=held,
        number=number,
        entry=entry,
        candidate=candidate,
        reference=reference,
        face=entry.probe[0],
        probe_view=visitor.service.views.probe(gallery, held, number),
        reference_view=visitor.service.views.reference(gallery, reference.id, context),
        aids=_aids(held, number, entry, reference),
    )


def _aids(held: HeldSearch, number: int, entry: CandidateList, reference: Reference) -> tuple[str, str]:
    """Return the addresses of both faces enhanced, without their endings; empty for one that wears a mask."""
    probe = f"/searches/{held.id}/faces/{number}/enhanced" if entry.probe[0].mask_state == "none" else ""
    return (
        probe if len(held.photos) == 1 else "",
        f"/references/{reference.id}/enhanced" if reference.mask_state == "none" else "",
    )
