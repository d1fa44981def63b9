"""On templates of real faces, a search in int8 gives float32's candidates."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bareface.faces.embedding.onnx import OnnxEmbedder
from bareface.imaging import decode as images
from bareface.models import registry
from bareface.services.engine import Engine
from bareface.storage.exact.index import OVERSAMPLING, ExactIndex, ExactIndexes
from bareface.storage.ports import Fetch
from bareface.values.face import Float32

pytestmark = pytest.mark.real
SPACE = "dlib-128"


def _photos(shared_data: Path) -> list[Path]:
    return sorted((shared_data / "lfw" / "images").rglob("*.jpg"))


def _index(templates: Float32, mean: Float32) -> ExactIndex:
    return ExactIndexes().empty(templates.shape[1], mean).with_added(np.arange(len(templates)), templates)


def _rows(templates: Float32) -> Fetch:
    return lambda ids: templates[ids]


def _truth(templates: Float32, top: int) -> NDArray[np.int64]:
    """Return the best ``top`` for every template by a full sort of float64 cosines."""
    unit = templates / np.linalg.norm(templates.astype(np.float64), axis=1, keepdims=True)
    similarities = (unit @ unit.T).astype(np.float32)
    return np.argsort(-similarities, axis=1, kind="stable")[:, :top]


def _agreement(found: NDArray[np.int64], expected: NDArray[np.int64]) -> float:
    """Return the share of probes whose candidates are the same."""
    return float((np.sort(found, axis=1) == np.sort(expected, axis=1)).all(axis=1).mean())


@pytest.fixture(scope="module")
def few(shared_data: Path) -> Float32:
    """Return templates of 150 photos' middles: real faces, without detection, which would take most of the time."""
    photos = _photos(shared_data)
    middles = [images.decode(path).pixels[13:163, 13:163] for path in photos[:: len(photos) // 150][:150]]
    return OnnxEmbedder(registry.card("dlib-resnet"), "float32").embed(middles)


@pytest.mark.slow
@pytest.mark.parametrize("top", [1, 5, 20])
def test_int8_candidates_are_float32s(few: Float32, top: int) -> None:
    expected = _truth(few, top)
    assert _agreement(_index(few, registry.space_mean(SPACE)).search(few, top, _rows(few))[1], expected) >= 0.999
    unknown = np.zeros(few.shape[1], np.float32)
    assert _agreement(_index(few, unknown).search(few, top, _rows(few))[1], expected) >= 0.999


@pytest.mark.slow
def test_the_mean_makes_the_codes_finer(few: Float32) -> None:
    with_mean, without = (_index(few, mean) for mean in (registry.space_mean(SPACE), np.zeros(128, np.float32)))
    assert with_mean.segments[0].coding.step < 0.8 * without.segments[0].coding.step


@pytest.mark.slow
def test_int8_candidates_are_float32s_on_all_of_lfw(shared_data: Path) -> None:
    analyses = Engine(min_face=60).stream(_photos(shared_data))
    templates = np.stack([analysis.faces[0].template.vector for analysis in analyses if analysis.faces])
    assert len(templates) > 7_500
    index = _index(templates, registry.space_mean(SPACE))
    assert _agreement(index.search(templates, 20, _rows(templates))[1], _truth(templates, 20)) >= 0.999
    unit = templates / np.linalg.norm(templates, axis=1, keepdims=True)
    first_looks = [
        index._ranked(unit[i : i + 64], 20, OVERSAMPLING * 20, _rows(templates)) for i in range(0, len(unit), 64)
    ]
    assert np.concatenate([certain for *_, certain in first_looks]).mean() > 0.99
