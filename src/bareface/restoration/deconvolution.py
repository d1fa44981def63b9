"""Additional inputs of the enhancement network: two deconvolutions of the face, a cautious and a bold one."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import numpy as np

from bareface.restoration.base import SIDE
from bareface.restoration.classical import bell, blur
from bareface.values.face import Float32, UInt8

CAREFUL, BOLD = 0.3, 0.03
"""Weights of the Laplacian that keeps Wiener's filter from raising noise."""
_MARGIN: Final = 20
_WIDE: Final = SIDE + 2 * _MARGIN
_TENTHS: Final = 10


def with_guesses(face: UInt8) -> UInt8:
    """Return a face and its deconvolutions, for a Gaussian as wide as the blur of its edges.

    Parameters
    ----------
    face
        RGB uint8 [160, 160, 3].

    Returns
    -------
    ndarray
        uint8 [160, 160, 9]: the face, the careful and the bold guess.
    """
    margin = ((_MARGIN, _MARGIN), (_MARGIN, _MARGIN), (0, 0))
    wide = np.pad(face, margin, mode="reflect").astype(np.float32)
    seen = np.fft.rfft2(wide, axes=(0, 1))
    filters = _filters(round(_TENTHS * blur(face)))
    planes = [np.fft.irfft2(seen * one[..., None], s=(_WIDE, _WIDE), axes=(0, 1)) for one in filters]
    inner = slice(_MARGIN, _MARGIN + SIDE)
    return np.concatenate([face, *(np.round(np.clip(one[inner, inner], 0, 255)).astype(np.uint8) for one in planes)], 2)


@lru_cache(maxsize=64)
def _filters(tenths: int) -> tuple[Any, Any]:
    """Return Wiener's filters for a Gaussian whose deviation is given in tenths of a pixel."""
    blurred = _response(bell(tenths / _TENTHS))
    rough = _response(np.array([[0, -1, 0], [-1, 4, -1], [0, -1, 0]], np.float32))
    return tuple(
        (np.conj(blurred) / (np.abs(blurred) ** 2 + weight * np.abs(rough) ** 2)).astype(np.complex64)
        for weight in (CAREFUL, BOLD)
    )


def _response(kernel: Float32) -> Any:
    """Return a kernel's frequency response at the size of the padded picture."""
    reach = kernel.shape[0] // 2
    wide = np.zeros((_WIDE, _WIDE), np.float32)
    wide[: kernel.shape[0], : kernel.shape[1]] = kernel
    return np.fft.rfft2(np.roll(wide, (-reach, -reach), axis=(0, 1)))
