"""A second, small network that looks at each found face again: is it one, where exactly is it, how is its mask worn?

The second stage of a cascade (Zhang et al., 2016). It sees a face cut out of the photo at one size, beside its mirror
image, and both views are averaged. The detector does not use it yet: on held-out scenes the network that
:mod:`training.refiner` made found no more faces than the detector's own close-ups do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from bareface.detection.cutouts import cut_out
from bareface.types import Box, Float32, UInt8

SIZE: Final = 80  # pixels of a cut-out's side
MARGIN: Final = 1.5  # its side in units of the face's longer side
MIRRORED: Final = [1, 0, 2, 4, 3]
"""Order of the landmarks in a mirror image."""


class Looks(NamedTuple):
    """What the refiner says of n boxes.

    Attributes
    ----------
    scores
        float32 [n]: log-odds that the box is that of a face.
    boxes, points
        float32 [n, 4] and [n, 5, 2]: the face's box and landmarks, in pixels of the photo.
    masks
        float32 [n, 3]: probabilities of none, partial and full.
    """

    scores: Float32
    boxes: Float32
    points: Float32
    masks: Float32


class Refiner:
    """Looks at boxes.

    Parameters
    ----------
    session
        The network: ``pixels`` uint8 [n, 80, 80, 3] -> ``faces`` float32 [n, 18]: the score's log-odds; the box, as its
        middle and the logarithms of its sides; five landmarks; the mask's log-odds. Places are counted from the
        cut-out's middle, in units of its side.
    """

    def __init__(self, session: Any) -> None:
        self._session = session

    def look(self, pixels: UInt8, boxes: Sequence[Box]) -> Looks:
        """Look at each of at least one box of a photo, RGB [H, W, 3] uint8."""
        cuts = [cut_out(pixels, np.array(box), MARGIN, SIZE) for box in boxes]
        seen = np.stack([cut.pixels for cut in cuts])
        raw = self._session.run(None, {"pixels": np.concatenate([seen, seen[:, :, ::-1]])})[0]
        mean = (raw[: len(cuts)] + _unmirrored(raw[len(cuts) :])) / 2
        scale = SIZE * np.array([cut.scale for cut in cuts])[:, None]
        middle = np.array([cut.corner for cut in cuts]) + scale / 2
        centre, half = middle + mean[:, 1:3] * scale, np.exp(np.clip(mean[:, 3:5], -4, 2)) * scale / 2
        points = middle[:, None] + mean[:, 5:15].reshape(-1, 5, 2) * scale[..., None]
        masks = np.exp(mean[:, 15:] - mean[:, 15:].max(axis=1, keepdims=True))
        return Looks(
            mean[:, 0].astype(np.float32),
            np.concatenate([centre - half, centre + half], axis=1).astype(np.float32),
            points.astype(np.float32),
            (masks / masks.sum(axis=1, keepdims=True)).astype(np.float32),
        )


def _unmirrored(raw: Float32) -> Float32:
    """Outputs [n, 18] for mirror images as they would be for the cut-outs themselves."""
    turned = raw.copy()
    turned[:, 1] *= -1
    points = raw[:, 5:15].reshape(-1, 5, 2)[:, MIRRORED]
    turned[:, 5:15] = (points * np.array([-1, 1], np.float32)).reshape(-1, 10)
    return turned
