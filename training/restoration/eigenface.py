"""Fit the Gaussian model of bare faces, in closed form: ``python -m training.restoration.eigenface --data DIR...``."""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from bareface.faces.occlusion.visible_share import expected_area
from bareface.restoration.base import SIDE
from bareface.restoration.eigenface import Eigenfaces, Tuning, grow, shrink, split, spread_rings
from bareface.services.engine import Engine
from bareface.values.face import Float32, Float64, UInt8
from training.restoration.faces import bare_faces, photos_in

COMPONENTS = 440
_POWER_PASSES = 2
_SPARE = 40
_RESIDUALS = 3000
"""So many faces suffice for the residual's statistics."""


def fit(faces: UInt8, components: int = COMPONENTS, tuning: Tuning | None = None, seed: int = 0) -> Eigenfaces:
    """Fit the model of faces and their mirror images.

    Parameters
    ----------
    faces
        RGB uint8 [n, 160, 160, 3].
    components
        Number of components.
    tuning
        Settings chosen on validation faces.
    seed
        Of the random projection that finds the leading components (Halko, Martinsson and Tropp, SIAM Review 53, 2011).
    """
    vectors = np.stack([shrink(split(np.ascontiguousarray(face))) for one in faces for face in (one, one[:, ::-1])])
    mean = vectors.mean(axis=0)
    vectors -= mean
    directions, deviations = leading(vectors, components, np.random.default_rng(seed))
    scaled = (directions * deviations).astype(np.float32)
    coefficients = vectors @ directions
    noise = np.zeros(len(mean))
    for part in np.array_split(np.arange(len(vectors)), 20):
        noise += np.square(vectors[part] - coefficients[part] @ directions.T).sum(axis=0)
    chosen = np.linspace(0, len(faces) - 1, min(len(faces), _RESIDUALS)).astype(int)
    deviation, spectrum = residual(faces[chosen], mean, directions)
    noise = np.maximum(noise / len(vectors), 0.5)
    return Eigenfaces(mean, scaled, noise.astype(np.float32), deviation, spectrum, tuning or Tuning())


