"""The Gaussian model of faces: its closed form, its draws, and that only hidden pixels change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bareface.restoration.base import SIDE, Bool
from bareface.restoration.eigenface import Eigenfaces, Tuning, grow, join, seam, shrink, split
from bareface.restoration.unmask import draw
from bareface.values.face import UInt8
from tests.examples import examples
from training.restoration.eigenface import fit, leading, varied
from training.restoration.faces import photos_in

EXACT = Tuning(temper=1, loosen=1, grain=1, mixture=0, colour=1, detail=1)


def model(rng: np.random.Generator, components: int = 6, residual: float = 3.0) -> Eigenfaces:
    """Return a smooth random model round mid-grey."""
    mean = np.full(len(shrink(np.zeros((3, SIDE, SIDE), np.float32))), 128, np.float32)
    waves = [shrink(grow(_smooth(rng))) for _ in range(components)]
    spectrum = np.ones((3, SIDE, SIDE), np.float32)
    deviation = np.full((3, SIDE, SIDE), residual, np.float32)
    return Eigenfaces(mean, np.stack(waves, axis=1), np.full(len(mean), 4, np.float32), deviation, spectrum, EXACT)


def _smooth(rng: np.random.Generator) -> np.ndarray:
    """Return a vector of the model's whose planes change slowly."""
    planes = np.zeros((3, SIDE, SIDE), np.float32)
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    for plane, size in zip(planes, (12, 4, 4), strict=True):
        plane[:] = size * np.cos(3 * rng.standard_normal() * x + 3 * rng.standard_normal() * y + rng.uniform(0, 6))
    return shrink(planes)


@pytest.fixture(scope="module")
def small() -> Eigenfaces:
    return model(np.random.default_rng(5))


@pytest.fixture(scope="module")
def face(small: Eigenfaces) -> UInt8:
    return join(small.paint(np.random.default_rng(6).standard_normal(6)))


def lower_half() -> Bool:
    hidden = np.zeros((SIDE, SIDE), bool)
    hidden[90:150, 30:130] = True
    return hidden


def test_coefficients_are_those_of_the_joint_gaussian(small: Eigenfaces, face: UInt8) -> None:
    """Against the general formula for a conditional Gaussian, covariance of the visible pixels and all."""
    hidden = np.ones((SIDE, SIDE), bool)
    hidden[40:60, 40:60] = False  # few visible pixels, so that their covariance can be inverted
    luma = (~hidden).reshape(80, 2, 80, 2).all(axis=(1, 3)).ravel()
    chroma = (~hidden).reshape(32, 5, 32, 5).all(axis=(1, 3)).ravel()
    seen = np.concatenate([luma, chroma, chroma])
    w = small.components[seen].astype(np.float64)
    covariance = w @ w.T + np.diag(small.noise[seen].astype(np.float64))
    off = (shrink(split(face)) - small.mean)[seen]
    expected = w.T @ np.linalg.solve(covariance, off)
    uncertain = np.eye(6) - w.T @ np.linalg.solve(covariance, w)

    posterior = small.given(face, hidden)
    assert posterior.coefficients == pytest.approx(expected, abs=1e-3)
    assert posterior.covariance == pytest.approx(uncertain, abs=1e-4)


def test_temper_counts_each_visible_pixel_for_less(small: Eigenfaces, face: UInt8) -> None:
    hidden = lower_half()
    wider = replace(small, tuning=replace(EXACT, temper=10)).given(face, hidden).covariance
    assert np.trace(wider) > 5 * np.trace(small.given(face, hidden).covariance)


@pytest.mark.slow
def test_draws_cover_the_truth_as_often_as_they_say() -> None:
    """Faces drawn from a model, half hidden: 20 completions' least and greatest hold 19 of 21 true pixels."""
    rng = np.random.default_rng(1)
    truth_model = model(rng, residual=4.0)
    inside = []
    for turn in range(6):
        noise = 4 * rng.standard_normal((3, SIDE, SIDE))
        planes = truth_model.paint(rng.standard_normal(6)) + noise.astype(np.float32)
        hidden = lower_half()
        posterior = truth_model.given(join(planes), hidden)
        drawn = np.stack([posterior.draw(np.random.default_rng([turn, n]))[0] for n in range(20)])
        truth = planes[0][hidden]
        inside.append(((drawn.min(0)[hidden] <= truth) & (truth <= drawn.max(0)[hidden])).mean())
    assert 0.88 < np.mean(inside) < 0.93


