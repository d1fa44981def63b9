"""The network: plain convolutions down to a sixteenth, read by one linear layer that knows where each feature lies."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from bareface.detection.refiner import SIZE
from training.detector.model import ConvNorm, Separable
from training.refiner.config import OUTPUTS, Widths


class Residual(nn.Module):
    """Two 3x3 convolutions with a shortcut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = ConvNorm(channels, channels, 3)
        self.second = ConvNorm(channels, channels, 3, relu=False)

    def forward(self, x: Tensor) -> Tensor:
        """[n, channels, h, w] -> the same."""
        return functional.relu(x + self.second(self.first(x)))


class RefineNet(nn.Module):
    """Cut-outs to raw outputs.

    Parameters
    ----------
    widths
        Its size.
    """

    def __init__(self, widths: Widths) -> None:
        super().__init__()
        half, quarter, eighth, last = widths.stages
        self.trunk = nn.Sequential(
            ConvNorm(3, half, 3, stride=2),
            ConvNorm(half, quarter, 3, stride=2),
            Residual(quarter),
            ConvNorm(quarter, eighth, 3, stride=2),
            Residual(eighth),
        )
        self.deep = nn.Sequential(ConvNorm(eighth, last, 3, stride=2), Separable(last, last), Separable(last, last))
        self.side = ConvNorm(eighth, widths.side, 1)
        self.out = nn.Linear(last * (SIZE // 16) ** 2 + widths.side * (SIZE // 8) ** 2, OUTPUTS)
        nn.init.normal_(self.out.weight, std=0.003)
        nn.init.zeros_(self.out.bias)

    def forward(self, pixels: Tensor) -> Tensor:
        """[n, 3, SIZE, SIZE] in about [-0.5, 0.5] -> [n, 18]."""
        x = self.trunk(pixels)
        return self.out(torch.cat([self.deep(x).flatten(1), self.side(x).flatten(1)], 1))
