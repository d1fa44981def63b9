"""The web application of one gallery."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from importlib.metadata import version

from anyio import to_thread
from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute

from bareface.web import document, problems
from bareface.web.again import SearchingAgain
from bareface.web.api import (
    audit,
    cases,
    comparisons,
    evaluation,
    jobs,
    models,
    references,
    restorations,
    reviews,
    searches,
    subjects,
    suggestions,
    system,
    watches,
)
from bareface.web.guard import Guard
from bareface.web.pages import add, people, pictures, restored, search, sign_in
from bareface.web.pages import audit as audit_pages
from bareface.web.pages import cases as case_pages
from bareface.web.pages import evaluation as evaluation_pages
from bareface.web.pages import jobs as job_pages
from bareface.web.pages import models as model_pages
from bareface.web.pages import suggestions as suggestion_pages
from bareface.web.pages import watches as watch_pages
from bareface.web.repeats import Repeats
from bareface.web.state import Service

_RESOURCES = (
    system,
    subjects,
    references,
    suggestions,
    searches,
    comparisons,
    cases,
    watches,
    reviews,
    restorations,
    jobs,
    models,
    evaluation,
    audit,
)
_PAGES = (
    sign_in,
    pictures,
    search,
    restored,
    case_pages,
    watch_pages,
    people,
    suggestion_pages,
    add,
    job_pages,
    model_pages,
    evaluation_pages,
    audit_pages,
)
_ABOUT = (
    "Search a gallery by face, and correct it. Candidates are leads, not identifications: a person decides. Errors are "
    "problem details (RFC 9457) with a stable `code`, listed in the documentation under Errors."
)


def make_app(service: Service) -> FastAPI:
    """Return the application that serves a gallery."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with service.working.background(), SearchingAgain(service.cases, service.turns).background():
            yield
        await to_thread.run_sync(service.erasing.finish)

    app = FastAPI(
        lifespan=lifespan,
        title="bareface",
        summary="Self-hosted face search",
        description=_ABOUT,
        version=version("bareface"),
        openapi_url=None,  # served behind the token; FastAPI's pages for it load scripts from elsewhere
        docs_url=None,
        redoc_url=None,
        telemetry={"auto_configure": False, "tracing": False, "metrics": False, "logs": False},
        redirect_slashes=False,
    )
    app.state.service = service
    app.add_middleware(Repeats, service=service)
    app.add_middleware(Guard, service=service)
    problems.install(app)
    app.router.routes.extend(_routes())
    app.openapi = lambda: document.of(app)  # type: ignore[method-assign]
    return app


@cache
def _routes() -> Sequence[BaseRoute]:
    """Return all routes; what FastAPI finds out about their functions, which takes a while, is kept in them."""
    every, api = APIRouter(), APIRouter(prefix="/api/v1")
    for resource in _RESOURCES:
        api.include_router(resource.router)
    every.include_router(api)
    for page in _PAGES:
        every.include_router(page.router)
    return every.routes
