"""MobileFaceNet as a torch network that can be trained on, and its way back into ONNX."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bareface.models.sessions import open_session
from bareface.values.face import UInt8
from training.convert_mobilefacenet import BLOCKS, FEATURES, STEM, Block, write
from training.dlib_format import Float32


class _Prelu(torch.autograd.Function):
    """PReLU whose slopes stay as they are.

    The gradient is put together of operations that torch has vectorised for CPUs: its own, and ``where``, take several
    times as long.
    """

    @staticmethod
    def forward(context: Any, x: Tensor, slope: Tensor) -> Tensor:
        """Scale what is negative."""
        context.save_for_backward(x, slope)
        return F.prelu(x, slope)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:
        """Scale where the input was negative."""
        x, slope = context.saved_tensors
        slope = slope[:, None, None]
        passed = torch.ops.aten.threshold_backward(gradient, x, 0)
        return passed.mul_(1 - slope).addcmul_(gradient, slope), None


class _Layer(nn.Module):
    """A convolution with its folded batch norm, and a PReLU where ``slope`` says so."""

    def __init__(self, incoming: int, out: int, size: int, *, stride: int = 1, groups: int = 1, slope: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(out, incoming // groups, size, size))
        self.bias = nn.Parameter(torch.zeros(out))
        self.slope = nn.Parameter(torch.zeros(out)) if slope else None
        self.stride, self.groups = stride, groups

    def forward(self, x: Tensor) -> Tensor:
        size = self.weight.shape[2]
        padding = 0 if size == 7 else size // 2
        if self.stride == 2:
            # Like TensorFlow's SAME: the first row and column of the padding are left out.
            x, padding = F.pad(x, (0, 1, 0, 1)), 0
        x = F.conv2d(x, self.weight, self.bias, self.stride, padding, groups=self.groups)
        return x if self.slope is None else _Prelu.apply(x, self.slope.detach())


class _Block(nn.Module):
    def __init__(self, incoming: int, block: Block) -> None:
        super().__init__()
        self.widen = _Layer(incoming, block.wide, 1, slope=True)
        self.deep = _Layer(block.wide, block.wide, 3, stride=block.stride, groups=block.wide, slope=True)
        self.narrow = _Layer(block.wide, block.out, 1, slope=False)
        self.residual = block.residual

    def forward(self, x: Tensor) -> Tensor:
        inner: Tensor = self.narrow(self.deep(self.widen(x)))
        return inner + x if self.residual else inner


class MobileFaceNet(nn.Module):
    """Pixels float32 [n, 3, 112, 112], as :func:`normalised` makes them, to vectors float32 [n, d].

    Parameters
    ----------
    weights
        As :func:`training.convert_mobilefacenet.read` returns them.
    """

    def __init__(self, weights: Mapping[str, Float32]) -> None:
        super().__init__()
        self.stem = _Layer(3, STEM, 3, stride=2, slope=True)
        self.deep = _Layer(STEM, STEM, 3, groups=STEM, slope=True)
        self.thin = _Layer(STEM, STEM, 1, slope=False)
        incoming = [STEM, *(block.out for block in BLOCKS)]
        self.blocks = nn.ModuleList(_Block(*each) for each in zip(incoming, BLOCKS, strict=False))
        self.last = _Layer(incoming[-1], FEATURES, 1, slope=True)
        self.whole = _Layer(FEATURES, FEATURES, 7, groups=FEATURES, slope=False)
        self.out = nn.Linear(FEATURES, len(weights["out.bias"]))
        self.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in weights.items()})

    def features(self, x: Tensor, frozen: int) -> Tensor:
        """Compute the input of the last linear layer, float32 [n, 512], from the first ``frozen`` blocks."""
        for block in list(self.blocks)[frozen:]:
            x = block(x)
        return self.whole(self.last(x)).flatten(1)

    def forward(self, x: Tensor) -> Tensor:
        """Map [n, 3, 112, 112] to [n, d]."""
        return self.out(self.features(self.thin(self.deep(self.stem(x))), 0))

    def weights(self) -> dict[str, Float32]:
        """Return all weights, as :func:`training.convert_mobilefacenet.write` takes them."""
        return {name: value.detach().cpu().contiguous().numpy() for name, value in self.state_dict().items()}

    def save_onnx(self, path: Path, *, half: bool = True) -> None:
        """Write the network: uint8 [n, 112, 112, 3] to float32 [n, d]."""
        write(path, self.weights(), half=half)


class Trunk:
    """The first blocks of a network, which stay as they are, run by ONNX Runtime: much faster than torch.

    Parameters
    ----------
    weights
        Of the network.
    blocks
        Number of blocks.
    threads
        Of the arithmetic.
    """

    def __init__(self, weights: Mapping[str, Float32], blocks: int, threads: int = 1) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "trunk.onnx"
            write(path, weights, half=False, blocks=blocks)
            self._session: Any = open_session(path, threads=threads)

    def __call__(self, chips: UInt8) -> Float32:
        """Map uint8 [n, 112, 112, 3] to float32 [n, channels, side, side]."""
        features: Float32 = self._session.run(None, {"pixels": chips})[0]
        return features


def fed(features: Float32) -> Tensor:
    """Convert a trunk's output to a torch tensor, channels last in memory."""
    return torch.from_numpy(features).contiguous(memory_format=torch.channels_last)


def normalised(chips: Tensor) -> Tensor:
    """Convert uint8 [n, 112, 112, 3] to the network's input, channels last in memory."""
    return ((chips.float() - 127.5) / 128).permute(0, 3, 1, 2)


def between(old: Mapping[str, Float32], new: Mapping[str, Float32], share: float) -> dict[str, Float32]:
    """Interpolate the weights of two networks, ``share`` in [0, 1] of the way from the old to the new.

    What a network learns from few people holds for others only in part; weights between the old and the new generalise
    better than either (Wortsman et al., "Robust fine-tuning of zero-shot models", 2022).
    """
    return {name: (old[name] + share * (new[name] - old[name])).astype(np.float32) for name in new}
