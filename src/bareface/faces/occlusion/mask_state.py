"""One mask state from two opinions: the detector's and the occlusion map's."""

from __future__ import annotations

from typing import Final

import numpy as np

from bareface.faces.occlusion.visible_share import state_from
from bareface.values.face import Float32, MaskState, UInt8

STATES: Final[tuple[MaskState, ...]] = ("none", "partial", "full")
SAYS: Final[dict[MaskState, tuple[float, float, float]]] = {
    "none": (0.6, 0.35, 0.05),
    "partial": (0.15, 0.75, 0.1),
    "full": (0.05, 0.2, 0.75),
}
"""Probabilities of none, partial and full if the map is clear about a state. A mask under the chin lies outside the
aligned face, which the map does not cover: if it shows none, one may be there."""


def mask_state(mask: Float32 | None, occlusion: UInt8 | None) -> MaskState:
    """Tell how a mask is worn.

    Parameters
    ----------
    mask
        The detector's probabilities of none, partial and full, float32 [3]; None where it does not say.
    occlusion
        Classes, uint8 [150, 150]; None without a map.

    Returns
    -------
    MaskState
        The state that the product of the two opinions favours; ``none`` without any.
    """
    product = np.ones(len(STATES))
    if occlusion is not None:
        opinion = state_from(occlusion)
        clear = 2 * opinion.confidence - 1
        product *= clear * np.array(SAYS[opinion.state]) + (1 - clear) / len(STATES)
    if mask is not None:
        # A network's certainty is overdone: it must not silence the other opinion.
        product *= np.clip(mask, 0.02, 0.98)
    return STATES[int(product.argmax())]
