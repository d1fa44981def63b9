"""Reviews: pairs are compared without their scores, by one person or by two."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path

from bareface.reports.json_cases import outcome_json, review_json
from bareface.web import schemas_reviews as schemas
from bareface.web.answers import body, errors
from bareface.web.callers import Called, Served
from bareface.web.schemas import LARGEST

router = APIRouter(prefix="/reviews", tags=["reviews"])

Number = Annotated[int, Path(ge=1, le=LARGEST, description="The review's number.", examples=[1])]


@router.get("", response_model=schemas.ReviewList, responses=errors())
def list_reviews(service: Served, context: Called) -> Any:
    """List the reviews, latest first."""
    return {"reviews": [body(review_json(one)) for one in service.cases.reviews(context=context)]}


@router.post("", response_model=schemas.Review, status_code=201, responses=errors(404, 409, 413))
def ask_for_review(new: schemas.NewReview, service: Served, context: Called) -> Any:
    """Ask for a review of the candidates of a kept face."""
    asked = service.cases.ask(
        new.face,
        length=new.length,
        two_person=new.two_person,
        shuffle=new.shuffle,
        checklist=new.checklist,
        controls=new.controls,
        context=context,
    )
    return body(review_json(asked))


@router.get("/{number}", response_model=schemas.Review, responses=errors(404))
def get_review(number: Number, service: Served, context: Called) -> Any:
    """Return a review."""
    return body(review_json(service.cases.review(number, context=context)))


@router.post("/{number}/next", response_model=schemas.NextPair, responses=errors(404, 409))
def next_pair(number: Number, service: Served, context: Called) -> Any:
    """Return the next pair to compare; it is noted who has seen it, and when."""
    following = service.cases.next(number, context=context)
    if following is None:
        return {"pair": None}
    item, face, reference = following
    control = service.cases.review(number, context=context).control(item)
    facts = {"mask_state": face.mask_state, "visible": face.visible}
    shown = {
        "face_id": face.id if control is None else None,
        "probe_reference_id": None if control is None or reference is None else control.probe_id,
    }
    return {"pair": {"item": item, "reference_id": reference, **shown, **facts}}


@router.post("/{number}/answers", response_model=schemas.Review, responses=errors(404, 409, 413))
def answer_pair(number: Number, given: schemas.GivenAnswer, service: Served, context: Called) -> Any:
    """Answer a pair that was shown; an answer stays as it is."""
    changed = service.cases.answer(
        number, given.item, given.verdict, given.confidence, given.note, given.features, context=context
    )
    return body(review_json(changed))


@router.get("/{number}/outcome", response_model=schemas.Outcome, responses=errors(404, 409))
def get_outcome(number: Number, service: Served, context: Called) -> Any:
    """Return the answers when everybody has answered."""
    return body(outcome_json(service.cases.outcome(number, context=context)))


@router.post("/{number}/exclude", response_model=schemas.Outcome, responses=errors(404, 409))
def exclude_candidates(number: Number, service: Served, context: Called) -> Any:
    """Note those candidates as “not this person” of whom all reviewers say that they are different people."""
    return body(outcome_json(service.cases.exclude(number, context=context)))


@router.post("/{number}/include", response_model=schemas.Outcome, responses=errors(404, 409))
def include_candidates(number: Number, service: Served, context: Called) -> Any:
    """Take back what was noted after this review."""
    return body(outcome_json(service.cases.include(number, context=context)))
