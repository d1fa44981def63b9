"""A search with uploaded photos, as the interface for programs and the pages make it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from fastapi import UploadFile

from bareface.errors import BarefaceError, UsageError, WebError
from bareface.services.gallery import State
from bareface.values.cases import Case
from bareface.values.context import Context
from bareface.values.search import SearchResult
from bareface.web.held import HeldSearch
from bareface.web.state import Service
from bareface.web.turns import SEARCH
from bareface.web.uploads import content_of, name_of

_TRIES = 3


async def search(
    service: Service,
    photos: Sequence[UploadFile],
    context: Context,
    *,
    purpose: str | None = None,
    case: int | None = None,
    **how: Any,
) -> HeldSearch:
    """Search in its turn, hold the result, and keep it in its case.

    Raises
    ------
    UsageError
        ``usage.case``: it is closed, or none is named where several people share the gallery.
    """
    if case is None and service.shared:
        raise UsageError("usage.case/needed")
    if case is not None:
        purpose = purpose or open_case(service, case, context).purpose
    contents = tuple([await content_of(photo) for photo in photos])
    name = ", ".join(map(name_of, photos))
    context = replace(context, purpose=purpose, case=None if case is None else str(case))
    for _ in range(_TRIES):
        before = service.state()
        try:
            result: SearchResult = await service.turns.run(
                SEARCH, service.gallery.search, contents, context=context, **how
            )
        except BarefaceError as error:
            raise error.at(name) if error.source == "<bytes>" else error from None
        if len(photos) == 1:
            result = _named(result, name)
        held = service.searches.add(name, contents, result, context)
        service.forget_since(before)
        if held in service.searches:
            return held if case is None else await keep(service, held, case, context)
    raise WebError("web.busy")  # somebody whom it found was deleted during each search


def open_case(service: Service, number: int, context: Context) -> Case:
    """Return a case that takes searches; ``usage.case`` if it is closed."""
    case = service.cases.get(number, context=context)
    if case.closed is not None:
        raise UsageError("usage.case/closed", number=number)
    return case


def still_there(service: Service, before: State, held: HeldSearch) -> HeldSearch:
    """Return a search to which something was added, unless somebody whom it names was deleted since a state.

    Raises
    ------
    WebError
        ``web.search``: it was forgotten.
    """
    service.forget_since(before)
    return service.searches.get(held.id)


async def keep(service: Service, held: HeldSearch, case: int, context: Context) -> HeldSearch:
    """Keep a search that is held in a case, once."""
    await service.turns.run(SEARCH, _keep, service, held, case, replace(context, purpose=held.context.purpose))
    return service.searches.get(held.id)


def _keep(service: Service, held: HeldSearch, case: int, context: Context) -> None:
    with held.keeping:
        held = service.searches.get(held.id)
        if held.kept is not None and held.context.case == str(case):
            return
        photo = held.photos[0] if len(held.photos) == 1 else None
        kept = service.cases.keep(case, held.result, photo, held.name, context=context)
        service.searches.note_kept(held.id, kept.id, case)
        held = service.searches.get(held.id)
        for number in held.restored:
            keep_restored(service, held, number, context)


def keep_restored(service: Service, held: HeldSearch, number: int, context: Context) -> None:
    """Keep what was found with restored versions of a face, if its search is kept."""
    if held.kept is not None:
        kept, made = service.cases.search(held.kept, context=context), held.restored[number]
        service.cases.keep_restored(kept.faces[number - 1].id, made.search, made.picture, context=context)


def held_search(service: Service, id: str, context: Context) -> HeldSearch:
    """Return a search that is held; who sees it is on record: in its case if one keeps it, else who did not search."""
    held = service.held(id)
    if held.kept is None and context.actor != held.context.actor:
        shown = {reference for _, reference in held.shown}
        service.gallery.references_at(shown, context=replace(held.context, actor=context.actor))
    if held.kept is not None:
        try:
            service.cases.look(held.kept, context=context)
        except UsageError:  # the case has expired, or another process erased it
            service.searches.forget_kept({held.kept})
            raise WebError("web.search") from None
    return held


def _named(result: SearchResult, name: str) -> SearchResult:
    """Return a result whose probe faces name the photo as its uploader does."""
    lists = (replace(one, probe=tuple(replace(face, source=name) for face in one.probe)) for one in result.lists)
    return replace(result, lists=tuple(lists))
