"""The training loop: on the CPU or a GPU, with checkpoints that a later run goes on from."""

from __future__ import annotations

import math
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from training.detector.compose import Composer, Picture
from training.detector.config import Config
from training.detector.labels import Labels
from training.detector.loss import Loss
from training.detector.model import FaceNet, flat
from training.detector.spoil import spoil
from training.detector.targets import Targets, targets_of

POOL, FRESH = 1200, 0.25
"""Composed pictures kept, and what share of a batch is composed anew: each is seen about four times, mirrored or not
and degraded differently each time. Composing costs about as much as learning."""


class Pool:
    """A supply of composed pictures that is renewed as it is used."""

    def __init__(self, composer: Composer, rng: np.random.Generator) -> None:
        self._composer, self._rng = composer, rng
        self._pictures: list[Picture] = []

    def batch(self, count: int) -> tuple[Tensor, list[Labels]]:
        """Draw pictures uint8 [count, h, w, 3] and their faces."""
        rng = self._rng
        fresh = count if len(self._pictures) < POOL // 2 else math.ceil(FRESH * count)
        drawn = [self._composer.draw(rng) for _ in range(fresh)]
        for picture in drawn:
            if len(self._pictures) < POOL:
                self._pictures.append(picture)
            else:
                self._pictures[rng.integers(POOL)] = picture
        drawn += [self._pictures[rng.integers(len(self._pictures))] for _ in range(count - fresh)]
        pixels, labels = [], []
        for picture in drawn:
            mirrored = rng.random() < 0.5
            width = picture.pixels.shape[1]
            flip = np.array([[-1, 0, width], [0, 1, 0]], np.float32)
            pixels.append(spoil(np.ascontiguousarray(picture.pixels[:, ::-1] if mirrored else picture.pixels), rng))
            labels.append(picture.labels.moved(flip) if mirrored else picture.labels)
        return torch.from_numpy(np.stack(pixels)), labels


class Trainer:
    """A network, its running mean and its optimiser.

    Parameters
    ----------
    config
        Settings of the run.
    device
        Where.
    """

    def __init__(self, config: Config, device: torch.device) -> None:
        torch.manual_seed(config.seed)
        self.config, self.device, self.step = config, device, 0
        self.network = FaceNet(config.widths).to(device, memory_format=torch.channels_last)
        self.mean = FaceNet(config.widths).to(device).eval()
        self.mean.load_state_dict(self.network.state_dict())
        kernels = [p for p in self.network.parameters() if p.ndim > 1]
        others = [p for p in self.network.parameters() if p.ndim <= 1]
        groups = [{"params": kernels, "weight_decay": config.decay}, {"params": others, "weight_decay": 0.0}]
        self._optimizer = torch.optim.AdamW(groups, lr=config.rate)
        self._loss = Loss(config, device)

    def learn(self, pixels: Tensor, labels: list[Labels]) -> dict[str, float]:
        """Do one step of training; return the parts of the loss."""
        for group in self._optimizer.param_groups:
            group["lr"] = self._rate()
        self.network.train()
        inputs = to_input(pixels.to(self.device))
        targets = targets_of(labels, self.config.size)
        targets = Targets(*(getattr(targets, name).to(self.device) for name in Targets.__slots__))
        with torch.autocast(self.device.type, torch.bfloat16):
            outputs = self.network(inputs)
        parts = self._loss(flat(outputs), targets)
        self._optimizer.zero_grad(set_to_none=True)
        torch.stack(list(parts.values())).sum().backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 10.0)
        self._optimizer.step()
        self.step += 1
        self._average()
        return {name: float(value.detach()) for name, value in parts.items()}

    def _rate(self) -> float:
        warm = min(1.0, (self.step + 1) / self.config.warm_up)
        return self.config.rate * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * self.step / self.config.steps)))

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

    def start(self, path: Path) -> None:
        """Begin with the mean weights of another run's checkpoint."""
        mean = torch.load(path, map_location=self.device, weights_only=True)["mean"]
        self.network.load_state_dict(mean)
        self.mean.load_state_dict(mean)

    def load(self, path: Path) -> None:
        """Go on from a checkpoint."""
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.step = state["step"]
        self.network.load_state_dict(state["network"])
        self.mean.load_state_dict(state["mean"])
        self._optimizer.load_state_dict(state["optimizer"])


def to_input(pixels: Tensor) -> Tensor:
    """Convert RGB uint8 [n, h, w, 3] to the network's input, float32 [n, 3, h, w]."""
    return (pixels.permute(0, 3, 1, 2).float() - 127.5) / 256


def train(
    composer: Composer, config: Config, device: torch.device, work: Path, *, every: int = 500, start: Path | None = None
) -> FaceNet:
    """Train to the end, from the work folder's checkpoint if there is one; returns the mean network.

    Parameters
    ----------
    composer
        Draws the pictures.
    config, device
        Settings and paths of the run.
    work
        Folder of ``checkpoint.pt``.
    every
        Steps between two checkpoints.
    start
        Another run's checkpoint, whose mean weights a new run begins with.
    """
    trainer = Trainer(config, device)
    checkpoint = work / "checkpoint.pt"
    if checkpoint.is_file():
        trainer.load(checkpoint)
    elif start is not None:
        trainer.start(start)
    # A run that goes on sees other pictures, not the first ones again.
    pool = Pool(composer, np.random.default_rng([config.seed, trainer.step]))
    began, first = time.perf_counter(), trainer.step
    means: dict[str, float] = {}
    while trainer.step < config.steps:
        parts = trainer.learn(*pool.batch(config.batch))
        means = {name: 0.98 * means.get(name, value) + 0.02 * value for name, value in parts.items()}
        if trainer.step % 50 == 0:
            pace = (time.perf_counter() - began) / (trainer.step - first)
            print(f"step {trainer.step}: {_told(means)}; {pace:.3f} s a step", flush=True)
        if trainer.step % every == 0 or trainer.step == config.steps:
            trainer.save(checkpoint)
    return trainer.mean


def _told(parts: dict[str, float]) -> str:
    return ", ".join([f"loss {sum(parts.values()):.4f}", *(f"{name} {value:.4f}" for name, value in parts.items())])
