"""The pieces of the mask-aware embedder's training: invented people, what is drawn from a pool, the last linear map."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bareface.values.face import UInt8
from tests.examples import examples
from training.embedding.draw import batches
from training.embedding.pool import CHIP, WINDOW, Pool, new_person

FILL = np.array([7, 201, 9], np.float32)
CLOTH = (255, 0, 255)


def windows(count: int) -> UInt8:
    """Return grey faces of a kind: smooth, each another one."""
    rng = np.random.default_rng(count)
    y, x = np.mgrid[:WINDOW, :WINDOW] / WINDOW
    waves = rng.uniform(2, 9, (count, 2))
    shades = [110 + 60 * np.sin(a * x + number) * np.cos(b * y) for number, (a, b) in enumerate(waves)]
    return np.repeat(np.stack(shades)[..., None], 3, axis=-1).astype(np.uint8)


def pool(faces: int = 5, masks: int = 2) -> Pool:
    """Return grey faces under masks of a colour that none of them has."""
    bare = windows(faces)
    masked, hidden = np.repeat(bare[:, None], masks, 1), np.zeros((faces, masks, WINDOW, WINDOW), bool)
    masked[:, :, 110:180, 40:160] = CLOTH
    hidden[:, :, 110:180, 40:160] = True
    targets = np.arange(faces, dtype=np.float32)[:, None] * np.ones(128, np.float32)
    return Pool(bare, np.full((faces, 5, 2), 100, np.float32), masked, hidden, targets)


@given(st.integers(0, 2**32), st.integers(1, 4))
@settings(max_examples=examples(30), deadline=None)
def test_a_new_person_is_a_window_with_landmarks_and_depends_on_the_seed_alone(seed: int, count: int) -> None:
    faces, points = windows(count), np.full((count, 5, 2), 100, np.float32)
    made, moved = new_person(faces, points, np.random.default_rng(seed))
    assert (made.shape, made.dtype) == ((WINDOW, WINDOW, 3), np.uint8)
    assert (moved.shape, moved.dtype) == ((5, 2), np.float32)
    again, _ = new_person(faces, points, np.random.default_rng(seed))
    np.testing.assert_array_equal(made, again)
    np.testing.assert_array_equal(faces, windows(count))


def test_a_batch_has_chips_and_their_targets() -> None:
    chips, targets = next(batches(pool(), 64, FILL, seed=0))
    assert (chips.shape, chips.dtype) == ((64, CHIP, CHIP, 3), np.uint8)
    assert (targets.shape, targets.dtype) == ((64, 128), np.float32)
    assert set(targets[:, 0].tolist()) <= {0.0, 1.0, 2.0, 3.0, 4.0}


def test_most_masks_are_blanked_some_are_not_and_some_faces_are_bare() -> None:
    chips, _ = next(batches(pool(), 300, FILL, seed=0))
    blanked = (chips == FILL).all(axis=-1).mean(axis=(1, 2)) > 0.1
    cloth = (chips[..., 0].astype(int) - chips[..., 1] > 120).mean(axis=(1, 2)) > 0.1
    assert 0.65 < blanked.mean() < 0.9
    assert 0.02 < (cloth & ~blanked).mean() < 0.3
    assert 0.02 < (~cloth & ~blanked).mean() < 0.2


def test_a_resumed_run_sees_what_it_would_have_seen() -> None:
    whole = list(islice(batches(pool(), 8, FILL, seed=3), 3))
    (resumed,) = islice(batches(pool(), 8, FILL, seed=3, start=2), 1)
    for one, two in zip(whole[2], resumed, strict=True):
        np.testing.assert_array_equal(one, two)


class TestHead:
    @pytest.fixture(autouse=True)
    def _torch(self) -> None:
        pytest.importorskip("torch", reason="torch trains; it is not installed")

    def fitted(self, power: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        from training.embedding.head import fit

        rng = np.random.default_rng(0)
        mean = rng.normal(0, 0.1, 128).astype(np.float32)
        wanted = mean + rng.normal(0, 0.06, (4000, 128)).astype(np.float32)
        # The first ten directions are hardly known under a mask.
        found = wanted + rng.normal(0, 1, (4000, 128)).astype(np.float32) * np.where(np.arange(128) < 10, 0.2, 0.01)
        head = fit(found.astype(np.float32), wanted, mean, power=power)
        return found @ head.matrix + head.offset, found, wanted, mean

    def test_the_component_along_the_mean_is_the_means_own(self) -> None:
        made, _, _, mean = self.fitted(0.25)
        np.testing.assert_allclose(made @ mean, np.full(len(made), mean @ mean), rtol=1e-3)

    def test_what_is_uncertain_counts_less(self) -> None:
        made, _, _, mean = self.fitted(0.5)
        off = (made - mean).std(axis=0)
        plain, found, _, _ = self.fitted(0.0)
        before = (found - mean).std(axis=0)
        assert off[:10].mean() / off[10:].mean() < 0.8 * before[:10].mean() / before[10:].mean()
        assert (plain - mean).std(axis=0)[:10].mean() > off[:10].mean()
