"""Mask-aware embedders: masked faces are embedded with the mask painted over, by the same network or another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from bareface.errors import ModelError
from bareface.faces.embedding.base import MaskInfo
from bareface.faces.embedding.onnx import OnnxEmbedder
from bareface.faces.occlusion.visible_share import blanked
from bareface.imaging.align import Geometry
from bareface.models import registry
from bareface.values.face import Float32, UInt8

UPPER_FACE_ROWS = 88
"""The row of the chip, of 150, from which a bare face is painted over for its second template: just below the nose.

Chosen on the validation identities: of rows 76 to 96 and the outline of a mean mask, those that cover the nose serve
probes with covered noses a little better and others clearly worse.
"""
_ROWS: Final[dict[Geometry, int]] = {"dlib-150": UPPER_FACE_ROWS, "arcface-112": 79}
"""The same place on the chips of each geometry."""


class RoutedEmbedder:
    """Embeds bare faces as they are, masked ones with the mask painted over.

    A packaged model has another network for masked faces, taught to answer as the first does for the bare face. Any
    other embedder takes both by its one network.

    A mask is blanked before its face is embedded, so that its cloth and pattern say nothing about who wears it.

    Parameters
    ----------
    card
        Of the network for masked faces; its ``input`` names that for bare ones where it is another (``bare``), the
        colour, RGB, that masks are filled with (``blank``), and the row from which bare faces are painted over for
        their second template where it is not the usual one (``covered_from``).
    precision
        The arithmetic of the network for bare faces; another one for masked faces runs in what files it has.
    providers, threads
        See :func:`bareface.models.sessions.open_session`.
    """

    def __init__(
        self,
        card: registry.ModelCard,
        precision: str,
        *,
        providers: Sequence[str] | None = None,
        threads: int = 1,
    ) -> None:
        two = "bare" in card.input
        stored = {file.precision for file in card.files}
        of_masked = card.files[0].precision if two and precision not in stored else precision
        self._masked = self._bare = OnnxEmbedder(card, of_masked, providers=providers, threads=threads)
        if two:
            bare = registry.card(card.input["bare"])
            self._bare = OnnxEmbedder(bare, precision, providers=providers, threads=threads)
        if self._bare.space != self._masked.space:
            raise ModelError(
                "model.interface/networks", model=card.id, space=self._bare.space, masked_space=self._masked.space
            )
        self._fill = np.asarray(card.input["blank"], np.float32)
        self.model = card.id
        self.space = self._bare.space
        self.precision = precision
        self.geometry: Geometry = self._bare.geometry
        self._upper_face_rows = int(card.input.get("covered_from", _ROWS[self.geometry]))

    def embed(self, chips: Sequence[UInt8], masks: Sequence[MaskInfo] | None = None) -> Float32:
        """See :class:`bareface.faces.embedding.base.Embedder`."""
        seen = masks or [MaskInfo("none", None)] * len(chips)
        masked = [place for place, mask in enumerate(seen) if mask.state != "none"]
        bare = [place for place, mask in enumerate(seen) if mask.state == "none"]
        parts = []
        if bare:
            parts.append(self._bare.embed([chips[place] for place in bare]))
        if masked:
            parts.append(self._masked.embed([self._blanked(chips[place], seen[place]) for place in masked]))
        if len({part.shape[1] for part in parts}) > 1:
            lengths = " and ".join(str(part.shape[1]) for part in parts)
            raise ModelError("model.output/networks", model=self.model, lengths=lengths)
        return np.concatenate(parts)[np.argsort([*bare, *masked])] if parts else np.empty((0, 128), np.float32)

    def embed_upper_faces(self, chips: Sequence[UInt8]) -> Float32:
        """See :class:`bareface.faces.embedding.base.UpperFaceEmbedder`."""
        painted = [chip.copy() for chip in chips]
        for chip in painted:
            chip[self._upper_face_rows :] = np.round(self._fill).astype(np.uint8)
        return self._masked.embed(painted)

    def _blanked(self, chip: UInt8, mask: MaskInfo) -> UInt8:
        return chip if mask.occlusion is None else blanked(chip, mask.occlusion, self._fill)
