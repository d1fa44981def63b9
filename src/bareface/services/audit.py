"""The audit log of a served gallery: who did what, when, and for what purpose and case."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self, get_args

from bareface.audit.kept import KeptAuditLog
from bareface.audit.port import AuditLog
from bareface.errors import GalleryError, WebError
from bareface.services.recorded import Recorder
from bareface.values import arguments
from bareface.values.audit import EventKind, EventPage
from bareface.values.context import Context, stated

DAYS = 365
"""Days for which an event is kept, unless stated otherwise."""


class AuditTrail:
    """Reads the events that all services of one gallery leave.

    Parameters
    ----------
    log
        The log that keeps them.
    """

    def __init__(self, log: KeptAuditLog) -> None:
        self._log = log
        self._recorder = Recorder(log)

    @classmethod
    def of(cls, gallery: str | Path, days: int = DAYS) -> Self:
        """Return the log of a gallery, ``<path>-audit`` next to it.

        Parameters
        ----------
        gallery
            The gallery's file.
        days
            Number of days that an event is kept.
        """
        path = Path(os.path.realpath(gallery) + "-audit")
        return cls(KeptAuditLog(path, arguments.count("days", days, 1)))

    @property
    def log(self) -> AuditLog:
        """The log, to open services with."""
        return self._log

    def check_writable(self) -> None:
        """Refuse a place where no event can be kept, before a service begins whose calls would all end in that.

        Raises
        ------
        GalleryError
            ``gallery.read-only``; ``gallery.corrupt``: the file is damaged.
        """
        try:
            self._log.check_writable()
            self._log.page(1)
        except GalleryError as error:
            if error.code != "gallery.read-only":
                raise
            raise GalleryError("gallery.read-only/audit", source=error.source) from error

    def check(self) -> None:
        """Raise the error that names the damage, if the file is damaged; this leaves no event."""
        self._log.check()

    def close(self) -> None:
        """Write what is not written yet."""
        self._log.flush()

    def events(
        self,
        most: int = 50,
        before: int | None = None,
        *,
        actor: str | None = None,
        case: str | None = None,
        kind: EventKind | None = None,
        context: Context | None = None,
    ) -> EventPage:
        """Return some events, latest first; that somebody reads them is an event, too.

        Parameters
        ----------
        most
            Number of events.
        before
            Return only those before this number.
        actor, case, kind
            Return only those of an actor, however the name is typed, a case or a kind.
        context
            The caller.
        """
        with self._recorder.call("AuditTrail.events", context):
            most = arguments.row("most", most, 1)
            if kind is not None:
                arguments.choice("kind", kind, get_args(EventKind))
            actors = None if actor is None else (actor, stated(actor))
            return self._log.page(most, before, actor=actors, case=case, kind=kind)

    def sign_in(self, *, admitted: bool, context: Context) -> None:
        """Note that somebody signed in, or tried to with a wrong token."""
        with self._recorder.call("Access.sign_in", context):
            if not admitted:
                raise WebError("web.token")

    def sign_out(self, *, context: Context) -> None:
        """Note that somebody signed out."""
        with self._recorder.call("Access.sign_out", context):
            pass
