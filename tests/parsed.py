"""Syntax trees of sources, each made once a process: several tests read all of them."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path


@cache
def parsed(path: Path) -> ast.Module:
    """Return the syntax tree of a source."""
    return ast.parse(path.read_bytes())
