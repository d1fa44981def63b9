"""The packaged segmenter on faces without people."""

from __future__ import annotations

import numpy as np
import pytest

from bareface.faces.occlusion.base import CLASSES
from bareface.faces.occlusion.segmenter import OnnxSegmenter
from bareface.models import registry


@pytest.fixture(scope="module")
def segmenter() -> OnnxSegmenter:
    return OnnxSegmenter()


def test_any_number_of_chips_gives_as_many_maps(segmenter: OnnxSegmenter) -> None:
    chips = list(np.random.default_rng(0).integers(0, 256, (19, 150, 150, 3), np.uint8))
    found = segmenter.segment(chips)
    assert found.shape == (19, 150, 150)
    assert found.dtype == np.uint8
    assert found.max() < len(CLASSES)
    assert segmenter.segment([]).shape == (0, 150, 150)


def test_a_map_does_not_depend_on_its_batch(segmenter: OnnxSegmenter) -> None:
    chips = list(np.random.default_rng(1).integers(0, 256, (5, 150, 150, 3), np.uint8))
    together = segmenter.segment(chips)
    alone = np.concatenate([segmenter.segment([chip]) for chip in chips])
    # Ties of float sums apart.
    assert (together == alone).mean() > 0.9999


def test_the_card_says_on_what_terms(segmenter: OnnxSegmenter) -> None:
    card = registry.card(segmenter.name)
    assert card.task == "occlusion"
    assert "non-commercial" in card.training_data.split(".")[0]
    assert sum(entry.size for entry in card.files) < 600_000
