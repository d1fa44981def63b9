"""The interfaces of embedders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from bareface.imaging.align import Geometry
from bareface.values.face import Float32, MaskState, UInt8


class MaskInfo(NamedTuple):
    """The mask of a chip: its state, and the occlusion map uint8 [S, S] where there is one."""

    state: MaskState
    occlusion: UInt8 | None


@runtime_checkable
class Embedder(Protocol):
    """Turns aligned faces into template vectors."""

    model: str
    space: str
    precision: str
    geometry: Geometry

    def embed(self, chips: Sequence[UInt8], masks: Sequence[MaskInfo] | None = None) -> Float32:
        """Return vectors float32 [n, d] of ``chips``, each RGB [S, S, 3] uint8 in this embedder's geometry.

        ``masks``, one a chip, serve embedders that treat masked faces apart; without them all faces are taken as bare.
        They are passed by position.
        """
        ...


@runtime_checkable
class UpperFaceEmbedder(Embedder, Protocol):
    """Embeds the upper half of a bare face, too: a second vector that masked faces are compared with."""

    def embed_upper_faces(self, chips: Sequence[UInt8]) -> Float32:
        """Return vectors float32 [n, d] of what a mask would leave of bare ``chips``."""
        ...


Cover = MaskInfo
CoveringEmbedder = UpperFaceEmbedder
"""Names in version 0.1, until version 0.4."""
