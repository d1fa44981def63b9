"""The network: plain and depthwise-separable convolutions, three strides, a top-down path, one head each.

In the manner of YuNet (Wu et al., 2023) and FCOS (Tian et al., 2019): each location speaks for a face centred near it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.detector.config import OUTPUTS, Widths

PRIOR = -4.0
"""Logit of the score before training: faces are rare."""


class ConvNorm(nn.Module):
    """Convolution without bias and batch norm, and a ReLU where asked for."""

    def __init__(self, inputs: int, outputs: int, kernel: int, *, stride: int = 1, groups: int = 1, relu: bool = True):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        self.relu = relu

    def forward(self, x: Tensor) -> Tensor:
        """Map [n, inputs, h, w] to [n, outputs, h / stride, w / stride]."""
        x = self.norm(self.conv(x))
        return functional.relu(x, inplace=True) if self.relu else x


class Separable(nn.Module):
    """Depthwise 3x3, then pointwise, with a shortcut where the channels allow it."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.depthwise = ConvNorm(inputs, inputs, 3, groups=inputs, relu=False)
        self.pointwise = ConvNorm(inputs, outputs, 1, relu=inputs != outputs)
        self.shortcut = inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """Map [n, inputs, h, w] to [n, outputs, h, w]."""
        y = self.pointwise(self.depthwise(x))
        return functional.relu(x + y) if self.shortcut else y


class Head(nn.Module):
    """Smooths a level of the top-down path and reads the outputs off it."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.smooth = Separable(channels, channels)
        self.task = Separable(channels, channels)
        self.out = nn.Conv2d(channels, OUTPUTS, 1)
        nn.init.normal_(self.out.weight, std=0.01)
        with torch.no_grad():
            self.out.bias.zero_()
            self.out.bias[0] = PRIOR

    def forward(self, x: Tensor) -> Tensor:
        """Map [n, channels, h, w] to [n, 18, h, w]."""
        return self.out(self.task(self.smooth(x)))


class FaceNet(nn.Module):
    """Pictures to raw outputs at strides 8, 16 and 32."""

    def __init__(self, widths: Widths) -> None:
        super().__init__()
        first, second = widths.stem
        self.stem = nn.Sequential(ConvNorm(3, first, 3, stride=2), ConvNorm(first, second, 3, stride=2))
        stages, before = [], second
        for channels, blocks in zip(widths.stages, widths.blocks, strict=True):
            down = ConvNorm(before, channels, 3, stride=2)
            stages.append(nn.Sequential(down, *(Separable(channels, channels) for _ in range(blocks))))
            before = channels
        self.stages = nn.ModuleList(stages)
        self.lateral = nn.ModuleList(ConvNorm(channels, widths.neck, 1, relu=False) for channels in widths.stages)
        self.heads = nn.ModuleList(Head(widths.neck) for _ in widths.stages)

    def forward(self, pixels: Tensor) -> list[Tensor]:
        """Map [n, 3, h, w] in about [-0.5, 0.5], h and w multiples of 32, to three times [n, 18, h / stride, w /
        stride].
        """
        x, levels = self.stem(pixels), []
        for stage in self.stages:
            x = stage(x)
            levels.append(x)
        above, outputs = None, []
        for level, lateral, head in reversed(list(zip(levels, self.lateral, self.heads, strict=True))):
            x = lateral(level)
            above = functional.relu(x if above is None else x + functional.interpolate(above, scale_factor=2.0))
            outputs.append(head(above))
        return outputs[::-1]


def flat(outputs: list[Tensor]) -> Tensor:
    """Concatenate the locations of all levels, [n, locations, 18], strides ascending and rows first."""
    return torch.cat([level.flatten(2).transpose(1, 2) for level in outputs], 1).float()
