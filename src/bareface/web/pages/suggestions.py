"""Suggestions of who unnamed faces could be, one at a time: a key for each answer, and the next one is there."""

from __future__ import annotations

from functools import partial
from typing import Annotated, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query
from fastapi.responses import Response

from bareface.errors import BarefaceError
from bareface.values.suggestion import SuggestionAnswer, SuggestionPage
from bareface.web.pages.visitors import Visiting, Visitor
from bareface.web.turns import SEARCH

router = APIRouter(include_in_schema=False)

After = Annotated[int, Query(ge=0, le=2**63 - 1)]
_PATH = "/suggestions"
_SAID = {
    "different": "page.suggest-said/different",
    "not a face": "page.suggest-said/not-a-face",
    "cannot say": "page.suggest-said/cannot-say",
}
_KEYS = dict(zip(("same", "different", "not a face", "cannot say"), "sdnc", strict=True))


@router.get(_PATH)
async def suggestions_page(visitor: Visiting, after: After = 0, undecided: bool = False) -> Response:
    """Show the next suggestion."""
    return await _next(visitor, after, undecided=undecided)


@router.get(f"{_PATH}/ahead")
async def ahead(visitor: Visiting, after: After = 0, undecided: bool = False) -> Response:
    """Show the suggestion after the one that is shown, while a person looks at that."""
    page = await _suggested(visitor, after, undecided=undecided)
    start = page.suggestions[0].face.subject_id - 1 if page.suggestions else page.after or after
    return visitor.part("ahead.html", suggested=page, start=start)


@router.post(_PATH)
async def answer(
    visitor: Visiting,
    face: Annotated[int, Form()],
    candidate: Annotated[int, Form()],
    answer: Annotated[str, Form()],
    after: Annotated[int, Form(ge=0, le=2**63 - 1)],
    start: Annotated[int, Form(ge=0, le=2**63 - 1)] = 0,
    undecided: Annotated[bool, Form()] = False,
) -> Response:
    """Answer a suggestion, and show the next one: from where it was found ahead, if it was."""
    back = _address(max(0, after - 1), undecided=undecided)
    await visitor.service.turns.run(SEARCH, _answer, visitor, face, candidate, answer, back)
    if visitor.request.headers.get("hx-request"):
        return await _next(visitor, max(after, start), undecided=undecided)
    from fastapi.responses import RedirectResponse

    return RedirectResponse(_address(after, undecided=undecided), 303)


def _answer(visitor: Visitor, face: int, candidate: int, given: str, back: str) -> None:
    try:
        subject, undo = visitor.corrector.answer(face, candidate, given)  # type: ignore[arg-type]  # it checks it
    except BarefaceError as error:
        visitor.session.complain(visitor.words.error(error))
        return
    if given == "not a face":
        visitor.service.rejected({face}, visitor.context)
    if subject is None:
        said = visitor.words(_SAID[given])
    else:
        name = subject.name or visitor.words("page.unnamed", number=subject.id)
        said = visitor.words("page.suggest-said/same", name=name)
    visitor.session.say(said, undo, back)


async def _next(visitor: Visitor, after: int, *, undecided: bool) -> Response:
    """Show the next suggestion."""
    page = await _suggested(visitor, after, undecided=undecided)
    further = None if page.after is None else _address(page.after, undecided=undecided)
    values = {"suggested": page, "further": further, "after": after, "undecided": undecided, "keys": _KEYS}
    if visitor.request.headers.get("hx-request"):
        return visitor.part("suggestion.html", toasts=visitor.session.take_toasts(), **values)
    return visitor.page("suggestions.html", **values)


async def _suggested(visitor: Visitor, after: int, *, undecided: bool) -> SuggestionPage:
    call = partial(visitor.service.gallery.suggestions, undecided=undecided, context=visitor.context)
    return await visitor.service.turns.run(SEARCH, call, after)


def _address(after: int, *, undecided: bool) -> str:
    query = {"after": after, **({"undecided": "true"} if undecided else {})}
    return f"{_PATH}?{urlencode(query)}"


assert tuple(_KEYS) == get_args(SuggestionAnswer)
