"""What the shell offers, read straight from where it is kept: a completion must come at once."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bareface.errors import BarefaceError

if TYPE_CHECKING:
    from bareface.models.registry import ModelCard


def subject_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """Names of the subjects of the gallery on the command line."""
    with suppress(sqlite3.Error, OSError, TypeError):  # a completion that cannot be made offers nothing
        path = Path(ctx.params.get("gallery", "")).resolve(strict=True)
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=0.2)) as database:
            pattern = incomplete.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
            query = "SELECT name FROM subject WHERE name LIKE ? ESCAPE '\\' ORDER BY name LIMIT 50"
            return [name for (name,) in database.execute(query, (pattern,))]
    return []


def model_names(incomplete: str) -> list[str]:
    """Identifiers of all registered models."""
    return [card.id for card in _cards() if card.id.startswith(incomplete)]


def detector_names(incomplete: str) -> list[str]:
    """What ``--detector`` takes: dlib's own and the added ones."""
    added = [card.id for card in _cards() if card.task == "detection" and not card.packaged]
    return [name for name in ("dlib", *added) if name.startswith(incomplete)]


def embedder_names(incomplete: str) -> list[str]:
    """What ``--embedder`` takes."""
    return [c.id for c in _cards() if c.task == "embedding" and c.id.startswith(incomplete)]


def _cards() -> tuple[ModelCard, ...]:
    from bareface.models.registry import cards

    with suppress(BarefaceError):
        return cards()
    return ()
