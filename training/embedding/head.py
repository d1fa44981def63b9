"""The last linear map, fitted when the network is done: what a mask leaves uncertain counts less.

The network answers with its best guess of the bare face's template. Where masked faces are guessed badly, the guess is
mostly error, and a cosine that counts all directions alike adds that error to every comparison. Within-class covariance
normalisation (Hatch et al., "Within-class covariance normalization for SVM-based speaker recognition", 2006) weighs
directions by what can be known; here the classes are single faces, so no identities are needed. The component along the
space's mean, which tells people apart least and moves with how much is hidden, is fixed at the mean's own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from bareface.models import registry
from bareface.values.face import Float32, UInt8
from training.embedding.draw import widened
from training.embedding.network import Descriptor, normalised
from training.embedding.pool import CHIP, MARGIN, Pool, new_person

SHRINK, POWER, LENGTH = 0.6, 0.25, 1.35
"""Shrinkage of the errors' covariance towards an isotropic one, the power of its weight, and how
much longer templates become than bare ones, less the mean. All three were chosen on the validation identities."""
EDGE = 2  # pixels that the embedder blanks round a mask


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """``template @ matrix + offset``: matrix float32 [128, 128], offset float32 [128]."""

    matrix: Float32
    offset: Float32


def fit(found: Float32, wanted: Float32, mean: Float32, *, power: float = POWER) -> Head:
    """Fit the map from outputs ``found`` to targets ``wanted``.

    Parameters
    ----------
    found, wanted
        float32 [n, 128].
    mean
        The space's mean, float32 [128].
    power
        0 weighs all directions alike, 0.5 by one over their standard error, 1 by one over their variance.
    """
    covariance = np.cov((found - wanted).astype(np.float64).T)
    alike = np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    values, vectors = np.linalg.eigh((1 - SHRINK) * covariance + SHRINK * alike)
    along = mean / np.linalg.norm(mean)
    matrix = vectors @ np.diag(values**-power) @ vectors.T @ (np.eye(len(mean)) - np.outer(along, along))
    spread = np.median(np.linalg.norm((found - mean) @ matrix, axis=1))
    matrix *= LENGTH * np.median(np.linalg.norm(wanted - mean, axis=1)) / spread
    return Head(matrix.astype(np.float32), (mean - mean @ matrix).astype(np.float32))


def unseen(pool: Pool, count: int, fill: Float32, rng: np.random.Generator) -> tuple[UInt8, UInt8]:
    """Draw chips of people synthesised for this purpose, uint8 [count, 150, 150, 3]: bare, and with masks blanked."""
    inside = slice(MARGIN, MARGIN + CHIP)
    bare = np.stack([new_person(pool.bare, pool.points, rng)[0][inside, inside] for _ in range(count)])
    masked = bare.copy()
    for chip in masked:
        wearer, number = rng.integers(len(pool.hidden)), rng.integers(pool.hidden.shape[1])
        hidden = np.asarray(pool.hidden[wearer, number][inside, inside])
        chip[widened(hidden, EDGE)] = fill.round().astype(np.uint8)
    return bare, masked


@torch.no_grad()
def answers(network: Descriptor, chips: UInt8, batch: int = 32) -> Float32:
    """Compute a network's outputs for chips, the mean over each and its mirror image: float32 [n, 128]."""
    device = next(network.parameters()).device
    found = []
    for start in range(0, len(chips), batch):
        part = chips[start : start + batch]
        views = (torch.from_numpy(np.ascontiguousarray(view)).to(device) for view in (part, part[:, :, ::-1]))
        one, other = (network(normalised(view, network.mean)) for view in views)
        found.append(((one + other) / 2).cpu().numpy())
    return np.concatenate(found)


def put_on(network: Descriptor, head: Head) -> None:
    """Fold a head into the network's last layer."""
    old = network.out.weight.detach().cpu().numpy()
    new = nn.Linear(old.shape[1], old.shape[0])
    new.weight.data = torch.from_numpy(np.ascontiguousarray(head.matrix.T @ old))
    new.bias.data = torch.from_numpy(head.offset.copy())
    network.out = new.to(network.out.weight.device)


def space_mean() -> Float32:
    """Return the mean of the template space."""
    return np.asarray(registry.space_mean("dlib-128"), np.float32)
