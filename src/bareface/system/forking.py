"""Lets a process be forked while galleries and networks are open, as preloading servers and task queues do.

A fork takes along memory, not threads. What would wait in the child for a thread of its parent is ended before the
fork (OpenCV's threads, transactions of other threads) or made anew in the child (networks).
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from threading import Condition, get_ident
from typing import Any
from weakref import WeakSet


class PerProcess:
    """Something with threads of its own, made anew in a forked process.

    Parameters
    ----------
    make
        Makes it; called at once, and again in each process that uses it.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._made = os.getpid(), make()
        _threaded.add(self)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # copying asks for these before there is anything to ask
            raise AttributeError(name)
        if self._made[0] != os.getpid():
            self._made = os.getpid(), self._make()
        return getattr(self._made[1], name)

    def keep(self) -> None:
        """Keep the parent's objects alive: their destructors would wait for threads that do not run here."""
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._made[1]))


_threaded: WeakSet[PerProcess] = WeakSet()
_gate = Condition()
_inside: dict[int, int] = {}
"""Number of sections that each thread is in."""
_forking: list[int] = []
"""The thread that forks, if one does."""
_opencv: list[int] = []


class section:
    """Runs without a fork in between; any number of threads may at once, and a thread that is inside may enter again.

    Locks that are taken in sections only, and connections that are opened and closed in one, have no owner in a child.
    """

    def __enter__(self) -> None:
        me = get_ident()
        with _gate:
            while _forking and me not in _inside and _forking != [me]:
                _gate.wait()
            _inside[me] = _inside.get(me, 0) + 1

    def __exit__(self, *_: object) -> None:
        me = get_ident()
        with _gate:
            _inside[me] -= 1
            if not _inside[me]:
                del _inside[me]
                if _forking:
                    _gate.notify_all()


def _before() -> None:
    me = get_ident()
    _gate.acquire()  # kept over the fork
    _gate.wait_for(lambda: not _forking)
    _forking[:] = [me]
    _gate.wait_for(lambda: not _inside.keys() - {me})
    if "cv2" in sys.modules:
        _opencv[:] = [sys.modules["cv2"].getNumThreads()]
        sys.modules["cv2"].setNumThreads(1)  # ends its other threads


def _in_parent() -> None:
    _opencv_again()
    _forking.clear()
    _gate.notify_all()
    _gate.release()


def _in_child() -> None:
    global _gate
    _opencv_again()
    _forking.clear()
    _gate = Condition()  # the other one remembers threads that wait, and do not run here
    for threaded in _threaded:
        threaded.keep()


def _opencv_again() -> None:
    for threads in _opencv:
        sys.modules["cv2"].setNumThreads(threads)
    _opencv.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
