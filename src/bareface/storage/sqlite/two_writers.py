"""Two writers take turns: whoever begins to write, or empties the log, waits until the other has ended."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

TURN_MS = 200
"""For which SQLite waits for a lock at a time."""

PAUSE_S = 0.02
"""Between two attempts, where SQLite does not wait."""


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


def empty_log(cursor: Any, timeout: float) -> bool:
    """Write the log into the database and cut it off, when those who still need it have ended.

    SQLite waits for readers only: while another connection does the same, or does it since it is the last to be closed,
    it gives up at once.

    Parameters
    ----------
    timeout
        Seconds after which this gives up.

    Returns
    -------
    bool
        Whether the log is empty.
    """
    end = time.monotonic() + timeout
    cursor.execute(f"PRAGMA busy_timeout = {TURN_MS if timeout else 0}")
    while True:
        busy, _, _ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not busy or time.monotonic() > end:
            break
        time.sleep(PAUSE_S)
    cursor.execute(f"PRAGMA busy_timeout = {round(1000 * timeout)}")
    return not busy
