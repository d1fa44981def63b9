"""The exact index: int8 gives the float32 answer, removed means gone, only a sound file is trusted."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bareface.errors import GalleryError, TemplateError
from bareface.storage.exact import index as index_module
from bareface.storage.exact.index import ExactIndex, VectorIndex
from bareface.storage.exact.segment import FULL_RANGE, Coding, Segment, quantised
from bareface.values.face import Float32, Precision

DIMENSION = 32
PRECISIONS: tuple[Precision, ...] = ("int8", "float32")


def templates(count: int, seed: int, dimension: int = DIMENSION) -> tuple[Float32, Float32]:
    """Templates [n, d] as a face network gives them, of norm 1.48 with a mean of norm 1.35, and that mean."""
    mean = np.random.default_rng(0).standard_normal(dimension)
    mean *= 1.35 / np.linalg.norm(mean)
    rest = np.random.default_rng(seed).standard_normal((count, dimension)) * np.linspace(1.5, 0.2, dimension)
    rest *= 0.606 / np.linalg.norm(rest, axis=1, keepdims=True)
    return (mean + rest).astype(np.float32), mean.astype(np.float32)


def cosines(queries: Float32, vectors: Float32) -> Float32:
    q, x = (a / np.linalg.norm(a.astype(np.float64), axis=1, keepdims=True) for a in (queries, vectors))
    return np.asarray(np.clip(q @ x.T, -1, 1), np.float32)


def filled(vectors: Float32, mean: Float32, precision: Precision = "int8", threads: int = 2) -> ExactIndex:
    index = ExactIndex(
        vectors.shape[1], mean=mean, precision=precision, fetch=lambda ids: vectors[ids], threads=threads
    )
    index.add(np.arange(len(vectors)), vectors)
    return index


@pytest.fixture
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_module, "SEGMENT", 100)
    monkeypatch.setattr(index_module, "ENCODE_ROWS", 64)


def test_is_a_vector_index() -> None:
    assert isinstance(filled(*templates(3, 1)), VectorIndex)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.usefixtures("small_segments")
def test_finds_what_a_full_sort_finds(precision: Precision) -> None:
    vectors, mean = templates(1_000, 1)
    queries, _ = templates(70, 2)
    index = filled(vectors, mean, precision)
    similarities, ids = index.search(queries, 5)
    truth = cosines(queries, vectors)
    np.testing.assert_array_equal(ids, np.argsort(-truth, axis=1, kind="stable")[:, :5])
    np.testing.assert_allclose(similarities, -np.sort(-truth, axis=1)[:, :5], atol=2e-7)
    assert len(index._segments) == 10


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=5),
    k=st.integers(1, 30),
    mean_scale=st.sampled_from([0.0, 0.3, 1.0, 5.0]),
    data=st.data(),
)
def test_any_history_of_adds_and_removes_leaves_the_exact_answer(
    seed: int, sizes: list[int], k: int, mean_scale: float, data: st.DataObject
) -> None:
    rng = np.random.default_rng(seed)
    total = sum(sizes)
    # Small integers make equal similarities common, and one-component vectors strain the range.
    vectors = rng.integers(-2, 3, (total, 6)).astype(np.float32)
    vectors[~vectors.any(axis=1)] = 1
    ids = rng.permutation(1_000)[:total].astype(np.int64)
    lookup = dict(zip(ids.tolist(), vectors, strict=True))
    mean = vectors.mean(axis=0) * np.float32(mean_scale)
    held: list[int] = []
    int8 = ExactIndex(6, mean=mean, fetch=lambda wanted: np.stack([lookup[int(i)] for i in wanted]))
    float32 = ExactIndex(6, mean=mean, precision="float32")
    for part, own in zip(np.split(ids, np.cumsum(sizes)[:-1]), np.split(vectors, np.cumsum(sizes)[:-1]), strict=True):
        gone = data.draw(st.lists(st.sampled_from(sorted(lookup)), max_size=8))
        for index in (int8, float32):
            index.add(part, own)
            index.remove(np.array(gone, np.int64))
        held = [i for i in [*held, *part.tolist()] if i not in gone]
    queries = rng.standard_normal((3, 6)).astype(np.float32)
    queries[0] = vectors[0]
    for index in (int8, float32):
        assert len(index) == len(held)
        assert sorted(index.ids.tolist()) == sorted(held)
        similarities, found = index.search(queries, k)
        assert similarities.shape == found.shape == (3, k)
        expected = np.array(sorted(held), np.int64)
        kept = min(k, len(held))
        assert (found[:, kept:] == -1).all()
        assert (similarities[:, kept:] == -np.inf).all()
        if held:
            truth = cosines(queries, np.stack([lookup[int(i)] for i in expected]))
            np.testing.assert_allclose(similarities[:, :kept], -np.sort(-truth, axis=1)[:, :kept], atol=5e-7)
        for scores, row in zip(similarities[:, :kept], found[:, :kept], strict=True):
            assert sorted(zip(-scores, row, strict=True)) == list(zip(-scores, row, strict=True))
            assert len(set(row.tolist())) == kept
    np.testing.assert_allclose(int8.search(queries, k)[0], float32.search(queries, k)[0], atol=2e-7)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_more_equals_than_the_oversampling_still_come_lower_id_first(precision: Precision) -> None:
    one, mean = templates(1, 3)
    others, _ = templates(50, 4)
    vectors = np.concatenate([others, np.repeat(one, 500, axis=0)])
    similarities, ids = filled(vectors, mean, precision).search(one, 4)
    np.testing.assert_array_equal(ids, [[50, 51, 52, 53]])
    np.testing.assert_allclose(similarities, 1, atol=1e-7)


def test_near_duplicates_within_the_rounding_error_are_told_apart() -> None:
    one, mean = templates(1, 5)
    rng = np.random.default_rng(6)
    others, _ = templates(2_000, 7)
    vectors = np.concatenate([others, one + rng.normal(0, 3e-3, (2_000, DIMENSION)).astype(np.float32)])
    truth = np.argsort(-cosines(one, vectors), axis=1, kind="stable")[:, :3]
    index = filled(vectors, mean)
    _, first_look, certain = index._ranked(one / np.linalg.norm(one), 3, 30)
    np.testing.assert_array_equal(index.search(one, 3)[1], truth)
    assert not certain.any()
    assert first_look.tolist() != truth.tolist()


@settings(deadline=None)
@given(seed=st.integers(0, 1_000), scale=st.sampled_from([1e-20, 1e-3, 1.0, 1e3, 1e18]))
def test_length_of_a_template_does_not_matter(seed: int, scale: float) -> None:
    vectors, mean = templates(60, seed)
    queries, _ = templates(2, seed + 1)
    longer = vectors * np.float32(scale)
    plain, scaled = filled(vectors, mean).search(queries, 7), filled(longer, mean).search(queries, 7)
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
    index = filled(usual, mean)
    index._fetch = lambda ids: vectors[ids]
    index.add(np.arange(500, 503), odd)
    assert [len(segment.ids) for segment in index._segments] == [500, 3]
    similarities, ids = index.search(odd, 1)
    np.testing.assert_array_equal(ids[:, 0], [500, 501, 502])
    np.testing.assert_allclose(similarities, 1, atol=1e-7)


@pytest.mark.usefixtures("small_segments")
def test_a_removed_template_is_in_no_array_and_in_no_file(tmp_path: Path) -> None:
    vectors, mean = templates(250, 9)
    index = filled(vectors, mean)
    secret = index._segments[1].codes()[7].tobytes()
    index.save(tmp_path / "index", "s")
    assert secret in (tmp_path / "index").read_bytes()
    index.remove(np.array([107, 107, 9_999]))
    assert len(index) == 249
    assert 107 not in index.ids
    assert 107 not in index.search(vectors[107:108], 249)[1]
    assert not any(secret in segment.codes().tobytes() for segment in index._segments)
    index.save(tmp_path / "index", "s")
    assert secret not in (tmp_path / "index").read_bytes()


@pytest.mark.usefixtures("small_segments")
def test_removing_everything_leaves_an_index_that_can_be_filled_again() -> None:
    vectors, mean = templates(250, 10)
    index = filled(vectors, mean)
    index.remove(index.ids)
    assert len(index) == len(index.ids) == 0
    assert index.search(vectors[:2], 3)[1].tolist() == [[-1] * 3] * 2
    index.add(np.array([5]), vectors[5:6])
    assert index.search(vectors[5:6], 2)[1].tolist() == [[5, -1]]


def test_int8_keeps_no_float32() -> None:
    vectors, mean = templates(2_000, 11, 128)
    index = filled(vectors, mean)
    assert [segment.codes().nbytes for segment in index._segments] == [2_000 * 128]
    assert not any(isinstance(value, np.ndarray) and value.size > 128 for value in vars(index).values())


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.usefixtures("small_segments")
def test_a_saved_index_answers_the_same_and_can_grow(tmp_path: Path, precision: Precision) -> None:
    vectors, mean = templates(260, 12)
    queries, _ = templates(5, 13)
    index = filled(vectors[:250], mean, precision)
    index.save(tmp_path / "index", "stamp é\ud800\0")
    loaded = ExactIndex.load(
        tmp_path / "index",
        "stamp é\ud800\0",
        dimension=DIMENSION,
        mean=mean,
        precision=precision,
        fetch=lambda ids: vectors[ids],
    )
    assert loaded is not None
    for one in (index, loaded):
        one._fetch = (lambda ids: vectors[ids]) if precision == "int8" else None
        one.add(np.arange(250, 260), vectors[250:])
        one.remove(np.array([3, 249]))
    for ours, theirs in zip(index.search(queries, 9), loaded.search(queries, 9), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert [path.name for path in tmp_path.iterdir()] == ["index"]


def test_an_empty_index_can_be_saved(tmp_path: Path) -> None:
    _, mean = templates(1, 1)
    ExactIndex(DIMENSION, mean=mean, precision="float32").save(tmp_path / "index", "s")
    loaded = ExactIndex.load(tmp_path / "index", "s", dimension=DIMENSION, mean=mean, precision="float32")
    assert loaded is not None
    assert len(loaded) == 0


def _loaded(path: Path, stamp: str = "s", dimension: int = 8, precision: Precision = "float32") -> ExactIndex | None:
    return ExactIndex.load(
        path,
        stamp,
        dimension=dimension,
        mean=np.zeros(dimension, np.float32),
        precision=precision,
        fetch=lambda ids: np.ones((len(ids), dimension), np.float32),
    )


def test_a_file_of_other_content_is_not_loaded(tmp_path: Path) -> None:
    vectors, mean = templates(20, 14, 8)
    filled(vectors, mean, "float32").save(tmp_path / "index", "s")
    assert _loaded(tmp_path / "index") is not None
    assert _loaded(tmp_path / "absent") is None
    assert _loaded(tmp_path) is None
    assert _loaded(tmp_path / "index", stamp="other") is None
    assert _loaded(tmp_path / "index", dimension=9) is None
    assert _loaded(tmp_path / "index", precision="int8") is None


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_no_damage_goes_unnoticed(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("damage", numbered=True)
    vectors, mean = templates(20, 15, 8)
    filled(vectors, mean, "float32").save(folder / "index", "s")
    sound = (folder / "index").read_bytes()
    place = data.draw(st.integers(0, len(sound) - 1))
    damaged = data.draw(
        st.sampled_from(
            [
                sound[:place],
                sound + sound[: place + 1],
                sound[:place] + bytes([sound[place] ^ (1 << place % 8)]) + sound[place + 1 :],
                sound[:place] + bytes(len(sound) - place),
            ]
        )
    )
    (folder / "index").write_bytes(damaged)
    loaded = _loaded(folder / "index")
    assert (loaded is None) == (damaged != sound)


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


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 0.0])
def test_templates_that_cannot_be_compared_are_refused(value: float) -> None:
    vectors, mean = templates(5, 17)
    index = filled(vectors, mean)
    bad = vectors.copy()
    bad[3] = value
    with pytest.raises(TemplateError) as caught:
        index.add(np.arange(5, 10), bad)
    assert caught.value.code == "template.value"
    with pytest.raises(TemplateError, match=r"template\.value"):
        index.search(bad, 1)
    assert len(index) == 5


@pytest.mark.parametrize("shape", [(5,), (5, DIMENSION + 1), (1, 5, DIMENSION)])
def test_templates_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    vectors, mean = templates(5, 18)
    index = filled(vectors, mean)
    for attempt in (
        lambda: index.search(np.ones(shape, np.float32), 1),
        lambda: index.add(np.arange(5), np.ones(shape, np.float32)),
    ):
        with pytest.raises(TemplateError) as caught:
            attempt()
        assert caught.value.code == "template.shape"


@pytest.mark.parametrize("ids", [[4, 6], [7, 7], [-1, 8], [9]])
def test_ids_in_use_repeated_negative_or_too_few_are_refused(ids: list[int]) -> None:
    vectors, mean = templates(5, 19)
    index = filled(vectors, mean)
    with pytest.raises(ValueError, match="ids"):
        index.add(np.array(ids), vectors[:2])
    assert len(index) == 5


def test_arguments_that_make_no_sense_are_refused() -> None:
    vectors, mean = templates(5, 20)
    with pytest.raises(ValueError, match="fetch"):
        ExactIndex(DIMENSION, mean=mean)
    with pytest.raises(ValueError, match="mean"):
        ExactIndex(DIMENSION + 1, mean=mean, precision="float32")
    with pytest.raises(ValueError, match="k must"):
        filled(vectors, mean).search(vectors, 0)


def test_search_does_not_depend_on_the_number_of_threads() -> None:
    vectors, mean = templates(3_000, 21)
    queries, _ = templates(3, 22)
    one, many = (filled(vectors, mean, threads=threads).search(queries, 10) for threads in (1, 5))
    np.testing.assert_array_equal(one[0], many[0])
    np.testing.assert_array_equal(one[1], many[1])


def test_fetch_is_asked_for_few_and_in_any_order() -> None:
    vectors, mean = templates(4_000, 23)
    asked: list[NDArray[np.int64]] = []

    def fetch(ids: NDArray[np.int64]) -> Float32:
        asked.append(ids)
        return vectors[ids]

    index = ExactIndex(DIMENSION, mean=mean, fetch=fetch)
    order = np.random.default_rng(24).permutation(4_000)
    index.add(order, vectors[order])
    queries, _ = templates(1, 25)
    _, ids = index.search(queries, 10)
    np.testing.assert_array_equal(ids, np.argsort(-cosines(queries, vectors), axis=1, kind="stable")[:, :10])
    assert len(asked[0]) == 100


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
    _, ids, certain = filled(vectors, mean)._ranked(unit, 3, 5)
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
