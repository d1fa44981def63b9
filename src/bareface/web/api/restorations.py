"""Restorations that were made through the gallery."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from bareface.reports.json_audit import restoration_json
from bareface.web import schemas_audit as schemas
from bareface.web.answers import body, errors
from bareface.web.api.subjects import Cursor, Limit
from bareface.web.callers import Called, Served

router = APIRouter(prefix="/restorations", tags=["restorations"])


@router.get("", response_model=schemas.RestorationPage, responses=errors())
def list_restorations(service: Served, context: Called, limit: Limit = 50, cursor: Cursor = None) -> Any:
    """List restorations on the gallery's record, latest first: where each comes from, and how much is made up.

    Whatever is on record is refused when somebody tries to enrol it.
    """
    before = service.cursors.place("restorations", cursor)
    page = service.gallery.restoration_page(limit, before, context=context)
    following = None if page.next is None else service.cursors.sign("restorations", page.next)
    return {"restorations": [body(restoration_json(one)) for one in page.restorations], "next": following}
