"""Settings of the training."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Config:
    """Settings of one training.

    Attributes
    ----------
    data
        Folders of photos; each photo's largest bare face is used for training.
    out
        Where faces, checkpoints and the ONNX file lie; a training goes on from there.
    start
        A checkpoint whose mean weights to begin with; None: from scratch.
    steps
        Optimiser steps in all. The rate falls over the last 60 % of them; a training that goes on may be given more.
    batch
        Faces a step.
    rate
        Of the optimiser, AdamW.
    limit
        Faces at most.
    half
        Compute in bfloat16, losses apart: about twice as fast where the processor knows it.
    every
        Steps between checkpoints; every fourth is kept.
    """

    data: tuple[Path, ...]
    out: Path = Path("out/enhance")
    start: Path | None = None
    steps: int = 6500
    batch: int = 4
    rate: float = 8e-4
    limit: int = 20000
    half: bool = True
    every: int = 250
    seed: int = 0
    threads: int = 1
    device: str = "cpu"
