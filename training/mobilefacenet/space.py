"""The space that is taught: cosines in it are the mean of two MobileFaceNets' cosines.

The unit templates of both are put side by side and turned by one orthonormal map onto the directions that faces use, so
that fewer numbers hold them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bareface.models.sessions import open_session
from bareface.types import Float32, UInt8
from training.mobilefacenet.pool import CHIP, MARGIN

DIMENSION = 256
SECOND_MEAN, SECOND_STD = (
    np.array(values, np.float32) for values in ([123.675, 116.28, 103.53], [58.395, 57.12, 57.375])
)
STEP = 64


def centre(windows: UInt8) -> UInt8:
    """The chips in the middle of windows: uint8 [n, 112, 112, 3]."""
    inside = slice(MARGIN, MARGIN + CHIP)
    return np.ascontiguousarray(windows[..., inside, inside, :])


def answers(path: Path, chips: UInt8) -> Float32:
    """Unit templates float32 [n, d] by an ONNX file, whether it takes pixels or one normalised picture a run."""
    session: Any = open_session(path)
    name, pixels = session.get_inputs()[0].name, session.get_inputs()[0].type == "tensor(uint8)"
    found = []
    for start in range(0, len(chips), STEP if pixels else 1):
        part: Any = chips[start : start + (STEP if pixels else 1)]
        if not pixels:
            part = np.ascontiguousarray(((part - SECOND_MEAN) / SECOND_STD).transpose(0, 3, 1, 2), np.float32)
        found.append(session.run(None, {name: part})[0])
    return unit(np.concatenate(found))


def unit(vectors: Float32) -> Float32:
    """Each row at length 1."""
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def joined(templates: Sequence[Float32]) -> Float32:
    """Unit templates of several networks as one unit vector: its cosines are the mean of theirs."""
    return (np.concatenate(list(templates), axis=1) / np.sqrt(len(templates))).astype(np.float32)


def fit(vectors: Float32, dimension: int = DIMENSION) -> Float32:
    """The orthonormal map float32 [d, dimension] that keeps most of the vectors' squared length."""
    _, directions = np.linalg.eigh(vectors.T.astype(np.float64) @ vectors)
    return np.ascontiguousarray(directions[:, ::-1][:, :dimension]).astype(np.float32)


def towards_subject(targets: Float32, subjects: Sequence[str | None], share: float = 0.5) -> Float32:
    """Targets moved towards the mean of each subject's, where subjects are known; unit vectors float32 [n, d].

    One photo's template errs with the photo's light and pose; the mean over several errs less.
    """
    places: dict[str, list[int]] = {}
    for place, subject in enumerate(subjects):
        if subject is not None:
            places.setdefault(subject, []).append(place)
    moved = targets.copy()
    for each in places.values():
        moved[each] = (1 - share) * targets[each] + share * unit(targets[each].mean(axis=0))
    return unit(moved)
