"""The audit log: who did what, when, and for what purpose and case."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from bareface.reports.json_audit import event_json
from bareface.values.audit import EventKind
from bareface.web import schemas_audit as schemas
from bareface.web.answers import body, errors
from bareface.web.api.subjects import Cursor, Limit
from bareface.web.callers import Called, Served

router = APIRouter(prefix="/audit", tags=["audit"])


@router.get("", response_model=schemas.AuditPage, responses=errors(404))
def list_events(
    service: Served,
    context: Called,
    limit: Limit = 50,
    cursor: Cursor = None,
    actor: Annotated[
        str | None, Query(max_length=200, description="List only this person's.", examples=["ada"])
    ] = None,
    case: Annotated[str | None, Query(max_length=200, description="List only those of this case.")] = None,
    kind: Annotated[EventKind | None, Query(description="List only those of this kind.")] = None,
) -> Any:
    """List events, latest first; what shows something is summed up by the minute."""
    listing = f"audit {actor!r} {case!r} {kind}"
    before = service.cursors.place(listing, cursor)
    page = service.audit().events(limit, before, actor=actor, case=case, kind=kind, context=context)
    following = service.cursors.sign(listing, page.events[-1].id) if page.more else None
    return {"events": [body(event_json(one)) for one in page.events], "next": following}
