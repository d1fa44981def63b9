"""The fine-tuning itself: distillation, so that a masked face lands where its bare face does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from bareface.models import registry
from training.embedding.draw import batches
from training.embedding.network import Descriptor, normalised
from training.embedding.pool import Pool

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Config:
    """Settings of a run.

    Attributes
    ----------
    samples, batch
        Number of samples, and size of a batch.
    peak
        Highest learning rate (one cycle: warm-up, then a cosine to zero). dlib's descriptor has no batch
        normalisation, and 3e-4 destroys it.
    pull
        Weight of the squared distance to the teacher's template of the bare face.
    contrast, scale, bank
        Weight of telling the face's own target from ``bank`` others, and the scale of its cosines.
    frozen
        Levels kept as dlib left them: what an edge looks like does not change under a mask.
    average
        Decay of the running mean of the weights, which is what is kept.
    seed, threads, device
        ``device`` is ``cpu`` or ``cuda``.
    """

    samples: int = 130_000
    batch: int = 32
    peak: float = 1e-4
    pull: float = 2.0
    contrast: float = 0.15
    scale: float = 16.0
    bank: int = 4096
    frozen: int = 1
    average: float = 0.998
    seed: int = 0
    threads: int = 1
    device: str = "cpu"

    @property
    def steps(self) -> int:
        """Number of batches."""
        return max(1, self.samples // self.batch)


def train(pool: Pool, config: Config, folder: Path, *, every: int = 500, start: Path | None = None) -> Descriptor:
    """Train, or go on where ``folder`` says an earlier run stopped; returns the network with its mean weights.

    Parameters
    ----------
    pool
        Faces with their targets.
    config
        The run.
    folder
        For ``state.pt`` (the checkpoint) and ``log.csv``.
    every
        Steps between checkpoints.
    start
        Checkpoint of an earlier run, whose mean weights a new run starts from instead of dlib's.
    """
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    folder.mkdir(parents=True, exist_ok=True)
    network = Descriptor(config.frozen).to(config.device, memory_format=torch.channels_last)
    learned = [weight for weight in network.parameters() if weight.requires_grad]
    if start is not None:
        network.load_state_dict(torch.load(start, weights_only=True)["network"])
        _put(torch.load(start, weights_only=True)["means"], learned)
    mean_weights = [weight.detach().clone() for weight in learned]
    optimiser = torch.optim.AdamW(learned, lr=config.peak, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, config.peak, config.steps, pct_start=0.1)
    step = _resume(folder / "state.pt", network, mean_weights, optimiser, schedule)
    loss_of = _Loss(pool, config)
    drawn = ahead(batches(pool, config.batch, network.mean, config.seed, step))
    running, since = 0.0, time.monotonic()
    while step < config.steps:
        chips, targets = next(drawn)
        vectors = network(normalised(torch.from_numpy(chips).to(config.device), network.mean))
        loss = loss_of(vectors, torch.from_numpy(targets).to(config.device), step)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        step += 1
        decay = min(config.average, step / (step + 10))
        torch._foreach_lerp_(mean_weights, [weight.detach() for weight in learned], 1 - decay)
        running += (float(loss.detach()) - running) / min(step, 200)
        if step % every == 0 or step == config.steps:
            pace = (time.monotonic() - since) / every / config.batch * 1000
            _log(folder / "log.csv", f"{step * config.batch},{running:.5f},{pace:.2f}")
            _save(folder / "state.pt", step, network, mean_weights, optimiser, schedule)
            since = time.monotonic()
    _put(mean_weights, learned)
    return network


@torch.no_grad()
def _put(values: list[Tensor], weights: list[Any]) -> None:
    for weight, value in zip(weights, values, strict=True):
        weight.copy_(value)


class _Loss:
    """Nearness to the bare face's template, after the space's mean is taken off, and distance from other people's."""

    def __init__(self, pool: Pool, config: Config) -> None:
        self.config = config
        self.mean = torch.from_numpy(np.array(registry.space_mean("dlib-128"))).to(config.device)
        self.targets = torch.from_numpy(np.array(pool.target)).to(config.device)

    def __call__(self, vectors: Tensor, targets: Tensor, step: int) -> Tensor:
        found, wanted = F.normalize(vectors - self.mean), F.normalize(targets - self.mean)
        near = (1 - (found * wanted).sum(1)).mean()
        pulled = (vectors - targets).square().sum(1).mean()
        generator = torch.Generator().manual_seed(step)
        drawn = torch.randint(len(self.targets), (self.config.bank,), generator=generator)
        others = F.normalize(self.targets[drawn] - self.mean)
        alike = found @ others.T
        # The face itself, or one so like it that telling them apart would teach nothing.
        alike = alike.masked_fill(wanted @ others.T > 0.75, -1.0)
        logits = self.config.scale * torch.cat([(found * wanted).sum(1, keepdim=True), alike], 1)
        told = F.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long, device=logits.device))
        return near + self.config.pull * pulled + self.config.contrast * told


def ahead(items: Iterator[T]) -> Iterator[T]:
    """Yield items, and compute the next one while this one is used."""
    with ThreadPoolExecutor(1) as worker:
        coming = worker.submit(next, items)
        while True:
            item = coming.result()
            coming = worker.submit(next, items)
            yield item


def _save(path: Path, step: int, network: Descriptor, means: list[Tensor], optimiser: Any, schedule: Any) -> None:
    part = path.with_suffix(".part")
    state = {
        "step": step,
        "network": network.state_dict(),
        "means": means,
        "optimiser": optimiser.state_dict(),
        "schedule": schedule.state_dict(),
    }
    torch.save(state, part)
    part.replace(path)


def _resume(path: Path, network: Descriptor, means: list[Tensor], optimiser: Any, schedule: Any) -> int:
    if not path.is_file():
        return 0
    state = torch.load(path, weights_only=True)
    network.load_state_dict(state["network"])
    for mean, kept in zip(means, state["means"], strict=True):
        mean.copy_(kept)
    optimiser.load_state_dict(state["optimiser"])
    schedule.load_state_dict(state["schedule"])
    return int(state["step"])


def _log(path: Path, line: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
