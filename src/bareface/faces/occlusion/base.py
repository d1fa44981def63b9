"""The interface of a segmenter, and its classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np

from bareface.values.face import UInt8

BACKGROUND: Final = 0
FACE: Final = 1
MASK: Final = 2
OTHER: Final = 3
DARK_GLASSES: Final = 4
UNCERTAIN: Final = (5, 6)
"""Background and visible face that could as well be hidden by a mask or another occluder: with one in ten or more."""
CLASSES: Final = (
    "background", "visible face", "mask", "other occluder", "dark glasses", "background, uncertain", "face, uncertain",
)  # fmt: skip
"""Names of the classes 0 to 6. Clear glasses, ears and beards are face; hands and hair between the features are other
occluders; hair elsewhere, a fringe too, is background."""


def likeliest(classes: UInt8) -> UInt8:
    """Take what is uncertain for what it more likely is: background or visible face."""
    return np.where(np.isin(classes, UNCERTAIN), classes - np.uint8(UNCERTAIN[0]), classes)


class Segmenter(Protocol):
    """Classifies every pixel of an aligned face."""

    name: str

    def segment(self, chips: Sequence[UInt8]) -> UInt8:
        """Classify the pixels of aligned faces.

        Parameters
        ----------
        chips
            RGB [150, 150, 3] uint8 each, in the ``dlib-150`` geometry of :func:`bareface.imaging.align.align`.

        Returns
        -------
        ndarray
            uint8 [n, 150, 150]: places in `CLASSES`.
        """
        ...
