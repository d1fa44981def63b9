"""Pages on errors of the gallery on its own people, and on the evenness of the promise over groups."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated

from fastapi import APIRouter, File, UploadFile
from fastapi.responses import Response

from bareface.errors import BarefaceError
from bareface.reports.shipped import shipped
from bareface.values.gallery_evaluation import LabelledPromise
from bareface.web.pages.visitors import Visiting, Visitor
from bareface.web.turns import ENROL
from bareface.web.uploads import content_of

router = APIRouter(include_in_schema=False)

_PLOTS = ("matplotlib", "scipy")


@router.get("/evaluation")
def evaluation_page(visitor: Visiting) -> Response:
    """Show the figures that were kept last, and how to make them."""
    one = visitor.service.gallery.evaluation(context=visitor.context)
    report = all(find_spec(name) is not None for name in _PLOTS)
    return visitor.page("evaluation.html", one=one, report=report)


@router.get("/evaluation/report.html")
async def evaluation_report(visitor: Visiting) -> Response:
    """Return the evaluation report, to save."""
    service = visitor.service
    page = await service.turns.run(ENROL, service.gallery.evaluation_report, context=visitor.context)
    headers = {"Content-Disposition": 'attachment; filename="evaluation.html"'}
    return Response(page, media_type="text/html; charset=utf-8", headers=headers)


@router.get("/groups")
def groups_page(visitor: Visiting) -> Response:
    """Show how even the promise is, here and as it was measured before this version was shipped."""
    return _page(visitor, None)


@router.post("/groups")
async def check_groups(visitor: Visiting, labels: Annotated[UploadFile, File()]) -> Response:
    """Check the promise by the visitor's own labels, of which nothing is kept."""
    service, content = visitor.service, await content_of(labels)
    try:
        found = await service.turns.run(ENROL, service.gallery.evenness, content, context=visitor.context)
    except BarefaceError as error:
        return visitor.failed("/groups", error)
    return _page(visitor, found)


def _page(visitor: Visitor, labelled: tuple[LabelledPromise, ...] | None) -> Response:
    gallery = visitor.service.gallery
    return visitor.page(
        "groups.html",
        evaluation=gallery.evaluation(context=visitor.context),
        labelled=labelled,
        shipped=shipped(),
        model=gallery.engine.model,
    )
