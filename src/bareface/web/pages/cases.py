"""Cases, the searches kept in them, and reviews of their candidates."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Path, Request
from fastapi.responses import RedirectResponse, Response

from bareface.errors import BarefaceError, WebError
from bareface.reports.cases import Format
from bareface.values.cases import (
    COMPONENTS,
    LONGEST_LIST,
    MOST_CONTROLS,
    SHORT_LIST,
    Aid,
    Confidence,
    Review,
    Verdict,
)
from bareface.web.api.cases import labels, report
from bareface.web.pages.pictures import Id, png
from bareface.web.pages.visitors import Visiting, Visitor
from bareface.web.searching import keep
from bareface.web.turns import SEARCH

router = APIRouter(include_in_schema=False)

_CASES = "/cases"
_FEATURE = "feature-"


def waiting(visitor: Visitor, reviews: tuple[Review, ...]) -> list[Review]:
    """Return the reviews that this visitor can answer."""
    me = visitor.session.caller.name.casefold()
    mine = {one.id: count for one in reviews for who, count in one.reviewers if who.casefold() == me}
    begun = [one for one in reviews if mine.get(one.id, len(one.items)) < len(one.items)]
    free = [one for one in reviews if len(one.reviewers) < one.needed and one.id not in mine]
    return begun + free


@router.get("/cases")
def cases_page(visitor: Visiting) -> Response:
    """Show the cases, and the reviews that wait."""
    cases = visitor.service.cases.list(context=visitor.context)
    reviews = visitor.service.cases.reviews(context=visitor.context)
    return visitor.page(
        "cases.html", cases=cases, waiting=waiting(visitor, reviews), complete=[one for one in reviews if one.complete]
    )


@router.post("/cases")
def open_case(
    visitor: Visiting,
    name: Annotated[str, Form(max_length=2000)] = "",
    purpose: Annotated[str, Form(max_length=2000)] = "",
    basis: Annotated[str, Form(max_length=2000)] = "",
    days: Annotated[int, Form(ge=1, le=3650)] = 90,
) -> Response:
    """Open a case."""
    try:
        case = visitor.service.cases.open(name, purpose, basis or None, days=days, context=visitor.context)
    except BarefaceError as error:
        return visitor.failed(_CASES, error)
    visitor.session.case = case.id
    return visitor.back(f"{_CASES}/{case.id}", visitor.words("page.case-opened", name=case.name))


@router.get("/cases/{id}")
def case_page(visitor: Visiting, id: Id) -> Response:
    """Show a case and its searches, without candidates."""
    cases = visitor.service.cases
    case, searches = cases.get(id, context=visitor.context), cases.searches(id, context=visitor.context)
    reviews = [one for one in cases.reviews(context=visitor.context) if one.case_id == id]
    return visitor.page(
        "case.html",
        case=case,
        searches=searches,
        reviews=reviews,
        waiting=waiting(visitor, tuple(reviews)),
        lengths=(SHORT_LIST, LONGEST_LIST),
        watches={one.face_id: one for one in cases.watches(id, context=visitor.context)},
    )


@router.post("/cases/{id}/close")
def close(visitor: Visiting, id: Id) -> Response:
    """Close a case."""
    visitor.service.cases.close(id, context=visitor.context)
    return visitor.back(f"{_CASES}/{id}", visitor.words("page.case-closed"))


@router.post("/cases/{id}/erase")
def erase(visitor: Visiting, id: Id) -> Response:
    """Erase a case for good."""
    visitor.service.erase_case(id, visitor.context)
    return visitor.back(_CASES, visitor.words("page.case-erased"))


@router.post("/searches/{id}/keep")
async def keep_search(visitor: Visiting, id: str, case: Annotated[int, Form(ge=1, le=2**63 - 1)]) -> Response:
    """Keep a search in a case."""
    try:
        held = await keep(visitor.service, visitor.service.held(id), case, visitor.context)
    except BarefaceError as error:
        return visitor.failed(f"/searches/{id}", error)
    visitor.session.case = case
    return visitor.back(f"/searches/{held.id}", visitor.words("page.kept"))


@router.get("/cases/{id}/searches/{search}")
def kept_page(visitor: Visiting, id: Id, search: Id) -> Response:
    """Show a kept search with its scores; it is noted that the visitor has seen them."""
    cases, context = visitor.service.cases, visitor.context
    case, kept = cases.get(id, context=context), cases.search(search, case=id, context=context)
    excluded = {face.id: cases.excluded(face.id, context=context) for face in kept.faces}
    return visitor.page("kept.html", case=case, kept=kept, excluded=excluded)


@router.get("/cases/{id}/report.{format}")
async def case_report(visitor: Visiting, id: Id, format: Format) -> Response:
    """Return the report of a case, to save, in the visitor's language."""
    cases, language = visitor.service.cases, visitor.words.language
    content = await visitor.service.turns.run(SEARCH, cases.report, id, format, language, context=visitor.context)
    return report(id, content, format)


@router.get("/cases/{id}/labels.csv")
def case_labels(visitor: Visiting, id: Id) -> Response:
    """Return answers on which all reviewers agree as labels, to save."""
    return labels(id, visitor.service.cases.labels(id, context=visitor.context))


