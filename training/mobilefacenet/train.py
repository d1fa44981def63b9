"""The tuning itself: distillation, so that a face lands where its teachers put it, masked or bare."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from bareface.values.face import Float32
from training.embedding.train import ahead
from training.mobilefacenet.draw import Shares, batches
from training.mobilefacenet.network import MobileFaceNet, Trunk, fed
from training.mobilefacenet.pool import Pool

FROZEN = 6


@dataclass(frozen=True, slots=True)
class Config:
    """Settings of a run.

    Attributes
    ----------
    samples, batch
        Number of samples, and size of a batch. A resumed run may name more samples.
    rate
        Highest step as a share of each tensor's size (warm-up, then a cosine to zero): with batch norms folded in,
        sizes differ a hundredfold.
    contrast, scale, alike
        Weight of telling the face's own target from all others, the scale of its cosines, and the cosine of targets
        above which two faces may show one subject.
    frozen
        Blocks kept as they are, at least one: what an edge looks like does not change under a mask. The first six hold
        a fifth of the weights and take half of the time.
    average
        Decay of the running mean of the weights, which is what is kept.
    bare, covered, clean, spoilt
        See :class:`training.mobilefacenet.draw.Shares`.
    seed, threads
        Of the draws; of the arithmetic.
    """

    samples: int = 130_000
    batch: int = 64
    rate: float = 2e-3
    contrast: float = 0.25
    scale: float = 24.0
    alike: float = 0.6
    frozen: int = FROZEN
    average: float = 0.998
    bare: float = Shares().bare
    covered: float = Shares().covered
    clean: float = Shares().clean
    spoilt: float = Shares().spoilt
    seed: int = 0
    threads: int = 1

    @property
    def steps(self) -> int:
        """Number of batches."""
        return max(1, self.samples // self.batch)

    @property
    def shares(self) -> Shares:
        """What is drawn."""
        return Shares(self.bare, self.covered, self.clean, self.spoilt)


def train(
    pool: Pool,
    faces: NDArray[np.int64],
    target: Float32,
    weights: dict[str, Float32],
    config: Config,
    folder: Path,
    *,
    every: int = 100,
) -> dict[str, Float32]:
    """Train, or resume what ``folder`` holds; returns the mean weights.

    Parameters
    ----------
    pool, faces
        Pool to draw from, and the indices of its faces.
    target
        Unit vectors float32 [n, d], one for each face of the pool.
    weights
        To start from.
    config
        The run.
    folder
        For ``state.pt`` (the checkpoint) and ``log.csv`` (samples, loss, milliseconds a sample).
    every
        Steps between checkpoints.
    """
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    folder.mkdir(parents=True, exist_ok=True)
    network = MobileFaceNet(weights).to(memory_format=torch.channels_last)  # type: ignore[call-overload, unused-ignore]
    network.requires_grad_(False)
    learned = _learned(network, config.frozen)
    for weight in learned:
        weight.requires_grad_(True)
    means = [weight.detach().clone() for weight in learned]
    sizes = [float(weight.detach().square().mean().sqrt()) for weight in learned]
    groups = [
        {"params": [weight], "lr": 0.0, "size": size if weight.ndim > 1 else size / 2}
        for weight, size in zip(learned, sizes, strict=True)
    ]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.0)
    step = _resume(folder / "state.pt", network, means, optimiser)
    everyone = torch.from_numpy(target[faces])
    wanted = torch.from_numpy(target)
    drawn = ahead(_prepared(pool, faces, Trunk(weights, config.frozen), config, step))
    running, since, first = 0.0, time.monotonic(), step
    while step < config.steps:
        features, numbers = next(drawn)
        for group in optimiser.param_groups:
            group["lr"] = group["size"] * config.rate * _share(step, config.steps)
        loss = _loss(network.out(network.features(fed(features), config.frozen)), wanted[numbers], everyone, config)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        step += 1
        decay = min(config.average, step / (step + 10))
        torch._foreach_lerp_(means, [weight.detach() for weight in learned], 1 - decay)
        running += (float(loss.detach()) - running) / min(step - first, every)
        if step % every == 0 or step == config.steps:
            pace = (time.monotonic() - since) / every / config.batch * 1000
            with (folder / "log.csv").open("a", encoding="utf-8") as log:
                log.write(f"{step * config.batch},{running:.5f},{pace:.2f}\n")
            _save(folder / "state.pt", step, network, means, optimiser)
            since = time.monotonic()
    return mean_weights(network, means, config.frozen)


def mean_weights(network: MobileFaceNet, means: list[Tensor], frozen: int) -> dict[str, Float32]:
    """Return weights of a network with the running means in place of those that were learned."""
    with torch.no_grad():
        for weight, mean in zip(_learned(network, frozen), means, strict=True):
            weight.copy_(mean)
    return network.weights()


def stored_weights(path: Path, start: dict[str, Float32], frozen: int) -> tuple[int, dict[str, Float32]]:
    """Step and mean weights of a checkpoint."""
    state = torch.load(path, weights_only=True)
    network = MobileFaceNet(start)
    network.load_state_dict(state["network"])
    return int(state["step"]), mean_weights(network, state["means"], frozen)


def _share(step: int, steps: int) -> float:
    warm = 150
    return min(1.0, (step + 1) / warm) * 0.5 * (1 + float(np.cos(np.pi * step / steps)))


def _learned(network: MobileFaceNet, frozen: int) -> list[nn.Parameter]:
    """Return weights and biases above the frozen blocks; slopes stay, which makes their gradient cheap."""
    parts: list[nn.Module] = [*list(network.blocks)[frozen:], network.last, network.whole, network.out]
    named = [item for part in parts for item in part.named_parameters()]
    return [weight for name, weight in named if not name.endswith("slope")]


def _prepared(
    pool: Pool, faces: NDArray[np.int64], trunk: Trunk, config: Config, step: int
) -> Iterator[tuple[Float32, NDArray[np.int64]]]:
    """Yield batches with the output of the frozen blocks in place of the chips."""
    for chips, numbers in batches(pool, config.batch, config.seed, step, faces=faces, shares=config.shares):
        yield trunk(chips), numbers


def _loss(vectors: Tensor, wanted: Tensor, everyone: Tensor, config: Config) -> Tensor:
    """Compute the loss: nearness to the own target, and distance from all others."""
    found = F.normalize(vectors)
    own = (found * wanted).sum(1)
    # The face itself, or one so like it that telling them apart would teach nothing.
    others = (found @ everyone.T).masked_fill(wanted @ everyone.T > config.alike, -1.0)
    logits = config.scale * torch.cat([own[:, None], others], 1)
    told = F.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long))
    return (1 - own).mean() + config.contrast * told


def _save(path: Path, step: int, network: MobileFaceNet, means: list[Tensor], optimiser: Any) -> None:
    part = path.with_suffix(".part")
    state = {"step": step, "network": network.state_dict(), "means": means, "optimiser": optimiser.state_dict()}
    torch.save(state, part)
    part.replace(path)


def _resume(path: Path, network: MobileFaceNet, means: list[Tensor], optimiser: Any) -> int:
    if not path.is_file():
        return 0
    state = torch.load(path, weights_only=True)
    network.load_state_dict(state["network"])
    for mean, stored in zip(means, state["means"], strict=True):
        mean.copy_(stored)
    optimiser.load_state_dict(state["optimiser"])
    return int(state["step"])
