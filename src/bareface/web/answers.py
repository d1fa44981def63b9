"""Answers of routes: plain values that every JSON reader takes, and the errors that routes document."""

from __future__ import annotations

from typing import Any

from bareface.reports.json_plain import finite, plain

PROBLEM = "application/problem+json"
_MEANINGS = {
    401: "The token is missing or wrong.",
    403: "It was understood, and is not done.",
    404: "There is nothing of this name or number.",
    409: "It contradicts what is stored.",
    413: "The request is longer than the limit.",
    415: "The body is of another type than documented.",
    421: "The service is not called by this host name.",
    422: "The request, or a photo in it, is not valid.",
    500: "The service or what it keeps is damaged.",
    503: "The machine cannot do it, or not now.",
}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the documentation of a route's errors; every route has those that any request can meet."""
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        status: {"description": _MEANINGS[status], "content": {PROBLEM: schema}}
        for status in sorted({401, 421, 422, 500, 503, *statuses})
    }


def body(value: Any) -> Any:
    """Return a value as JSON has it: finite numbers, and Unicode text with escapes where a path's bytes are not."""
    return _unicode(finite(plain(value)))


def _unicode(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {_unicode(key): _unicode(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_unicode(item) for item in value]
    return value
