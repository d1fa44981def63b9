"""Two writers take turns: whoever begins to write waits until the other's transaction has ended."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

TURN_MS = 200
"""For which SQLite waits for a lock at a time."""


def begin_writing(cursor: Any, timeout: float) -> None:
    """Begin a transaction that writes, after other writers' have ended.

    It takes the lock at once: a read that later turns into a write can find its snapshot outdated. It waits in short
    turns, since SQLite hears no signal while it waits.

    Parameters
    ----------
    timeout
        Seconds after which SQLite's own error is raised.
    """
    end = time.monotonic() + timeout
    cursor.execute(f"PRAGMA busy_timeout = {TURN_MS}")
    while True:
        try:
            cursor.execute("BEGIN IMMEDIATE")
            break
        except sqlite3.OperationalError as error:
            if not error.sqlite_errorname.startswith("SQLITE_BUSY") or time.monotonic() > end:
                raise
    cursor.execute(f"PRAGMA busy_timeout = {round(1000 * timeout)}")
