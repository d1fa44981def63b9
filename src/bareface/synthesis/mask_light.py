"""Light, sharpness and noise of a photo, so that a rendered mask can match them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from bareface.values.face import Float32, Float64, UInt8

_CODES: Final = np.arange(256) / 255
LINEAR: Final[Float32] = np.where(_CODES <= 0.04045, _CODES / 12.92, ((_CODES + 0.055) / 1.055) ** 2.4).astype(
    np.float32
)
"""Linear light in [0, 1] of each sRGB code value (IEC 61966-2-1), float32 [256]."""
LUMINANCE: Final = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""Weights of linear red, green and blue in luminance."""
# Linear reflectance of average skin, and how its hue sits to neutral grey.
_SKIN: Final = 0.36
_SKIN_HUE: Final = np.array([1.32, 0.95, 0.78])
_REBLUR: Final = 1.2
# What the gradient's own window adds to an edge's variance.
_SOBEL_VARIANCE: Final = 0.5
# Order-one spherical harmonics of a sky above and before the face, a prior for a photo with little evidence.
_SKY: Final = np.array([0.42, 0.0, -0.32, 0.58])


def to_srgb(linear: Float32) -> Float32:
    """Encode linear light as sRGB in [0, 1]; values outside [0, 1] are cut."""
    cut = np.clip(linear, 0, 1)
    # The toe matters below code value 10 only, but without it black cloth comes out grey.
    power = np.float32(1.055) * np.power(cut, np.float32(1 / 2.4)) - np.float32(0.055)
    encoded: Float32 = np.where(cut <= 0.0031308, np.float32(12.92) * cut, power)
    return encoded


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """The light on a face.

    Attributes
    ----------
    level
        float64 [3]: linear RGB of a white surface in that light.
    harmonics
        float64 [4]: relative irradiance as ambient plus a dot product with the unit normal in the face frame
        (order-one spherical harmonics: Ramamoorthi and Hanrahan 2001; Basri and Jacobs 2003).
    skin
        float64 [3]: linear RGB of the skin as photographed.
    saturation
        1 for a colour photo, 0 for a grey one.
    """

    level: Float64
    harmonics: Float64
    skin: Float64
    saturation: float

    def on(self, dx: Float32, dy: Float32) -> Float32:
        """Compute the relative irradiance of a height field with these slopes."""
        ambient, *direction = (np.float32(value) for value in self.harmonics)
        along = direction[2] - direction[0] * dx - direction[1] * dy
        shade: Float32 = np.maximum(ambient + along / np.sqrt(1 + dx * dx + dy * dy), np.float32(0.05))
        return shade


def read_light(skin: Float64, face: Float64, slopes: Float64) -> Light:
    """Estimate the light in which a face was photographed.

    Parameters
    ----------
    skin
        Linear RGB samples of skin, float64 [n, 3].
    face
        Linear luminance samples over the face, float64 [m].
    slopes
        Slopes dz/dx, dz/dy of a mean face where these were taken, float64 [m, 2].
    """
    colour = np.maximum(np.median(skin, axis=0), 0.002)
    brightness = float(colour @ LUMINANCE)
    # One photo cannot tell dark skin from dim light; the truth is taken half way.
    reflectance = float(np.clip(_SKIN * (brightness / 0.25) ** 0.5, 0.08, 0.6))
    chroma = float(np.ptp(colour) / colour.max())
    saturation = float(np.clip(chroma / 0.12, 0, 1))
    # A grey photo has no skin hue to take out.
    hue = 1 + saturation * (_SKIN_HUE - 1)
    cast = np.clip((colour / colour.mean()) / hue, 0.7, 1.4) ** 0.35
    level = brightness / reflectance * cast / (cast @ LUMINANCE)

    harmonics = _SKY
    if len(face) >= 24:
        normals = np.column_stack([-slopes, np.ones(len(slopes))])
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        design = np.column_stack([np.ones(len(normals)), normals])
        # Ridge regression towards the sky; cut, so that a beard or a mouth does not become a shadow.
        relative = np.clip(face / max(float(np.median(face)), 1e-4), 0.4, 1.8)
        stiffness = 0.25 * len(face)
        gram = design.T @ design + stiffness * np.eye(4)
        harmonics = np.linalg.solve(gram, design.T @ relative + stiffness * _SKY)
        harmonics = harmonics / max(float(np.median(design @ harmonics)), 0.1)
    return Light(level, harmonics, colour, saturation)


def evenness(luminance: Float32, weight: Float32, reach: float) -> Float32:
    """Estimate slow changes of luminance relative to its mean, where `weight` is not 0, float32 [h, w].

    A normalised blur: only weighted pixels count, so neither background nor hair bleeds in.
    """
    typical = float((luminance * weight).sum() / max(float(weight.sum()), 1e-6))
    # What is much darker than the rest is a beard or an open mouth, not a shadow.
    trusted = weight * np.clip(luminance / max(0.5 * typical, 1e-4), 0.02, 1) + np.float32(1e-4)
    blurred = cv2.GaussianBlur(luminance * trusted, (0, 0), reach) / cv2.GaussianBlur(trusted, (0, 0), reach)
    even: Float32 = np.clip(blurred / max(typical, 1e-4), 0.5, 1.7).astype(np.float32)
    return even


def sharpness(grey: UInt8) -> float:
    """Estimate the standard deviation in pixels of the blur at the photo's sharpest edges, in [0.3, 4].

    An edge's gradient is compared with that after a known further blur (Zhuo and Sim 2011).
    """
    first = grey.astype(np.float32)
    before, after = (
        cv2.magnitude(*(cv2.Sobel(picture, cv2.CV_32F, *axis, scale=0.125) for axis in ((1, 0), (0, 1))))
        for picture in (first, cv2.GaussianBlur(first, (0, 0), _REBLUR))
    )
    crests = before >= cv2.dilate(before, np.ones((3, 3), np.uint8))
    heights = before[crests]
    strong = heights >= max(float(np.quantile(heights, 0.8)), 2.0)
    if not strong.any():
        return 1.0
    ratio = float(np.median(heights[strong] / np.maximum(after[crests][strong], 1e-3)))
    variance = _REBLUR**2 / max(ratio**2 - 1, 1e-6) - _SOBEL_VARIANCE
    return float(np.clip(variance, 0.09, 16.0) ** 0.5)


def noise_level(grey: UInt8) -> float:
    """Estimate the standard deviation of the noise in code values, robust to texture (after Immerkaer 1996)."""
    mask = np.array([(1, -2, 1), (-2, 4, -2), (1, -2, 1)], np.float32)
    response = abs(cv2.filter2D(grey, cv2.CV_32F, mask))
    return float(1.4826 * np.median(response) / 6)
