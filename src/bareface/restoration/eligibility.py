"""Eligibility for enhancement: faces that are too small, too blurred or too noisy are refused.

The limits were measured on validation faces by ``training.restoration.enhance.limits``: beyond them fewer than half of
the faces are nearer to their own person's good photo than 95 % of other people's are, enhanced or not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from bareface.messages import Note
from bareface.restoration.aligned import Aligned, expected
from bareface.values.face import Face, UInt8

LEAST_EYES: Final = 4.0
"""Distance of the eyes in pixels of the photo."""
LEAST_QUALITY: Final = 18.0
"""Quality score of the pixels and the pose alone, whatever covers the face."""
MOST_NOISE: Final = 1.3
"""Noise over contrast."""
_EYES: Final = 59.3
_FINE, _COARSE, _WHOLE = 1.5, 3.0, 15.0


@dataclass(frozen=True, slots=True)
class Gauges:
    """Measures that the limits apply to.

    Attributes
    ----------
    eyes
        Distance of the eyes in pixels of the photo.
    quality
        As :attr:`bareface.faces.quality.Quality.score`, without the visible share, 0 to 100; None where not known.
    noise
        Deviation of what is finer than eyes and mouth over that of what has their size.
    """

    eyes: float
    quality: float | None
    noise: float


def gauges(face: Face, cut: Aligned) -> Gauges:
    """Measure a face and its aligned picture."""
    quality = face.quality
    score = None
    if quality is not None:
        from bareface.faces.quality import rate

        score = rate(replace(quality.measures, visible=None, consistency=None)).score
    return Gauges(_EYES * abs(cut.placement[0]), score, noise(cut.pixels))


def why_hopeless(face: Face, cut: Aligned) -> Note | None:
    """Return why a face cannot be helped; None if it can."""
    measures = gauges(face, cut)
    if measures.eyes < LEAST_EYES:
        return Note("reason.eyes", eyes=measures.eyes, least=LEAST_EYES)
    if measures.quality is not None and measures.quality < LEAST_QUALITY:
        return Note("reason.quality", quality=measures.quality, least=LEAST_QUALITY)
    if measures.noise > MOST_NOISE:
        return Note("reason.noise", noise=measures.noise, most=MOST_NOISE)
    return None


def noise(face: UInt8) -> float:
    """Measure noise over contrast of an aligned face, RGB uint8 [160, 160, 3]: about 0.3 for a good photo."""
    grey = np.asarray(cv2.cvtColor(face, cv2.COLOR_RGB2GRAY), np.float32)
    fine, coarse, whole = (cv2.GaussianBlur(grey, (0, 0), width) for width in (_FINE, _COARSE, _WHOLE))
    area = expected()
    return float((grey - fine)[area].std() / max(float((coarse - whole)[area].std()), 1e-3))
