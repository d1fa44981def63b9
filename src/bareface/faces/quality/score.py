"""From measures to one score, and to reasons for people.

Each measure has a curve: by how much the similarity to good photos of the same person falls, as counted on photos
degraded in that respect. A component adds the curves of its measures; the score adds the components, weighted, because
a small face is a blurred one too and must not pay twice; a logistic function makes a share of matches of it.
``training/quality.py`` fits all of it and writes ``curves.json``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from bareface.faces.quality.components import measure
from bareface.messages import Note
from bareface.values.face import Box, Landmarks, UInt8
from bareface.values.quality import Measures, Quality

COMPONENTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "sharpness": ("sharpness",),
        "exposure": ("over", "under", "dynamic_range"),
        "pose": ("yaw", "pitch", "roll"),
        "eyes": ("eyes",),
        "size": ("size",),
        "occlusion": ("visible",),
        "consistency": ("consistency",),
    }
)
"""Measures of each component."""

REASON_BELOW: Final = 85.0
"""A component below this is named as a reason; ``docs/quality.md`` shows what such photos lose."""


def extent(name: str, value: float) -> float:
    """Return the argument of a measure's curve: of an angle, its size."""
    return abs(value) if name in COMPONENTS["pose"] else value


@dataclass(frozen=True, slots=True)
class Combination:
    """The curves that turn measures into a score.

    Attributes
    ----------
    weights
        Weight of each component's loss, at least 0.
    intercept, slope
        Of the logistic function of the weighted loss: the share of mated comparisons that match.
    """

    weights: Mapping[str, float]
    intercept: float
    slope: float

    def worth(self, loss: float) -> float:
        """Return how many remain of 100 comparisons that a flawless photo wins."""
        return 100.0 * (1 + math.exp(-self.intercept)) / (1 + math.exp(self.slope * loss - self.intercept))


@dataclass(frozen=True, slots=True)
class Curves:
    """Fitted constants.

    Attributes
    ----------
    losses
        For each measure its values in rising order, and the loss of similarity (cosine) at each; between them it is
        linear, beyond them constant. The losses of ``yaw``, ``pitch`` and ``roll`` are of their sizes.
    plain
        The combination without consistency.
    full
        The combination with it.
    model
        The embedder whose similarities were counted.
    basis
        Data that they were counted on, in words.
    """

    losses: Mapping[str, tuple[tuple[float, ...], tuple[float, ...]]]
    plain: Combination
    full: Combination
    model: str
    basis: str

    def loss(self, name: str, value: float | None) -> float:
        """Return the loss of similarity for a measure; None if it is not known."""
        return 0.0 if value is None else float(np.interp(extent(name, value), *self.losses[name]))

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Curves:
        """Read the contents of ``curves.json``."""
        losses = {name: (tuple(curve["at"]), tuple(curve["loss"])) for name, curve in values["losses"].items()}
        plain, full = (Combination(**values[name]) for name in ("plain", "full"))
        return cls(losses, plain, full, values["model"], values["basis"])


@cache
def packaged() -> Curves:
    """Return the curves that ship with bareface."""
    return Curves.of(json.loads((files("bareface.faces.quality") / "curves.json").read_text(encoding="utf-8")))


def assess(
    chip: UInt8, box: Box, landmarks: Landmarks, visible: float | None = None, consistency: float | None = None
) -> Quality:
    """Rate a face; parameters as for :func:`bareface.faces.quality.components.measure`."""
    return rate(measure(chip, box, landmarks, visible, consistency))


def rate(measures: Measures, curves: Curves | None = None) -> Quality:
    """Rate measures of a face.

    Parameters
    ----------
    measures
        Of one face.
    curves
        The packaged ones by default.
    """
    curves = curves or packaged()
    combination = curves.plain if measures.consistency is None else curves.full
    losses = {
        name: sum(curves.loss(part, getattr(measures, part)) for part in parts) for name, parts in COMPONENTS.items()
    }
    worths: dict[str, float | None] = {name: combination.worth(loss) for name, loss in losses.items()}
    for name, known in (("occlusion", measures.visible), ("consistency", measures.consistency)):
        if known is None:
            worths[name] = None
    score = combination.worth(sum(combination.weights.get(name, 0.0) * loss for name, loss in losses.items()))
    return Quality(score=score, measures=measures, **worths)  # type: ignore[arg-type]


def reasons(quality: Quality) -> tuple[str, ...]:
    """Explain in words why a photo is poor, the gravest reason first; empty if no component is below `REASON_BELOW`.

    Parameters
    ----------
    quality
        Of one face.
    """
    poor = sorted((value, name) for name, value in quality.components().items() if value < REASON_BELOW)
    named = [name for _, name in poor]
    # Whoever is told that the eyes are near each other need not be told that the face is small.
    return tuple(_words(name, quality.measures) for name in named if not (name == "size" and "eyes" in named))


def _words(component: str, found: Measures) -> Note:
    if component == "sharpness":
        return Note("quality.blurred")
    if component == "exposure":
        return _exposure_words(found)
    if component == "pose":
        return _pose_words(found)
    if component == "eyes":
        return Note("quality.eyes-apart", pixels=found.eyes)
    if component == "size":
        return Note("quality.face-width", pixels=found.size)
    if component == "occlusion":
        return Note("quality.visible", share=100 * (found.visible or 0))
    return Note("quality.mirror")


_EXPOSURE: Final = {"over": "quality.overexposed", "under": "quality.dark", "dynamic_range": "quality.low-contrast"}


def _exposure_words(found: Measures) -> Note:
    curves = packaged()
    worst = max(COMPONENTS["exposure"], key=lambda name: curves.loss(name, getattr(found, name)))
    return Note(_EXPOSURE[worst])


def _pose_words(found: Measures) -> Note:
    curves = packaged()
    worst = max(COMPONENTS["pose"], key=lambda name: curves.loss(name, getattr(found, name)))
    if worst == "yaw":
        return Note("quality.yaw", degrees=abs(found.yaw))
    if worst == "roll":
        return Note("quality.roll", degrees=abs(found.roll))
    return Note("quality.up" if found.pitch > 0 else "quality.down", degrees=abs(found.pitch))
