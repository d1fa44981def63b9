"""What the network is told: pixels, edges, and what dlib's descriptor sees, from its first layers to the template.

MobileFaceNet, by which results are measured, takes no part.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bareface.models import registry
from training.embedding.network import Descriptor

CHIP: Final = 150
EDGES: Final = 0.5
FEATURES: Final = 0.06
IDENTITY: Final = 0.15
"""Weights beside the pixels' own loss."""


def charbonnier(off: Tensor) -> Tensor:
    """Mean of a smooth absolute value."""
    return torch.sqrt(off * off + 1e-6).mean()


def edges(off: Tensor) -> Tensor:
    """The same of differences between neighbours, across and down."""
    return charbonnier(off[..., 1:] - off[..., :-1]) + charbonnier(off[..., 1:, :] - off[..., :-1, :])


class Sight(nn.Module):
    """dlib's descriptor, looked into after each of its levels; it does not learn."""

    def __init__(self) -> None:
        super().__init__()
        self.descriptor = Descriptor().eval().requires_grad_(False)
        self.register_buffer("mean", torch.from_numpy(self.descriptor.mean).view(1, 3, 1, 1))
        self.register_buffer("centre", torch.from_numpy(registry.space_mean("dlib-128", 128)))

    def forward(self, pixels: Tensor) -> tuple[list[Tensor], Tensor]:
        """[n, 3, 160, 160] in [0, 1] -> its levels, and the centred template [n, 128] of length 1."""
        chips = F.interpolate(pixels, (CHIP, CHIP), mode="bilinear", align_corners=False)
        x = (255 * chips - self.mean) / 256
        # Not in place as the descriptor itself: levels are kept.
        x = F.max_pool2d(F.relu(self.descriptor.blocks[0](x)), 3, 2)
        levels = []
        for place, block in enumerate(list(self.descriptor.blocks)[1:], 2):
            x = block(x)
            if place in self.descriptor.ends:
                levels.append(x)
        return levels, F.normalize(self.descriptor.out(x.mean((2, 3))).float() - self.centre, dim=1)

    def apart(self, made: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
        """How far two batches are in the levels, and in the template.

        Of the templates it is the chord, so that small drifts of good faces count beside large ones of bad faces.
        """
        with torch.no_grad():
            target, own = self(wanted)
        levels, template = self(made)
        off = [
            (a.float() - b.float()).abs().mean() / b.float().abs().mean()
            for a, b in zip(levels[:4], target[:4], strict=True)
        ]
        return torch.stack(off).sum(), torch.sqrt(2 - 2 * (template * own).sum(1) + 1e-3).mean() - 1e-3**0.5
