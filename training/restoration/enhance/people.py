"""Synthetic faces of people who do not exist, mixed from real ones, so that the network cannot memorise people.

A network that knows its few thousand people sharpens theirs into themselves, and everybody else's into them. Seen from
outside, on CelebA's validation identities, it brought templates of badly blurred faces half as much nearer as on the
people that it was trained on.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from bareface.restoration.base import SIDE
from bareface.values.face import Float32, UInt8

WARPED, MIXED = 0.7, 0.25
"""Probabilities that a face is warped, and mixed with another one."""
_CELLS, _FAR = 5, 3.0
"""Of the grid that bends a face, and by how many pixels its knots move (standard deviation)."""
_PLACES: Final[Float32] = np.stack(np.meshgrid(np.arange(SIDE), np.arange(SIDE)), -1).astype(np.float32)


def somebody(faces: UInt8, index: int, rng: np.random.Generator) -> UInt8:
    """Return the face of that index, or of a similar new person, RGB uint8 [160, 160, 3].

    Parameters
    ----------
    faces
        Good ones, RGB uint8 [n, 160, 160, 3].
    index
        Of the one to begin with.
    rng
        Draws what is done to it.
    """
    face = np.asarray(faces[index])
    if rng.random() < MIXED:
        other = np.asarray(faces[int(rng.integers(len(faces)))])
        share = rng.uniform(0.5, 0.8)
        face = np.asarray(cv2.addWeighted(face, share, other, 1 - share, 0), np.uint8)
    if rng.random() < WARPED:
        knots = rng.normal(0, _FAR, (_CELLS, _CELLS, 2)).astype(np.float32)
        bent = _PLACES + cv2.resize(knots, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
        face = np.asarray(cv2.remap(face, bent, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE), np.uint8)
    return face
