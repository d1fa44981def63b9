"""Cases, and the searches that they keep."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Query
from fastapi.responses import Response

from bareface.reports.cases import Format
from bareface.reports.json_cases import kept_search_json, kept_summary_json
from bareface.web import schemas
from bareface.web.answers import body, errors
from bareface.web.callers import Called, Served
from bareface.web.searching import keep
from bareface.web.turns import SEARCH

PDF = "application/pdf"
router = APIRouter(prefix="/cases", tags=["cases"])

Number = Annotated[int, Path(ge=1, le=schemas.LARGEST, description="The case's number.", examples=[1])]


@router.get("", response_model=schemas.CaseList, responses=errors())
def list_cases(service: Served, context: Called) -> Any:
    """List the cases, latest first. Those that have expired are erased."""
    return {"cases": body(service.cases.list(context=context))}


@router.post("", response_model=schemas.Case, status_code=201, responses=errors(403, 413))
def open_case(new: schemas.NewCase, service: Served, context: Called) -> Any:
    """Open a case."""
    return body(service.cases.open(new.name, new.purpose, new.basis, days=new.days, context=context))


@router.get("/{number}", response_model=schemas.Case, responses=errors(404))
def get_case(number: Number, service: Served, context: Called) -> Any:
    """Return a case."""
    return body(service.cases.get(number, context=context))


@router.post("/{number}/close", response_model=schemas.Case, responses=errors(404))
def close_case(number: Number, service: Served, context: Called) -> Any:
    """Close a case: it takes no further search, and can be read until it expires."""
    return body(service.cases.close(number, context=context))


@router.delete("/{number}", status_code=204, responses=errors(404))
def erase_case(number: Number, service: Served, context: Called) -> None:
    """Erase a case with its photos, searches, reviews and answers, for good."""
    service.erase_case(number, context)


@router.get("/{number}/searches", response_model=schemas.KeptSearchList, responses=errors(404))
def list_kept_searches(number: Number, service: Served, context: Called) -> Any:
    """List the searches of a case, without candidates."""
    kept = service.cases.searches(number, context=context)
    return {"searches": [body(kept_summary_json(one)) for one in kept]}


@router.post("/{number}/searches", response_model=schemas.KeptSearch, status_code=201, responses=errors(403, 404, 413))
async def keep_search(number: Number, wish: schemas.Keep, service: Served, context: Called) -> Any:
    """Keep a search that is held in memory."""
    held = await keep(service, service.held(wish.search), number, context)
    assert held.kept is not None
    return body(kept_search_json(service.cases.search(held.kept, context=context)))


@router.get("/{number}/searches/{search}", response_model=schemas.KeptSearch, responses=errors(404))
def get_kept_search(
    number: Number,
    search: Annotated[int, Path(ge=1, le=schemas.LARGEST, description="The search's number.")],
    service: Served,
    context: Called,
) -> Any:
    """Return a kept search with its scores; it is noted that the caller has seen them."""
    service.cases.get(number, context=context)
    return body(kept_search_json(service.cases.search(search, case=number, context=context)))


@router.get(
    "/{number}/labels",
    response_class=Response,
    responses={**errors(404), 200: {"content": {"text/csv": {}}, "description": "A score file."}},
)
def get_labels(number: Number, service: Served, context: Called) -> Response:
    """Return answers on which all reviewers agree as labels: a score file for `bareface evaluate`."""
    return labels(number, service.cases.labels(number, context=context))


@router.get(
    "/{number}/report",
    response_class=Response,
    responses={
        **errors(404),
        200: {"content": {"text/html": {}, "application/pdf": {}}, "description": "One self-contained file."},
    },
)
async def get_report(
    number: Number,
    service: Served,
    context: Called,
    format: Annotated[Format | None, Query(description="By default as `Accept` says, else `html`.")] = None,
    language: Annotated[Literal["en", "de"], Query(description="Language of the report.")] = "en",
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> Response:
    """Return the report of a case: one page or PDF with all its pictures, which fetches nothing."""
    if format is None:
        format = "pdf" if PDF in accept and "text/html" not in accept else "html"
    content = await service.turns.run(SEARCH, service.cases.report, number, format, language, context=context)
    return report(number, content, format)


def report(number: int, content: bytes, format: Format) -> Response:
    """Return a report to save: a page that is opened from the disk has a content policy of its own."""
    headers = {"Content-Disposition": f'attachment; filename="case-{number}.{format}"'}
    return Response(content, media_type=PDF if format == "pdf" else "text/html; charset=utf-8", headers=headers)


def labels(number: int, content: bytes) -> Response:
    """Return labels to save."""
    headers = {"Content-Disposition": f'attachment; filename="case-{number}-labels.csv"'}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)
