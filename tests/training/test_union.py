"""The calibration of the best of a photo and its guesses, on templates that are drawn at random."""

from __future__ import annotations

import numpy as np
import pytest

from training.restoration.union import _fitted


def test_the_best_of_more_searches_is_reached_by_more_strangers() -> None:
    rng = np.random.default_rng(0)
    people = np.repeat(np.arange(120), 2)
    references = [(row, row) for row in rng.normal(size=(240, 16)).astype(np.float32)]
    probes = {place: rng.normal(size=(5, 16)).astype(np.float32) for place in range(0, 240, 2)}
    for made in probes.values():
        made[1:] = made[:1] + 0.5 * made[1:]  # guesses share what is seen
    alone, best = (_fitted(probes, references, people, most).strangers for most in (1, 4))
    at = 0.6
    assert float(alone.rate(at)) < float(best.rate(at))
    # Counted by hand: no probe meets its own photo, and its own person's other photo is no stranger.
    unit = np.stack([row / np.linalg.norm(row) for row, _ in references])
    seen = []
    for place, made in probes.items():
        scores = (made / np.linalg.norm(made, axis=1, keepdims=True) @ unit.T).max(axis=0)
        seen.append((scores[people != people[place]] >= at).mean())
    assert float(best.rate(at)) == pytest.approx(np.mean(seen), rel=0.2)


def test_a_photo_without_a_face_is_no_reference() -> None:
    rng = np.random.default_rng(1)
    references = [(row, row) for row in rng.normal(size=(130, 16)).astype(np.float32)]
    probes = {place: rng.normal(size=(2, 16)).astype(np.float32) for place in range(1, 130)}
    found = _fitted(probes, [None, *references[1:]], np.arange(130), 1).strangers
    assert (found.probes, found.pairs) == (129, 129 * 129 - 129)
