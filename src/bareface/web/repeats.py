"""Requests that a client sends again: with the same ``Idempotency-Key`` the first answer is given once more.

A client that got no answer does not know whether its request was done. Answers are kept in memory, for a day. After a
restart an enrolment that is sent again is ``already enrolled``; a second rename or merge is refused or changes nothing.
When somebody is deleted, the answers are dropped, since they may name that person, but not that their requests were
done: one that is sent again must not bring the person back.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections import OrderedDict
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bareface.errors import WebError
from bareface.web.problems import API, problem

_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_METHODS = ("POST", "PATCH", "DELETE")
_SECONDS = 24 * 3600.0
_MOST = 2000
_LARGEST = 2**20
_MOST_BYTES = 64 * 2**20
_REPLAYED = "Idempotency-Replayed"


@dataclass(slots=True)
class _Answer:
    """An answer that was given, or is being made."""

    ends: float
    digest: str = ""
    done: bool = False
    gone: bool = False
    deletes: bool = False
    messages: list[Message] = field(default_factory=list)
    size: int = 0


_own: ContextVar[_Answer | None] = ContextVar("_own", default=None)
"""The answer to the request that is handled."""


class Answers:
    """The answers that one server gave."""

    def __init__(self) -> None:
        self._answers: OrderedDict[str, _Answer] = OrderedDict()

    def get(self, key: str) -> _Answer | None:
        """Return the answer of a key; None if there is none, or not any more."""
        now, size = time.monotonic(), sum(one.size for one in self._answers.values())
        while self._answers:
            first, oldest = next(iter(self._answers.items()))
            if oldest.ends > now and len(self._answers) <= _MOST and size <= _MOST_BYTES:
                break
            size -= oldest.size
            del self._answers[first]
        return self._answers.get(key)

    def begin(self, key: str, *, deletes: bool) -> _Answer:
        """Make room for an answer; one to a deletion names nobody."""
        answer = self._answers[key] = _Answer(time.monotonic() + _SECONDS, deletes=deletes)
        return answer

    def drop(self, key: str) -> None:
        """Drop an answer: the request is done anew."""
        self._answers.pop(key, None)

    def forget(self, *, deleting: bool = False) -> None:
        """Drop what the answers say, since somebody was deleted.

        Parameters
        ----------
        deleting
            The request that is handled does it: its own answer names nobody, and stays.
        """
        own = _own.get() if deleting else None
        if own is not None:
            own.deletes = True
        for answer in list(self._answers.values()):
            if not answer.deletes:
                answer.gone = True
                answer.messages.clear()
                answer.size = 0


class Answering(Protocol):
    """A store of the answers of one server."""

    @property
    def answers(self) -> Answers:
        """The answers."""


class Repeats:
    """ASGI middleware that answers repeated requests with their first answer.

    Parameters
    ----------
    app
        The application.
    service
        The service, which has ``answers``.
    """

    def __init__(self, app: ASGIApp, service: Answering) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        key = self._key(scope)
        if key is None:
            await self._app(scope, receive, send)
            return
        former = self._service.answers.get(key)
        if former is None:
            await self._answer(key, scope, receive, send)
            return
        digest = hashlib.sha256()
        while True:
            message = await receive()
            digest.update(message.get("body", b""))
            if not message.get("more_body"):
                break
        error = None if former.done else WebError("web.repeated/running")
        if former.done and former.gone:
            error = WebError("web.repeated/gone")
        if former.done and former.digest != digest.hexdigest():
            error = WebError("web.repeated/other")
        if error is not None:
            await problem(error, scope.get("request_id"))(scope, receive, send)
            return
        for message in former.messages:
            again = dict(message)
            if again["type"] == "http.response.start":
                again["headers"] = list(again["headers"])
                MutableHeaders(scope=again)[_REPLAYED] = "true"
            await send(again)

    async def _answer(self, key: str, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._service.answers.begin(key, deletes=scope["method"] == "DELETE")
        _own.set(answer)
        digest, status = hashlib.sha256(), 500

        async def receiving() -> Message:
            message = await receive()
            digest.update(message.get("body", b""))
            return message

        async def sending(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            answer.size += len(message.get("body", b""))
            copy = dict(message)
            copy["headers"] = list(message.get("headers", ()))
            if not answer.gone:
                answer.messages.append(copy)
            await send(message)

        try:
            await self._app(scope, receiving, sending)
            answer.digest, answer.done = digest.hexdigest(), True
        finally:
            # Only what was done is repeated: an error may be gone at the next try.
            if not answer.done or status >= 400 or answer.size > _LARGEST:
                self._service.answers.drop(key)

    def _key(self, scope: Scope) -> str | None:
        if scope["type"] != "http" or scope["method"] not in _METHODS or not scope["path"].startswith(API):
            return None
        headers = Headers(scope=scope)
        key = headers.get("idempotency-key")
        if key is None or not _KEY.fullmatch(key):
            return None
        caller = hashlib.sha256(headers.get("authorization", "").encode()).hexdigest()
        return " ".join((caller, scope["method"], scope["path"], scope["query_string"].decode("latin-1"), key))
