"""A small U-Net (Ronneberger et al., 2015) of depthwise-separable blocks, for chips of 150 pixels."""

from __future__ import annotations

import itertools

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, pixel_shuffle

from bareface.values.face import UInt8
from training.occlusion.labels import IGNORED

MEAN = 128.0
SCALE = 256.0
CLASSES = 5
BORDER = 5
WIDTHS = (16, 32, 64, 128)
# Blocks of each level on the way down and up; the finest finds the straps.
DOWN, UP = (1, 1, 2, 4), (2, 1, 1)


class Unit(nn.Sequential):
    """Convolution, batch norm and, where asked for, ReLU."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        size: int = 1,
        *,
        stride: int = 1,
        padding: int | None = None,
        groups: int = 1,
        relu: bool = True,
    ) -> None:
        padding = size // 2 if padding is None else padding
        layers: list[nn.Module] = [
            nn.Conv2d(inputs, outputs, size, stride, padding, groups=groups, bias=False),
            nn.BatchNorm2d(outputs),
        ]
        super().__init__(*layers, *([nn.ReLU()] if relu else []))


class Block(nn.Module):
    """A residual depthwise-separable convolution (Howard et al., 2017; He et al., 2016)."""

    def __init__(self, channels: int, size: int) -> None:
        super().__init__()
        self.depthwise = Unit(channels, channels, size, groups=channels, relu=False)
        self.pointwise = Unit(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map [n, c, h, w] to the same shape."""
        return x + self.pointwise(self.depthwise(x))


class Network(nn.Module):
    """RGB chips, uint8 [n, 3, 150, 150], to class scores, float32 [n, 5, 150, 150].

    The stem pads the chip to 160 pixels, so that every level is exactly half of the one above; the head gives each of
    its cells four pixels (Shi et al., "Real-Time Single Image Super-Resolution ... Sub-Pixel Convolution", 2016).
    """

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.ModuleList(
            [Unit(3, WIDTHS[0], 4, stride=2, padding=BORDER + 1)]
            + [Unit(a, b, 2, stride=2, padding=0) for a, b in itertools.pairwise(WIDTHS)]
        )
        self.encode = nn.ModuleList(
            nn.Sequential(*(Block(width, kernel) for _ in range(depth)))
            for width, kernel, depth in zip(WIDTHS, (3, 3, 5, 5), DOWN, strict=True)
        )
        self.up = nn.ModuleList(Unit(b, a) for a, b in itertools.pairwise(WIDTHS))
        self.decode = nn.ModuleList(
            nn.Sequential(*(Block(width, 3) for _ in range(depth)))
            for width, depth in zip(WIDTHS[:-1], UP, strict=True)
        )
        self.head = nn.Conv2d(WIDTHS[0], CLASSES * 4, 1)

    def cells(self, chips: Tensor) -> Tensor:
        """Compute the scores of the four pixels of each cell of the padded chip, float32 [n, 5 classes, 4 pixels, 80,
        80].
        """
        x, skips = (chips.float() - MEAN) / SCALE, []
        for down, encode in zip(self.down, self.encode, strict=True):
            x = encode(down(x))
            skips.append(x)
        for level in reversed(range(len(self.up))):
            x = self.decode[level](skips[level] + interpolate(self.up[level](x), scale_factor=2.0))
        return self.head(x).unflatten(1, (CLASSES, 4))

    def forward(self, chips: Tensor) -> Tensor:
        """Compute the scores of every class for every pixel."""
        return pixel_shuffle(self.cells(chips).flatten(1, 2), 2)[..., BORDER:-BORDER, BORDER:-BORDER]


def to_tensor(chips: UInt8) -> Tensor:
    """Convert uint8 [n, h, w, 3] to a tensor [n, 3, h, w]."""
    return torch.from_numpy(chips).permute(0, 3, 1, 2)


def to_cells(classes: UInt8, fill: int = IGNORED) -> Tensor:
    """Arrange target classes uint8 [n, 150, 150] as `Network.cells` does; the padding is `fill`.

    Rearranging targets is cheaper than rearranging scores and their gradients.
    """
    padded = np.pad(classes, ((0, 0), (BORDER, BORDER), (BORDER, BORDER)), constant_values=fill)
    count, half = len(padded), padded.shape[1] // 2
    apart = padded.reshape(count, half, 2, half, 2).transpose(0, 2, 4, 1, 3)
    return torch.from_numpy(apart.reshape(count, 4, half, half).astype(np.int64))
