"""The training: one stage, checkpoints, going on, and the mean of the last weights."""

from __future__ import annotations

import time
from collections.abc import Iterator
from copy import deepcopy
from itertools import islice
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import torch
from torch import Tensor

from bareface.restoration.deconvolution import with_guesses
from bareface.services.engine import Engine
from bareface.values.face import UInt8
from training.restoration.enhance.config import Config
from training.restoration.enhance.export import export
from training.restoration.enhance.losses import EDGES, IDENTITY, PIXELS, Sight, charbonnier, edges, share
from training.restoration.enhance.model import Network, grown, to_tensor
from training.restoration.enhance.people import somebody
from training.restoration.enhance.spoil import pair
from training.restoration.faces import bare_faces, photos_in

_WARM: Final = 200
_FLAT: Final = 0.4
_KEEP: Final = 0.998
"""Share of the running mean of weights that a step keeps."""
_KEPT: Final = 4
_LEAST: Final = 0.02


def main(config: Config) -> Path:
    """Train, or go on; returns the ONNX file of the mean weights."""
    torch.set_num_threads(config.threads)
    cv2.setNumThreads(config.threads)
    torch.manual_seed(config.seed)
    config.out.mkdir(parents=True, exist_ok=True)
    faces = gathered(config)
    print(f"{len(faces)} faces", flush=True)
    network = fit(faces, config)
    export(network, config.out / "bareface-enhance.onnx")
    return config.out / "bareface-enhance.onnx"


def gathered(config: Config) -> UInt8:
    """Gather the faces to train on, RGB uint8 [n, 160, 160, 3]; cut once and cached."""
    file = config.out / "faces.npy"
    if not file.is_file():
        photos = photos_in(config.data)
        # Sets in turn, so that a limit leaves some of each.
        photos = [photos[i] for i in np.random.default_rng(config.seed).permutation(len(photos))]
        found = list(islice(bare_faces(Engine(threads=1), photos), config.limit))
        if not found:
            raise SystemExit(f"no bare face in {len(photos)} photos of {', '.join(map(str, config.data))}")
        np.save(file, np.stack(found))
    faces: UInt8 = np.load(file, mmap_mode="r")
    return faces


def batches(faces: UInt8, config: Config, steps: range) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield degraded faces with their deconvolutions, and good ones; a step always has the same, also when resumed."""
    for step in steps:
        rng = np.random.default_rng([config.seed, step])
        chosen = rng.integers(len(faces), size=config.batch)
        spoilt, good = zip(*(pair(somebody(faces, int(i), rng), rng) for i in chosen), strict=True)
        yield (
            to_tensor(np.stack([with_guesses(face) for face in spoilt])).to(config.device),
            to_tensor(np.stack(good)).to(config.device),
        )


def rate(step: int, config: Config) -> float:
    """Return the optimiser's rate: up, flat, and down along a cosine."""
    share = max(0.0, (step / config.steps - _FLAT) / (1 - _FLAT))
    return config.rate * min(1.0, step / _WARM) * max(_LEAST, 0.5 + 0.5 * float(np.cos(np.pi * min(share, 1.0))))


def fit(faces: UInt8, config: Config) -> Network:
    """Train a network, or go on from its checkpoint; the mean of its last weights."""
    network = Network().to(config.device, memory_format=torch.channels_last)
    mean = deepcopy(network)
    sight = Sight().to(config.device)
    optimiser = torch.optim.AdamW(network.parameters(), config.rate, weight_decay=1e-4, betas=(0.9, 0.99))
    file, done = config.out / "enhance.pt", 0
    if config.start is not None and not file.is_file():
        for part in (network, mean):
            part.load_state_dict(grown(torch.load(config.start, weights_only=True)["mean"]))
    if file.is_file():
        saved = torch.load(file, weights_only=True)
        for part, name in ((network, "network"), (mean, "mean"), (optimiser, "optimiser")):
            part.load_state_dict(saved[name])
        done = saved["done"]
    seen: list[list[float]] = []
    began = time.monotonic()
    for step, (spoilt, good) in enumerate(batches(faces, config, range(done, config.steps)), done + 1):
        for group in optimiser.param_groups:
            group["lr"] = rate(step, config)
        losses = _losses(network, sight, spoilt, good, config)
        total = sum(losses.values(), torch.zeros((), device=config.device))
        optimiser.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        with torch.no_grad():
            keep = min(_KEEP, step / (step + 20))
            for kept, new in zip(mean.parameters(), network.parameters(), strict=True):
                kept.lerp_(new, 1 - keep)
        seen.append([float(value.detach()) for value in losses.values()])
        if step % 50 == 0:
            words = ", ".join(f"{n} {v:.4f}" for n, v in zip(losses, np.mean(seen[-50:], axis=0), strict=True))
            print(f"{step}/{config.steps}: {words}, {time.monotonic() - began:.0f} s", flush=True)
        if step % config.every == 0 or step == config.steps:
            state = {"network": network.state_dict(), "mean": mean.state_dict(), "optimiser": optimiser.state_dict()}
            torch.save(state | {"done": step}, file.with_suffix(".part"))
            file.with_suffix(".part").replace(file)
            if step % (_KEPT * config.every) == 0:
                export(mean, config.out / f"enhance-{step:06d}.onnx")
    return mean.cpu().eval()


def _losses(network: Network, sight: Sight, spoilt: Tensor, good: Tensor, config: Config) -> dict[str, Tensor]:
    with torch.autocast(config.device, torch.bfloat16, enabled=config.half):
        made = spoilt[:, :3] + network(spoilt).float()
    # In full: small drifts are lost in bfloat16.
    levels, template = sight.apart(made, good)
    return {
        "pixels": PIXELS * share(charbonnier(made - good) + EDGES * edges(made - good)),
        "features": share(levels),
        "identity": IDENTITY * share(template),
    }
