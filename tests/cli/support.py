"""Shared helpers of the command line's tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeAlias

from typer.testing import Result

Run: TypeAlias = Callable[..., Result]
"""``run(*arguments, expect=0)`` runs ``bareface`` and checks its exit code."""


def parsed(result: Result) -> Any:
    """Return the one JSON object on stdout: anything else there fails."""
    return json.loads(result.stdout)
