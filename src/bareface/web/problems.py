"""Errors as problem details (RFC 9457), with the project's codes."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException

from bareface.errors import BarefaceError, WebError, http_status_of
from bareface.logs import logger
from bareface.messages import remedy

_log = logger(__name__)
API = "/api/"
_RETRY_S = 2
_CODES = {404: "web.route", 405: "web.method", 413: "web.too-large", 415: "web.media-type"}


def problem(error: BarefaceError, request_id: str | None = None) -> JSONResponse:
    """Return the answer to a request that ended with an error."""
    status = http_status_of(error.code)
    content: dict[str, Any] = {
        "type": f"urn:bareface:error:{error.code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": error.message,
        "code": error.code,
        "source": error.source,
        "remedy": remedy(error.id, error.params, "service") or error.remedy,
        "request_id": request_id,
    }
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="bareface"'
    if status == 503:
        headers["Retry-After"] = str(_RETRY_S)
    return JSONResponse(content, status, headers, media_type="application/problem+json")


def of_http(error: HTTPException) -> WebError:
    """Return our error for one of the framework's."""
    code = _CODES.get(error.status_code, "web.request/body")
    return WebError(code, reason=str(error.detail)) if code == "web.request/body" else WebError(code)


def of_validation(error: RequestValidationError) -> WebError:
    """Return our error for arguments that are not as documented; values, which may be personal, stay out."""
    faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
    return WebError("web.request/fields", faults=faults)


def answer(request: Request, error: BarefaceError) -> Response:
    """Return the answer to a request that ended with an error: a problem for programs, a page or part for browsers."""
    if request.url.path.startswith(API):
        return problem(error, request.scope.get("request_id"))
    from bareface.web.pages.wrong import answer as page

    return page(request, error)


def install(app: FastAPI) -> None:
    """Let an app answer with problems."""

    async def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, BarefaceError)
        return answer(request, error)

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        response = answer(request, of_http(error))
        response.headers.update(error.headers or {})
        if error.status_code == 405:
            response.headers["Allow"] = ", ".join(_methods(request))
        return response

    async def validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return answer(request, of_validation(error))

    app.add_exception_handler(BarefaceError, ours)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, validation)


def _methods(request: Request) -> list[str]:
    """Return the methods of a resource: the framework names those of one route only."""
    path, found = request.url.path, set[str]()
    for route in iter_route_contexts(request.app.routes):
        if route.path_regex.fullmatch(path):
            found |= route.methods or set()
    return sorted(found)
