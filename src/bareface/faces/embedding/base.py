"""What every embedder offers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from bareface.imaging.align import Geometry
from bareface.values.face import Float32, MaskState, UInt8


class Cover(NamedTuple):
    """What is known of a chip's mask: its state, and the occlusion map uint8 [S, S] where there is one."""

    state: MaskState
    occlusion: UInt8 | None


@runtime_checkable
class Embedder(Protocol):
    """Turns aligned faces into template vectors."""

    model: str
    space: str
    precision: str
    geometry: Geometry

    def embed(self, chips: Sequence[UInt8], covers: Sequence[Cover] | None = None) -> Float32:
        """Vectors float32 [n, d] of ``chips``, each RGB [S, S, 3] uint8 in this embedder's geometry.

        ``covers``, one a chip, serve embedders that treat masked faces apart; without them all faces are taken as bare.
        """
        ...


@runtime_checkable
class CoveringEmbedder(Embedder, Protocol):
    """An embedder that makes a second template of a bare face, which masked faces are held against, too."""

    def cover(self, chips: Sequence[UInt8]) -> Float32:
        """Vectors float32 [n, d] of what a mask would leave of bare ``chips``."""
        ...
