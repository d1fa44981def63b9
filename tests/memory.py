"""The most memory that this process held."""

from __future__ import annotations

from pathlib import Path


def peak() -> int:
    """Return bytes of memory at this program's peak.

    Not ``ru_maxrss``: on Linux that is inherited from the process that started this one.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    return int(status.split("VmHWM:")[1].split()[0]) * 1024
