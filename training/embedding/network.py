"""dlib's descriptor as a torch network that can be trained on, and its way back into ONNX."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training.convert_dlib import RESNET_LEVELS, resnet_shapes, write_resnet
from training.dlib_format import RESNET_FILE, Convolution, Float32, dlib_file, read_resnet


class _Block(nn.Module):
    """Two 3x3 convolutions and a shortcut; a halving block pads the smaller of the two as dlib does."""

    def __init__(self, channels: int, width: int, halving: bool) -> None:
        super().__init__()
        self.halving = halving
        self.first = nn.Conv2d(channels, width, 3, stride=2 if halving else 1, padding=0 if halving else 1)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Map [n, channels, h, w] to [n, width, h', w']."""
        inner: Tensor = self.second(F.relu_(self.first(x)))
        if self.halving:
            x = F.avg_pool2d(x, 2)
            width, size = inner.shape[1], max(inner.shape[2], x.shape[2])
            x = F.pad(x, (0, size - x.shape[3], 0, size - x.shape[2], 0, width - x.shape[1]))
            inner = F.pad(inner, (0, size - inner.shape[3], 0, size - inner.shape[2]))
        return F.relu_(inner + x)


class Descriptor(nn.Module):
    """Normalised pixels float32 [n, 3, 150, 150] to vectors float32 [n, 128]; it starts as dlib's descriptor.

    Parameters
    ----------
    frozen
        Number of the five levels that are frozen as in dlib.
    """

    def __init__(self, frozen: int = 0) -> None:
        super().__init__()
        mean, layers, matrix = read_resnet(dlib_file(RESNET_FILE).read_bytes(), resnet_shapes())
        self.mean: Float32 = mean
        blocks: list[nn.Module] = [nn.Conv2d(3, 32, 7, stride=2)]
        channels = 32
        self.ends: list[int] = []
        for level, (width, count) in enumerate(RESNET_LEVELS):
            for block in range(count + (level > 0)):
                blocks.append(_Block(channels, width, halving=level > 0 and block == 0))
                channels = width
            self.ends.append(len(blocks))
        self.blocks = nn.ModuleList(blocks)
        self.out = nn.Linear(256, 128, bias=False)
        for convolution, layer in zip(self._convolutions(), layers, strict=True):
            convolution.weight.data = torch.from_numpy(layer.weight.copy())
            assert convolution.bias is not None
            convolution.bias.data = torch.from_numpy(layer.bias.copy())
        self.out.weight.data = torch.from_numpy(np.ascontiguousarray(matrix.T))
        self.frozen = self.ends[frozen - 1] if frozen else 0
        for module in list(self.blocks)[: self.frozen]:
            module.requires_grad_(False)

    def _convolutions(self) -> list[nn.Conv2d]:
        return [module for module in self.modules() if isinstance(module, nn.Conv2d)]

    def forward(self, x: Tensor) -> Tensor:
        """Map [n, 3, 150, 150] to [n, 128]."""
        with torch.set_grad_enabled(self.frozen == 0 and torch.is_grad_enabled()):
            x = F.max_pool2d(F.relu_(self.blocks[0](x)), 3, 2)
            for block in list(self.blocks)[1 : self.frozen]:
                x = block(x)
        for block in list(self.blocks)[max(1, self.frozen) :]:
            x = block(x)
        return self.out(x.mean((2, 3)))

    @torch.no_grad()
    def soften(self, tuned: float) -> None:
        """Go back towards dlib's weights, ``tuned`` in [0, 1] of the way staying.

        What a network learns from few people holds for others only in part; weights between the old and the new
        generalise better than either (Wortsman et al., "Robust fine-tuning of zero-shot models", 2022).
        """
        start = Descriptor(0).to(next(self.parameters()).device).state_dict()
        for name, value in self.state_dict().items():
            value.lerp_(start[name], 1 - tuned)

    def save_onnx(self, path: Path, *, half: bool) -> None:
        """Write the network as ``dlib-resnet.onnx`` is written: uint8 [n, 150, 150, 3] to float32 [n, 128]."""
        layers = []
        for convolution in self._convolutions():
            assert convolution.bias is not None
            weight, bias = convolution.weight.detach().cpu(), convolution.bias.detach().cpu()
            layers.append(Convolution(weight.contiguous().numpy(), bias.numpy()))
        matrix = self.out.weight.detach().cpu().numpy().T.copy()
        offset = None if self.out.bias is None else self.out.bias.detach().cpu().numpy()
        write_resnet(path, self.mean, layers, matrix, half=half, offset=offset)


def normalised(chips: Tensor, mean: Float32) -> Tensor:
    """Convert uint8 [n, 150, 150, 3] to the network's input, channels last in memory."""
    shift = torch.from_numpy(mean).to(chips.device)
    return ((chips.float() - shift) / 256).permute(0, 3, 1, 2)
