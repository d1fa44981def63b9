"""A network that starts from an earlier, shallower one, of which only the ONNX file is left."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from bareface.values.face import Float32
from training.occlusion.model import Block, Network, Unit

Folded = tuple[Float32, Float32]
"""Weight and bias of a convolution with its batch norm folded in."""
_NEW_BLOCK = 0.05
_NEW_CLASS = -1.0


def start_from(network: Network, path: Path, chips: Tensor) -> None:
    """Give a network an earlier one's weights; what the earlier one lacks changes its answer slightly.

    Parameters
    ----------
    network
        The network; it may have more blocks in each level, and more classes, which start as its last.
    path
        ONNX file as :func:`training.occlusion.export.export` writes it.
    chips
        Training chips, uint8 [n, 3, 150, 150]: batch norms are set to what they let through.
    """
    folded = _convolutions(path)[::-1]
    for down, encode in zip(network.down, network.encode, strict=True):
        _fill(down, folded.pop())
        _fill_blocks(encode, folded)
    for level in reversed(range(len(network.up))):
        _fill(network.up[level], folded.pop())
        _fill_blocks(network.decode[level], folded)
    weight, bias = folded.pop()
    added = (network.head.out_channels - len(bias)) // 4
    last = np.s_[-4:]
    with torch.no_grad():
        network.head.weight.copy_(torch.from_numpy(np.concatenate([weight, *[weight[last]] * added])))
        network.head.bias.copy_(torch.from_numpy(np.concatenate([bias, *[bias[last] + _NEW_CLASS] * added])))
    _normalise(network, chips)


def _convolutions(path: Path) -> list[Folded]:
    graph = onnx.load(path).graph
    values = {one.name: numpy_helper.to_array(one).astype(np.float32) for one in graph.initializer}
    for node in graph.node:
        if node.op_type == "Cast" and node.input[0] in values:
            values[node.output[0]] = values[node.input[0]]
    return [(values[node.input[1]], values[node.input[2]]) for node in graph.node if node.op_type == "Conv"]


def _fill_blocks(blocks: nn.Sequential, folded: list[Folded]) -> None:
    """Fill as many blocks as the earlier network has; the others add little."""
    for block in blocks:
        assert isinstance(block, Block)
        if folded[-1][0].shape == tuple(block.depthwise[0].weight.shape):
            _fill(block.depthwise, folded.pop())
            _fill(block.pointwise, folded.pop())
        else:
            nn.init.constant_(block.pointwise[1].weight, _NEW_BLOCK)


def _fill(unit: Unit, folded: Folded) -> None:
    convolution, norm = unit[0], unit[1]
    with torch.no_grad():
        convolution.weight.copy_(torch.from_numpy(folded[0]))
        norm.bias.copy_(torch.from_numpy(folded[1]))
        norm.running_var.fill_(1 - norm.eps)
    norm.filled = True


def _normalise(network: Network, chips: Tensor) -> None:
    """Let the filled batch norms normalise by statistics, without a change of what they give."""
    seen: dict[nn.Module, Tensor] = {}
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d) and hasattr(module, "filled")]
    hooks = [norm.register_forward_pre_hook(lambda norm, given: seen.__setitem__(norm, given[0])) for norm in norms]
    network.eval()
    with torch.no_grad():
        network(chips)
        for hook in hooks:
            hook.remove()
        for norm in norms:
            mean, variance = seen[norm].mean(dim=(0, 2, 3)), seen[norm].var(dim=(0, 2, 3), unbiased=False)
            norm.running_mean.copy_(mean)
            norm.running_var.copy_(variance)
            norm.weight.copy_((variance + norm.eps).sqrt())
            norm.bias.add_(mean)
