"""Visitor of a page: its session, its language, and what every page shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit

from fastapi import Depends, Form, Header, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from bareface.errors import BarefaceError, WebError
from bareface.messages import LANGUAGES
from bareface.services.undoing import Corrector, Undo
from bareface.values.context import Context
from bareface.web.pages.render import Words, render
from bareface.web.pages.sessions import Session
from bareface.web.state import Service

THEMES = ("auto", "light", "dark")
_SAFE = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody at a browser who is signed in.

    Attributes
    ----------
    request
        The request.
    service
        The service.
    session
        The session.
    words
        The sentences in the visitor's language.
    """

    request: Request
    service: Service
    session: Session
    words: Words

    @property
    def context(self) -> Context:
        """The context of the visitor's calls."""
        return Context(actor=self.session.caller.name)

    @property
    def corrector(self) -> Corrector:
        """Corrects the gallery in the visitor's name."""
        return Corrector(self.service.gallery, self.context)

    def page(self, template: str, **values: Any) -> HTMLResponse:
        """Render a page."""
        frame = {
            "form": self.session.form,
            "toasts": self.session.take_toasts(),
            "gallery": self.service.gallery.path.name,
            "theme": theme_of(self.request),
            "path": self.request.url.path,
            "audited": self.service.trail is not None,
        }
        return HTMLResponse(render(template, self.words, **frame, **values))

    def part(self, template: str, **values: Any) -> HTMLResponse:
        """Render a part of a page, to put into one that is shown."""
        return HTMLResponse(render(template, self.words, form=self.session.form, **values))

    def back(self, path: str, text: str, undo: Undo | None = None) -> RedirectResponse:
        """Go to a page and say there what was done."""
        self.session.say(text, undo)
        return RedirectResponse(path, 303)

    def failed(self, path: str, error: BarefaceError) -> RedirectResponse:
        """Go to a page and say there why something was not done."""
        self.session.complain(self.words.error(error))
        return RedirectResponse(path, 303)


def words_of(request: Request) -> Words:
    """Return the sentences in the language that was chosen, or the first that the browser asks for."""
    service = Service.of(request.scope)
    chosen = request.cookies.get(service.cookie_name("language"), "")
    if chosen not in LANGUAGES:
        asked = (one.partition(";")[0].strip()[:2] for one in request.headers.get("accept-language", "").split(","))
        chosen = next((one for one in asked if one in LANGUAGES), "en")
    return Words(chosen)


def theme_of(request: Request) -> str:
    """Return the colours that were chosen."""
    chosen = request.cookies.get(Service.of(request.scope).cookie_name("theme"), "")
    return chosen if chosen in THEMES else THEMES[0]


def local_path(path: str, otherwise: str = "/") -> str:
    """Return a path of this service; anything that could lead elsewhere becomes the other one.

    >>> local_path("/people?text=a"), local_path("//evil.example"), local_path("https://evil.example")
    ('/people?text=a', '/', '/')
    """
    plain = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if plain else otherwise


def session_of(request: Request) -> Session | None:
    """Return the session of a request's cookie."""
    service = Service.of(request.scope)
    return service.sessions.get(request.cookies.get(service.cookie_name()))


def visitor(
    request: Request,
    form: Annotated[str, Form(alias="_form", include_in_schema=False)] = "",
    header: Annotated[str, Header(alias="X-Form", include_in_schema=False)] = "",
) -> Visitor:
    """Return who asks for a page.

    Raises
    ------
    WebError
        ``web.token``: nobody is signed in; ``web.form``: a change that no page of this session asked for.
    """
    session = session_of(request)
    if session is None:
        raise WebError("web.token")
    service = Service.of(request.scope)
    service.refresh()
    if request.method not in _SAFE:
        if not session.admits(form or header):
            raise WebError("web.form")
        _check_own_page(request)
    return Visitor(request, service, session, words_of(request))


def _check_own_page(request: Request) -> None:
    """Refuse a request of which the browser says that a page of another service sends it.

    Without encryption browsers only name the page's origin, and the host has to be compared.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site not in (None, "same-origin", "none"):
        raise WebError("web.form")
    host = request.headers.get("host", "")
    if site is None and origin is not None and urlsplit(origin).netloc != host:
        raise WebError("web.form/origin", origin=origin, host=host)


Visiting = Annotated[Visitor, Depends(visitor)]
"""The visitor of a page."""


def sign_in_first(request: Request) -> Response:
    """Lead to the page to sign in, and back afterwards."""
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    address = f"/sign-in?{urlencode({'next': path})}"
    if request.headers.get("hx-request"):
        return Response(status_code=204, headers={"HX-Redirect": address})
    return RedirectResponse(address, 303)
