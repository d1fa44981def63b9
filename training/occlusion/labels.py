"""From the 19 classes of CelebAMask-HQ (Lee et al., CVPR 2020) to ours."""

from __future__ import annotations

import cv2
import numpy as np

from bareface.values.face import UInt8

BACKGROUND, FACE, MASK, OTHER, DARK = range(5)
IGNORED = 255
"""What is not known, and not learnt from."""
GLASSES, HAIR, CLOTH = 3, 13, 18
_FACE = (1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12)
_EYES = (4, 5)
# Brows, eyes, nose, mouth and lips: what lies within their hull and is no face hides the face.
_FEATURES = (2, 4, 5, 6, 7, 10, 11, 12)


def visible_face(parsing: UInt8) -> UInt8:
    """Map labels to our classes of a bare face.

    Skin, features and ears are face. Clear glasses are too: the eyes show through them, which is when the eyes are
    labelled as well; dark ones are a class of their own. Hair, hats and hands are occluders where they lie between
    the features, background elsewhere: a fringe on the forehead hides nothing that is compared.

    Parameters
    ----------
    parsing
        uint8 [H, W], classes 0 to 18.
    """
    classes = np.isin(parsing, _FACE).astype(np.uint8)
    glasses = parsing == GLASSES
    classes[glasses] = FACE if np.isin(parsing, _EYES).any() else DARK
    hull = np.zeros_like(classes)
    points = cv2.findNonZero(np.isin(parsing, _FEATURES).astype(np.uint8))
    if points is not None:
        cv2.fillConvexPoly(hull, cv2.convexHull(points), 1)
    hiding = ((hull > 0) & (classes == BACKGROUND)).astype(np.uint8)
    # Slivers are the hull's own error: the hollow next to the nose of a turned face.
    hiding = cv2.morphologyEx(hiding, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    classes[hiding > 0] = OTHER
    return classes
