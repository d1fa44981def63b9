"""Errors on pages: lead to signing in, or say what is wrong and where to go."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from bareface.errors import BarefaceError, http_status_of
from bareface.web.pages.render import render
from bareface.web.pages.visitors import session_of, sign_in_first, theme_of, words_of
from bareface.web.state import Service


def answer(request: Request, error: BarefaceError) -> Response:
    """Return the page of an error; for a part of a page, a message."""
    by_script = request.headers.get("x-part") is not None  # which would follow a redirection, and show all of it
    if error.code == "web.token" and not by_script:
        return sign_in_first(request)
    words, status = words_of(request), http_status_of(error.code)
    text = words.error(error)
    if by_script or request.headers.get("hx-request"):
        return HTMLResponse(render("toast.html", words, text=text), status)
    session = session_of(request)
    content = render(
        "wrong.html",
        words,
        error=error,
        text=text,
        status=status,
        request_id=request.scope.get("request_id"),
        form=session.form if session else "",
        toasts=[],
        gallery=Service.of(request.scope).gallery.path.name,
        theme=theme_of(request),
        path=request.url.path,
        audited=Service.of(request.scope).trail is not None,
        signed_in=session is not None,
    )
    return HTMLResponse(content, status)
