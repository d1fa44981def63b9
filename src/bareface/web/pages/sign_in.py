"""Sign in with the token, and out; choose language and colours; files that pages load."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from bareface.errors import WebError
from bareface.messages import LANGUAGES
from bareface.values.context import Context, stated
from bareface.web.pages.render import FILES, content_of, render, static
from bareface.web.pages.visitors import (
    THEMES,
    Visiting,
    local_path,
    session_of,
    theme_of,
    words_of,
)
from bareface.web.state import Service

router = APIRouter(include_in_schema=False)
_YEAR_S = 365 * 24 * 3600


@router.get("/sign-in", name="sign_in_page")
def sign_in_page(request: Request, next: str = "/") -> Response:
    """Show the page to sign in."""
    if session_of(request) is not None:
        return RedirectResponse(local_path(next), 303)
    return _page(request, next)


@router.post("/sign-in")
def sign_in(
    request: Request,
    token: Annotated[str, Form()] = "",
    name: Annotated[str, Form(max_length=200)] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Begin a session for whoever has the token."""
    service = Service.of(request.scope)
    caller = service.access.caller(token.strip())
    name = stated(name)
    if caller is None:
        _note(service, Context("?"), admitted=False)
        return _page(request, next, 401)
    if service.shared and not name:
        return _page(request, next, 422)
    if name:
        caller = replace(caller, name=name)
    _note(service, Context(caller.name), admitted=True)
    answer = RedirectResponse(local_path(next), 303)
    _set(request, answer, "session", service.sessions.begin(caller))
    return answer


@router.post("/sign-out")
def sign_out(visitor: Visiting) -> Response:
    """End the session."""
    name = visitor.service.cookie_name()
    visitor.service.sessions.end(visitor.request.cookies.get(name))
    if visitor.service.trail is not None:
        visitor.service.trail.sign_out(context=visitor.context)
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(name, path="/")
    return answer


@router.post("/look")
def look(
    request: Request,
    visitor: Visiting,
    next: Annotated[str, Form()] = "/",
    language: Annotated[str, Form()] = "",
    theme: Annotated[str, Form()] = "",
) -> Response:
    """Choose language or colours."""
    answer = RedirectResponse(local_path(next), 303)
    if language in LANGUAGES:
        _set(request, answer, "language", language, _YEAR_S)
    if theme in THEMES:
        _set(request, answer, "theme", theme, _YEAR_S)
    return answer


@router.get("/static/{digest}/{name}")
def static_file(digest: str, name: str) -> Response:
    """Return a file that pages load; its address changes with its content."""
    if name not in FILES or static(name) != f"/static/{digest}/{name}":
        raise WebError("web.route")
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(content_of(name), media_type=FILES[name], headers=headers)


@router.get("/favicon.ico")
def icon() -> Response:
    """Lead browsers that do not read the page to its icon."""
    return RedirectResponse(static("icon.svg"), 302)


def _note(service: Service, who: Context, *, admitted: bool) -> None:
    """Note who signed in, or that somebody had a wrong token."""
    if service.trail is not None:
        with suppress(WebError):  # the page says so
            service.trail.sign_in(admitted=admitted, context=who)


def _page(request: Request, next: str, status: int = 200) -> HTMLResponse:
    gallery = Service.of(request.scope).gallery.path.name
    content = render(
        "sign-in.html",
        words_of(request),
        next=local_path(next),
        wrong=status == 401,
        shared=Service.of(request.scope).shared,
        theme=theme_of(request),
        gallery=gallery,
        path="/sign-in",
    )
    return HTMLResponse(content, status)


def _set(request: Request, answer: Response, what: str, value: str, seconds: int | None = None) -> None:
    answer.set_cookie(
        Service.of(request.scope).cookie_name(what),
        value,
        max_age=seconds,
        path="/",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
