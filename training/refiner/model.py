"""The network: the detector's layers down to a sixteenth, read by one linear layer that knows where features lie."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from bareface.detection.refiner import SIZE
from training.detector.model import ConvNorm, Separable
from training.refiner.config import OUTPUTS, Widths


class RefineNet(nn.Module):
    """Cut-outs to raw outputs.

    Parameters
    ----------
    widths
        Its size.
    """

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
        self.side = ConvNorm(widths.stages[0], widths.side, 1)
        self.out = nn.Linear(before * (SIZE // 16) ** 2 + widths.side * (SIZE // 8) ** 2, OUTPUTS)
        nn.init.normal_(self.out.weight, std=0.003)
        nn.init.zeros_(self.out.bias)

    def forward(self, pixels: Tensor) -> Tensor:
        """[n, 3, SIZE, SIZE] in about [-0.5, 0.5] -> [n, 18]."""
        eighth = self.stages[0](self.stem(pixels))
        sixteenth = self.stages[1](eighth)
        return self.out(torch.cat([sixteenth.flatten(1), self.side(eighth).flatten(1)], 1))

    def start_from(self, detector: Mapping[str, Tensor]) -> None:
        """Take the first layers of a trained detector: what shows a face from afar shows it from close by too."""
        own = self.state_dict()
        shared = {name: value for name, value in detector.items() if name in own and not name.startswith("out.")}
        missing = [name for name in own if name not in shared and not name.startswith(("out.", "side."))]
        if missing:
            raise ValueError(f"the detector has no {missing[0]}: it was trained with other widths")
        self.load_state_dict(shared, strict=False)
