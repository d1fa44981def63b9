"""Digests of the weights that a benchmark used, to tell whether its figures are those of the package."""

from __future__ import annotations

from typing import Final

from bareface.models import registry
from bareface.services.engine import Engine

DETECTOR: Final = "bareface-detector"
SEGMENTER: Final = "bareface-occlusion"
"""Models that an engine runs by default in addition to its embedder."""


def digests(engine: Engine, *models: str) -> dict[str, str]:
    """Return the SHA-256 of the weights of an engine's embedder and of other models, by model.

    An embedder that hands bare faces to another network counts with both. Of a model in several precisions it is the
    file of the engine's own.
    """
    bare = registry.card(engine.model).input.get("bare")
    cards = [registry.card(name) for name in (engine.model, *([bare] if bare else []), *models)]
    return {
        card.id: next((file for file in card.files if file.precision == engine.precision), card.files[0]).sha256
        for card in cards
    }
