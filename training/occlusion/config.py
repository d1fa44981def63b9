"""Settings of a training run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

CHIP = 150
MARGIN = 24
"""Pixels kept round the chip, so that a training sample can be turned, scaled and shifted."""
SIDE = CHIP + 2 * MARGIN
HELD_OUT = 8
"""Every 8th photo of `parsing` is never trained on."""


@dataclass(frozen=True, slots=True)
class Config:
    """A run.

    Attributes
    ----------
    data
        The folder that holds ``parsing`` and ``train``.
    extra
        More folders of bare faces.
    detector
        YuNet's ONNX file: it gives the landmarks.
    labeller
        ONNX file of the map that labels unlabelled faces; None to train one on `parsing` first.
    start
        ONNX file of an earlier, shallower network to start from; None for random weights.
    out
        Where checkpoints and finished weights go.
    parsing_share, faces
        Share of the labelled photos and number of unlabelled faces to train on.
    masks_each, masks_each_unlabelled
        Simulated masks rendered for every face, beside its bare photo.
    first_steps, steps
        Optimiser steps of the labeller (on `parsing` alone) and of the model (on everything).
    batch, rate, decay
        Samples a step, peak learning rate, weight decay.
    real
        Share of the samples that wear a real mask.
    masked, occluded, glasses
        Shares of the samples that wear a simulated mask, another occluder, and drawn glasses.
    reprinted, strapped
        Shares of the simulated masks with another cloth or print, and with more straps.
    device, threads, seed
        Where it runs, and the seed of everything drawn.
    """

    data: Path
    extra: tuple[Path, ...] = ()
    detector: Path = Path("yunet_n_640_640.onnx")
    labeller: Path | None = None
    start: Path | None = None
    out: Path = Path("out/occlusion")
    parsing_share: float = 1.0
    faces: int = 7000
    masks_each: int = 10
    masks_each_unlabelled: int = 2
    first_steps: int = 1000
    steps: int = 5000
    batch: int = 32
    rate: float = 3e-3
    decay: float = 1e-3
    real: float = 0.15
    masked: float = 0.55
    occluded: float = 0.25
    glasses: float = 0.3
    reprinted: float = 0.55
    strapped: float = 0.4
    device: str = "cpu"
    threads: int = 1
    seed: int = 0
