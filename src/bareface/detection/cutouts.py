"""Square cut-outs of a photo around boxes, all of one size."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from bareface.types import Float32, UInt8

BORDER_COLOUR = (127, 127, 127)


class CutOut(NamedTuple):
    """A square of a photo.

    Attributes
    ----------
    pixels
        uint8 [size, size, 3].
    corner
        float64 [2]: where its upper left corner lies, in pixels of the photo.
    scale
        Pixels of the photo in one of its own.
    """

    pixels: UInt8
    corner: NDArray[np.float64]
    scale: float


def cut_out(pixels: UInt8, box: Float32 | NDArray[np.float64], margin: float, size: int) -> CutOut:
    """The square ``margin`` times as long as a box's longer side, around its middle, ``size`` pixels long.

    Whole pixels are cut, so that shrinking averages over areas; what lies outside the photo is grey.

    Parameters
    ----------
    pixels
        RGB [H, W, 3] uint8.
    box
        x1, y1, x2, y2 in pixels.
    margin, size
        See above.
    """
    x1, y1, x2, y2 = (float(value) for value in box)
    side = max(4, round(margin * max(x2 - x1, y2 - y1)))
    left, top = round((x1 + x2 - side) / 2), round((y1 + y2 - side) / 2)
    inside = pixels[max(top, 0) : max(top + side, 0), max(left, 0) : max(left + side, 0)]
    if inside.size == 0:
        square = np.full((side, side, 3), BORDER_COLOUR, np.uint8)
    elif inside.shape[:2] != (side, side):
        above, before = max(-top, 0), max(-left, 0)
        below, after = side - above - inside.shape[0], side - before - inside.shape[1]
        square = np.asarray(
            cv2.copyMakeBorder(inside, above, below, before, after, cv2.BORDER_CONSTANT, value=BORDER_COLOUR), np.uint8
        )
    else:
        square = inside
    method = cv2.INTER_AREA if side > size else cv2.INTER_LINEAR
    resized = cv2.resize(square, (size, size), interpolation=method)
    return CutOut(np.asarray(resized, np.uint8), np.array([left, top], np.float64), side / size)
