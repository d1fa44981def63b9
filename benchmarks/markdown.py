"""Format of the generated tables of the README and the manuals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Values = dict[str, Any]
"""Content of a file of ``benchmarks/results``."""


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Format a Markdown table; all columns but the first are aligned right."""
    rule = ["---", *["---:"] * (len(columns) - 1)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (columns, rule, *rows))


def rate(triple: Sequence[float]) -> str:
    """Format a figure with its interval."""
    return f"{triple[0]:.3f} ({triple[1]:.3f} to {triple[2]:.3f})"


def change(triple: Sequence[float]) -> str:
    """Format a difference with its interval and sign."""
    return f"{triple[0]:+.3f} ({triple[1]:+.3f} to {triple[2]:+.3f})"


def percent(triple: Sequence[float]) -> str:
    """Format a share with its interval, and with its total if there is a fourth number."""
    said = f"{100 * triple[0]:.1f} % ({100 * triple[1]:.1f} to {100 * triple[2]:.1f})"
    return said if len(triple) < 4 else f"{said}, n = {triple[3]:,.0f}"


def where(machine: Values) -> str:
    """Name the machine of a run."""
    return f"{machine['processor']}, {machine['cpus']} cores, {machine['memory_gib']:.0f} GiB"
