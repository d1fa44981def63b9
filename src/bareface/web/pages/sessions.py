"""Sessions of browsers: a random cookie for whoever showed the token, and a secret for the forms.

Cookies are shared by all ports of a host, so another program on this machine could make a browser send this one. So no
form counts without the session's own secret, which only this service's pages hold.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock

from bareface.services.access import Caller
from bareface.services.undoing import Undo

_IDLE_S = 12 * 3600.0
_MOST = 100
_MOST_UNDOS = 20


@dataclass(frozen=True, slots=True)
class Toast:
    """A short message on the next page.

    Attributes
    ----------
    text
        A note, rendered in the reader's language.
    undo
        Id of the correction that it offers to take back; None without one.
    failed
        Whether it tells of an error.
    back
        The page to go to when it was taken back; None for the person concerned.
    """

    text: str
    undo: str | None = None
    failed: bool = False
    back: str | None = None


@dataclass(slots=True)
class Session:
    """One browser that showed the token.

    Attributes
    ----------
    caller
        The caller behind it.
    form
        The secret that forms of its pages carry.
    toasts
        Messages for the next page.
    undos
        Corrections that can be taken back, by id.
    purpose
        The purpose that was last stated.
    case
        Number of the case that was last chosen; None if none was.
    """

    caller: Caller
    form: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    toasts: list[Toast] = field(default_factory=list)
    undos: OrderedDict[str, Undo] = field(default_factory=OrderedDict)
    purpose: str = ""
    case: int | None = None
    ends: float = 0.0

    def admits(self, form: str) -> bool:
        """Return whether a form came from a page of this session."""
        return hmac.compare_digest(form.encode("utf-8", "surrogatepass"), self.form.encode())

    def say(self, text: str, undo: Undo | None = None, back: str | None = None, *, failed: bool = False) -> None:
        """Show a message on the next page, with an offer to take a correction back."""
        number = None
        if undo is not None:
            number = secrets.token_urlsafe(9)
            self.undos[number] = undo
            while len(self.undos) > _MOST_UNDOS:
                self.undos.popitem(last=False)
        self.toasts.append(Toast(text, number, failed, back))

    def complain(self, text: str) -> None:
        """Show an error on the next page."""
        self.toasts.append(Toast(text, failed=True))

    def take_toasts(self) -> list[Toast]:
        """Return the messages, which are shown once."""
        toasts, self.toasts = self.toasts, []
        return toasts


class Sessions:
    """The sessions of one server, in memory: a restart ends them."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._lock = Lock()

    def begin(self, caller: Caller) -> str:
        """Begin a session; returns the value of its cookie."""
        cookie = secrets.token_urlsafe(32)
        with self._lock:
            self._sessions[_key(cookie)] = Session(caller, ends=time.monotonic() + _IDLE_S)
            while len(self._sessions) > _MOST:
                self._sessions.popitem(last=False)
        return cookie

    def get(self, cookie: str | None) -> Session | None:
        """Return the session of a cookie; None if there is none, or not any more."""
        if not cookie:
            return None
        with self._lock:
            session = self._sessions.get(_key(cookie))
            if session is None or session.ends < time.monotonic():
                self._sessions.pop(_key(cookie), None)
                return None
            session.ends = time.monotonic() + _IDLE_S
            self._sessions.move_to_end(_key(cookie))
            return session

    def end(self, cookie: str | None) -> None:
        """End a session."""
        with self._lock:
            self._sessions.pop(_key(cookie or ""), None)

    def renew_forms(self) -> None:
        """Refuse the forms of pages that are open: they are of another gallery, where numbers mean others."""
        with self._lock:
            for session in self._sessions.values():
                session.form = secrets.token_urlsafe(24)

    def end_all(self) -> None:
        """End all sessions, since the token was renewed."""
        with self._lock:
            self._sessions.clear()


def _key(cookie: str) -> str:
    return hashlib.sha256(cookie.encode("utf-8", "surrogatepass")).hexdigest()
