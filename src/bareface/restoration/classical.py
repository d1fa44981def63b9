"""The classical methods, blind: what the network is measured against, and what needs no training data.

Each works on the aligned face, mirrored at its edges, in the picture's own (gamma-coded) values, as programs that offer
these methods do. Deconvolution takes the blur for a bell whose width is estimated from the face; its constants were
chosen on validation faces, as was unsharp masking's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np

from bareface.restoration.aligned import Aligned, matrix
from bareface.restoration.base import SIDE
from bareface.system.extras import optional
from bareface.values.face import Float32, UInt8

NARROWEST, WIDEST = 0.4, 6.0
"""Least and greatest blur that is believed, in pixels of the aligned face."""
ITERATIONS: Final = 8
"""Of Richardson and Lucy's; more of them raise noise."""
BALANCE: Final = 0.3
"""Wiener's regularisation of a face without noise."""
NOISE_WEIGHT: Final = 3.0
"""Increase of the balance per grey level of noise."""
RADIUS, AMOUNT = 2.0, 0.7
"""Unsharp mask: deviation of the bell in pixels, and the share of what it took that is added."""
_MARGIN: Final = 20
_REBLUR: Final = 1.0
_EDGES: Final = 0.98


def restored(method: str, face: Aligned) -> UInt8:
    """Apply one of :data:`METHODS` to a face, RGB uint8 [160, 160, 3]; deterministic."""
    return METHODS[method](face)


def bicubic(face: Aligned) -> UInt8:
    """Resample the face from the photo by cubic splines instead of linearly."""
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    if abs(face.placement[0]) > 1:  # a photo finer than the aligned face, which was cut with care
        return face.pixels.copy()
    return np.asarray(cv2.warpAffine(face.photo.pixels, matrix(face.placement), (SIDE, SIDE), flags=flags), np.uint8)


def unsharp(face: Aligned) -> UInt8:
    """Apply an unsharp mask of a fixed radius and amount (scikit-image)."""
    sharp = optional("skimage.filters").unsharp_mask(face.pixels, radius=RADIUS, amount=AMOUNT, channel_axis=2)
    return _bytes(np.asarray(sharp, np.float32))


def wiener(face: Aligned) -> UInt8:
    """Apply Wiener's filter with a Laplacian regularisation (scikit-image), for a Gaussian of the estimated width."""
    deconvolve = optional("skimage.restoration").wiener
    psf = bell(blur(face.pixels))
    balance = BALANCE + NOISE_WEIGHT * noise(face.pixels) / 255
    return _each(face.pixels, lambda plane: np.asarray(deconvolve(plane, psf, balance), np.float32))


def richardson_lucy(face: Aligned) -> UInt8:
    """Apply Richardson's (1972) and Lucy's (1974) iterations (scikit-image), for a Gaussian of the estimated width."""
    deconvolve = optional("skimage.restoration").richardson_lucy
    psf = bell(blur(face.pixels))
    return _each(face.pixels, lambda plane: np.asarray(deconvolve(plane, psf, num_iter=ITERATIONS), np.float32))


METHODS: Final[dict[str, Callable[[Aligned], UInt8]]] = {
    "wiener": wiener,
    "richardson-lucy": richardson_lucy,
    "unsharp": unsharp,
    "bicubic": bicubic,
}


def blur(face: UInt8) -> float:
    """Estimate the standard deviation in pixels of the blur at the sharpest edges.

    A step blurred by s has gradient g; blurred once more by r its gradient falls by sqrt(1 + (r / s)²), which gives s
    (Zhuo and Sim, Pattern Recognition 44, 2011); the median over the strongest 2 % of gradients.
    """
    grey = np.asarray(cv2.cvtColor(face, cv2.COLOR_RGB2GRAY), np.float32)
    # Noise is not an edge.
    grey = cv2.GaussianBlur(grey, (0, 0), 0.7)
    own, again = _gradient(grey), _gradient(cv2.GaussianBlur(grey, (0, 0), _REBLUR))
    strong = own >= np.quantile(own, _EDGES)
    ratio = float(np.median(own[strong] / np.maximum(again[strong], 1e-3)))
    width = _REBLUR / np.sqrt(max(ratio**2 - 1, 1e-3))
    return float(np.clip(np.sqrt(max(width**2 - 0.7**2, 0)), NARROWEST, WIDEST))


def noise(face: UInt8) -> float:
    """Estimate the standard deviation of the noise in grey levels (Immerkær, Computer Vision and Image Understanding
    64, 1996).
    """
    grey = np.asarray(cv2.cvtColor(face, cv2.COLOR_RGB2GRAY), np.float32)
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    off = np.abs(cv2.filter2D(grey, -1, kernel)[1:-1, 1:-1])
    return float(np.sqrt(np.pi / 2) * off.mean() / 6)


def bell(width: float) -> Float32:
    """Return a Gaussian kernel of a standard deviation in pixels, float32 [n, n] of sum 1."""
    reach = min(max(2, int(np.ceil(3 * width))), _MARGIN)
    line = np.exp(-0.5 * np.square(np.arange(-reach, reach + 1) / width))
    kernel = np.outer(line, line)
    return np.asarray(kernel / kernel.sum(), np.float32)


def _gradient(grey: Float32) -> Float32:
    return np.asarray(np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)), np.float32)


def _each(face: UInt8, deconvolve: Callable[[Float32], Float32]) -> UInt8:
    """Deconvolve each colour separately, with edges mirrored, because deconvolution assumes a periodic picture."""
    wide = np.pad(face, ((_MARGIN, _MARGIN), (_MARGIN, _MARGIN), (0, 0)), mode="reflect").astype(np.float32) / 255
    planes = [deconvolve(np.ascontiguousarray(wide[..., plane])) for plane in range(3)]
    return _bytes(np.stack(planes, axis=2)[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN])


def _bytes(values: Float32) -> UInt8:
    return np.round(255 * np.clip(values, 0, 1)).astype(np.uint8)
