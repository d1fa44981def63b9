"""Promises of the exact index only: codes that use their range, certainty, segments; see also its contract."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bareface.errors import GalleryError
from bareface.storage.exact import index as index_module
from bareface.storage.exact.index import ExactIndex, ExactIndexes
from bareface.storage.exact.segment import FULL_RANGE, Coding, Segment, quantised
from bareface.values.face import Float32, Precision
from tests.storage.test_vector_index import cosines, rows, templates

DIMENSION = 32
PRECISIONS: tuple[Precision, ...] = ("int8", "float32")


def filled(vectors: Float32, mean: Float32, precision: Precision = "int8", threads: int = 2) -> ExactIndex:
    empty = ExactIndexes(precision, threads).empty(vectors.shape[1], mean)
    return empty.with_added(np.arange(len(vectors)), vectors)


@pytest.fixture
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_module, "SEGMENT", 100)
    monkeypatch.setattr(index_module, "ENCODE_ROWS", 64)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.usefixtures("small_segments")
def test_finds_what_a_full_sort_finds(precision: Precision) -> None:
    vectors, mean = templates(1_000, 1)
    queries, _ = templates(70, 2)
    index = filled(vectors, mean, precision)
    similarities, ids = index.search(queries, 5, rows(vectors))
    truth = cosines(queries, vectors)
    np.testing.assert_array_equal(ids, np.argsort(-truth, axis=1, kind="stable")[:, :5])
    np.testing.assert_allclose(similarities, -np.sort(-truth, axis=1)[:, :5], atol=2e-7)
    assert len(index.segments) == 10


def test_near_duplicates_within_the_rounding_error_are_told_apart() -> None:
    one, mean = templates(1, 5)
    rng = np.random.default_rng(6)
    others, _ = templates(2_000, 7)
    vectors = np.concatenate([others, one + rng.normal(0, 3e-3, (2_000, DIMENSION)).astype(np.float32)])
    truth = np.argsort(-cosines(one, vectors), axis=1, kind="stable")[:, :3]
    index = filled(vectors, mean)
    _, first_look, certain = index._ranked(one / np.linalg.norm(one), 3, 30, rows(vectors))
    np.testing.assert_array_equal(index.search(one, 3, rows(vectors))[1], truth)
    assert not certain.any()
    assert first_look.tolist() != truth.tolist()


@settings(deadline=None)
@given(seed=st.integers(0, 1_000), scale=st.sampled_from([1e-20, 1e-3, 1.0, 1e3, 1e18]))
def test_length_of_a_template_does_not_matter(seed: int, scale: float) -> None:
    vectors, mean = templates(60, seed)
    queries, _ = templates(2, seed + 1)
    longer = vectors * np.float32(scale)
    plain = filled(vectors, mean).search(queries, 7, rows(vectors))
    scaled = filled(longer, mean).search(queries, 7, rows(longer))
    np.testing.assert_allclose(plain[0], scaled[0], atol=2e-7)


@settings(deadline=None)
@given(seed=st.integers(0, 10_000), rows=st.integers(1, 50), mean_scale=st.sampled_from([0.0, 1.0]))
def test_codes_use_the_range_and_never_leave_it(seed: int, rows: int, mean_scale: float) -> None:
    vectors, mean = templates(rows, seed)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    direction = mean * np.float32(mean_scale) / np.float32(np.linalg.norm(mean))
    coding = Coding.fitted(unit, direction, "int8")
    codes = coding.encode(unit)
    assert coding.holds(codes)
    np.testing.assert_array_equal(codes, np.rint(codes))
    error = coding.offset + np.float32(coding.step) * codes - unit
    assert np.abs(error).max() <= coding.step / 2 + 1e-6
    assert np.abs(codes).max() > FULL_RANGE / 4
    stored = Segment.empty(coding).extended(np.arange(rows), codes).codes()
    np.testing.assert_array_equal(stored.astype(np.int16) - 128, codes)


def test_a_template_out_of_range_begins_a_segment_instead_of_being_clipped() -> None:
    usual, mean = templates(500, 8)
    odd = np.eye(DIMENSION, dtype=np.float32)[:3]
    vectors = np.concatenate([usual, odd])
    index = filled(usual, mean).with_added(np.arange(500, 503), odd)
    assert [len(segment.ids) for segment in index.segments] == [500, 3]
    similarities, ids = index.search(odd, 1, rows(vectors))
    np.testing.assert_array_equal(ids[:, 0], [500, 501, 502])
    np.testing.assert_allclose(similarities, 1, atol=1e-7)


@pytest.mark.usefixtures("small_segments")
def test_a_removed_template_is_in_no_array_and_in_no_file(tmp_path: Path) -> None:
    vectors, mean = templates(250, 9)
    index = filled(vectors, mean)
    secret = index.segments[1].codes()[7].tobytes()
    index.save(tmp_path / "index", "s")
    assert secret in (tmp_path / "index").read_bytes()
    index = index.without(np.array([107, 107, 9_999]))
    assert len(index) == 249
    assert 107 not in index.ids
    assert 107 not in index.search(vectors[107:108], 249, rows(vectors))[1]
    assert not any(secret in segment.codes().tobytes() for segment in index.segments)
    index.save(tmp_path / "index", "s")
    assert secret not in (tmp_path / "index").read_bytes()


def test_int8_keeps_no_float32() -> None:
    vectors, mean = templates(2_000, 11, 128)
    index = filled(vectors, mean)
    assert [segment.codes().nbytes for segment in index.segments] == [2_000 * 128]
    assert index.direction.size == 128


def _loaded(path: Path, stamp: str = "s", dimension: int = 8, precision: Precision = "float32") -> ExactIndex | None:
    return ExactIndexes(precision).load(path, stamp, dimension, np.zeros(dimension, np.float32))


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, mean = templates(20, 16, 8)
    index = filled(vectors, mean, "float32")
    index.save(tmp_path / "index", "s")
    calls = count()

    def full_disk(self: Segment, file: object) -> None:
        next(calls)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Segment, "write", full_disk)
    with pytest.raises(GalleryError) as caught:
        index.save(tmp_path / "index", "t")
    assert caught.value.code == "gallery.index-write"
    assert next(calls) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["index"]
    assert _loaded(tmp_path / "index") is not None


def test_arguments_that_make_no_sense_are_refused() -> None:
    vectors, mean = templates(5, 20)
    with pytest.raises(ValueError, match="mean"):
        ExactIndexes("float32").empty(DIMENSION + 1, mean)
    with pytest.raises(ValueError, match="k must"):
        filled(vectors, mean).search(vectors, 0, rows(vectors))


@pytest.mark.usefixtures("small_segments")
def test_search_does_not_depend_on_the_number_of_threads() -> None:
    vectors, mean = templates(3_000, 21)
    queries, _ = templates(3, 22)
    one, many = (filled(vectors, mean, threads=threads).search(queries, 10, rows(vectors)) for threads in (1, 5))
    np.testing.assert_array_equal(one[0], many[0])
    np.testing.assert_array_equal(one[1], many[1])


def test_fetch_is_asked_for_few_and_in_any_order() -> None:
    vectors, mean = templates(4_000, 23)
    asked: list[NDArray[np.int64]] = []

    def fetch(ids: NDArray[np.int64]) -> Float32:
        asked.append(ids)
        return vectors[ids]

    order = np.random.default_rng(24).permutation(4_000)
    index = ExactIndexes().empty(DIMENSION, mean).with_added(order, vectors[order])
    queries, _ = templates(1, 25)
    _, ids = index.search(queries, 10, fetch)
    np.testing.assert_array_equal(ids, np.argsort(-cosines(queries, vectors), axis=1, kind="stable")[:, :10])
    assert 10 <= sum(map(len, asked)) < 100  # only those of the best hundred that could be among the best ten


def test_estimates_err_as_much_as_the_index_believes() -> None:
    vectors, mean = templates(3_000, 26, 128)
    queries, _ = templates(40, 27, 128)
    unit = queries / np.linalg.norm(queries, axis=1, keepdims=True)
    estimates, places, noise = filled(vectors, mean)._nominated(unit, 3_000)
    errors = estimates - np.take_along_axis(cosines(queries, vectors), places, 1)
    assert (np.abs(errors) < 6 * noise[:, None]).all()
    assert 0.5 < np.sqrt(np.mean((errors / noise[:, None]) ** 2)) < 1.1


def test_a_shallow_look_is_right_wherever_it_is_certain() -> None:
    vectors, mean = templates(3_000, 28)
    queries, _ = templates(1_000, 29)
    unit = queries / np.linalg.norm(queries, axis=1, keepdims=True)
    _, ids, certain = filled(vectors, mean)._ranked(unit, 3, 5, rows(vectors))
    right = (ids == np.argsort(-cosines(queries, vectors), axis=1, kind="stable")[:, :3]).all(axis=1)
    assert right[certain].all()
    assert certain.any()
    assert not right.all()


def test_queries_are_rounded_before_faiss_can_truncate_them() -> None:
    vectors, _ = templates(50, 30)
    codes, steps = quantised(vectors)
    np.testing.assert_array_equal(codes, np.rint(codes))
    np.testing.assert_array_equal(np.abs(codes).max(axis=1), FULL_RANGE)
    assert (np.abs(codes * steps - vectors) <= 0.501 * steps).all()
