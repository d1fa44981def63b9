"""The audit log."""

from __future__ import annotations

from typing import Annotated, get_args

from fastapi import APIRouter, Query
from fastapi.responses import Response

from bareface.values.audit import EventKind
from bareface.web.pages.jobs import Before
from bareface.web.pages.visitors import Visiting

router = APIRouter(include_in_schema=False)

_SHOWN = 100
Text = Annotated[str, Query(max_length=200)]


@router.get("/audit")
def audit_page(
    visitor: Visiting, actor: Text = "", case: Text = "", kind: Text = "", before: Before = None
) -> Response:
    """Show events, latest first, of one person, case or kind."""
    kinds = get_args(EventKind)
    known: EventKind | None = kind if kind in kinds else None  # type: ignore[assignment]
    page = visitor.service.audit().events(
        _SHOWN,
        before,
        actor=actor.strip() or None,
        case=case.strip() or None,
        kind=known,
        context=visitor.context,
    )
    return visitor.page(
        "audit.html",
        events=page.events,
        older=page.events[-1].id if page.more else None,
        kinds=kinds,
        asked={"actor": actor.strip(), "case": case.strip(), "kind": known or ""},
    )
