from __future__ import annotations

import cv2
import numpy as np
import pytest

from bareface.synthesis.mask_light import (
    LINEAR,
    LUMINANCE,
    evenness,
    noise_level,
    read_light,
    sharpness,
    to_srgb,
)


def test_every_code_value_survives_linear_light() -> None:
    assert np.array_equal(np.round(to_srgb(LINEAR) * 255), np.arange(256))
    # IEC 61966-2-1: mid grey.
    assert LINEAR[188] == pytest.approx(0.5029, abs=5e-4)


@pytest.mark.parametrize("sigma", [0.7, 1.0, 1.5, 2.0, 3.0])
def test_blur_of_edges_is_measured(sigma: float) -> None:
    fine = np.zeros((800, 800), np.float32)
    cv2.rectangle(fine, (200, 250), (600, 520), 200.0, -1)
    fine = cv2.warpAffine(fine, cv2.getRotationMatrix2D((400, 400), 20, 1), (800, 800))
    photo = cv2.resize(cv2.GaussianBlur(fine, (0, 0), 4 * sigma), (200, 200), interpolation=cv2.INTER_AREA)
    assert sharpness(photo.astype(np.uint8)) == pytest.approx(sigma, rel=0.15)


def test_a_flat_picture_has_no_edges_to_measure() -> None:
    assert sharpness(np.full((40, 40), 90, np.uint8)) == 1.0


@pytest.mark.parametrize("sigma", [2.0, 5.0, 12.0])
def test_noise_is_measured_over_slopes(sigma: float) -> None:
    rng = np.random.default_rng(0)
    photo = np.linspace(60, 190, 200)[None] + rng.normal(0, sigma, (200, 200))
    assert noise_level(np.round(photo).astype(np.uint8)) == pytest.approx(sigma, rel=0.1)


def sphere_slopes() -> np.ndarray:
    return np.array([(dx, dy) for dx in np.linspace(-1, 1, 9) for dy in np.linspace(-1, 1, 9)])


def test_light_from_the_left_is_found() -> None:
    slopes = sphere_slopes()
    normals = np.column_stack([-slopes, np.ones(len(slopes))])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    luminance = 0.2 * (0.6 + normals @ (-0.5, 0.0, 0.4))
    light = read_light(np.full((5, 3), 0.2), luminance, slopes)
    assert light.harmonics[1] < -0.2
    towards, away = (light.on(np.float32([[dx]]), np.float32([[0]]))[0, 0] for dx in (1.0, -1.0))
    assert towards > away


def test_level_follows_the_skin_and_grey_photos_are_known() -> None:
    slopes, even = sphere_slopes(), np.full(81, 0.3)
    bright = read_light(np.tile([0.5, 0.36, 0.28], (5, 1)), even, slopes)
    dim = read_light(np.tile([0.05, 0.036, 0.028], (5, 1)), even / 10, slopes)
    grey = read_light(np.full((5, 3), 0.3), even, slopes)
    assert bright.level @ LUMINANCE > 2 * (dim.level @ LUMINANCE)
    assert bright.saturation == 1
    assert grey.saturation == 0
    assert np.ptp(grey.level) < 1e-6


def test_evenness_counts_weighted_pixels_only() -> None:
    luminance, weight = np.full((40, 40), 0.3, np.float32), np.zeros((40, 40), np.float32)
    weight[10:30, 10:30] = 1
    luminance[weight == 0] = 0.9
    even = evenness(luminance, weight, 4.0)
    assert abs(even[15:25, 15:25] - 1).max() < 0.02
    luminance[:, 20:] *= 0.7
    even = evenness(luminance, weight, 4.0)
    assert even[20, 12] > 1.08 > 0.92 > even[20, 27]
