"""End the command line: normally, by a signal, or because nobody reads its output.

A signal ends a command as an exception does: files half written are removed, transactions are undone, one line says
what happened, and the exit code is 128 and the signal's number. This module is imported before anything else, and
imports nothing that takes time.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import time

TYPE_CHECKING = False  # importing it from typing would take longer than all the rest
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

_WORDS = {"SIGHUP": "The terminal was closed.", "SIGINT": "Interrupted.", "SIGTERM": "Terminated."}
_SIGNALS = {getattr(signal, name): words for name, words in _WORDS.items() if hasattr(signal, name)}
_IMPORTING = "<frozen importlib._bootstrap>"
_LATER_S = 0.02
_IMPATIENT_S = 1.0
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
_NOT_PRINTED = 2  # as for any other output that cannot be written


class Ended(BaseException):
    """Raised in the main thread when a signal ends the command; passes through everything that catches errors."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = int(number)


class _Signals:
    """Turns signals into :class:`Ended`."""

    def __init__(self) -> None:
        self.number: int | None = None
        self._since = 0.0

    def listen(self) -> None:
        """Handle the signals that end a command, but for those that the caller ignores (``nohup``)."""
        for number in _SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._end)
        sys.unraisablehook = self._unraisable

    def leave(self) -> None:
        """Let further signals end the process at once: the rest is the interpreter's own cleaning up."""
        for number in _SIGNALS:
            if signal.getsignal(number) == self._end:
                signal.signal(number, signal.SIG_DFL)
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _end(self, number: int, frame: FrameType | None) -> None:
        if self.number is None:
            self.number, self._since = number, time.monotonic()
        elif time.monotonic() - self._since > _IMPATIENT_S:
            os._exit(128 + number)
        else:
            return  # the same signal twice, to the process and to its group
        self._raise(frame)

    def _raise(self, frame: FrameType | None) -> None:
        # An exception within an import is taken for a missing module by whoever imports it, in C code even printed:
        # wait until it is over, which takes a second at most.
        if hasattr(signal, "setitimer") and _is_importing(frame):
            self._raise_later()
            return
        assert self.number is not None
        raise Ended(self.number)

    def _raise_later(self) -> None:
        signal.signal(signal.SIGALRM, lambda _, now: self._raise(now))
        signal.setitimer(signal.ITIMER_REAL, _LATER_S)

    def _unraisable(self, what: sys.UnraisableHookArgs) -> None:
        # Nothing passes through a finaliser or a weak reference's callback: Python would print it there and go on.
        if not isinstance(what.exc_value, Ended):
            sys.__unraisablehook__(what)
        elif hasattr(signal, "setitimer"):
            self._raise_later()


def ends_well(command: Callable[[], None]) -> int:
    """Run a command and return its exit code, whichever way it ends."""
    signals, code = _Signals(), 0
    try:
        signals.listen()
        code = _run(command)
        signals.leave()
    except Ended as ended:
        signals.number = signals.number or ended.number
    except Exception:
        if signals.number is None:
            raise
        # Else it is what the interruption broke.
    signals.leave()
    code = _flushed(code)
    if signals.number is None:
        return code
    if signals.number in _SIGNALS:
        _say(_SIGNALS[signals.number])
    return 128 + signals.number


def _run(command: Callable[[], None]) -> int:
    try:
        command()
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except KeyboardInterrupt:
        raise Ended(signal.SIGINT) from None
    except BrokenPipeError:
        raise Ended(signal.SIGPIPE) from None
    except OSError as error:
        if error.errno not in _FULL or error.filename is not None:
            raise
        return _unprinted(error)
    return 0


def _flushed(code: int) -> int:
    """Write out what was printed."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        _discard(sys.stdout)
        return 128 + signal.SIGPIPE
    except OSError as error:
        return _unprinted(error)
    return code


def _unprinted(error: OSError) -> int:
    _discard(sys.stdout)
    _say(f"Error: standard output cannot be written: {error.strerror}. Free some space. [usage.output]")
    return _NOT_PRINTED


def _say(text: str) -> None:
    try:
        print(text, file=sys.stderr, flush=True)
    except (OSError, ValueError):
        _discard(sys.stderr)


def _discard(stream: Any) -> None:
    """Let the interpreter's last flush of a stream succeed: what is left in it cannot be written."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        pass


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename == _IMPORTING:
            return True
        frame = frame.f_back
    return False