def test_the_residual_continues_what_is_seen_at_the_seam() -> None:
    """A residual that is alike over many pixels leads from the visible ones into the hidden ones."""
    rng = np.random.default_rng(2)
    plain = model(rng)
    distance = np.hypot(*np.meshgrid(np.fft.fftfreq(SIDE) * SIDE, np.fft.fftfreq(SIDE) * SIDE))
    smooth = np.exp(-((distance / 6) ** 2)) + 1e-4
    spectrum = np.stack([smooth / smooth.mean()] * 3).astype(np.float32)
    related = replace(plain, spectrum=spectrum)
    hidden = np.zeros((SIDE, SIDE), bool)
    hidden[100:140, 40:120] = True
    # Brighter than any face of the model by twice its residual.
    face = join(plain.paint(np.zeros(6)) + np.array([6, 0, 0], np.float32)[:, None, None])
    near, far = (slice(100, 102), slice(60, 100)), (slice(118, 122), slice(70, 90))
    base = related.paint(related.given(face, hidden).coefficients)[0]
    lifted = related.given(face, hidden).mean[0] - base
    gap = 128 + 6 - base[near].mean()
    assert lifted[near].mean() == pytest.approx(gap, rel=0.35)
    assert abs(lifted[far].mean()) < abs(lifted[near].mean()) / 2


@settings(max_examples=examples(10), deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 150), st.integers(0, 150), st.integers(1, 80), st.integers(1, 80))
def test_nothing_outside_the_region_changes(
    small: Eigenfaces, seed: int, top: int, left: int, height: int, width: int
) -> None:
    rng = np.random.default_rng(seed)
    noisy = rng.integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    hidden = np.zeros((SIDE, SIDE), bool)
    hidden[top : top + height, left : left + width] = True
    posterior = small.given(noisy, hidden)
    for filled in draw(posterior, noisy, 2, seed):
        assert (filled[~hidden] == noisy[~hidden]).all()


def test_a_seed_fixes_the_draws(small: Eigenfaces, face: UInt8) -> None:
    posterior = small.given(face, lower_half())
    four, two, other = (draw(posterior, face, n, seed) for n, seed in ((4, 3), (2, 3), (2, 4)))
    assert all((a == b).all() for a, b in zip(four, two, strict=False))
    assert (two[0] != other[0]).any()
    assert (two[0] != two[1]).any()


def test_pixels_beyond_the_photo_say_nothing(small: Eigenfaces, face: UInt8) -> None:
    hidden, beyond = lower_half(), np.zeros((SIDE, SIDE), bool)
    beyond[:, :40] = True
    spoilt = face.copy()
    spoilt[beyond] = 0
    a, b = (small.given(one, hidden, beyond).coefficients for one in (face, spoilt))
    assert a == pytest.approx(b)


def test_the_seam_is_visible_and_near() -> None:
    hidden = lower_half()
    rows, columns = seam(hidden, hidden)
    assert not hidden[rows, columns].any()
    assert (np.maximum(abs(rows - 119.5) - 30, abs(columns - 79.5) - 50) <= 4.5).all()


def test_a_model_survives_its_file(small: Eigenfaces, face: UInt8, tmp_path: Path) -> None:
    small.save(tmp_path / "model.npz")
    again = Eigenfaces.load(tmp_path / "model.npz")
    assert again.tuning == small.tuning
    hidden = lower_half()
    assert again.given(face, hidden).mean == pytest.approx(small.given(face, hidden).mean, abs=1.5)


def test_planes_and_pictures_are_inverse_but_for_rounding() -> None:
    noisy = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    assert abs(join(split(noisy)).astype(int) - noisy).max() <= 2


def test_fitting_finds_what_faces_were_made_of() -> None:
    rng = np.random.default_rng(8)
    truth = model(rng, 3)
    faces = np.stack([join(truth.paint(rng.standard_normal(3))) for _ in range(40)])
    # Mirror images double what one component spans.
    found = fit(faces, 8)
    left = np.stack([shrink(split(face)) for face in faces]) - found.mean
    basis = found.components / np.linalg.norm(found.components, axis=0)
    rest = left - left @ basis @ basis.T
    assert np.square(rest).sum() < 0.01 * np.square(left).sum()


def test_leading_directions_are_those_of_the_whole_decomposition() -> None:
    rng = np.random.default_rng(9)
    vectors = (rng.standard_normal((300, 60)) * np.geomspace(20, 0.1, 60)).astype(np.float32)
    directions, deviations = leading(vectors, 5, rng)
    _, values, exact = np.linalg.svd(vectors, full_matrices=False)
    assert deviations == pytest.approx(values[:5] / np.sqrt(300), rel=1e-3)
    assert abs(directions.T @ exact[:5].T) == pytest.approx(np.eye(5), abs=0.02)


def test_variants_are_other_pictures_of_the_same_faces(face: UInt8) -> None:
    faces = np.stack([face, face])
    first, again, other = varied(faces, 1), varied(faces, 1), varied(faces, 2)
    assert (first == again).all()
    assert (first[0] != first[1]).any()
    assert (first != other).any()


def test_identities_kept_for_validation_and_calibration_are_never_learnt(tmp_path: Path) -> None:
    for name in ("celeba/10/a.jpg", "celeba/25/b.jpg", "celeba/31/c.jpg", "celeba-all/40_1.jpg", "celeba-all/41_1.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "person_10.png").touch()
    names = lambda **how: {path.name for path in photos_in([tmp_path], **how)}  # noqa: E731
    assert names() == {"c.jpg", "41_1.jpg", "person_10.png"}
    assert names(validation=True) == {"a.jpg", "40_1.jpg"}
