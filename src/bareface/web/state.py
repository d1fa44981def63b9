"""Everything that the routes of one server share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from bareface.services.access import Access
from bareface.services.faces import Faces
from bareface.services.gallery import Gallery
from bareface.services.models import Models
from bareface.web.cursors import Cursors
from bareface.web.held import HeldSearches
from bareface.web.turns import Turns

LARGEST_UPLOAD = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Service:
    """A gallery that is served.

    Attributes
    ----------
    gallery, faces, models
        The services behind the routes.
    access
        Admits callers.
    hosts
        Names under which the service may be called, without port; empty: any.
    originals
        Whether uploaded photos are kept for later models.
    max_upload
        Bytes of one request's body.
    turns, searches, cursors
        Turns of calls that compute; searches that were made; cursors of listings.
    """

    gallery: Gallery
    faces: Faces
    models: Models
    access: Access
    hosts: frozenset[str] = frozenset()
    originals: bool = True
    max_upload: int = LARGEST_UPLOAD
    turns: Turns = field(default_factory=Turns)
    searches: HeldSearches = field(default_factory=HeldSearches)
    cursors: Cursors = field(default_factory=Cursors)

    @classmethod
    def of(cls, scope: Any) -> Service:
        """Return the service that a request or its scope belongs to."""
        app = scope["app"]
        return cast(Service, app.state.service)
