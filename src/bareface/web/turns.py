"""Turns of calls that compute: few at a time, searches before enrolments, and nobody waits for ever."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import NamedTuple, ParamSpec, TypeVar

from anyio import to_thread

from bareface.errors import WebError

P = ParamSpec("P")
R = TypeVar("R")

SEARCH, ENROL, JOB = 0, 1, 2
"""Priorities: lower ones come first; a job always may wait."""

_WAITING = 64
_PATIENCE = 19
"""Number of times that whoever waits longest is overtaken: searches without end leave some turns to enrolments."""
_LATELY_S = 1.0
"""Seconds after a search in which enrolments pause between two calls."""
_LONGEST_PAUSE_S = 0.25
"""Longest of these pauses: a job works on several photos in a turn, and gives way between its pieces."""


class _Waiting(NamedTuple):
    """A call that waits for its turn."""

    priority: int
    order: int
    turn: asyncio.Future[None]


class Turns:
    """Lets a number of calls run at once, each in a thread, and the others wait.

    Enrolments and jobs begin while less than half of the turns are taken, so that a search seldom waits for one to end,
    and seldom shares the processors with one. While people search, each is followed by a pause as long as itself, a
    quarter of a second at most: whoever enrols one photo after the other has half of the time that searches leave.

    Parameters
    ----------
    at_once
        Number of calls; half of the processors by default, since networks use several threads themselves, but at least
        two.
    most_waiting
        Number of calls that may wait; further ones are refused.
    """

    def __init__(self, at_once: int | None = None, most_waiting: int = _WAITING) -> None:
        self._at_once = at_once or max(2, (os.cpu_count() or 1) // 2)
        self._most_waiting = most_waiting
        self._waiting: list[_Waiting] = []
        self._order = itertools.count()
        self._searching = self._working = self._pausing = self._overtaken = 0
        self._searched = -_LATELY_S

    @property
    def running(self) -> int:
        """Number of calls that run now."""
        return self._searching + self._working

    @property
    def waiting(self) -> int:
        """Number of calls that wait."""
        return sum(not one.turn.done() for one in self._waiting)

    async def run(self, priority: int, call: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a call in its turn.

        Raises
        ------
        WebError
            ``web.busy``: too many of this or a better priority wait already.
        """
        await self._enter(priority)
        began = monotonic()
        try:
            return await to_thread.run_sync(partial(call, *args, **kwargs))
        finally:
            self._pause(priority, monotonic() - began)
            self._leave(priority)

    async def give_way(self, priority: int) -> None:
        """Let those who wait go first; for a call that runs, and asks from its thread."""
        if self.waiting:
            self._leave(priority)
            try:
                await self._enter(priority)
            except BaseException:
                self._count(priority, 1)  # the call still runs, and leaves when it ends
                raise

    async def _enter(self, priority: int) -> None:
        before = sum(one.priority <= priority and not one.turn.done() for one in self._waiting)
        if priority < JOB and before >= self._most_waiting and not self._may_run(priority):
            raise WebError("web.busy")
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(priority, next(self._order), turn))
        self._admit()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it had its turn at this moment
                self._leave(priority)
            raise

    def _leave(self, priority: int) -> None:
        self._count(priority, -1)
        self._admit()

    def _pause(self, priority: int, seconds: float) -> None:
        """Keep the place of an enrolment or a job that ends from the next one for a while."""
        if priority == SEARCH:
            self._searched = monotonic()
        elif self._searching or monotonic() - self._searched < _LATELY_S:
            self._pausing += 1
            asyncio.get_running_loop().call_later(min(seconds, _LONGEST_PAUSE_S), self._paused)

    def _paused(self) -> None:
        self._pausing -= 1
        self._admit()

    def _admit(self) -> None:
        """Give the turns that are free to whoever comes next.

        The best priority comes first, and in it who waits longest; but whoever was overtaken many times is next.
        """
        self._waiting = [one for one in self._waiting if not one.turn.done()]
        while able := [one for one in self._waiting if self._may_run(one.priority)]:
            oldest = min(self._waiting, key=lambda one: one.order)
            chosen = oldest if self._overtaken >= _PATIENCE and oldest in able else min(able)
            self._overtaken = 0 if chosen is oldest else self._overtaken + 1
            self._waiting.remove(chosen)
            self._count(chosen.priority, 1)
            chosen.turn.set_result(None)

    def _may_run(self, priority: int) -> bool:
        if priority == SEARCH or self.running == self._at_once:
            return self.running < self._at_once
        half = max(1, self._at_once // 2)
        place = self._working + self._pausing < half
        return place and (self.running < half or self._overtaken >= _PATIENCE)

    def _count(self, priority: int, change: int) -> None:
        if priority == SEARCH:
            self._searching += change
        else:
            self._working += change
