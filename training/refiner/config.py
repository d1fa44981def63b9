"""Everything that decides a training run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

OUTPUTS: Final = 18
"""Of each cut-out: score, 4 of the box, 10 of the landmarks, 3 of the mask state."""


@dataclass(frozen=True, slots=True)
class Widths:
    """Size of the network: channels of its stem and two stages, blocks of each stage, channels read at an eighth."""

    stem: tuple[int, int] = (16, 32)
    stages: tuple[int, int] = (64, 128)
    blocks: tuple[int, int] = (3, 4)
    side: int = 16


@dataclass(frozen=True, slots=True)
class Config:
    """A training run.

    Attributes
    ----------
    batch, steps
        Cut-outs of a step, steps in all.
    rate, decay, warm_up
        Peak learning rate and weight decay of AdamW, steps of linear warm-up; the rate falls as a cosine.
    average
        Decay of the running mean of the weights, which is what is exported.
    score_weight, box_weight, point_weight, state_weight
        Of the parts of the loss.
    seed
        Draws the weights and the cut-outs.
    """

    batch: int = 64
    steps: int = 8000
    rate: float = 2e-3
    decay: float = 1e-3
    warm_up: int = 150
    average: float = 0.998
    score_weight: float = 1.0
    box_weight: float = 4.0
    point_weight: float = 20.0
    state_weight: float = 0.7
    seed: int = 0
    widths: Widths = Widths()
