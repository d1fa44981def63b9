"""A Gaussian model of aligned bare faces, and what it says of hidden pixels given the visible ones.

A face is ``mean + components @ z + residual``: eigenfaces (Turk and Pentland, J. Cognitive Neuroscience 3, 1991) with
``z`` standard normal, and a residual that is a Gaussian field, its deviation known for each pixel and its correlation
the same everywhere. So given the visible pixels the hidden ones are Gaussian, too: ``z`` by the usual formula for a
linear model with independent noise (Bishop, Pattern Recognition and Machine Learning, 2006, section 2.3.3), the
residual by kriging from the visible pixels along the seam, drawn as Matheron does: a free draw, plus what corrects it
at the seam.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from bareface.restoration.base import SIDE, Bool
from bareface.values.face import Float32, UInt8

LUMA: Final = 80
"""Side of the grid on which components hold luminance."""
CHROMA: Final = 32
"""Side of the grids on which they hold the two colour differences."""
_SEAM: Final = 4
_SEAM_POINTS: Final = 400
_NUGGET: Final = 0.02
_FAR: Final = 2.5
_ENOUGH: Final = 200


@dataclass(frozen=True, slots=True)
class Tuning:
    """Settings chosen on validation faces.

    Attributes
    ----------
    temper
        Variance of the noise on each visible pixel over that of the residual: above 1, since neighbours' residuals are
        alike and count less than independent ones.
    loosen
        Deviation of drawn coefficients over the formula's.
    grain
        Deviation of the drawn residual over that of the photo's own.
    mixture
        Widening of the draws of an unusual face: 0 for none, 1 in proportion.
    colour
        The same as `grain` for the colour differences, over `grain`: fine specks of colour are seen as noise.
    detail
        Deviation of the finest component's drawn coefficient over the formula's; between the coarsest and the finest
        it falls geometrically. Pictures of fine components that do not belong together look mottled.
    """

    temper: float = 8.0
    loosen: float = 1.0
    grain: float = 1.0
    mixture: float = 1.0
    colour: float = 1.0
    detail: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Eigenfaces:
    """The model.

    Attributes
    ----------
    mean
        float32 [d], d = 80² + 2 · 32²: luminance, then the colour differences, in grey levels.
    components
        float32 [d, q]: each times the deviation of its coefficient.
    noise
        Variance of what the components leave, float32 [d].
    deviation
        The residual's deviation at each pixel, float32 [3, 160, 160].
    spectrum
        Power spectrum of the residual over its deviation, float32 [3, 160, 160] as of :func:`numpy.fft.fft2`, with mean
        1: its correlation.
    tuning
        Settings chosen on validation faces.
    """

    mean: Float32
    components: Float32
    noise: Float32
    deviation: Float32
    spectrum: Float32
    tuning: Tuning = Tuning()

    @classmethod
    def load(cls, path: Path) -> Eigenfaces:
        """Read a model as :meth:`save` writes it."""
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        components = arrays["components"].astype(np.float32) * arrays["scale"].astype(np.float32)
        deviation = np.stack([_resize(plane, SIDE) for plane in arrays["deviation"].astype(np.float32)])
        spectrum = np.stack([spread_rings(plane) for plane in arrays["spectrum"].astype(np.float32)])
        tuning = Tuning(*(float(value) for value in arrays["tuning"]))
        mean, noise = (arrays[name].astype(np.float32) for name in ("mean", "noise"))
        return cls(mean, components, noise, deviation, spectrum, tuning)

    def save(self, path: Path) -> None:
        """Write it: components in 8 bits, deviations on 40 x 40, the spectrum by its distance from zero."""
        scale = np.abs(self.components).max(axis=0) / 127
        np.savez_compressed(
            path,
            mean=self.mean.astype(np.float16),
            components=np.round(self.components / scale).astype(np.int8),
            scale=scale,
            noise=self.noise.astype(np.float16),
            deviation=np.stack([_resize(plane, 40) for plane in self.deviation]).astype(np.float16),
            spectrum=np.stack([plane[0, : SIDE // 2 + 1] for plane in self.spectrum]).astype(np.float32),
            tuning=np.array([getattr(self.tuning, field.name) for field in fields(Tuning)]),
        )

    def given(self, face: UInt8, hidden: Bool, unseen: Bool | None = None) -> Posterior:
        """Return the distribution of the hidden pixels given the visible ones.

        Parameters
        ----------
        face
            RGB uint8 [160, 160, 3].
        hidden
            Pixels to fill, bool [160, 160].
        unseen
            Other pixels that say nothing, e.g. beyond the photo's edge: bool [160, 160].
        """
        blind = hidden if unseen is None else hidden | unseen
        planes = split(face)
        seen = np.concatenate([_whole(~blind, LUMA), *[_whole(~blind, CHROMA)] * 2])
        visible, noise = self.components[seen], self.tuning.temper * self.noise[seen]
        weighted = visible / noise[:, None]
        precision = (weighted.T @ visible).astype(np.float64) + np.eye(visible.shape[1])
        evidence = weighted.T @ (shrink(planes)[seen] - self.mean[seen])
        whitening = np.linalg.inv(np.linalg.cholesky(precision))
        expected = whitening.T @ (whitening @ evidence.astype(np.float64))
        return Posterior(self, planes, hidden, blind, expected, whitening)

    def paint(self, coefficients: NDArray[np.floating]) -> Float32:
        """Return the face that coefficients [q] stand for, as planes, float32 [3, 160, 160]."""
        return grow(self.mean + self.components @ coefficients.astype(np.float32))


class Posterior:
    """Distribution of a face given some of its pixels; see :meth:`Eigenfaces.given`.

    Parameters
    ----------
    model
        The model.
    planes
        The face, float32 [3, 160, 160].
    hidden, blind
        Pixels to fill; pixels that say nothing, bool [160, 160].
    expected, whitening
        Mean of the coefficients, float64 [q]; inverse of the lower Cholesky factor of their precision, float64 [q, q].
    """

    def __init__(
        self,
        model: Eigenfaces,
        planes: Float32,
        hidden: Bool,
        blind: Bool,
        expected: NDArray[np.float64],
        whitening: NDArray[np.float64],
    ) -> None:
        self._model, self._planes, self._hidden = model, planes, hidden
        self._expected, self._whitening = expected, whitening
        self._seam = seam(hidden, blind)
        self._inverses = [_kriging(plane, self._seam) for plane in model.spectrum] if len(self._seam[0]) else []
        self._base = model.paint(expected)
        self._gain = self._grain(blind)[:, None, None]
        finer = model.tuning.detail ** np.linspace(0, 1, len(expected))
        self._loosen = model.tuning.loosen * self._unlikeness() * finer
        # What lies far from anything likely at the seam is a remainder of the occluder, and must not colour the face.
        reach = _FAR * model.deviation
        self._seen = np.clip(planes, self._base - reach, self._base + reach)

    @property
    def coefficients(self) -> NDArray[np.float64]:
        """Expected coefficients, float64 [q]."""
        return self._expected

    @property
    def covariance(self) -> NDArray[np.float64]:
        """Their covariance, float64 [q, q]."""
        return np.asarray(self._whitening.T @ self._whitening)

    @property
    def mean(self) -> Float32:
        """The expected face, float32 [3, 160, 160]; meaningful where it is hidden."""
        return self._corrected(self._base, np.zeros_like(self._planes))

    def draw(self, rng: np.random.Generator) -> Float32:
        """Draw one face at random, float32 [3, 160, 160]; meaningful where it is hidden."""
        model = self._model
        step = self._whitening.T @ rng.standard_normal(len(self._expected))
        base = model.paint(self._expected + self._loosen * step)
        white = np.fft.fft2(rng.standard_normal(self._planes.shape))
        field = np.fft.ifft2(white * np.sqrt(model.spectrum)).real
        return self._corrected(base, (field * self._gain).astype(np.float32))

    def fill(self, planes: Float32, face: UInt8) -> UInt8:
        """Replace the hidden pixels of a face, and only these, by planes; RGB uint8 [160, 160, 3]."""
        filled = face.copy()
        filled[self._hidden] = join(planes)[self._hidden]
        return filled

    def _grain(self, blind: Bool) -> Float32:
        """Return the ratio of this photo's residual deviation to the model's, float32 [3]: photos differ in noise and
        sharpness.
        """
        model, near = self._model, ~blind & _middle()
        drawn = model.tuning.grain * np.array([1, model.tuning.colour, model.tuning.colour])
        if near.sum() < _ENOUGH:
            return drawn.astype(np.float32)
        residual = ((self._planes - self._base) / model.deviation)[:, near]
        own = np.sqrt(np.minimum(np.square(residual), 9).mean(axis=1))
        return np.asarray(drawn * np.clip(own, 0.4, 1.6), np.float32)

    def _unlikeness(self) -> float:
        """Return the distance of the coefficients from zero, relative to the usual one for as much evidence.

        Faces are a scale mixture of Gaussians rather than one: of an unusual face the hidden part is less sure, too.
        """
        usual = 1 - np.square(self._whitening).sum(axis=0)
        ratio = float(np.square(self._expected).sum() / max(usual.sum(), 1e-9))
        return float(np.clip(ratio, 0.25, 4) ** (self._model.tuning.mixture / 2))

    def _corrected(self, base: Float32, field: Float32) -> Float32:
        """Correct a face and its standardised residual so that they agree with the visible pixels at the seam."""
        result = base.copy()
        for plane, (inverse, spectrum) in enumerate(zip(self._inverses, self._model.spectrum, strict=False)):
            deviation = self._model.deviation[plane]
            off = ((self._seen[plane] - base[plane]) / deviation - field[plane])[self._seam]
            weights = np.zeros((SIDE, SIDE))
            weights[self._seam] = inverse @ off
            field[plane] += np.fft.ifft2(np.fft.fft2(weights) * spectrum).real
        return np.asarray(result + field * self._model.deviation, np.float32)


def split(face: UInt8) -> Float32:
    """Split RGB uint8 [160, 160, 3] into luminance and two colour differences, float32 [3, 160, 160] in grey levels."""
    ycc = cv2.cvtColor(face, cv2.COLOR_RGB2YCrCb)
    return np.ascontiguousarray(np.moveaxis(ycc, 2, 0), np.float32)


def join(planes: Float32) -> UInt8:
    """Invert :func:`split`, rounded and clipped to [0, 255]."""
    ycc = np.clip(np.round(np.moveaxis(planes, 0, 2)), 0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(ycc), cv2.COLOR_YCrCb2RGB), np.uint8)


def shrink(planes: Float32) -> Float32:
    """Reduce planes to the vector that the components use, float32 [d]."""
    return np.concatenate([_resize(plane, side).ravel() for plane, side in zip(planes, _SIDES, strict=True)])


def grow(vector: Float32) -> Float32:
    """Enlarge vectors of the components to planes, float32 [3, 160, 160]."""
    parts = np.split(vector, np.cumsum([side * side for side in _SIDES])[:-1])
    return np.stack([_resize(part.reshape(side, side), SIDE) for part, side in zip(parts, _SIDES, strict=True)])


def seam(hidden: Bool, blind: Bool) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return rows and columns of visible pixels close to the hidden ones, evenly thinned."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _SEAM + 1, 2 * _SEAM + 1))
    near = cv2.dilate(hidden.astype(np.uint8), disc).astype(bool) & ~blind
    rows, columns = np.nonzero(near)
    picks = np.linspace(0, len(rows) - 1, min(len(rows), _SEAM_POINTS)).astype(np.intp)
    return rows[picks], columns[picks]


_SIDES: Final = (LUMA, CHROMA, CHROMA)


def _resize(plane: Float32, side: int) -> Float32:
    finer = side > plane.shape[0]
    return np.asarray(cv2.resize(plane, (side, side), interpolation=cv2.INTER_CUBIC if finer else cv2.INTER_AREA))


def _whole(seen: Bool, side: int) -> Bool:
    """Return which cells of a coarser grid have all pixels visible, bool [side²]."""
    step = SIDE // side
    return np.asarray(seen.reshape(side, step, side, step).all(axis=(1, 3)).ravel())


def spread_rings(profile: Float32) -> Float32:
    """Average a spectrum so that it has the same value at the same distance from zero, of mean 1."""
    frequency = np.abs(np.fft.fftfreq(SIDE) * SIDE)
    distance = np.hypot(frequency[:, None], frequency)
    rings = np.interp(distance, np.arange(len(profile)), profile)
    return np.asarray(rings / rings.mean(), np.float32)


def _kriging(spectrum: Float32, points: tuple[NDArray[np.intp], NDArray[np.intp]]) -> NDArray[np.float64]:
    """Invert the residual's correlation between points, float64 [n, n]."""
    correlation = np.fft.ifft2(spectrum).real
    rows, columns = ((axis[:, None] - axis) % SIDE for axis in points)
    return np.linalg.inv(correlation[rows, columns] + _NUGGET * np.eye(len(points[0])))


def _middle() -> Bool:
    """Return the region in which a face is expected, bool [160, 160]."""
    from bareface.faces.occlusion.visible_share import expected_area

    area = cv2.resize(expected_area().astype(np.uint8), (SIDE, SIDE), interpolation=cv2.INTER_NEAREST)
    return np.asarray(area, bool)
