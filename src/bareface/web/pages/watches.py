"""Forms of a case's page that let a probe face be searched again, or no more."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response

from bareface.errors import BarefaceError
from bareface.web.pages.pictures import Id
from bareface.web.pages.visitors import Visiting

router = APIRouter(include_in_schema=False)


@router.post("/kept/{face}/watch")
def watch(visitor: Visiting, face: Id, case: Annotated[int, Form()], end: Annotated[bool, Form()] = False) -> Response:
    """Let a probe face be searched again whenever references are enrolled, or no more."""
    back = f"/cases/{case}"
    try:
        if end:
            visitor.service.cases.unwatch(face, case=case, context=visitor.context)
        else:
            visitor.service.cases.watch(face, case=case, context=visitor.context)
    except BarefaceError as error:
        return visitor.failed(back, error)
    return visitor.back(back, visitor.words("page.watch-ended" if end else "page.watch-begun"))
