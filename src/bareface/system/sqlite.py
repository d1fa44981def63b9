"""Set up SQLite for several threads.

SQLite counts the memory that it uses under one lock of the process. Threads that search at the same time wait for it at
every page: together they read no faster than one. Nobody reads the count, so it is switched off.
"""

from __future__ import annotations

import ctypes
from typing import Any

from bareface.logs import logger

_log = logger(__name__)
_MEMORY_USED, _MEMSTATUS, _OK = 0, 9, 0
"""Constants of SQLite's interface in C: SQLITE_STATUS_MEMORY_USED, SQLITE_CONFIG_MEMSTATUS, SQLITE_OK."""


def uncount_memory() -> bool:
    """Switch SQLite's count of memory off; return whether it is off.

    It can be changed only while no database is open in the process, which the count itself tells. Where a program has
    one open already, or its SQLite cannot be reached, everything stays as it is.
    """
    try:
        import _sqlite3

        # The extension's own library, or the one that it was linked with.
        library: Any = ctypes.CDLL(_sqlite3.__file__)
        if _used(library) != 0:
            return False
        if library.sqlite3_shutdown() != _OK:
            return False
        off = library.sqlite3_config(_MEMSTATUS, 0) == _OK
        return bool(library.sqlite3_initialize() == _OK and off)
    except (AttributeError, ImportError, OSError) as error:
        _log.debug("SQLite counts its memory: %s", type(error).__name__)
        return False


def _used(library: Any) -> int:
    now, most = ctypes.c_int(-1), ctypes.c_int(-1)
    library.sqlite3_status(_MEMORY_USED, ctypes.byref(now), ctypes.byref(most), 0)
    return now.value
