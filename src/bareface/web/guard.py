"""Around every request: the host's name, an id, headers that shut the browser's doors, and one line in the log."""

from __future__ import annotations

import re
import secrets
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bareface.errors import WebError
from bareface.logs import logger
from bareface.web.problems import answer, problem
from bareface.web.state import Service

_log = logger(__name__)
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^:\[\]]+))(?::\d+)?")
_METHODS = ("GET", "HEAD", "POST", "PATCH", "DELETE", "PUT", "OPTIONS")
_UNKNOWN = 64 * 2**10
"""Bytes that somebody may send who is not known."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Content security policy: only files of this server, no inline code, no frame."""
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # "no-referrer" would also empty the header Origin of forms
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), microphone=(), payment=(), usb=()",
    "X-Robots-Tag": "noindex",
}


class Guard:
    """ASGI middleware around the whole app."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app, self._service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers, start, status = Headers(scope=scope), time.perf_counter(), 500
        if self._service.behind_proxy and _was_encrypted(headers):
            scope["scheme"] = "https"
        started = False
        if self._service.access.renewed():
            self._service.sessions.end_all()
        wished = headers.get("x-request-id", "")
        scope["request_id"] = request_id = wished if _ID.fullmatch(wished) else secrets.token_hex(8)

        async def sending(message: Message) -> None:
            nonlocal status, started
            if message["type"] == "http.response.start":
                status, started = message["status"], True
                sent = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    sent.setdefault(name, value)
                sent.setdefault("Cache-Control", "no-store")
                sent["X-Request-ID"] = request_id
            await send(message)

        try:
            most = self._service.max_upload if self._is_known(scope, headers) else _UNKNOWN
            refusal = self._refusal(headers, most)
            answering = self._app if refusal is None else _refused(scope, refusal)
            await answering(scope, self._bounded(receive, most), sending)
        except Exception:
            if not started:
                await answer(Request(scope), WebError("web.internal"))(scope, receive, sending)
            raise  # a bug: the server prints where
        finally:
            route = _route(scope)
            spent = time.perf_counter() - start
            method = scope["method"] if scope["method"] in _METHODS else "-"
            self._service.metrics.count(method, route, status, spent)
            _log.info("%s %s %d in %.0f ms, request %s", method, route, status, 1000 * spent, request_id)

    def _is_known(self, scope: Scope, headers: Headers) -> bool:
        """Tell whether the caller has the token or a session: others may send a form to sign in, and no photo."""
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and self._service.access.caller(token) is not None:
            return True
        cookie = HTTPConnection(scope).cookies.get(self._service.cookie_name())
        return self._service.sessions.get(cookie) is not None

    def _refusal(self, headers: Headers, most: int) -> WebError | None:
        """Refuse other names of this machine, to which a page elsewhere could lead, and bodies that are too long."""
        host = _HOST.fullmatch(headers.get("host", ""))
        name = "" if host is None else (host[1] or host[2]).lower().rstrip(".")
        if self._service.hosts and name not in self._service.hosts:
            return WebError("web.host")
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length[:20]) > most:
            return WebError("web.token" if most == _UNKNOWN else "web.too-large")
        return None

    def _bounded(self, receive: Receive, most: int) -> Receive:
        """Stop reading a body that does not say how long it is, once it is too long."""
        count = 0

        async def receiving() -> Message:
            nonlocal count
            message = await receive()
            count += len(message.get("body", b""))
            if count > most:
                raise HTTPException(413)
            return message

        return receiving


def _refused(scope: Scope, refusal: WebError) -> Response:
    """Return the answer to a request that is not let in; under a name of somebody else's, no page is shown."""
    return problem(refusal, scope["request_id"]) if refusal.code == "web.host" else answer(Request(scope), refusal)


def _was_encrypted(headers: Headers) -> bool:
    """Return what the nearest proxy says, which adds its word behind those of others."""
    return ",".join(headers.getlist("x-forwarded-proto")).rpartition(",")[2].strip().lower() == "https"


def _route(scope: Scope) -> str:
    """Return the template of the address, since an address may name a subject; ``-`` if there is no such route.

    A route knows its template below the prefix that it is included with, which has no parameters.
    """
    own = getattr(scope.get("route"), "path_format", None)
    if own is None:
        return "-"
    prefix = scope["path"].split("/")[: -own.count("/")]
    return "/".join(prefix) + str(own)
