"""Lets a process be forked while galleries and networks are open, as preloading servers and task queues do.

A fork takes along memory, not threads. What would wait in the child for a thread of its parent is ended before the
fork (OpenCV's threads, running transactions) or made anew in the child (networks, locks).
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from threading import Lock, RLock
from typing import Any, Protocol
from weakref import WeakSet


class Locked(Protocol):
    """Anything whose transactions run under its lock."""

    lock: Any


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
        """Never let go of what the parent made: its destructor would wait for threads that do not run here."""
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._made[1]))


_threaded: WeakSet[PerProcess] = WeakSet()
_known: WeakSet[Locked] = WeakSet()
_held: list[Locked] = []
_gate = Lock()
_opencv: list[int] = []


def register(one: Locked) -> None:
    """Let forks wait for the end of its transactions; to be called before the first of them."""
    with _gate:
        _known.add(one)


def _before() -> None:
    while True:
        _gate.acquire()  # kept over the fork, once it is sure that no other has begun meanwhile
        new = [one for one in sorted(_known, key=id) if one not in _held]
        if not new:
            break
        _gate.release()
        for one in new:
            one.lock.acquire()
            _held.append(one)
    if "cv2" in sys.modules:
        _opencv[:] = [sys.modules["cv2"].getNumThreads()]
        sys.modules["cv2"].setNumThreads(1)  # ends its other threads


def _in_parent() -> None:
    _opencv_again()
    for one in reversed(_held):
        one.lock.release()
    _held.clear()
    _gate.release()


def _in_child() -> None:
    _opencv_again()
    for one in _held:
        one.lock = RLock()
    _held.clear()
    _gate.release()
    for threaded in _threaded:
        threaded.keep()


def _opencv_again() -> None:
    for threads in _opencv:
        sys.modules["cv2"].setNumThreads(threads)
    _opencv.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
