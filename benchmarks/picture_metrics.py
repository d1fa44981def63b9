"""Similarity of two pictures inside a region: gradients, structure, learned features; and bands of completions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.metrics import structural_similarity

from bareface.system import dependencies
from bareface.values.face import Float32, Float64, UInt8

Bool = NDArray[np.bool_]
_GMSD_C = 170.0
_MEAN, _STD = np.array([123.675, 116.28, 103.53], np.float32), np.array([58.395, 57.12, 57.375], np.float32)
LAYERS = (
    "/dw_conv/relu_1/Relu_output_0",
    "/features/features.2/Add_output_0",
    "/features/features.6/Add_output_0",
    "/features/features.11/Add_output_0",
)
"""MobileFaceNet's activations at 56, 28, 14 and 14 pixels."""


def luminance(image: UInt8) -> Float32:
    """Convert RGB uint8 [H, W, 3] to grey levels, float32 [H, W]."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.float32)


def gmsd(image: UInt8, truth: UInt8, region: Bool) -> float:
    """Compute the gradient magnitude similarity deviation inside a region (Xue et al., IEEE TIP 23, 2014); 0 for equal
    pictures.

    On the pictures' own grid: the paper's averaging and halving before it is left out, since these are small.
    """
    kernel = np.array([[1, 0, -1]] * 3, np.float32) / 3
    a, b = (
        np.hypot(cv2.filter2D(grey, -1, kernel), cv2.filter2D(grey, -1, kernel.T))
        for grey in (luminance(image), luminance(truth))
    )
    similarity = (2 * a * b + _GMSD_C) / (a * a + b * b + _GMSD_C)
    return float(similarity[region].std())


def ssim(image: UInt8, truth: UInt8, region: Bool) -> float:
    """Compute the mean structural similarity of the luminance inside a region (Wang et al., IEEE TIP 13, 2004)."""
    _, found = structural_similarity(luminance(image), luminance(truth), data_range=255, full=True)
    return float(found[region].mean())


def interval_score(truth: Float64, low: Float64, high: Float64, alpha: float) -> Float64:
    """Score of central 1 - alpha intervals (Gneiting and Raftery, JASA 102, 2007): width, and a price for each miss."""
    return (high - low) + 2 / alpha * (np.maximum(low - truth, 0) + np.maximum(truth - high, 0))


def kernel_inception_distance(real: Float32, made: Float32) -> float:
    """Compute how far two sets of features are apart as a whole: the unbiased squared maximum mean discrepancy with the
    kernel of Binkowski et al., "Demystifying MMD GANs" (ICLR 2018).

    Pairs of a real face and the made one of the same photo are left out, as pairs of a face and itself are.

    Parameters
    ----------
    real, made
        Features, one row a face, the same faces in the same order: float32 [n, d]; they are scaled to the length √d.
    """
    x, y = (one * np.sqrt(one.shape[1]) / np.linalg.norm(one, axis=1, keepdims=True) for one in (real, made))
    others = ~np.eye(len(x), dtype=bool)

    def mean(a: Float32, b: Float32) -> float:
        return float(((a @ b.T / a.shape[1] + 1) ** 3)[others].mean())

    return mean(x, x) + mean(y, y) - 2 * mean(x, y)


class Features:
    """Distance of two pictures in a face network's layers, as LPIPS (Zhang et al., CVPR 2018) with equal weights.

    Parameters
    ----------
    path
        MobileFaceNet as ONNX; its inner activations become outputs.
    """

    def __init__(self, path: Path) -> None:
        import onnx

        onnxruntime = dependencies.onnxruntime()
        network = onnx.load(path)
        network.graph.output.extend(onnx.ValueInfoProto(name=layer) for layer in LAYERS)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        self._session: Any = onnxruntime.InferenceSession(
            network.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        self._input = self._session.get_inputs()[0].name

    def of(self, chip: UInt8) -> list[Float32]:
        """Compute unit activations at each place of each layer, of an arcface-112 chip."""
        return self.with_template(chip)[0]

    def with_template(self, chip: UInt8) -> tuple[list[Float32], Float32]:
        """Compute these and the template, float32 [128]."""
        pixels = ((chip.astype(np.float32) - _MEAN) / _STD).transpose(2, 0, 1)[None]
        template, *found = self._session.run(None, {self._input: pixels})
        layers = [one[0] / np.maximum(np.linalg.norm(one[0], axis=0), 1e-8) for one in found]
        return layers, np.asarray(template[0], np.float32)

    def distance(self, image: list[Float32], truth: list[Float32], region: Bool) -> float:
        """Compute the mean squared distance inside a region, bool [112, 112], over the layers."""
        parts = []
        for a, b in zip(image, truth, strict=True):
            size = a.shape[1:]
            weight = cv2.resize(region.astype(np.float32), size[::-1], interpolation=cv2.INTER_AREA)
            parts.append(float((np.square(a - b).sum(axis=0) * weight).sum() / weight.sum()))
        return float(np.mean(parts))
