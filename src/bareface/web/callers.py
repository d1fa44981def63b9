"""Callers of the interface for programs: they send the token in the header ``Authorization``.

Cookies do not count here, so no page of another server can make a browser call it.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from bareface.errors import WebError
from bareface.services.access import Caller
from bareface.values.context import Context, stated
from bareface.web.fields import known_only
from bareface.web.state import Service

_bearer = HTTPBearer(auto_error=False, scheme_name="token", description="The token printed at the first start.")


def _service(request: Request) -> Service:
    service = Service.of(request.scope)
    service.refresh()
    return service


def _caller(request: Request, sent: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)] = None) -> Caller:
    caller = None if sent is None else Service.of(request.scope).access.caller(sent.credentials)
    if caller is None:
        raise WebError("web.token")
    return caller


def _context(
    caller: Annotated[Caller, Depends(_caller)],
    _: Annotated[None, Depends(known_only)],
    actor: Annotated[
        str | None, Header(alias="X-Actor", max_length=200, description="Who calls, if several people share the token.")
    ] = None,
) -> Context:
    return Context(actor=stated(_text(actor or "")) or caller.name)


def _text(header: str) -> str:
    """Return a header's text: programs send UTF-8, though headers were Latin-1 once."""
    try:
        return header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return header


Served = Annotated[Service, Depends(_service)]
"""The service that a route works on."""

Called = Annotated[Context, Depends(_context)]
"""The context of a route's caller, who has the token."""
