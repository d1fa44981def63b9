"""Degradations of photos, with physical parameters: optics, motion, resolution, light, compression, occlusion.

Lengths are in inter-ocular distances of the face, so that a level means the same for a small and a large
face. Optics and sensors work in linear light (IEC 61966-2-1), and so do these. A parameter that cannot be is
refused with ``usage.degradation``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from bareface.errors import UsageError
from bareface.imaging import decode as images
from bareface.synthesis.mask_geometry import fit_camera
from bareface.synthesis.mask_light import LINEAR, to_srgb
from bareface.values.face import Box, Float32, Landmarks, UInt8


@dataclass(frozen=True, slots=True)
class Target:
    """The face that a degradation is measured by.

    Attributes
    ----------
    eyes
        Inter-ocular distance in pixels, as seen from the front.
    box
        The face from mid-forehead to chin, in pixels.
    """

    eyes: float
    box: Box

    @classmethod
    def of(cls, landmarks: Landmarks) -> Target:
        """Measure a face by its landmarks.

        Raises
        ------
        EvaluationError
            ``evaluation.landmarks``: they describe no face.
        """
        camera = fit_camera(landmarks)
        corners = camera.project(np.array([(x, y, 0.0) for x in (-1.0, 1.0) for y in (-0.7, 1.75)]))
        (x1, y1), (x2, y2) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
        return cls(camera.scale, Box(x1, y1, x2, y2))


class Degradation(Protocol):
    """One step between the face and the file."""

    name: ClassVar[str]

    def apply(self, pixels: UInt8, target: Target, rng: np.random.Generator) -> UInt8:
        """Degrade a picture.

        Parameters
        ----------
        pixels
            RGB [H, W, 3] uint8, sRGB; not changed.
        target
            The face in it.
        rng
            Draws noise and places.
        """
        ...


def degrade(pixels: UInt8, target: Target, steps: Sequence[Degradation], seed: int) -> UInt8:
    """Apply degradations one after the other; the same seed gives the same picture.

    The natural order is that of light: occlusion, motion, defocus, low light, down-sampling, JPEG.

    Parameters
    ----------
    pixels
        RGB [H, W, 3] uint8.
    target
        The face in it.
    steps
        Degradations to apply, in order.
    seed
        Each step draws from its own stream of it.

    Returns
    -------
    ndarray
        RGB uint8, of the same size unless a step is told to keep a smaller one.
    """
    for index, step in enumerate(steps):
        pixels = step.apply(pixels, target, np.random.default_rng([seed, index]))
    return pixels


def _check(possible: bool, step: Degradation) -> None:
    if not possible:
        raise UsageError("usage.degradation", step=step)


def _to_pixels(linear: Float32) -> UInt8:
    return np.round(to_srgb(linear) * 255).astype(np.uint8)


def _spread(pixels: UInt8, kernel: Float32) -> UInt8:
    """Convolve in linear light."""
    if kernel.size == 1:
        return pixels.copy()
    # filter2D correlates; both point-spread functions are symmetric.
    return _to_pixels(cv2.filter2D(LINEAR[pixels], -1, kernel, borderType=cv2.BORDER_REFLECT_101))


_FINE: Final = 8


def _sampled(reach: float, inside: NDArray[np.bool_]) -> Float32:
    """Sample a shape on 8 x 8 points per pixel, as a kernel of unit sum."""
    size = 2 * round(reach) + 1
    kernel = inside.reshape(size, _FINE, size, _FINE).mean(axis=(1, 3))
    normalised: Float32 = (kernel / kernel.sum()).astype(np.float32)
    return normalised


def _points(reach: float) -> Float32:
    size = 2 * round(reach) + 1
    return ((np.arange(size * _FINE) + 0.5) / _FINE - size / 2).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Defocus:
    """A lens out of focus: a uniform disk as point-spread function (geometrical optics).

    Attributes
    ----------
    radius
        In inter-ocular distances.
    """

    name: ClassVar[str] = "defocus"
    radius: float

    def __post_init__(self) -> None:
        _check(self.radius >= 0, self)

    def psf(self, target: Target) -> Float32:
        """Return the kernel, float32 [n, n] of sum 1."""
        pixels = self.radius * target.eyes
        reach = np.ceil(pixels)
        axis = _points(reach)
        inside = axis**2 + axis[:, None] ** 2 <= max(pixels, 0.5) ** 2
        return _sampled(reach, inside)

    def apply(self, pixels: UInt8, target: Target, rng: np.random.Generator) -> UInt8:
        """See :class:`Degradation`."""
        return _spread(pixels, self.psf(target))


@dataclass(frozen=True, slots=True)
class MotionBlur:
    """Even motion in a straight line while the shutter is open.

    Attributes
    ----------
    length
        Way in inter-ocular distances.
    angle
        Direction in degrees from the image's x axis towards y; drawn if None.
    """

    name: ClassVar[str] = "motion"
    length: float
    angle: float | None = None

    def __post_init__(self) -> None:
        _check(self.length >= 0, self)

    def psf(self, target: Target, angle: float) -> Float32:
        """Return the kernel for a direction, float32 [n, n] of sum 1."""
        half = self.length * target.eyes / 2
        reach = np.ceil(half)
        axis = _points(reach)
        cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        along, aside = cosine * axis + sine * axis[:, None], cosine * axis[:, None] - sine * axis
        return _sampled(reach, (abs(along) <= max(half, 0.5)) & (abs(aside) <= 0.5))

    def apply(self, pixels: UInt8, target: Target, rng: np.random.Generator) -> UInt8:
        """See :class:`Degradation`."""
        angle = float(rng.uniform(0, 180)) if self.angle is None else self.angle
        return _spread(pixels, self.psf(target, angle))


@dataclass(frozen=True, slots=True)
class Downsample:
    """A coarser sensor: mean of the light over each larger pixel.

    Attributes
    ----------
    factor
        Old size over new size, at least 1.
    enlarge
        Bring the picture back to its size (bicubic), as software that shows a thumbnail does.
    """

    name: ClassVar[str] = "downsample"
    factor: float
    enlarge: bool = True

    def __post_init__(self) -> None:
        _check(self.factor >= 1, self)

    def apply(self, pixels: UInt8, target: Target, rng: np.random.Generator) -> UInt8:
        """See :class:`Degradation`."""
        height, width = pixels.shape[:2]
        size = max(round(width / self.factor), 1), max(round(height / self.factor), 1)
        small = _to_pixels(cv2.resize(LINEAR[pixels], size, interpolation=cv2.INTER_AREA))
        if not self.enlarge:
            return small
        large: UInt8 = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
        return large


@dataclass(frozen=True, slots=True)
class Jpeg:
    """JPEG compression.

    Attributes
    ----------
    quality
        1 to 100, in libjpeg's scale.
    """

    name: ClassVar[str] = "jpeg"
    quality: int

    def __post_init__(self) -> None:
        _check(1 <= self.quality <= 100, self)

    def apply(self, pixels: UInt8, target: Target, rng: np.random.Generator) -> UInt8:
        """See :class:`Degradation`."""
        return images.decode(images.encode(pixels, "JPEG", self.quality)).pixels


@dataclass(frozen=True, slots=True)
class LowLight:
    """Too little light, amplified: photon shot noise and read noise (EMVA 1288's linear camera model, no dark
    current).

    Attributes
    ----------
    electrons
        Mean number of electrons that a white pixel collects.
    read_noise
        Standard deviation of the sensor's own noise, in electrons.
    brightness
        Linear output of white: below 1 the picture stays darker than the well-lit one.
    """

    name: ClassVar[str] = "low light"
    electrons: float
    read_noise: float = 3.0
    brightness: float = 1.0

    def __post_init__(self) -> None:
        _check(self.electrons > 0 and self.read_noise >= 0 and self.brightness > 0, self)

    def expose(self, linear: Float32, rng: np.random.Generator) -> Float32:
        """Simulate the linear output for linear scene light in [0, 1]; unclipped, so negative values occur."""
        collected = rng.poisson(linear * self.electrons) + rng.normal(0, self.read_noise, linear.shape)
        return (collected * (self.brightness / self.electrons)).astype(np.float32)

    def apply(self, pixels: UInt8, target: Target, rng: np.random.Generator) -> UInt8:
        """See :class:`Degradation`."""
        return _to_pixels(self.expose(LINEAR[pixels], rng))


@dataclass(frozen=True, slots=True)
class Occlusion:
    """A block of one colour in front of the face.

    Attributes
    ----------
    share
        Area over the area of the face's box, in [0, 1].
    centre
        Place in the box, (0, 0) its upper left and (1, 1) its lower right corner; drawn, with the block
        wholly inside the box, if None.
    colour
        sRGB of the block.
    """

    name: ClassVar[str] = "occlusion"
    share: float
    centre: tuple[float, float] | None = None
    colour: tuple[int, int, int] = (96, 92, 88)

    def __post_init__(self) -> None:
        _check(0 <= self.share <= 1, self)

    def apply(self, pixels: UInt8, target: Target, rng: np.random.Generator) -> UInt8:
        """See :class:`Degradation`."""
        side = self.share**0.5
        x, y = rng.uniform(side / 2, 1 - side / 2, 2) if self.centre is None else self.centre
        box, covered = target.box, pixels.copy()
        left, top = box.x1 + (x - side / 2) * box.width, box.y1 + (y - side / 2) * box.height
        rows, columns = (
            slice(max(round(start), 0), max(round(start + length * side), 0))
            for start, length in ((top, box.height), (left, box.width))
        )
        covered[rows, columns] = self.colour
        return covered


LEVELS: Final[dict[str, tuple[Degradation, ...]]] = {
    "defocus": tuple(Defocus(radius) for radius in (0.03, 0.06, 0.1, 0.16, 0.25)),
    "motion": tuple(MotionBlur(length) for length in (0.1, 0.2, 0.35, 0.55, 0.8)),
    "downsample": tuple(Downsample(factor) for factor in (1.5, 2.0, 3.0, 4.0, 6.0)),
    "jpeg": tuple(Jpeg(quality) for quality in (50, 30, 18, 10, 5)),
    "low light": tuple(
        LowLight(electrons, brightness=brightness)
        for electrons, brightness in ((2000, 0.7), (600, 0.5), (180, 0.35), (60, 0.25), (20, 0.18))
    ),
    "occlusion": tuple(Occlusion(share) for share in (0.05, 0.1, 0.2, 0.3, 0.45)),
}
"""Five levels of each degradation, mild to severe: the table that evaluations report by name and number."""
