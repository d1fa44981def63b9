"""Suggestions of who unnamed faces could be, one at a time, and answers to them."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from bareface.services.undoing import Corrector
from bareface.web import schemas_suggestions as schemas
from bareface.web.answers import body, errors
from bareface.web.api.subjects import Cursor, Limit
from bareface.web.callers import Called, Served
from bareface.web.turns import SEARCH

router = APIRouter(prefix="/suggestions", tags=["suggestions"])
_LISTING = "suggestions/answers"

Number = Annotated[int, Path(ge=1, le=2**63 - 1, description="The answer's number.", examples=[3])]


@router.get("", response_model=schemas.SuggestionPage, responses=errors())
async def next_suggestions(
    service: Served,
    context: Called,
    after: Annotated[int, Query(ge=0, le=2**63 - 1, description="`after` of the page before; 0 begins anew.")] = 0,
    limit: Annotated[int, Query(ge=1, le=10, description="Number of suggestions.")] = 1,
    undecided: Annotated[bool, Query(description="Also ask about pairs that nobody could say about.")] = False,
) -> Any:
    """Suggest for unnamed faces the subject that each resembles most. One call looks at a few faces only."""
    call = partial(service.gallery.suggestions, undecided=undecided, context=context)
    return body(await service.turns.run(SEARCH, call, after, limit))


@router.post("/answers", response_model=schemas.SuggestionAnswered, responses=errors(404, 409, 413))
def answer_suggestion(given: schemas.GivenSuggestionAnswer, service: Served, context: Called) -> Any:
    """Answer a suggestion: `same` merges, `different` is for good, `not a face` deletes the face for good."""
    subject, undo = Corrector(service.gallery, context).answer(given.face, given.candidate, given.answer)
    if given.answer == "not a face":
        service.rejected({given.face}, context)
    moved = [] if undo is None else [number for move in undo.moves for number in move.references]
    answer = undo.apart[0] if undo is not None and undo.apart else None
    return {"subject": body(subject), "moved": moved, "answer_id": answer}


@router.get("/answers", response_model=schemas.ApartPage, responses=errors())
def list_answers(service: Served, context: Called, limit: Limit = 50, cursor: Cursor = None) -> Any:
    """List the answers that keep faces apart, by number, some at a time."""
    after = service.cursors.place(_LISTING, cursor) or 0
    page = service.gallery.apart_page(limit, after, context=context)
    following = service.cursors.sign(_LISTING, page.answers[-1].id) if page.more else None
    return {"answers": body(page.answers), "total": page.matching, "next": following}


@router.delete("/answers/{number}", response_model=schemas.Forgotten, responses=errors())
def forget_answer(number: Number, service: Served, context: Called) -> Any:
    """Take an answer back: the pair may be suggested again."""
    return {"answers": service.gallery.forget_apart(number, context=context)}
