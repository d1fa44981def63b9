"""Recognise the same photo twice: a candidate that is the probe's own picture, not one that merely looks alike.

A picture found again says nothing about a person's identity beyond what that picture says, so it must not pass for
independent evidence. Equal bytes are the same file. The same picture saved again (another format, quality or size, a
slight crop, greyscale, turned) shows in two ways at once: nearly the same template, and nearly the same pixels in the
aligned face. A mirror image has the template, too, and the pixels after mirroring: front cameras and editors make them.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bareface.values.face import Float32, UInt8

TEMPLATE_AT_LEAST = 0.85  # both chosen by training/reencoding_thresholds.py
"""Cosine of the two templates after subtracting the space's mean."""

PIXELS_AT_LEAST = 0.95
"""Correlation of the two 16x16 grey thumbnails."""


def nearly_same(probe: Float32, references: Float32, mean: Float32) -> NDArray[np.bool_]:
    """Return whether templates are near enough to a probe's to be of the same picture, bool [n].

    Parameters
    ----------
    probe
        float32 [d].
    references
        float32 [n, d].
    mean
        float32 [d], the space's mean; zeros where it is not known.
    """
    one, others = (probe - mean).astype(np.float64), (references - mean).astype(np.float64)
    scale = np.sqrt(one @ one) * np.sqrt(np.add.reduce(others * others, axis=1))
    return np.asarray((others @ one >= TEMPLATE_AT_LEAST * scale) & (scale > 0))


def copy_of(probe: UInt8, reference: UInt8) -> Literal["re-encoding", "mirrored copy"] | None:
    """Return how a reference of nearly the same template is the probe's picture, as it was or mirrored; None if not.

    Parameters
    ----------
    probe, reference
        Thumbnails of the aligned faces, uint8 [16, 16].
    """
    upright, mirrored = correlation(probe, reference), correlation(probe[:, ::-1], reference)
    if max(upright, mirrored) < PIXELS_AT_LEAST:
        return None
    return "re-encoding" if upright >= mirrored else "mirrored copy"


def correlation(a: Float32 | UInt8, b: Float32 | UInt8, *, centre: bool = True) -> float:
    """Return the correlation of two arrays in [-1, 1] (their cosine, without centring); 0 where one is flat."""
    x, y = a.astype(np.float64).ravel(), b.astype(np.float64).ravel()
    if centre:
        x, y = x - x.mean(), y - y.mean()
    scale = float(np.linalg.norm(x) * np.linalg.norm(y))
    return float(x @ y) / scale if scale > 0 else 0.0