def varied(faces: UInt8, seed: int = 0) -> UInt8:
    """Vary each face as another photo could show it: slightly turned, moved, lit and blurred.

    Portraits are more alike in light and landmarks than photos in the wild are.

    Parameters
    ----------
    faces
        RGB uint8 [n, 160, 160, 3].
    seed
        Of what is drawn.
    """
    rng = np.random.default_rng(seed)
    across = np.linspace(-1, 1, SIDE)
    changed = np.empty_like(faces)
    for place, face in enumerate(faces):
        middle = (SIDE - 1) / 2
        turn = cv2.getRotationMatrix2D((middle, middle), rng.normal(0, 3), float(np.exp(rng.normal(0, 0.04))))
        turn[:, 2] += rng.normal(0, 1.5, 2)
        moved = cv2.warpAffine(face, turn, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        if rng.random() < 0.5:
            moved = cv2.GaussianBlur(moved, (0, 0), rng.uniform(0.3, 1.6))
        slope = rng.normal(0, 0.2, 2)
        light = np.exp(rng.normal(0, 0.15) + slope[0] * across + slope[1] * across[:, None])[..., None]
        linear = (moved / 255.0) ** 2.2 * light * np.exp(rng.normal(0, 0.06, 3))
        changed[place] = np.round(255 * np.clip(linear, 0, 1) ** (np.exp(rng.normal(0, 0.1)) / 2.2))
    return changed


def leading(vectors: Float32, count: int, rng: np.random.Generator) -> tuple[Float32, Float32]:
    """Compute the principal directions of centred vectors, float32 [d, q], and the deviations along them, [q]."""
    count = min(count, *vectors.shape)
    basis = rng.standard_normal((vectors.shape[1], min(count + _SPARE, *vectors.shape))).astype(np.float32)
    for _ in range(1 + _POWER_PASSES):
        basis, _ = np.linalg.qr(vectors.T @ (vectors @ basis))
    seen = vectors @ basis
    values, turn = np.linalg.eigh((seen.T @ seen).astype(np.float64) / len(vectors))
    order = values.argsort()[::-1][:count]
    directions = (basis @ turn[:, order].astype(np.float32)).astype(np.float32)
    return directions, np.sqrt(np.maximum(values[order], 0)).astype(np.float32)


def residual(faces: UInt8, mean: Float32, directions: Float32) -> tuple[Float32, Float32]:
    """Compute the residual of faces after the components: its deviation at each pixel, and the power spectrum of it
    over that.
    """
    left = np.empty((len(faces), 3, SIDE, SIDE), np.float32)
    for place, face in enumerate(faces):
        planes = split(np.ascontiguousarray(face))
        centred = shrink(planes) - mean
        left[place] = planes - grow(mean + directions @ (directions.T @ centred))
    power = np.square(left).mean(axis=0)
    power = (power + power[:, :, ::-1]) / 2
    deviation = np.stack([np.sqrt(cv2.GaussianBlur(plane, (0, 0), 1.5)) for plane in power])
    # A soft window over the face: the background's residual is of another kind.
    area = cv2.resize(expected_area().astype(np.float32), (SIDE, SIDE))
    window = cv2.GaussianBlur(area, (0, 0), 4)
    return deviation, np.stack([_spectrum(left[:, plane] / deviation[plane], window) for plane in range(3)])


def _spectrum(fields: Float32, window: Float32) -> Float32:
    """Compute the mean power spectrum of windowed fields, the window's own correlation taken out, by distance from
    zero.
    """
    size = 2 * SIDE
    power: Float64 = np.mean([np.abs(np.fft.fft2(field * window, (size, size))) ** 2 for field in fields], axis=0)
    shape = np.fft.ifft2(np.abs(np.fft.fft2(window, (size, size))) ** 2).real
    lags = np.fft.fftfreq(size, 1 / size)
    distance = np.hypot(lags[:, None], lags)
    # Far lags are seen too seldom, and correlations there are taken to fade.
    fade = np.clip(2 - distance / 20, 0, 1)
    correlation = np.where(fade > 0, np.fft.ifft2(power).real / np.maximum(shape, shape.max() / 100), 0) * fade
    inner = np.r_[0 : SIDE // 2, size - SIDE // 2 : size]
    spectrum = np.fft.fft2(correlation[np.ix_(inner, inner)]).real
    frequency = np.abs(np.fft.fftfreq(SIDE, 1 / SIDE))
    ring = np.round(np.hypot(frequency[:, None], frequency)).astype(int).ravel()
    total: NDArray[np.float64] = np.bincount(ring, spectrum.ravel()) / np.maximum(np.bincount(ring), 1)
    profile = np.maximum(total[: SIDE // 2 + 1], 1e-4 * total.max())
    return spread_rings(profile.astype(np.float32))


def main() -> None:
    """Fit and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="folders of photos")
    parser.add_argument("--limit", type=int, default=10000, help="faces at most")
    parser.add_argument("--variants", type=int, default=2, help="how often each face is shown once more, varied")
    parser.add_argument("--components", type=int, default=COMPONENTS)
    parser.add_argument(
        "--tuning", type=float, nargs=6, metavar=("TEMPER", "LOOSEN", "GRAIN", "MIXTURE", "COLOUR", "DETAIL")
    )
    parser.add_argument("--output", type=Path, default=Path("out/bareface-eigenface.npz"))
    options = parser.parse_args()
    photos = photos_in(options.data)
    faces = [face for face, _ in zip(bare_faces(Engine(threads=1), photos), range(options.limit), strict=False)]
    print(f"{len(faces)} bare faces in {len(photos)} photos")
    own = np.stack(faces)
    model = fit(
        np.concatenate([own, *(varied(own, turn) for turn in range(options.variants))]),
        options.components,
        Tuning(*options.tuning) if options.tuning else None,
    )
    options.output.parent.mkdir(parents=True, exist_ok=True)
    model.save(options.output)
    print(f"written: {options.output}, {options.output.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
