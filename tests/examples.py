"""How many examples a property is tried on."""

from __future__ import annotations

from hypothesis import settings


def examples(full: int) -> int:
    """Return this number in the slow set, and the same share of it as of hypothesis's default in the fast one."""
    return max(1, full * settings().max_examples // 100)
