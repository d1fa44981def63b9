"""Telling a restored picture from a photo by its pixels alone, once its metadata are gone.

Everything is done on the aligned face, in grey, so neither crop, scale, mirroring nor re-encoding matters. A short
descriptor finds the few restorations that a face could come from; then the face is laid over each of them
(Gauss-Newton on a similarity, as Lucas and Kanade did for a shift). Where something was filled in, it has to be nearer
to the restored picture than to its source inside the region, and like both outside it. "Nearer" allows for a blur,
which scaling and re-encoding bring: each side is compared at the blur that suits it best. Where the whole face was
enhanced, a sharp photo of the same moment would be nearer to the result than to the source, too; there the face has to
carry the pattern that only the enhanced picture has (:mod:`bareface.restoration.hidden_mark`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from bareface.restoration.base import Bool
from bareface.restoration.hidden_mark import trace
from bareface.values.face import Float32, UInt8

GRID: Final = 96
"""Side of the grey faces that are compared."""
_DESCRIBED: Final = 16
_COARSE: Final = 48
DESCRIPTOR: Final = _DESCRIBED**2

# Chosen on CelebA's validation identities, by the figures that `python -m benchmarks.refusal --tune DIR` counts.
SIMILAR: Final = 0.6
"""Least cosine of two descriptors for a closer look."""
SHORTLIST: Final = 8
"""Number of restored faces compared closely."""
INSIDE: Final = 0.95
"""Least correlation with the restored picture inside the region."""
WHOLE: Final = 0.9
"""The same where the region is the whole face, so that nothing outside it speaks: an enhancement."""
MARKED: Final = 4.5
"""Least trace of the mark on such a face: photos rarely show one above 4, altered enhancements rarely one below 5."""
OUTSIDE: Final = 0.92
"""Least correlation with source and restored picture, which agree there, outside the region."""
MARGIN: Final = 0.15
"""Least advantage of the restored picture over the source: log of the ratio of 1 - correlation."""

_TURNS: Final = (
    1 + 0j,
    *(size * np.exp(1j * np.radians(angle)) for size, angle in ((1, -15), (1, 15), (0.85, 0), (1.18, 0))),
)
_COARSE_INSIDE: Final = 0.75
_BLURS: Final = (0.0, 0.75, 1.2, 1.8, 2.5, 3.6)
_LEAST_SHARE: Final = 0.05
_STEPS: Final = 12
_LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
_Similarity: TypeAlias = tuple[complex, complex]


def _bell(side: int, width: float, height: float) -> Float32:
    y, x = np.mgrid[0:side, 0:side] / (side - 1) - 0.5
    return np.asarray(np.exp(-((x / width) ** 2 + (y / height) ** 2) / 2), np.float32)


_SEEN: Final = _bell(_DESCRIBED, 0.30, 0.34)
_WEIGHT: Final = {side: _bell(side, 0.28, 0.34) for side in (GRID, _COARSE)}
_LEAST_WEIGHT: Final = 0.15


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A restored face on record.

    Attributes
    ----------
    restored, source
        The restored picture's and the photo's aligned face, uint8 [96, 96].
    region
        Pixels in which they may differ, bool [96, 96].
    """

    restored: UInt8
    source: UInt8
    region: Bool


def grey(chip: UInt8) -> UInt8:
    """Convert an aligned face, RGB [S, S, 3] uint8 of the geometry ``dlib-150`` at any size, to grey uint8 [96, 96]."""
    small = cv2.resize(chip.astype(np.float32) @ _LUMA, (GRID, GRID), interpolation=cv2.INTER_AREA)
    return np.asarray(np.rint(small).clip(0, 255), np.uint8)


def small_region(region: Bool) -> Bool:
    """Resize a region of an aligned face to bool [96, 96]."""
    return np.asarray(cv2.resize(region.astype(np.float32), (GRID, GRID), interpolation=cv2.INTER_AREA) > 0.5)


def describe(face: UInt8) -> Float32:
    """Return a grey face's descriptor, float32 [256] of length 1: coarse brightness, with most weight on the middle."""
    small = cv2.resize(face.astype(np.float32), (_DESCRIBED, _DESCRIBED), interpolation=cv2.INTER_AREA)
    centred = (small - (small * _SEEN).sum() / _SEEN.sum()) * np.sqrt(_SEEN)
    return np.asarray(centred / max(float(np.linalg.norm(centred)), 1e-6), np.float32).ravel()


def turned(face: UInt8) -> tuple[UInt8, ...]:
    """Return variants of a grey face: mirrored or not, and shifted as by inaccurate landmarks."""
    both = (face, np.ascontiguousarray(face[:, ::-1]))
    return tuple(_turned(one, by) for by in _TURNS for one in both)


def _turned(face: UInt8, by: complex) -> UInt8:
    return np.asarray(np.rint(_warped(face.astype(np.float32), (by, 0j))[0]), np.uint8)


def is_restored(face: UInt8, seen: Seen) -> bool:
    """Return whether a face is this restored picture rather than its source or another photo.

    Parameters
    ----------
    face
        Grey uint8 [96, 96], turned as the restored picture is (not mirrored).
    seen
        The restoration. One that left the photo as it was tells nothing.
    """
    if np.array_equal(seen.restored, seen.source):
        return False
    small = (_resized(plane, _COARSE) for plane in (seen.restored, seen.source))
    coarse = Seen(next(small), next(small), _resized_mask(seen.region))
    start = _aligned(_resized(face, _COARSE), coarse.restored, (1 + 0j, 0j))
    if start is None:
        return False
    near, _, _ = _nearness(_resized(face, _COARSE), coarse, start, blurs=(0.0,))
    if near < _COARSE_INSIDE:
        return False
    fine = _aligned(face, seen.restored, (start[0], start[1] * (GRID / _COARSE)))
    if fine is None:
        return False
    near, margin, outside = _nearness(face, seen, fine, _BLURS)
    if outside is None:
        return near >= WHOLE and _mark(face, seen, fine) >= MARKED
    return near >= INSIDE and margin >= MARGIN and outside >= OUTSIDE


