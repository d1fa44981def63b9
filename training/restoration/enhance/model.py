"""The network: a small U-Net that tells each band of an aligned face how much more or less of it there is to be.

A face is the sum of four bands of detail and a smooth rest (the starlet transform: Starck, Fadili and Murtagh, IEEE TIP
16, 2007). At each pixel the network gives a gain for each of the five, how much to take of two deconvolutions
(:mod:`bareface.restoration.deconvolution`) and of the detail across and along four directions, for motion blurs one of
them alone, and what is to be added besides. So to sharpen and to take noise away are all but constants, and little
training goes far.
"""

from __future__ import annotations

from itertools import pairwise, product
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bareface.values.face import Float32

WIDTHS: Final = (24, 48, 96, 160)
"""Channels at 80, 40, 20 and 10 pixels."""
ENCODE: Final = (1, 1, 2, 2)
DECODE: Final = (2, 1, 1)
"""Blocks of each level on the way down, and up again."""
BANDS: Final = 4
"""Of detail, about 1, 2, 4 and 8 pixels wide."""
GUESSES: Final = 2
"""Deconvolutions that are given with the face."""
ANGLES: Final = (0, 45, 90, 135)
LENGTHS: Final = (5, 11)
"""Degrees and pixels of the lines over which a mean is taken; what a pixel differs from it by is detail along them."""
LINES: Final = len(ANGLES) * len(LENGTHS)
LOUDER: Final = (16.0, 10.0, 6.0, 4.0)
LOUD: Final = 6.0
"""Bands', guesses' and lines' grey is shown to the network, too, made about as strong as pixels: it tells blur from
noise."""
GAINS: Final = BANDS + 1 + GUESSES + LINES
SPLINE: Final = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)


class Block(nn.Module):
    """Two 3x3 convolutions with a shortcut; it starts as nearly the identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.normal_(self.second.weight, 0, 1e-3)
        nn.init.zeros_(self.second.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Map [n, c, h, w] to the same shape."""
        inner: Tensor = self.second(F.relu(self.first(x)))
        return x + inner


class Network(nn.Module):
    """Faces and their guesses in [0, 1], float32 [n, 9, 160, 160], to what is to be added to the faces."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Conv2d(3 + BANDS + GUESSES + LINES, WIDTHS[0], 6, stride=2, padding=2)
        self.encode = nn.ModuleList(
            nn.Sequential(*(Block(w) for _ in range(n))) for w, n in zip(WIDTHS, ENCODE, strict=True)
        )
        self.down = nn.ModuleList(nn.Conv2d(a, b, 2, stride=2) for a, b in pairwise(WIDTHS))
        self.whole = nn.Conv2d(WIDTHS[-1], WIDTHS[-1], 1)
        self.up = nn.ModuleList(nn.Conv2d(b, 4 * a, 1) for a, b in pairwise(WIDTHS))
        self.decode = nn.ModuleList(
            nn.Sequential(*(Block(w) for _ in range(n))) for w, n in zip(WIDTHS, reversed(DECODE), strict=False)
        )
        self.tail = nn.Conv2d(WIDTHS[0], 4 * (GAINS + 3), 3, padding=1)
        for layer in (self.whole, self.tail):
            nn.init.normal_(layer.weight, 0, 1e-3)
            nn.init.zeros_(layer.bias)

    def forward(self, given: Tensor) -> Tensor:
        """Map [n, 9, 160, 160] to [n, 3, 160, 160]."""
        pixels, skips = given[:, :3], []
        bands = [*starlet(pixels), *(guess - pixels for guess in given[:, 3:].split(3, 1)), *along(pixels)]
        loud = (*LOUDER, 0.0, *[LOUD] * (GUESSES + LINES))
        grey = [much * band.mean(1, keepdim=True) for much, band in zip(loud, bands, strict=True) if much]
        x = self.head(torch.cat([pixels - 0.5, *grey], 1))
        for level, blocks in enumerate(self.encode):
            x = blocks(self.down[level - 1](x) if level else x)
            skips.append(x)
        # How dark or noisy the whole face is.
        x = x + self.whole(x.mean((2, 3), keepdim=True))
        for level in reversed(range(len(self.up))):
            x = self.decode[level](skips[level] + F.pixel_shuffle(self.up[level](x), 2))
        said = F.pixel_shuffle(self.tail(x), 2)
        gains, added = said[:, : len(bands)].float(), said[:, len(bands) :].float()
        return added + sum((gains[:, k : k + 1] * band for k, band in enumerate(bands)), torch.zeros(()))


@torch.no_grad()
def starlet(pixels: Tensor) -> list[Tensor]:
    """Split into bands from fine to coarse and a smooth remainder, each [n, 3, h, w]; together they are the pixels."""
    parts, smooth = [], pixels
    line = torch.tensor(SPLINE, device=pixels.device)
    with torch.autocast(pixels.device.type, enabled=False):
        for band in range(BANDS):
            step = 2**band
            coarser = F.pad(smooth, [2 * step] * 4, mode="replicate")
            for shape in ((1, 1, 5, 1), (1, 1, 1, 5)):
                coarser = F.conv2d(coarser, line.view(shape).repeat(3, 1, 1, 1), dilation=step, groups=3)
            parts.append(smooth - coarser)
            smooth = coarser
    return [*parts, smooth]


@torch.no_grad()
def along(pixels: Tensor) -> list[Tensor]:
    """Compute the difference of pixels from the mean of the lines through them, for each line, each [n, 3, h, w]."""
    kernels = torch.from_numpy(lines()).to(pixels.device)
    with torch.autocast(pixels.device.type, enabled=False):
        wide = F.pad(pixels, [kernels.shape[-1] // 2] * 4, mode="replicate")
        means = F.conv2d(wide, kernels[:, None].repeat(3, 1, 1, 1), groups=3)
    return [pixels - means[:, line::LINES] for line in range(LINES)]


def lines() -> Float32:
    """Return the lines, shortest first, float32 [8, 11, 11]; each adds up to 1."""
    side = max(LENGTHS)
    drawn = np.zeros((LINES, side, side), np.float32)
    for number, (length, angle) in enumerate(product(LENGTHS, ANGLES)):
        away = np.linspace(-length / 2, length / 2, 16 * length)[:, None] * [
            np.cos(np.radians(angle)),
            np.sin(np.radians(angle)),
        ]
        np.add.at(drawn[number], tuple((np.rint(away).astype(int) + side // 2).clip(0, side - 1).T[::-1]), 1)
    return np.asarray(drawn / drawn.sum(axis=(1, 2), keepdims=True), np.float32)


def grown(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Extend the weights of a network without lines to one with lines, which initially ignores them."""
    head, place = state["head.weight"], 4 * (GAINS - LINES)
    if head.shape[1] == 3 + BANDS + GUESSES + LINES:
        return state
    fresh = {"head.weight": torch.cat([head, head.new_zeros(len(head), LINES, *head.shape[2:])], 1)}
    for name in ("tail.weight", "tail.bias"):
        old = state[name]
        fresh[name] = torch.cat([old[:place], old.new_zeros(4 * LINES, *old.shape[1:]), old[place:]])
    return state | fresh


def to_tensor(faces: object) -> Tensor:
    """Convert faces, RGB uint8 [n, h, w, 3], to float32 [n, 3, h, w] in [0, 1]."""
    pixels: Tensor = torch.as_tensor(faces).permute(0, 3, 1, 2).float() / 255
    return pixels.contiguous(memory_format=torch.channels_last)
