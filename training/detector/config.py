"""Everything that decides a training run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

STRIDES: Final = (8, 16, 32)
OUTPUTS: Final = 18
"""Channels of each location: score, 4 of the box, 10 of the landmarks, 3 of the mask state."""


@dataclass(frozen=True, slots=True)
class Widths:
    """Size of the network: channels of its stem and stages, blocks of each stage, channels of its heads."""

    stem: tuple[int, int] = (16, 32)
    stages: tuple[int, int, int] = (64, 128, 192)
    blocks: tuple[int, int, int] = (3, 4, 3)
    neck: int = 64


@dataclass(frozen=True, slots=True)
class Config:
    """A training run.

    Attributes
    ----------
    size
        Side of the training pictures in pixels, a multiple of 32.
    batch, steps
        Pictures of a step, steps in all.
    rate, decay, warm_up
        Peak learning rate and weight decay of AdamW, steps of linear warm-up; the rate falls as a cosine.
    average
        Decay of the running mean of the weights, which is what is exported.
    box_weight, point_weight, state_weight
        Of the losses beside the score's.
    seed
        Draws the weights and the pictures.
    """

    size: int = 256
    batch: int = 24
    steps: int = 8000
    rate: float = 3e-3
    decay: float = 2e-4
    warm_up: int = 200
    average: float = 0.998
    box_weight: float = 2.0
    point_weight: float = 10.0
    state_weight: float = 0.5
    seed: int = 0
    widths: Widths = Widths()
