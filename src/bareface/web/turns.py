"""Turns of calls that compute: few at a time, searches before enrolments, and no endless queue."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import os
from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

from anyio import to_thread

from bareface.errors import WebError

P = ParamSpec("P")
R = TypeVar("R")

SEARCH, ENROL, JOB = 0, 1, 2
"""Priorities: lower ones come first; a job always may wait."""

_WAITING = 64


class Turns:
    """Lets a number of calls run at once, each in a thread, and the others wait.

    Parameters
    ----------
    at_once
        Number of calls; half of the processors by default, since networks use several threads themselves.
    most_waiting
        Number of calls that may wait; further ones are refused.
    """

    def __init__(self, at_once: int | None = None, most_waiting: int = _WAITING) -> None:
        self._free = at_once or max(1, (os.cpu_count() or 1) // 2)
        self._most_waiting = most_waiting
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = itertools.count()
        self._running = 0

    @property
    def running(self) -> int:
        """Number of calls that run now."""
        return self._running

    @property
    def waiting(self) -> int:
        """Number of calls that wait."""
        return sum(not turn.done() for _, _, turn in self._waiting)

    async def run(self, priority: int, call: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a call in its turn.

        Raises
        ------
        WebError
            ``web.busy``: too many wait already.
        """
        await self._enter(priority)
        self._running += 1
        try:
            return await to_thread.run_sync(partial(call, *args, **kwargs))
        finally:
            self._running -= 1
            self._leave()

    async def give_way(self, priority: int) -> None:
        """Let those who wait go first; for a call that runs, and asks from its thread."""
        if self.waiting:
            self._running -= 1
            self._leave()
            try:
                await self._enter(priority)
            finally:
                self._running += 1

    async def _enter(self, priority: int) -> None:
        if self._free and not self._waiting:
            self._free -= 1
            return
        if priority < JOB and len(self._waiting) >= self._most_waiting:
            raise WebError("web.busy")
        turn = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (priority, next(self._order), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it had its turn at this moment
                self._leave()
            raise

    def _leave(self) -> None:
        """Give the turn to whoever comes next, or free it."""
        while self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
