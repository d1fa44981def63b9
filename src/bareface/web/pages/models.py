"""The models and their cards."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from bareface.web.pages.visitors import Visiting

router = APIRouter(include_in_schema=False)


@router.get("/models")
def models_page(visitor: Visiting) -> Response:
    """Show what to know before using each model."""
    known = visitor.service.models.list(context=visitor.context)
    engine = visitor.service.gallery.engine
    info = visitor.service.gallery.info(context=visitor.context)
    damaged = [visitor.words.error(error) for error in known.damaged]
    return visitor.page("models.html", models=known.models, damaged=damaged, engine=engine, info=info)
