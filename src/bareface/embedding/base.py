"""What every embedder offers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from bareface.alignment import Geometry
from bareface.types import Float32, UInt8


@runtime_checkable
class Embedder(Protocol):
    """Turns aligned faces into template vectors."""

    model: str
    space: str
    precision: str
    geometry: Geometry

    def embed(self, chips: Sequence[UInt8]) -> Float32:
        """Vectors float32 [n, d] of ``chips``, each RGB [S, S, 3] uint8 in this embedder's geometry."""
        ...
