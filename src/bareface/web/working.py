"""The background: works on one job at a time, behind searches and single enrolments, and tells who watches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from bareface.errors import BarefaceError
from bareface.logs import logger
from bareface.services.jobs import Jobs
from bareface.web.turns import JOB, Turns

_LOOK_S = 5.0
"""Seconds after which it looks for jobs that another process added, or left when it ended."""
_log = logger(__name__)


class Working:
    """Works on the jobs of one server. All methods belong to the server's event loop.

    Parameters
    ----------
    jobs
        The jobs.
    turns
        Turns of calls that compute.
    """

    def __init__(self, jobs: Jobs, turns: Turns) -> None:
        self._jobs, self._turns = jobs, turns
        self._changed = asyncio.Event()
        self.ending = False

    def notify(self) -> None:
        """Tell that a job was added or changed."""
        self._changed.set()
        self._changed = asyncio.Event()

    def end(self) -> None:
        """Stop after the piece of work that runs, and let nobody wait any more."""
        self.ending = True
        self.notify()

    def moment(self) -> asyncio.Event:
        """Return this moment, to wait for a change after it: take it before reading what may change."""
        return self._changed

    async def after(self, moment: asyncio.Event) -> None:
        """Wait for a change after a moment; after some seconds, look in any case."""
        if not self.ending:
            with suppress(TimeoutError):
                await asyncio.wait_for(moment.wait(), _LOOK_S)

    @asynccontextmanager
    async def background(self) -> AsyncIterator[None]:
        """Work while the server runs; at its end, wait for the piece of work that runs."""
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            self.end()
            await task

    async def _run(self) -> None:
        while not self.ending:
            moment = self.moment()
            try:
                with self._jobs.running() as alone:
                    while alone and not self.ending:
                        await self._work()
            except BarefaceError as error:
                _log.warning("jobs wait: %s", error)
            except Exception:
                _log.exception("jobs wait")
            await self.after(moment)

    async def _work(self) -> None:
        """Do one piece of work, or wait for some."""
        moment, loop = self.moment(), asyncio.get_running_loop()

        def pause() -> bool:
            asyncio.run_coroutine_threadsafe(self._pause(), loop).result()
            return self.ending

        def work() -> bool:
            return not self.ending and self._jobs.work(pause)

        if await self._turns.run(JOB, work):
            self.notify()
        else:
            await self.after(moment)

    async def _pause(self) -> None:
        """Let searches go first, and those who watch see how far the job is."""
        self.notify()
        await self._turns.give_way(JOB)