def nearness(face: UInt8, seen: Seen) -> tuple[float, float, float | None, float]:
    """Compute the figures that :func:`is_restored` decides on, without the coarse comparison.

    Returns
    -------
    tuple
        Correlation with the restored picture inside the region; how much nearer it is than the source; correlation
        outside the region, None where there is nothing outside it; the trace of the mark.
    """
    coarse = _aligned(_resized(face, _COARSE), _resized(seen.restored, _COARSE), (1 + 0j, 0j))
    fine = coarse and _aligned(face, seen.restored, (coarse[0], coarse[1] * (GRID / _COARSE)))
    return (*_nearness(face, seen, fine, _BLURS), _mark(face, seen, fine)) if fine else (0.0, -9.0, 0.0, 0.0)


def _mark(face: UInt8, seen: Seen, onto: _Similarity) -> float:
    warped, weight = _laid(face, seen, onto)
    restored = seen.restored.astype(np.float32)
    blur = max(_BLURS, key=lambda width: _correlation(warped, _blurred(restored, width), weight))
    return trace(warped, restored, weight, blur)


def _laid(face: UInt8, seen: Seen, onto: _Similarity) -> tuple[Float32, Float32]:
    """Lay a face over the restored one; return it and the weight of each pixel."""
    warped, known = _warped(face.astype(np.float32), onto)
    return warped, _WEIGHT[face.shape[0]] * ((known > 0.99) & (seen.restored > 0))  # black: beyond the photo's edge


def _nearness(
    face: UInt8, seen: Seen, onto: _Similarity, blurs: tuple[float, ...]
) -> tuple[float, float, float | None]:
    side = face.shape[0]
    warped, weight = _laid(face, seen, onto)
    inside, outside = weight * seen.region, weight * ~seen.region
    if inside.sum() < _LEAST_SHARE * _WEIGHT[side].sum():
        return 0.0, -9.0, 0.0
    restored, source = (plane.astype(np.float32) for plane in (seen.restored, seen.source))
    near, far = (max(_correlation(warped, _blurred(p, b), inside) for b in blurs) for p in (restored, source))
    margin = float(np.log((1 - far + 1e-6) / (1 - near + 1e-6)))
    if outside.sum() < _LEAST_SHARE * _WEIGHT[side].sum():
        return near, margin, None
    return near, margin, max(_correlation(warped, _blurred(source, b), outside) for b in blurs)


def _aligned(face: UInt8, target: UInt8, start: _Similarity) -> _Similarity | None:
    """Estimate the similarity (a, b) that maps a face to another, face = a * target + b about the middle, or None."""
    side = face.shape[0]
    middle = (side - 1) / 2
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) - middle
    use = _WEIGHT[side] > _LEAST_WEIGHT
    x, y = x[use], y[use]
    moving, wanted = _blurred(face.astype(np.float32), 0.7), _blurred(target.astype(np.float32), 0.7)[use]
    a, b = start
    most = np.array([0.05, 0.05, 2, 2])
    for _ in range(_STEPS):
        warped, _known = _warped(moving, (a, b))
        right = cv2.Sobel(warped, cv2.CV_32F, 1, 0, ksize=3)[use] / 8
        down = cv2.Sobel(warped, cv2.CV_32F, 0, 1, ksize=3)[use] / 8
        light = warped[use]
        slopes = np.stack([right * x + down * y, down * x - right * y, right, down, light, np.ones_like(light)])
        try:
            step = np.linalg.solve(slopes @ slopes.T + 1e-3 * np.eye(6), slopes @ wanted)
        except np.linalg.LinAlgError:
            return None
        if step[4] <= 0.05:  # its light and dark are not the other's
            return None
        change = np.clip(step[:4] / step[4], -most, most)
        a, b = a * complex(1 + change[0], change[1]), a * complex(change[2], change[3]) + b
        if np.abs(change * [side / 2, side / 2, 1, 1]).max() < 0.02:
            break
    return a, b


def _warped(face: Float32, onto: _Similarity) -> tuple[Float32, Float32]:
    """Move a face by a similarity about the middle; also return the known share of each pixel, in [0, 1]."""
    (a, b), side = onto, face.shape[0]
    middle = complex((side - 1) / 2, (side - 1) / 2)
    b = b + middle - a * middle
    matrix = np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(face, matrix, (side, side), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    known = cv2.warpAffine((face > 0).astype(np.float32), matrix, (side, side), flags=flags)
    return np.asarray(moved, np.float32), np.asarray(known, np.float32)


def _correlation(a: Float32, b: Float32, weight: NDArray[np.float32]) -> float:
    """Compute the weighted correlation, which ignores gain and offset; 0 if one is flat."""
    total = weight.sum()
    a, b = a - (a * weight).sum() / total, b - (b * weight).sum() / total
    scale = float((a * a * weight).sum()) * float((b * b * weight).sum())
    return float((a * b * weight).sum()) / scale**0.5 if scale > 0 else 0.0


def _blurred(plane: Float32, width: float) -> Float32:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), width), np.float32) if width else plane


def _resized(plane: UInt8, side: int) -> UInt8:
    return np.asarray(cv2.resize(plane, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def _resized_mask(region: Bool) -> Bool:
    return _resized(region.astype(np.uint8) * np.uint8(255), _COARSE) > 127
