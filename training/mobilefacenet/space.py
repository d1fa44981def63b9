"""The space that is taught: unit templates of two MobileFaceNets side by side, and one linear map.

Side by side, cosines are the mean of both networks' cosines. Less their mean, such vectors of many faces vary in fewer
directions than they have numbers, and most along two that hardly tell people apart but set children apart from adults:
to networks that learnt from adults, children look alike. These two are damped. No labels are needed for that, but faces
of all ages are: where few are children's, other directions come first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from bareface.models.sessions import open_session
from bareface.values.face import Float32, Float64, UInt8
from training.mobilefacenet.pool import CHIP, MARGIN

DIMENSION, DAMPED, DAMPING, POWER = 128, 2, 0.2, 0.0
"""Chosen on CelebA's validation identities and on faces of UTKFace that the map was not fitted on."""
SECOND_MEAN, SECOND_STD = (
    np.array(values, np.float32) for values in ([123.675, 116.28, 103.53], [58.395, 57.12, 57.375])
)
STEP = 64


def centre(windows: UInt8) -> UInt8:
    """Cut the chips in the middle of windows: uint8 [n, 112, 112, 3]."""
    inside = slice(MARGIN, MARGIN + CHIP)
    return np.ascontiguousarray(windows[..., inside, inside, :])


def answers(path: Path, chips: UInt8) -> Float32:
    """Compute unit templates float32 [n, d] by an ONNX file, which takes pixels or one normalised picture a run."""
    session: Any = open_session(path)
    name, pixels = session.get_inputs()[0].name, session.get_inputs()[0].type == "tensor(uint8)"
    found = []
    for start in range(0, len(chips), STEP if pixels else 1):
        part: Any = chips[start : start + (STEP if pixels else 1)]
        if not pixels:
            part = np.ascontiguousarray(((part - SECOND_MEAN) / SECOND_STD).transpose(0, 3, 1, 2), np.float32)
        found.append(session.run(None, {name: part})[0])
    return unit(np.concatenate(found))


def unit(vectors: Float32 | Float64) -> Float32:
    """Normalise each row to length 1."""
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def joined(templates: Sequence[Float32]) -> Float32:
    """Join unit templates of several networks to one unit vector: its cosines are the mean of theirs."""
    return (np.concatenate(list(templates), axis=1) / np.sqrt(len(templates))).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """``unit((x - mean) @ matrix)``: mean float32 [d], matrix float32 [d, dimension]."""

    mean: Float32
    matrix: Float32

    def of(self, vectors: Float32) -> Float32:
        """Compute unit vectors of the space, float32 [n, dimension], for joined templates float32 [n, d]."""
        return unit((vectors - self.mean) @ self.matrix)

    def save(self, file: Path) -> None:
        """Write the map."""
        np.savez(file, mean=self.mean, matrix=self.matrix)

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read a map."""
        with np.load(file) as stored:
            return cls(stored["mean"], stored["matrix"])


def fit(
    vectors: Float32,
    *,
    dimension: int = DIMENSION,
    damped: int = DAMPED,
    damping: float = DAMPING,
    power: float = POWER,
) -> Space:
    """Fit the map for joined templates of many different faces, float32 [n, d].

    Parameters
    ----------
    vectors
        Templates to fit on; as varied as possible.
    dimension
        Directions that are kept.
    damped, damping
        Number of directions of most variance that count less, and what they are multiplied by.
    power
        Strength of whitening of the other directions: 0 for none, 0.5 to equal variance.
    """
    mean = vectors.mean(axis=0)
    values, directions = np.linalg.eigh(np.cov((vectors - mean).T.astype(np.float64)))
    values, directions = values[::-1][:dimension], directions[:, ::-1][:, :dimension]
    scale = np.concatenate([np.full(damped, damping), (values[damped:] / values[damped]) ** -power])
    return Space(mean.astype(np.float32), (directions * scale).astype(np.float32))


def towards_subject(targets: Float32, subjects: Sequence[str | None], share: float = 0.5) -> Float32:
    """Move targets towards the mean of each subject's, where subjects are known; unit vectors float32 [n, d].

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
