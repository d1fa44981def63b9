"""The region to fill: what the occlusion map marks, made whole."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from bareface.faces.occlusion.base import BACKGROUND, DARK_GLASSES, FACE, MASK, OTHER, UNCERTAIN
from bareface.restoration.base import SIDE, Bool
from bareface.values.face import UInt8

# A mask's soft edge and shadow lie beyond what the map marks.
_EDGE: Final = 4
_EDGE_OF_STRAP: Final = 2
# Of the 160 pixels of an aligned face. Parts nearer than this belong together: a mask and its straps.
_NEAR: Final = 3
# Gaps of the map up to twice as wide: pleats, seams, prints.
_GAP: Final = 6
_SPECK: Final = 40
_LEAST_OTHER: Final = 250
_LEAST_MASK: Final = 0.3
# Rows of the eyes and of the nose's tip.
_EYES: Final = 50
_BELOW_EYES: Final = 60
# Straps run beside the eyes, not between them.
_EYE_COLUMNS: Final = slice(30, 130)
_TOP: Final = 25
# So wide gaps of a strap are bridged.
_BROKEN: Final = 2
# How far beyond the map's edge the mask's colours are looked for.
_REACH: Final = 12


def hidden_region(classes: UInt8, pixels: UInt8) -> Bool:
    """Return the region to fill: the mask with its straps, and other things of some size before the face.

    Glasses stay, dark ones too.

    Parameters
    ----------
    classes
        The occlusion map, uint8 [150, 150].
    pixels
        The aligned face, RGB uint8 [160, 160, 3].
    """
    classes = np.asarray(cv2.resize(classes, (SIDE, SIDE), interpolation=cv2.INTER_NEAREST), np.uint8)
    mask, other = parted(classes)
    strap = np.zeros_like(mask)
    if mask.any():
        mask = whole(mask)
        mask |= like_mask(mask, classes, pixels)
        strap = straps(mask, classes)
    marked = cv2.dilate((mask | other).astype(np.uint8), _disc(_EDGE))
    marked |= cv2.dilate(strap.astype(np.uint8), _disc(_EDGE_OF_STRAP))
    return np.asarray((marked > 0) & (classes != DARK_GLASSES), bool)


def parted(classes: UInt8) -> tuple[Bool, Bool]:
    """Return the mask and the other occluders, without specks, bool [160, 160] each.

    What touches a mask below the eyes is taken for a part of it: a print, a fold in the shade, a hand that holds it.
    """
    mask, other = classes == MASK, classes == OTHER
    below = other.copy()
    below[:_BELOW_EYES] = False
    near = cv2.dilate((mask | below).astype(np.uint8), _disc(_NEAR))
    _, parts = cv2.connectedComponents(near, connectivity=8)
    sizes = np.bincount(parts.ravel(), (mask | below).ravel())
    masks = np.bincount(parts.ravel(), mask.ravel())
    worn = (masks > _LEAST_MASK * sizes) & (masks >= _SPECK)
    worn[0] = False
    joined = worn[parts] & (mask | below)
    return joined, _of_size(other & ~joined, _LEAST_OTHER)


def whole(mask: Bool) -> Bool:
    """Close a mask's gaps and holes."""
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), _GAP, _GAP, _GAP, _GAP, cv2.BORDER_REPLICATE)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, _disc(_GAP))[_GAP:-_GAP, _GAP:-_GAP]
    # The photo's lower edge closes a mask that reaches beyond it.
    closed = np.vstack([closed, np.zeros((1, SIDE), np.uint8)])
    contours, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = cv2.drawContours(np.ascontiguousarray(closed), contours, -1, 1, cv2.FILLED)[:-1]
    return np.asarray(filled > 0, bool)


def like_mask(mask: Bool, classes: UInt8, pixels: UInt8) -> Bool:
    """Return what lies close to a mask and has its colours rather than those around: GrabCut (Rother et al., 2004)."""
    inner = cv2.erode(mask.astype(np.uint8), _disc(_NEAR)) > 0
    reach = (cv2.dilate(mask.astype(np.uint8), _disc(_REACH)) > 0) & ~mask
    reach[:_EYES] = False
    reach &= classes != DARK_GLASSES
    seen = np.isin(classes, (FACE, BACKGROUND)) & ~reach & ~mask
    if inner.sum() < _LEAST_OTHER or seen.sum() < _LEAST_OTHER or not reach.any():
        return np.zeros_like(mask)
    known = np.full(mask.shape, cv2.GC_BGD, np.uint8)
    known[mask] = cv2.GC_PR_FGD
    known[inner] = cv2.GC_FGD
    known[reach] = cv2.GC_PR_BGD
    # Its clusters start at random.
    cv2.setRNGSeed(0)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(np.ascontiguousarray(pixels[..., ::-1]), known, None, *models, 2, cv2.GC_INIT_WITH_MASK)
    found = (known == cv2.GC_PR_FGD) & reach
    # Only what hangs together with the mask.
    _, parts = cv2.connectedComponents((found | mask).astype(np.uint8), connectivity=8)
    own = np.unique(parts[mask])
    return np.asarray(found & np.isin(parts, own[own > 0]), bool)


def straps(mask: Bool, classes: UInt8) -> Bool:
    """Return what hangs together with a mask though it is uncertain: straps and loops up to the ear, frayed edges."""
    likely = np.isin(classes, (MASK, OTHER, *UNCERTAIN)) & ~mask
    likely[:_TOP] = False
    likely[:_BELOW_EYES, _EYE_COLUMNS] = False
    near = cv2.dilate((mask | likely).astype(np.uint8), _disc(_BROKEN))
    _, parts = cv2.connectedComponents(near, connectivity=8)
    return np.asarray(likely & np.isin(parts, np.unique(parts[mask])), bool)


def _of_size(marked: Bool, least: int) -> Bool:
    _, parts = cv2.connectedComponents(marked.astype(np.uint8), connectivity=8)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    return np.asarray((sizes >= least)[parts], bool)


def _disc(radius: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)), np.uint8)
