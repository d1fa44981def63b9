"""Overwriting what was rejected, when nobody has rejected anything for a while.

Rewriting the files of a large gallery takes seconds, which is too long after each of many answers.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from threading import Lock, Timer

from bareface.errors import BarefaceError
from bareface.logs import logger

_WAIT_S = 60.0
_log = logger(__name__)


class LaterErasing:
    """Rewrites a gallery's files a minute after the last rejection, or when the service ends.

    After a kill, the next opening of the gallery does it.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._timer: Timer | None = None
        self._work: Callable[[], None] | None = None

    def ask(self, work: Callable[[], None]) -> None:
        """Do this in a minute, unless another rejection comes before; what was asked for earlier is the same."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            self._work = work
            self._timer = Timer(_WAIT_S, self.finish)
            self._timer.daemon = True
            self._timer.start()

    def finish(self) -> None:
        """Do it now, if it was asked for."""
        with self._lock:
            work, self._work = self._work, None
            if self._timer is not None:
                self._timer.cancel()
        if work is not None:
            with suppress(BarefaceError):  # a full disk, say: the gallery remembers, and tries again when it is opened
                work()
                _log.info("overwrote what was rejected")
