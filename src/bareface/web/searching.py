"""A search with uploaded photos, as the interface for programs and the pages make it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from fastapi import UploadFile

from bareface.errors import BarefaceError
from bareface.values.context import Context
from bareface.values.search import SearchResult
from bareface.web.held import HeldSearch
from bareface.web.state import Service
from bareface.web.turns import SEARCH
from bareface.web.uploads import content_of, name_of


async def search(
    service: Service,
    photos: Sequence[UploadFile],
    context: Context,
    *,
    purpose: str | None = None,
    case: str | None = None,
    **how: Any,
) -> HeldSearch:
    """Search in its turn, and hold the result."""
    contents = tuple([await content_of(photo) for photo in photos])
    name = ", ".join(map(name_of, photos))
    context = replace(context, purpose=purpose, case=case)
    try:
        result: SearchResult = await service.turns.run(SEARCH, service.gallery.search, contents, context=context, **how)
    except BarefaceError as error:
        raise error.at(name) if error.source == "<bytes>" else error from None
    if len(photos) == 1:
        result = _named(result, name)
    return service.searches.add(name, contents, result)


def _named(result: SearchResult, name: str) -> SearchResult:
    """Return a result whose probe faces name the photo as its uploader does."""
    lists = (replace(one, probe=tuple(replace(face, source=name) for face in one.probe)) for one in result.lists)
    return replace(result, lists=tuple(lists))
