"""Losses of the network: pixels, edges, and dlib's descriptor, from its first layers to the template.

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
PIXELS: Final = 0.3
IDENTITY: Final = 2.0
"""Weights: of the edges relative to the pixels, and of both and the template relative to the descriptor's levels."""
_HARDLY: Final = 0.01
"""Of what is left: less is not worth a greater effort."""


def share(left: Tensor) -> Tensor:
    """Compute the mean logarithm of the remaining error of each face [n].

    So a tenth less counts the same for a hardly degraded face as for a badly degraded one; a mean of what is
    left would be all about the bad ones, and the network would blunt the good ones.
    """
    return torch.log(left + _HARDLY).mean()


def charbonnier(off: Tensor) -> Tensor:
    """Compute the mean of a smooth absolute value of each [n, ...]: [n]."""
    return torch.sqrt(off * off + 1e-6).flatten(1).mean(1)


def edges(off: Tensor) -> Tensor:
    """Compute the same of differences between neighbours, across and down."""
    return charbonnier(off[..., 1:] - off[..., :-1]) + charbonnier(off[..., 1:, :] - off[..., :-1, :])


class Sight(nn.Module):
    """dlib's descriptor, looked into after each of its levels; it does not learn."""

    def __init__(self) -> None:
        super().__init__()
        self.descriptor = Descriptor().eval().requires_grad_(False)
        self.register_buffer("mean", torch.from_numpy(self.descriptor.mean).view(1, 3, 1, 1))
        self.register_buffer("centre", torch.from_numpy(registry.space_mean("dlib-128", 128)))

    def forward(self, pixels: Tensor) -> tuple[list[Tensor], Tensor]:
        """Map [n, 3, 160, 160] in [0, 1] to its levels and the centred template [n, 128] of length 1."""
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
        """Compute the distance of two batches of faces in the levels [n], and in the template: its chord [n]."""
        with torch.no_grad():
            target, own = self(wanted)
        levels, template = self(made)
        off = [
            (a.float() - b.float()).abs().mean((1, 2, 3)) / b.float().abs().mean((1, 2, 3))
            for a, b in zip(levels[:4], target[:4], strict=True)
        ]
        # The root's slope at 0 has no end.
        return torch.stack(off).sum(0), torch.sqrt((2 - 2 * (template * own).sum(1)).clamp(min=0) + 1e-4) - 1e-2
