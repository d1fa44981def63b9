"""The benchmark's measures against cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.picture_metrics import gmsd, interval_score, kernel_inception_distance, ssim
from benchmarks.unmask import auc, interval


def flat(level: int) -> np.ndarray:
    return np.full((12, 12, 3), level, np.uint8)


def test_gmsd_of_a_step_and_a_flat_picture() -> None:
    step = flat(0)
    step[:, 6:] = 30
    # Beside the step the gradient is 30, so the similarity 170 / (900 + 170); elsewhere both are flat: 1.
    region = np.zeros((12, 12), bool)
    region[2:10, 4:8] = True
    similarity = np.repeat([1, 170 / 1070, 170 / 1070, 1], 8)
    assert gmsd(step, flat(0), region) == pytest.approx(similarity.std(), rel=1e-5)
    assert gmsd(step, step, region) == 0


def test_ssim_looks_at_the_region_alone() -> None:
    rng = np.random.default_rng(0)
    a = rng.integers(0, 256, (40, 40, 3), np.uint8)
    b = a.copy()
    b[:20] = 255 - b[:20]
    region = np.zeros((40, 40), bool)
    region[26:] = True
    assert ssim(b, a, region) == pytest.approx(1)
    assert ssim(b, a, ~region) < 0.5


def test_interval_score_charges_width_and_misses() -> None:
    truth, low, high = np.array([5.0, 0.0, 12.0]), np.zeros(3) + 1, np.zeros(3) + 9
    assert interval_score(truth, low, high, 0.1) == pytest.approx([8, 8 + 20 * 1, 8 + 20 * 3])


def test_kernel_inception_distance_of_features_at_right_angles_and_of_the_same() -> None:
    one, other = np.array([[3.0, 0], [1, 0]], np.float32), np.array([[0, 2.0], [0, 5]], np.float32)
    # Of length √2 each: (2 / 2 + 1)³ within a set, (0 + 1)³ between them.
    assert kernel_inception_distance(one, other) == pytest.approx(8 + 8 - 2 * 1)
    rng = np.random.default_rng(3)
    faces, others = rng.normal(size=(2, 60, 8)).astype(np.float32)
    assert kernel_inception_distance(faces, faces) == pytest.approx(0, abs=1e-6)
    near, far = (kernel_inception_distance(faces, others + np.float32(shift)) for shift in (0, 1))
    assert abs(near) < 0.1 * far


@pytest.mark.slow
def test_auc_of_faces_that_differ_by_texture_and_of_faces_that_do_not() -> None:
    rng = np.random.default_rng(1)
    smooth = [np.repeat(np.linspace(0, 200, 160)[:, None], 160, 1) + rng.integers(0, 40) for _ in range(20)]
    real = [np.repeat(one[..., None], 3, 2).astype(np.uint8) for one in smooth]
    rough = [np.clip(one + rng.integers(0, 40, one.shape), 0, 255).astype(np.uint8) for one in real]
    assert auc(real, rough) > 0.95
    assert auc([rng.integers(0, 9, (160, 160, 3), np.uint8) for _ in range(20)],
               [rng.integers(0, 9, (160, 160, 3), np.uint8) for _ in range(20)]) < 0.85  # fmt: skip


def test_an_interval_holds_its_mean() -> None:
    value, low, high = interval(np.random.default_rng(2).normal(3, 1, 400))
    assert low < value < high
    assert high - low == pytest.approx(2 * 1.96 / 20, rel=0.2)
