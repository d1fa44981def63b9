"""The network: a small residual U-Net on aligned faces, without normalisation."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

WIDTHS: Final = (24, 48, 96, 160)
"""Channels at 80, 40, 20 and 10 pixels."""
ENCODE: Final = (1, 1, 2, 2)
DECODE: Final = (2, 1, 1)
"""Blocks of each level on the way down, and up again."""


class Block(nn.Module):
    """Two 3x3 convolutions beside a shortcut; it starts as nearly the identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.normal_(self.second.weight, 0, 1e-3)
        nn.init.zeros_(self.second.bias)

    def forward(self, x: Tensor) -> Tensor:
        """[n, c, h, w] -> [n, c, h, w]."""
        inner: Tensor = self.second(F.relu(self.first(x)))
        return x + inner


class Network(nn.Module):
    """Pixels in [0, 1], float32 [n, 3, 160, 160], to what is to be added to them."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, WIDTHS[0], 6, stride=2, padding=2)
        self.encode = nn.ModuleList(
            nn.Sequential(*(Block(w) for _ in range(n))) for w, n in zip(WIDTHS, ENCODE, strict=True)
        )
        self.down = nn.ModuleList(nn.Conv2d(a, b, 2, stride=2) for a, b in pairwise(WIDTHS))
        self.whole = nn.Conv2d(WIDTHS[-1], WIDTHS[-1], 1)
        self.up = nn.ModuleList(nn.Conv2d(b, 4 * a, 1) for a, b in pairwise(WIDTHS))
        self.decode = nn.ModuleList(
            nn.Sequential(*(Block(w) for _ in range(n))) for w, n in zip(WIDTHS, reversed(DECODE), strict=False)
        )
        self.tail = nn.Conv2d(WIDTHS[0], 12, 3, padding=1)
        for layer in (self.whole, self.tail):
            nn.init.normal_(layer.weight, 0, 1e-3)
            nn.init.zeros_(layer.bias)

    def forward(self, pixels: Tensor) -> Tensor:
        """[n, 3, 160, 160] -> [n, 3, 160, 160]."""
        x, skips = self.head(pixels - 0.5), []
        for level, blocks in enumerate(self.encode):
            x = blocks(self.down[level - 1](x) if level else x)
            skips.append(x)
        # How dark or noisy the whole face is.
        x = x + self.whole(x.mean((2, 3), keepdim=True))
        for level in reversed(range(len(self.up))):
            x = self.decode[level](skips[level] + F.pixel_shuffle(self.up[level](x), 2))
        added: Tensor = F.pixel_shuffle(self.tail(x), 2)
        return added


def to_tensor(faces: object) -> Tensor:
    """Faces, RGB uint8 [n, h, w, 3], as float32 [n, 3, h, w] in [0, 1]."""
    pixels: Tensor = torch.as_tensor(faces).permute(0, 3, 1, 2).float() / 255
    return pixels.contiguous(memory_format=torch.channels_last)
