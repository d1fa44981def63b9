"""Visible share of a face and its mask state, from its occlusion map."""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from bareface.faces.occlusion.base import DARK_GLASSES, FACE, MASK, OTHER, likeliest
from bareface.imaging.align import as_chip
from bareface.values.face import Float32, MaskState, UInt8

_SIDE: Final = 150
# Where at least nine of ten bare faces of CelebAMask-HQ show face on the dlib-150 chip: half widths in pixels about
# the middle column at each row, made symmetric. The middle of the forehead belongs to it, the temples do not.
_MIDDLE: Final = 74.6
_HALF_WIDTHS: Final = {
    18: 18.0, 24: 27.5, 30: 32.5, 36: 38.0, 48: 41.0, 60: 42.5, 72: 43.5, 84: 42.0, 96: 38.0, 108: 34.0, 120: 27.5,
    132: 20.0,
}  # fmt: skip
# Rows and columns of the parts of a face on the chip. The nose starts below the upper edge of a mask that is worn
# right and ends above that of a mask worn below the nose.
_NOSE: Final = (slice(70, 85), slice(65, 85))
_MOUTH: Final = (slice(94, 115), slice(52, 98))
_CHIN: Final = (slice(118, 133), slice(58, 92))
# A part that another thing hides says little: no less than this share of it counts as seen.
_SEEN: Final = 0.25
_NOSE_COVERED: Final = 0.5
_WORN: Final = 0.25
# A mask's soft edge and the map's own error: blank this many additional pixels.
_EDGE: Final = 2


class StateOpinion(NamedTuple):
    """A mask state and how clear it is.

    ``confidence`` in [0.5, 1] is the distance of the covered shares from the limits that decide; no probability.
    """

    state: MaskState
    confidence: float


@cache
def expected_area() -> NDArray[np.bool_]:
    """Return the area of an aligned, bare, frontal face: bool [150, 150]; read-only."""
    rows, halves = np.array(list(_HALF_WIDTHS)), np.array(list(_HALF_WIDTHS.values()))
    outline = np.column_stack([np.r_[_MIDDLE - halves, _MIDDLE + halves[::-1]], np.r_[rows, rows[::-1]]])
    area = np.zeros((_SIDE, _SIDE), np.uint8)
    cv2.fillPoly(area, [np.round(outline).astype(np.int32)], 1)
    expected = area > 0
    expected.flags.writeable = False
    return expected


def visible_fraction(occlusion: UInt8) -> float:
    """Return the share of the expected area of a face that shows face.

    Parameters
    ----------
    occlusion
        Classes, uint8 [150, 150].

    Returns
    -------
    float
        In [0, 1]: about 1 for a bare face from the front, about 0.4 under a surgical mask. What a head turns away or
        the photo's edge cuts off is not visible either.
    """
    return float((likeliest(occlusion[expected_area()]) == FACE).mean())


def state_from(occlusion: UInt8) -> StateOpinion:
    """Infer how a mask is worn from the parts of the face that it covers.

    A second opinion in addition to the detector's: ``full`` if the tip of the nose is covered, ``partial`` if only
    mouth or chin are.

    Parameters
    ----------
    occlusion
        Classes, uint8 [150, 150].
    """
    nose, mouth, chin = (_covered(occlusion[part]) for part in (_NOSE, _MOUTH, _CHIN))
    worn = _half_at(max(mouth, chin), _WORN)
    over_nose = _half_at(min(nose, 2 * mouth), _NOSE_COVERED)
    if worn < 0.5:
        return StateOpinion("none", 1 - worn)
    if over_nose < 0.5:
        return StateOpinion("partial", min(worn, 1 - over_nose))
    return StateOpinion("full", min(worn, over_nose))


def blanked(chip: UInt8, occlusion: UInt8, fill: Float32 | UInt8) -> UInt8:
    """Paint the mask of a chip, and two pixels round it, in one colour.

    Parameters
    ----------
    chip
        RGB uint8 [S, S, 3] of either geometry; it is not changed.
    occlusion
        Its classes, uint8 [150, 150], in the geometry ``dlib-150``.
    fill
        The colour, RGB [3] in 0 to 255.

    Returns
    -------
    ndarray
        A new chip.
    """
    side = 2 * _EDGE + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    hidden = as_chip(cv2.dilate((occlusion == MASK).astype(np.uint8), disc), len(chip)) > 0
    painted = chip.copy()
    painted[hidden] = np.round(fill).astype(np.uint8)
    return painted


def _covered(part: UInt8) -> float:
    """Return the share of a part that a mask covers, of what nothing else hides."""
    seen = max(int((~np.isin(part, (OTHER, DARK_GLASSES))).sum()), _SEEN * part.size)
    return float((part == MASK).sum() / seen)


def _half_at(share: float, limit: float) -> float:
    """Stretch a share in [0, 1] so that the limit becomes 0.5."""
    share = min(share, 1.0)
    return 0.5 * share / limit if share < limit else 0.5 + 0.5 * (share - limit) / (1 - limit)
