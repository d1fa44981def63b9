"""SQLite's count of memory, for whose lock threads would wait, is off once galleries can be opened."""

from __future__ import annotations

import subprocess
import sys

READ = """
import ctypes, _sqlite3
def used():
    now, most = ctypes.c_int(-1), ctypes.c_int(-1)
    library = ctypes.CDLL(_sqlite3.__file__)
    library.sqlite3_status(0, ctypes.byref(now), ctypes.byref(most), 0)
    return now.value
"""
"""Python that defines used(): the bytes that SQLite says it uses."""


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", READ + code], capture_output=True, text=True, timeout=120, check=True)
    return done.stdout.strip()


def test_a_gallery_is_opened_without_the_count() -> None:
    code = """
import sqlite3
import bareface.storage.sqlite.connection
connection = sqlite3.connect(":memory:")
connection.execute("CREATE TABLE a (b)")
print(used(), connection.execute("SELECT count(*) FROM a").fetchone())
"""
    assert run(code) == "0 (0,)"


def test_a_database_that_a_program_has_open_is_left_alone() -> None:
    code = """
import sqlite3
connection = sqlite3.connect(":memory:")
connection.execute("CREATE TABLE a (b)")
before = used()
from bareface.system.sqlite import uncount_memory
print(uncount_memory(), before > 0, used() > 0, connection.execute("SELECT count(*) FROM a").fetchone())
"""
    assert run(code) == "False True True (0,)"
