"""The background: searches again with the probes of open cases for which references were enrolled since."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from bareface.errors import BarefaceError
from bareface.logs import logger
from bareface.services.cases import Cases
from bareface.web.turns import JOB, Turns

_LOOK_S, _TROUBLE_S = 5.0, 60.0
"""Seconds after which it looks whether any process enrolled references; longer after an error."""
_log = logger(__name__)


class SearchingAgain:
    """Searches again behind searches and enrolments, one probe a turn.

    Parameters
    ----------
    cases
        The cases.
    turns
        Turns of calls that compute.
    """

    def __init__(self, cases: Cases, turns: Turns) -> None:
        self._cases, self._turns = cases, turns

    @asynccontextmanager
    async def background(self) -> AsyncIterator[None]:
        """Work while the server runs; at its end, wait for the search that runs."""
        ending = asyncio.Event()
        task = asyncio.create_task(self._run(ending))
        try:
            yield
        finally:
            ending.set()
            await task

    async def _run(self, ending: asyncio.Event) -> None:
        while not ending.is_set():
            pause = _LOOK_S
            try:
                while not ending.is_set() and await self._turns.run(JOB, self._cases.search_again):
                    pass
            except BarefaceError as error:
                _log.warning("a probe is not searched again: %s", error)
                pause = _TROUBLE_S
            except Exception:
                _log.exception("a probe is not searched again")
                pause = _TROUBLE_S
            with suppress(TimeoutError):
                await asyncio.wait_for(ending.wait(), pause)
