"""Everything that the routes of one server share."""

from __future__ import annotations

import hashlib
from collections.abc import Set
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from bareface.errors import BarefaceError, WebError
from bareface.services.access import Access
from bareface.services.audit import AuditTrail
from bareface.services.cases import Cases
from bareface.services.faces import Faces
from bareface.services.gallery import Gallery, State
from bareface.services.jobs import Jobs
from bareface.services.models import Models
from bareface.values.context import Context
from bareface.web.cursors import Cursors
from bareface.web.erasing import LaterErasing
from bareface.web.held import HeldSearch, HeldSearches
from bareface.web.metrics import Metrics
from bareface.web.pages.sessions import Sessions
from bareface.web.repeats import Answers
from bareface.web.turns import Turns
from bareface.web.views import Views
from bareface.web.working import Working

LARGEST_UPLOAD = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Service:
    """A gallery that is served.

    Attributes
    ----------
    gallery, faces, models
        The services behind the routes.
    cases
        Cases and reviews.
    jobs, working
        Background jobs, and what works on them.
    access
        Admits callers.
    trail
        The audit log; None if none is kept.
    hosts
        Names under which the service may be called, without port; empty: any.
    shared
        Whether several people use it: then a search needs a case, and a person a name.
    originals
        Whether uploaded photos are kept for later models.
    max_upload
        Bytes of one request's body.
    behind_proxy
        Whether a proxy in front says by ``X-Forwarded-Proto`` whether a request was encrypted.
    turns, searches, views, cursors, sessions, metrics, answers, erasing
        Turns of calls that compute; searches that were made; pictures for pages; cursors of listings; browsers;
        measures; answers to give again; overwriting of what was rejected.
    seen, deletions
        State in which the gallery was last seen, and the number of its deletions then; or nothing.
    """

    gallery: Gallery
    faces: Faces
    models: Models
    cases: Cases
    access: Access
    jobs: Jobs = field(kw_only=True)
    trail: AuditTrail | None = field(default=None, kw_only=True)
    hosts: frozenset[str] = frozenset()
    shared: bool = False
    originals: bool = True
    max_upload: int = LARGEST_UPLOAD
    behind_proxy: bool = False
    turns: Turns = field(default_factory=Turns)
    searches: HeldSearches = field(default_factory=HeldSearches)
    views: Views = field(default_factory=Views)
    cursors: Cursors = field(default_factory=Cursors)
    sessions: Sessions = field(default_factory=Sessions)
    metrics: Metrics = field(default_factory=Metrics)
    answers: Answers = field(default_factory=Answers)
    erasing: LaterErasing = field(default_factory=LaterErasing)
    seen: list[State] = field(default_factory=list)
    deletions: list[tuple[str, int]] = field(default_factory=list)
    working: Working = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "working", Working(self.jobs, self.turns))

    @property
    def gallery_id(self) -> str:
        """A name of the gallery for cookies."""
        return hashlib.sha256(str(self.gallery.path).encode("utf-8", "surrogateescape")).hexdigest()

    def cookie_name(self, what: str = "session") -> str:
        """Return the name of a cookie: its own for each gallery, since all ports of a host share cookies."""
        return f"bareface-{what}-{self.gallery_id[:8]}"

    def audit(self) -> AuditTrail:
        """Return the audit log; ``web.no-audit`` if none is kept."""
        if self.trail is None:
            raise WebError("web.no-audit")
        return self.trail

    def held(self, id: str) -> HeldSearch:
        """Return a search that is held; ``web.search`` if there is none, or its case is gone."""
        self.searches.get(id)
        self._forget_erased()
        return self.searches.get(id)

    def latest(self, most: int, actor: str | None = None) -> list[HeldSearch]:
        """Return the latest searches that found a face, newest first; all, or those of one person."""
        self._forget_erased()
        return self.searches.latest(most, actor)

    def _forget_erased(self) -> None:
        """Forget searches whose case has expired, or was erased by another process."""
        kept = self.searches.kept()
        if kept and (erased := self.cases.gone(kept)):
            self.searches.forget_kept(erased)
            self.views.forget()

    def forget(self, subjects: Set[int] = frozenset(), references: Set[int] = frozenset()) -> None:
        """Forget whatever shows somebody who was deleted."""
        self.searches.forget(subjects, references)
        self.views.forget()
        self.answers.forget(deleting=True)

    def erase_case(self, number: int, context: Context) -> None:
        """Erase a case, and forget its searches."""
        numbers = {one.id for one in self.cases.searches(number, context=context)}
        self.cases.erase(number, context=context)
        self.searches.forget_kept(numbers)
        self.views.forget()

    def state(self) -> State:
        """Return the gallery's state now, to call :meth:`forget_since` with."""
        return self.gallery.gone_since(None, ())[0]

    def forget_since(self, before: State) -> None:
        """Forget searches that name somebody who was deleted after a state: they were held too late."""
        _, gone = self.gallery.gone_since(before, self.searches.references())
        if gone:
            self.searches.forget(frozenset(), gone)

    def rejected(self, references: Set[int], context: Context) -> None:
        """Forget whatever shows references that were rejected, and overwrite them in the gallery's files soon."""
        self.forget(references=references)
        self.erasing.ask(partial(self.gallery.scrub, context=context))

    def refresh(self) -> None:
        """Forget whatever shows somebody whom another program deleted, or is of a gallery that was replaced."""
        with suppress(BarefaceError):  # a gallery that cannot be read: the call itself says so
            before = self.seen[0] if self.seen else None
            now, gone = self.gallery.gone_since(before, self.searches.references())
            self.seen[:] = [now]
            if gone:
                self.searches.forget(frozenset(), gone)
            if before is not None and now.token != before.token:
                self.views.forget()
                if not self.gallery.follows(before):
                    self.sessions.renew_forms()
            if before is None or now.token != before.token:
                deletions = now.uuid, self.gallery.deletions()
                if self.deletions not in ([], [deletions]):
                    self.answers.forget()
                self.deletions[:] = [deletions]

    @classmethod
    def of(cls, scope: Any) -> Service:
        """Return the service that a request or its scope belongs to."""
        app = scope["app"]
        return cast(Service, app.state.service)