@router.get("/kept/{face}/{kind}.jpg")
def kept_picture(visitor: Visiting, face: Id, kind: Literal["aligned", "map", "crop"]) -> Response:
    """Return a picture of a kept probe face."""
    kept = visitor.service.cases.face(face, context=visitor.context)
    content = {"aligned": kept.picture, "map": kept.map, "crop": kept.crop}[kind]
    if content is None:
        raise WebError("web.picture")
    return Response(content, media_type="image/jpeg")


@router.post("/kept/{face}/review")
def ask(
    visitor: Visiting,
    face: Id,
    case: Annotated[int, Form()],
    length: Annotated[int, Form(ge=1, le=LONGEST_LIST)] = SHORT_LIST,
    two_person: Annotated[bool, Form()] = False,
    shuffle: Annotated[bool, Form()] = False,
    checklist: Annotated[bool, Form()] = False,
    controls: Annotated[int, Form(ge=0, le=MOST_CONTROLS)] = 0,
) -> Response:
    """Ask for a review."""
    try:
        visitor.service.cases.ask(
            face,
            length=length,
            two_person=two_person,
            shuffle=shuffle,
            checklist=checklist,
            controls=controls,
            case=case,
            context=visitor.context,
        )
    except BarefaceError as error:
        return visitor.failed(f"{_CASES}/{case}", error)
    return visitor.back(f"{_CASES}/{case}", visitor.words("page.review-asked"))


@router.get("/reviews/{id}")
def review_page(visitor: Visiting, id: Id) -> Response:
    """Show the next pair to compare, without score, rank and name."""
    cases, context = visitor.service.cases, visitor.context
    review = cases.review(id, context=context)
    pair = None if review.complete else cases.next(id, context=context)
    if pair is None:
        if review.complete:
            return RedirectResponse(f"/reviews/{id}/outcome", 303)
        return visitor.page("reviewed.html", review=review)
    item, face, reference = pair
    control, gallery, views = review.control(item), visitor.service.gallery, visitor.service.views
    shown: dict[str, Any] = {"probe": f"/kept/{face.id}", "probe_view": face, "reference_view": None}
    if reference is not None:
        shown["reference_view"] = views.reference(gallery, reference, context)
        masked = gallery.reference(reference, context=context).mask_state != "none"
        aids = f"/reviews/{id}/pairs/{item}/enhanced"
        shown["aids"] = ("" if face.mask_state != "none" else f"{aids}-probe", "" if masked else f"{aids}-reference")
        if control is not None:
            shown["probe"] = f"/references/{control.probe_id}"
            shown["probe_view"] = views.reference(gallery, control.probe_id, context)
    return visitor.page("review.html", review=review, item=item, reference=reference, components=COMPONENTS, **shown)


@router.get("/reviews/{id}/pairs/{item}/{aid}.png")
async def viewing_aid(visitor: Visiting, id: Id, item: Annotated[int, Path(ge=0, le=1000)], aid: Aid) -> Response:
    """Return an enhanced face of the pair that is to be answered; it is noted that the reviewer sees it, and when."""
    service, context = visitor.service, visitor.context
    pair, review = service.cases.next(id, context=context), service.cases.review(id, context=context)
    if pair is None or pair[0] != item or pair[2] is None:
        raise WebError("web.picture")
    control, views, gallery = review.control(item), service.views, service.gallery
    number = pair[2] if aid == "enhanced-reference" else None if control is None else control.probe_id
    if number is None:
        picture = await service.turns.run(SEARCH, views.enhanced_kept, gallery, pair[1], context)
    else:
        picture = await service.turns.run(SEARCH, views.enhanced, gallery, number, context)
    service.cases.see(id, item, aid, context=context)
    return png(picture)


async def _features(request: Request) -> Any:
    """Return the checklist of a form, as far as it is filled in."""
    form = await request.form()
    return {
        name.removeprefix(_FEATURE): value
        for name, value in form.items()
        if name.startswith(_FEATURE) and isinstance(value, str) and value
    }


@router.post("/reviews/{id}")
def answer(
    visitor: Visiting,
    id: Id,
    item: Annotated[int, Form(ge=0)],
    verdict: Annotated[Verdict, Form()],
    confidence: Annotated[Confidence, Form()],
    features: Annotated[Any, Depends(_features)],
    note: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Answer a pair, and go to the next."""
    try:
        visitor.service.cases.answer(id, item, verdict, confidence, note, features, context=visitor.context)
    except BarefaceError as error:
        return visitor.failed(f"/reviews/{id}", error)
    return RedirectResponse(f"/reviews/{id}", 303)


@router.get("/reviews/{id}/outcome")
def outcome_page(visitor: Visiting, id: Id) -> Response:
    """Show the answers of everybody, and then the scores."""
    outcome = visitor.service.cases.outcome(id, context=visitor.context)
    return visitor.page("outcome.html", outcome=outcome, review=outcome.review)


@router.post("/reviews/{id}/exclude")
def exclude(visitor: Visiting, id: Id) -> Response:
    """Note the candidates of whom all reviewers say that they are different people."""
    outcome = visitor.service.cases.exclude(id, context=visitor.context)
    return visitor.back(f"/reviews/{id}/outcome", visitor.words("page.excluded-done", count=len(outcome.unanimous)))


@router.post("/reviews/{id}/include")
def include(visitor: Visiting, id: Id) -> Response:
    """Take back what was noted after a review."""
    visitor.service.cases.include(id, context=visitor.context)
    return visitor.back(f"/reviews/{id}/outcome", visitor.words("page.included-done"))
