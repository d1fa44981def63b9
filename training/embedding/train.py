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
from training.embedding.draw import TEACHES, Supply
from training.embedding.network import Descriptor, normalised
from training.embedding.pool import Pool

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Config:
    """What a run is.

    Attributes
    ----------
    samples, batch
        How much is seen, and how many at once.
    peak
        Highest learning rate (one cycle: warm-up, then a cosine to zero). dlib's descriptor has no batch
        normalisation, and 3e-4 destroys it.
    pull
        Weight of the squared distance to the teacher's template of the bare face.
    contrast, scale
        Weight of telling the face's own target from those of the others at hand, and the scale of its raw cosines,
        which are what a comparison uses.
    kept, fresh
        Invented people held at a time, and the share of a batch that is invented anew.
    frozen
        Levels kept as dlib left them: what an edge looks like does not change under a mask.
    average
        Decay of the running mean of the weights, which is what is kept.
    seed, threads, device
        ``device`` is ``cpu`` or ``cuda``.
    """

    samples: int = 64_000
    batch: int = 32
    peak: float = 8e-5
    pull: float = 2.0
    contrast: float = 0.15
    scale: float = 48.0
    kept: int = 3000
    fresh: float = 0.25
    frozen: int = 1
    average: float = 0.998
    seed: int = 0
    threads: int = 1
    device: str = "cpu"

    @property
    def steps(self) -> int:
        """How many batches."""
        return max(1, self.samples // self.batch)


def train(pool: Pool, teach: TEACHES, config: Config, folder: Path, *, every: int = 500) -> Descriptor:
    """Train, or go on where ``folder`` says an earlier run stopped; returns the network with its mean weights.

    Parameters
    ----------
    pool
        Faces and masks.
    teach
        The teacher.
    config
        The run.
    folder
        For ``state.pt`` (the checkpoint) and ``log.csv``.
    every
        Steps between checkpoints.
    """
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    folder.mkdir(parents=True, exist_ok=True)
    network = Descriptor(config.frozen).to(config.device, memory_format=torch.channels_last)
    learned = [weight for weight in network.parameters() if weight.requires_grad]
    mean_weights = [weight.detach().clone() for weight in learned]
    optimiser = torch.optim.AdamW(learned, lr=config.peak, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, config.peak, config.steps, pct_start=0.1)
    step = _resume(folder / "state.pt", network, mean_weights, optimiser, schedule)
    # A run that goes on sees other people, not the first ones again.
    rng = np.random.default_rng([config.seed, step])
    supply = Supply(pool, teach, network.mean, rng, kept=config.kept, fresh=config.fresh)
    loss_of = _Loss(supply, config)
    drawn = ahead(iter(lambda: supply.batch(config.batch), None))
    running, since = 0.0, time.monotonic()
    while step < config.steps:
        chips, targets = next(drawn)
        vectors = network(normalised(torch.from_numpy(chips).to(config.device), network.mean))
        loss = loss_of(vectors, torch.from_numpy(targets).to(config.device))
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
    with torch.no_grad():
        for weight, mean in zip(learned, mean_weights, strict=True):
            weight.copy_(mean)
    return network


class _Loss:
    """Nearness to the bare face's template, and distance from other people's.

    What all faces at hand have in common is taken off first: to learn it is easy, and tells nobody apart.
    """

    def __init__(self, supply: Supply, config: Config) -> None:
        self.config, self.supply = config, supply
        self.mean = torch.from_numpy(np.array(registry.space_mean("dlib-128"))).to(config.device)
        self.along = F.normalize(self.mean, dim=0)

    def __call__(self, vectors: Tensor, targets: Tensor) -> Tensor:
        others = torch.from_numpy(self.supply.targets.copy()).to(self.mean.device)
        common = others.mean(0)
        found, wanted = F.normalize(vectors - common), F.normalize(targets - common)
        near = (1 - (found * wanted).sum(1)).mean()
        pulled = (vectors - targets).square().sum(1).mean()
        # The face itself, or one so like it that telling them apart would teach nothing.
        same = wanted @ F.normalize(others - common).T > 0.75
        off = vectors - self.mean
        # As the head will have it: the component along the mean is the mean's own.
        seen = F.normalize(self.mean + off - (off @ self.along)[:, None] * self.along)
        alike = (seen @ F.normalize(others).T).masked_fill(same, -1.0)
        logits = self.config.scale * torch.cat([(seen * F.normalize(targets)).sum(1, keepdim=True), alike], 1)
        told = F.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long, device=logits.device))
        return near + self.config.pull * pulled + self.config.contrast * told


def ahead(items: Iterator[T]) -> Iterator[T]:
    """The next item is made while this one is used."""
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
