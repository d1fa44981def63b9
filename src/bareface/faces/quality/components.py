"""Measures of a face, after ISO/IEC 29794-5.

Sharpness and exposure are measured round the eyes only: a mask's weave is not detail of a face and its white is not
light on one, and above a mask the same pixels are seen as without it. They are measured on the aligned face, where a
pixel stands for the same part of a face in every photo, so that a small face counts as one without detail.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from bareface.values.face import Box, Float32, Landmarks, LandmarkScheme, UInt8
from bareface.values.quality import Measures

# Brows and eyes on dlib's 150-pixel chip, and what a blur of that region needs round it.
_ROWS: Final = (26, 68)
_COLUMNS: Final = (20, 130)
_MARGIN: Final = 20
_FINE: Final = (1.0, 2.0)
_COARSE: Final = (4.0, 8.0)
# Keeps grain on a flat surface from counting as detail; in code values.
_FLAT: Final = 1.0
# ISO/IEC 29794-5 takes luminances within this of either end as clipped.
_BLACK: Final = 25
_WHITE: Final = 247

# Of a mean face, in distances between its pupils: how far the nose stands out before the eyes, its height below them,
# and for `five` the mouth's depth and height.
_DEPTH: Final[dict[LandmarkScheme, float]] = {"five": 0.42, "dlib5": 0.35}
_NOSE: Final[dict[LandmarkScheme, float]] = {"five": 0.59, "dlib5": 0.735}
_MOUTH_DEPTH: Final = 0.04
_MOUTH: Final = 1.045
# dlib's eye centres, midway between the corners, lie this much nearer each other than the pupils.
_APART: Final[dict[LandmarkScheme, float]] = {"five": 1.0, "dlib5": 0.924}
# Beyond this a foreshortened distance says nothing about the true one.
_FARTHEST_TURN: Final = np.radians(60.0)


def measure(
    chip: UInt8, box: Box, landmarks: Landmarks, visible: float | None = None, consistency: float | None = None
) -> Measures:
    """Measure a face.

    Parameters
    ----------
    chip
        The aligned face in the geometry ``dlib-150``: RGB [150, 150, 3] uint8.
    box, landmarks
        In pixels of the photo.
    visible
        Share of the face that nothing covers, in [0, 1], if known.
    consistency
        Cosine of the templates of the face and of its mirror image, if known.
    """
    rows, columns = (slice(low - _MARGIN, high + _MARGIN) for low, high in (_ROWS, _COLUMNS))
    wide = cv2.cvtColor(chip[rows, columns], cv2.COLOR_RGB2GRAY)
    over, under, entropy = exposure(wide[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN])
    yaw, pitch, roll, eyes = pose(landmarks)
    size = max(0.0, min(box.width, box.height))
    return Measures(sharpness(wide), over, under, entropy, yaw, pitch, roll, eyes, size, visible, consistency)


def sharpness(luminance: UInt8) -> float:
    """Return fine detail over coarse structure, so that neither light nor contrast count.

    Parameters
    ----------
    luminance
        uint8 [h, w], the region and a margin of 20 pixels.
    """
    fine, coarse = (_band(luminance, *band) for band in (_FINE, _COARSE))
    return fine / (coarse + _FLAT)


def _band(luminance: UInt8, narrow: float, broad: float) -> float:
    """Return the standard deviation of what lies between two Gaussians' scales."""
    blurred: list[Float32] = [
        cv2.GaussianBlur(luminance.astype(np.float32), (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101)
        for sigma in (narrow, broad)
    ]
    between = (blurred[0] - blurred[1])[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN]
    return float(cv2.meanStdDev(between)[1][0, 0])


def exposure(luminance: UInt8) -> tuple[float, float, float]:
    """Return the shares of nearly white and nearly black pixels, and the entropy in bits, of uint8 [h, w]."""
    share = np.bincount(luminance.ravel(), minlength=256) / luminance.size
    seen = share[share > 0]
    entropy = float(-(seen * np.log2(seen)).sum())
    return float(share[_WHITE:].sum()), float(share[: _BLACK + 1].sum()), abs(entropy)


def pose(landmarks: Landmarks) -> tuple[float, float, float, float]:
    """Estimate yaw, pitch and roll in degrees, and the inter-eye distance in pixels as seen from the front.

    The mean face under a scaled orthographic camera, solved in closed form: the nose stands out, so it moves along the
    line of the eyes when the head turns, and across it when the head nods. Faces differ: expect errors of some 10
    degrees. With ``dlib5``, which has no mouth, pitch is little more than a guess, and its upper limit is 25 degrees
    downwards. Landmarks that describe no face give a distance of 0 and a face turned away.

    Parameters
    ----------
    landmarks
        Five points in pixels.
    """
    scheme = landmarks.scheme
    points = landmarks.points[:, 0].astype(np.float64) + 1j * landmarks.points[:, 1]
    left, right, nose, mouth = _five(points) if scheme == "five" else _dlib5(points)
    across = right - left
    distance = abs(across)
    if not (np.isfinite(points).all() and distance > 1e-3):
        return 90.0, 0.0, 0.0, 0.0
    middle = (left + right) / 2
    nose = (nose - middle) / across * _APART[scheme]
    yaw = float(np.arctan2(nose.real, _DEPTH[scheme]))
    front = distance / _APART[scheme] / np.cos(np.clip(yaw, -_FARTHEST_TURN, _FARTHEST_TURN))
    if mouth is None:
        pitch = _pitch_by_height(nose.imag * np.cos(yaw), _NOSE[scheme], _DEPTH[scheme])
    else:
        pitch = _pitch_by_mouth(nose.imag, ((mouth - middle) / across).imag, np.cos(yaw))
    return float(np.degrees(yaw)), float(np.degrees(pitch)), float(np.degrees(np.angle(across))), float(front)


def _five(points: np.ndarray[tuple[int], np.dtype[np.complex128]]) -> tuple[complex, complex, complex, complex]:
    return complex(points[0]), complex(points[1]), complex(points[2]), complex(points[3] + points[4]) / 2


def _dlib5(points: np.ndarray[tuple[int], np.dtype[np.complex128]]) -> tuple[complex, complex, complex, None]:
    return complex(points[2] + points[3]) / 2, complex(points[0] + points[1]) / 2, complex(points[4]), None


def _pitch_by_mouth(nose: float, mouth: float, turn: float) -> float:
    """Estimate pitch from the heights of nose and mouth below the eyes: long and short faces have the same ratio."""
    # nose / mouth = (n - d t) / (m - e t) with t the tangent of the pitch, foreshortened by the turn.
    above, below = _NOSE["five"] * mouth - _MOUTH * nose, _DEPTH["five"] * mouth - _MOUTH_DEPTH * nose
    return float(np.arctan2(above * np.sign(below), abs(below) * max(turn, 0.3)))


def _pitch_by_height(nose: float, height: float, depth: float) -> float:
    """Estimate pitch from the nose's height below the eyes alone: height * cos(pitch) - depth * sin(pitch)."""
    return float(np.arccos(np.clip(nose / np.hypot(height, depth), -1, 1)) - np.arctan2(depth, height))
