"""``bareface``: the command line's entry point.

Whoever interrupts a command in its first moments is to see no traceback either, so nothing is imported before the
interruption is provided for. The module ``signal`` itself takes ten milliseconds; ``_signal`` is built in.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import os
import sys


def main() -> None:
    """Run the command line; the console script's target."""
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, _leave)
    from bareface.cli.ending import ends_well

    sys.exit(ends_well(_command))


def _leave(number: int, _: object) -> None:
    os.write(2, b"Interrupted.\n")
    os._exit(128 + number)


def _command() -> None:
    _quiet_opencv()
    from bareface.cli.app import app

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal may know fewer characters than names have
            stream.reconfigure(errors="backslashreplace")
    app()


def _quiet_opencv() -> None:
    """Leave out what OpenCV would say below a warning: it writes that to stdout, among the results.

    OpenCV reads ``OPENCV_LOG_LEVEL`` when it is imported.
    """
    if os.environ.get("OPENCV_LOG_LEVEL", "").upper().startswith(("I", "D", "V")):  # info, debug, verbose, or I, D, V
        os.environ["OPENCV_LOG_LEVEL"] = "WARNING"


def __getattr__(name: str) -> object:
    if name == "app":
        from bareface.cli.app import app

        return app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
