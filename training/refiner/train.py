"""The training loop: on the CPU or a GPU, with checkpoints that a later run goes on from."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from training.refiner.chips import Chips
from training.refiner.config import Config
from training.refiner.model import RefineNet
from training.refiner.sample import FACE, NEITHER, Batch, Sampler

STATES = (1.0, 1.3, 1.0)
"""Weights of none, partial and full."""
EYES = 1.5
"""Weight of the eyes beside the other landmarks: faces are aligned by them, and they are what a mask leaves to see."""
LAST_PACE = 0.1
"""Learning rate of the last layer beside the others'."""
NEAR, NEAR_BOX = 0.01, 0.05
"""Errors, in units of the cut-out's side, below which the losses of landmarks and boxes are square."""


class Trainer:
    """A network, its running mean and its optimiser.

    Parameters
    ----------
    config
        What to do.
    device
        Where.
    """

    def __init__(self, config: Config, device: torch.device) -> None:
        torch.manual_seed(config.seed)
        self.config, self.device, self.step = config, device, 0
        self.network = RefineNet(config.widths).to(device, memory_format=torch.channels_last)
        self.mean = RefineNet(config.widths).to(device).eval()
        self.mean.load_state_dict(self.network.state_dict())
        last = list(self.network.out.parameters())
        layers = [p for p in self.network.parameters() if all(p is not other for other in last)]
        groups = [
            {"params": [p for p in layers if p.ndim > 1], "weight_decay": config.decay, "pace": 1.0},
            {"params": [p for p in layers if p.ndim <= 1], "weight_decay": 0.0, "pace": 1.0},
            # Thousands of features are added up in the last layer: steps as large as elsewhere would shake its sums.
            {"params": last, "weight_decay": 0.0, "pace": LAST_PACE},
        ]
        self._optimizer = torch.optim.AdamW(groups, lr=config.rate)

    def learn(self, batch: Batch) -> dict[str, float]:
        """One step; returns the parts of the loss."""
        for group in self._optimizer.param_groups:
            group["lr"] = group["pace"] * self._rate()
        self.network.train()
        with torch.autocast(self.device.type, torch.bfloat16):
            outputs = self.network(to_input(torch.from_numpy(batch.pixels).to(self.device)))
        parts = losses(outputs.float(), batch, self.config)
        self._optimizer.zero_grad(set_to_none=True)
        torch.stack(list(parts.values())).sum().backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self._optimizer.step()
        self.step += 1
        self._average()
        return {name: float(value.detach()) for name, value in parts.items()}

    def _rate(self) -> float:
        warm = min(1.0, (self.step + 1) / self.config.warm_up)
        passed = min(1.0, self.step / self.config.steps)
        return self.config.rate * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * passed)))

    @torch.no_grad()
    def _average(self) -> None:
        # Young weights should leave the mean soon.
        keep = min(self.config.average, (1 + self.step) / (10 + self.step))
        state = self.network.state_dict()
        for name, value in self.mean.state_dict().items():
            if value.dtype.is_floating_point:
                value.lerp_(state[name].to(value.dtype), 1 - keep)
            else:
                value.copy_(state[name])

    def save(self, path: Path) -> None:
        """Write a checkpoint; a reader never sees half a file."""
        part = path.with_suffix(".part")
        state = {
            "step": self.step,
            "network": self.network.state_dict(),
            "mean": self.mean.state_dict(),
            "optimizer": self._optimizer.state_dict(),
        }
        torch.save(state, part)
        part.replace(path)

    def load(self, path: Path) -> None:
        """Go on from a checkpoint."""
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.step = int(state["step"])
        self.network.load_state_dict(state["network"])
        self.mean.load_state_dict(state["mean"])
        self._optimizer.load_state_dict(state["optimizer"])


def to_input(pixels: Tensor) -> Tensor:
    """uint8 [n, h, w, 3] -> float32 [n, 3, h, w] as the exported network makes it."""
    return ((pixels.permute(0, 3, 1, 2).float() - 127.5) / 256).contiguous(memory_format=torch.channels_last)


def losses(outputs: Tensor, batch: Batch, config: Config) -> dict[str, Tensor]:
    """Parts of the loss of raw outputs [n, 18]: of the score, the boxes, the landmarks, the mask states."""
    device = outputs.device
    faces, boxes, points, states = (
        torch.from_numpy(getattr(batch, name)).to(device) for name in ("faces", "boxes", "points", "states")
    )
    judged, present = faces != NEITHER, faces == FACE
    score = functional.binary_cross_entropy_with_logits(outputs[judged, 0], faces[judged].float())
    box = functional.smooth_l1_loss(outputs[present, 1:5], boxes[present], beta=NEAR_BOX)
    known = torch.isfinite(points).all(dim=2)
    weight = torch.tensor([EYES, EYES, 1.0, 1.0, 1.0], device=device).expand(known.shape)[known]
    off = functional.smooth_l1_loss(
        outputs[:, 5:15].reshape(-1, 5, 2)[known], points[known], beta=NEAR, reduction="none"
    ).mean(1)
    told = states >= 0
    classes = torch.tensor(STATES, device=device)
    state = functional.cross_entropy(outputs[told, 15:18], states[told], classes, label_smoothing=0.02)
    return {
        "score": config.score_weight * score,
        "box": config.box_weight * box,
        "points": config.point_weight * (weight * off).sum() / weight.sum().clamp_min(1),
        "state": config.state_weight * state,
    }


def train(
    parts: Iterable[Chips],
    config: Config,
    device: torch.device,
    work: Path,
    *,
    start: Mapping[str, Tensor] | None = None,
    every: int = 250,
) -> RefineNet:
    """Train, or go on where an earlier run stopped; returns the mean network.

    Parameters
    ----------
    parts
        Chips.
    config, device
        What to do, and where.
    work
        Folder of the checkpoint.
    start
        Weights of a trained detector, to start from.
    every
        Steps between checkpoints.
    """
    trainer, checkpoint = Trainer(config, device), work / "checkpoint.pt"
    if checkpoint.is_file():
        trainer.load(checkpoint)
        print(f"going on after step {trainer.step}", flush=True)
    elif start is not None:
        for network in (trainer.network, trainer.mean):
            network.start_from(start)
    sampler = Sampler(list(parts), np.random.default_rng(config.seed + trainer.step))
    began, first = time.perf_counter(), trainer.step
    means: dict[str, float] = {}
    while trainer.step < config.steps:
        for name, value in trainer.learn(sampler.batch(config.batch)).items():
            means[name] = 0.98 * means.get(name, value) + 0.02 * value
        if trainer.step % 50 == 0:
            pace = (time.perf_counter() - began) / (trainer.step - first)
            told = ", ".join(f"{name} {value:.4f}" for name, value in means.items())
            print(f"step {trainer.step}: {told}; {pace:.3f} s a step", flush=True)
        if trainer.step % every == 0 or trainer.step == config.steps:
            trainer.save(checkpoint)
    return trainer.mean
