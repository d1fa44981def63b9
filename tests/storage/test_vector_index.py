"""The contract of an index, which every implementation keeps: ours in both precisions, and a plain one."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bareface.errors import GalleryError, TemplateError
from bareface.storage.exact.index import ExactIndexes
from bareface.storage.ports import Fetch, IndexFactory, VectorIndex
from bareface.values.face import Float32
from tests.examples import examples
from tests.storage.plain_index import PlainIndexes

DIMENSION = 32
STAMP = "stamp é\ud800\0"
FACTORIES: dict[str, Callable[[], IndexFactory]] = {
    "int8": lambda: ExactIndexes("int8", threads=2),
    "float32": lambda: ExactIndexes("float32", threads=2),
    "plain": PlainIndexes,
}
every_index = pytest.mark.parametrize("kind", FACTORIES)


def templates(count: int, seed: int, dimension: int = DIMENSION) -> tuple[Float32, Float32]:
    """Return templates [n, d] as a face network gives them, of norm 1.48 with a mean of norm 1.35, and that mean."""
    mean = np.random.default_rng(0).standard_normal(dimension)
    mean *= 1.35 / np.linalg.norm(mean)
    rest = np.random.default_rng(seed).standard_normal((count, dimension)) * np.linspace(1.5, 0.2, dimension)
    rest *= 0.606 / np.linalg.norm(rest, axis=1, keepdims=True)
    return (mean + rest).astype(np.float32), mean.astype(np.float32)


def cosines(queries: Float32, vectors: Float32) -> Float32:
    q, x = (a / np.linalg.norm(a.astype(np.float64), axis=1, keepdims=True) for a in (queries, vectors))
    return np.asarray(np.clip(q @ x.T, -1, 1), np.float32)


def filled(kind: str, vectors: Float32, mean: Float32) -> VectorIndex:
    """Return an index whose ids are the rows of the templates."""
    return FACTORIES[kind]().empty(vectors.shape[1], mean).with_added(np.arange(len(vectors)), vectors)


def rows(vectors: Float32) -> Fetch:
    """Fetch from an array whose rows are the ids."""
    return lambda ids: vectors[ids]


@every_index
def test_it_keeps_to_the_protocol(kind: str) -> None:
    index = filled(kind, *templates(3, 1))
    assert isinstance(index, VectorIndex)
    assert (index.dimension, index.exact) == (DIMENSION, FACTORIES[kind]().exact)


@every_index
def test_an_exact_index_finds_what_a_full_sort_finds(kind: str) -> None:
    vectors, mean = templates(1_000, 1)
    queries, _ = templates(70, 2)
    index = filled(kind, vectors, mean)
    similarities, ids = index.search(queries, 5, rows(vectors))
    truth = cosines(queries, vectors)
    assert index.exact
    np.testing.assert_array_equal(ids, np.argsort(-truth, axis=1, kind="stable")[:, :5])
    np.testing.assert_allclose(similarities, -np.sort(-truth, axis=1)[:, :5], atol=2e-7)


@settings(max_examples=examples(60), deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=5),
    k=st.integers(1, 30),
    mean_scale=st.sampled_from([0.0, 0.3, 1.0, 5.0]),
    data=st.data(),
)
def test_any_history_leaves_the_exact_answer_and_every_generation_its_own(
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
    indexes = [make().empty(6, mean) for make in FACTORIES.values()]
    queries = rng.standard_normal((3, 6)).astype(np.float32)
    queries[0] = vectors[0]

    def fetch(wanted: NDArray[np.int64]) -> Float32:
        return np.stack([lookup[int(i)] for i in wanted])

    held: list[int] = []
    past: list[tuple[VectorIndex, list[int]]] = []
    for part, own in zip(np.split(ids, np.cumsum(sizes)[:-1]), np.split(vectors, np.cumsum(sizes)[:-1]), strict=True):
        gone = data.draw(st.lists(st.sampled_from(sorted(lookup)), max_size=8))
        more = [index.with_added(part, own) for index in indexes]
        past += [(index, [*held, *part.tolist()]) for index in more]
        indexes = [index.without(np.array(gone, np.int64)) for index in more]
        held = [i for i in [*held, *part.tolist()] if i not in gone]
        past += [(index, held) for index in indexes]
    for index, own in past:
        assert len(index) == len(own)
        assert sorted(index.ids.tolist()) == sorted(own)
        similarities, found = index.search(queries, k, fetch)
        assert similarities.shape == found.shape == (3, k)
        expected = np.array(sorted(own), np.int64)
        kept = min(k, len(own))
        assert (found[:, kept:] == -1).all()
        assert (similarities[:, kept:] == -np.inf).all()
        if own:
            truth = cosines(queries, np.stack([lookup[int(i)] for i in expected]))
            np.testing.assert_allclose(similarities[:, :kept], -np.sort(-truth, axis=1)[:, :kept], atol=5e-7)
        for scores, row in zip(similarities[:, :kept], found[:, :kept], strict=True):
            assert sorted(zip(-scores, row, strict=True)) == list(zip(-scores, row, strict=True))
            assert len(set(row.tolist())) == kept


@every_index
def test_searches_in_threads_see_the_generation_that_they_took(kind: str) -> None:
    vectors, mean = templates(600, 3)
    queries, _ = templates(4, 4)
    index = filled(kind, vectors[:300], mean)
    expected = index.search(queries, 7, rows(vectors))

    def search(_: int) -> tuple[Float32, NDArray[np.int64]]:
        return index.search(queries, 7, rows(vectors))

    with ThreadPoolExecutor(4) as pool:
        searches = [pool.submit(search, turn) for turn in range(60)]
        later = index
        for number in range(300, 600, 5):
            later = later.with_added(np.arange(number, number + 5), vectors[number : number + 5])
            later = later.without(np.arange(number - 300, number - 298))
        for similarities, ids in (one.result() for one in searches):
            np.testing.assert_array_equal(ids, expected[1])
            np.testing.assert_array_equal(similarities, expected[0])
    left = np.sort(later.ids)
    truth = left[np.argsort(-cosines(queries, vectors[left]), axis=1, kind="stable")[:, :7]]
    np.testing.assert_array_equal(later.search(queries, 7, rows(vectors))[1], truth)


@every_index
def test_an_old_generation_is_freed_when_nobody_searches_it(kind: str) -> None:
    vectors, mean = templates(50, 5)
    old = filled(kind, vectors, mean)
    gone = weakref.ref(old)
    new = old.without(np.array([7])).with_added(np.array([99]), vectors[:1])
    assert len(new) == 50
    del old
    gc.collect()
    assert gone() is None


@every_index
def test_equal_similarities_come_lower_id_first(kind: str) -> None:
    one, mean = templates(1, 3)
    others, _ = templates(50, 4)
    vectors = np.concatenate([others, np.repeat(one, 500, axis=0)])
    similarities, ids = filled(kind, vectors, mean).search(one, 4, rows(vectors))
    np.testing.assert_array_equal(ids, [[50, 51, 52, 53]])
    np.testing.assert_allclose(similarities, 1, atol=1e-7)


@every_index
def test_an_emptied_index_finds_nothing_and_can_be_filled_again(kind: str) -> None:
    vectors, mean = templates(250, 10)
    index = filled(kind, vectors, mean)
    index = index.without(index.ids)
    assert len(index) == len(index.ids) == 0
    assert index.search(vectors[:2], 3, rows(vectors))[1].tolist() == [[-1] * 3] * 2
    index = index.with_added(np.array([5]), vectors[5:6])
    assert index.search(vectors[5:6], 2, rows(vectors))[1].tolist() == [[5, -1]]


@every_index
def test_it_knows_whether_it_agrees_with_the_database(kind: str) -> None:
    vectors, mean = templates(40, 11)
    index = filled(kind, vectors, mean)
    assert index.agrees(np.arange(40), vectors)
    assert index.agrees(np.array([3, 1]), vectors[[3, 1]])
    assert not index.agrees(np.array([3, 1]), vectors[[1, 3]])
    assert not index.agrees(np.array([40]), vectors[:1])


@every_index
def test_a_saved_index_answers_the_same_and_can_grow(kind: str, tmp_path: Path) -> None:
    vectors, mean = templates(260, 12)
    queries, _ = templates(5, 13)
    index = filled(kind, vectors[:250], mean)
    index.save(tmp_path / "index", STAMP, 0o640)
    assert (tmp_path / "index").stat().st_mode & 0o777 == 0o640
    loaded = FACTORIES[kind]().load(tmp_path / "index", STAMP, DIMENSION, mean)
    assert loaded is not None
    grown = [one.with_added(np.arange(250, 260), vectors[250:]).without(np.array([3, 249])) for one in (index, loaded)]
    for ours, theirs in zip(*(one.search(queries, 9, rows(vectors)) for one in grown), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert [path.name for path in tmp_path.iterdir()] == ["index"]


@every_index
def test_an_empty_index_can_be_saved(kind: str, tmp_path: Path) -> None:
    factory, mean = FACTORIES[kind](), np.zeros(DIMENSION, np.float32)
    factory.empty(DIMENSION, mean).save(tmp_path / "index", "s")
    loaded = factory.load(tmp_path / "index", "s", DIMENSION, mean)
    assert loaded is not None
    assert len(loaded) == 0


@every_index
def test_a_file_of_other_content_is_not_loaded(kind: str, tmp_path: Path) -> None:
    vectors, mean = templates(20, 14, 8)
    filled(kind, vectors, mean).save(tmp_path / "index", "s")
    factory = FACTORIES[kind]()
    assert factory.load(tmp_path / "index", "s", 8, mean) is not None
    assert factory.load(tmp_path / "absent", "s", 8, mean) is None
    assert factory.load(tmp_path, "s", 8, mean) is None
    assert factory.load(tmp_path / "index", "other", 8, mean) is None
    assert factory.load(tmp_path / "index", "s", 9, mean) is None
    for other in FACTORIES.keys() - {kind}:
        assert FACTORIES[other]().load(tmp_path / "index", "s", 8, mean) is None


@settings(max_examples=examples(200), deadline=None)
@given(data=st.data(), kind=st.sampled_from(sorted(FACTORIES)))
def test_no_damage_goes_unnoticed(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, kind: str) -> None:
    folder = tmp_path_factory.mktemp("damage", numbered=True)
    vectors, mean = templates(20, 15, 8)
    filled(kind, vectors, mean).save(folder / "index", "s")
    sound = (folder / "index").read_bytes()
    place = data.draw(st.integers(0, len(sound) - 1))
    flipped = bytes([sound[place] ^ (1 << place % 8)])
    longer, zeros = sound + sound[: place + 1], sound[:place] + bytes(len(sound) - place)
    choices = [sound[:place], longer, sound[:place] + flipped + sound[place + 1 :], zeros]
    damaged = data.draw(st.sampled_from(choices))
    (folder / "index").write_bytes(damaged)
    loaded = FACTORIES[kind]().load(folder / "index", "s", 8, mean)
    assert (loaded is None) == (damaged != sound)


@every_index
def test_a_place_that_cannot_be_written_to_is_an_error(kind: str, tmp_path: Path) -> None:
    with pytest.raises(GalleryError) as caught:
        filled(kind, *templates(20, 16)).save(tmp_path / "nowhere" / "index", "s")
    assert caught.value.code == "gallery.index-write"


@every_index
def test_an_interrupted_save_leaves_nothing_that_is_not_named(kind: str, tmp_path: Path) -> None:
    (tmp_path / "index").mkdir()  # it cannot be replaced
    with pytest.raises(GalleryError, match=r"gallery\.index-write"):
        filled(kind, *templates(20, 16)).save(tmp_path / "index", "s")
    left = set(tmp_path.iterdir()) - {tmp_path / "index"}
    assert left <= set(FACTORIES[kind]().leftovers(tmp_path / "index"))


@every_index
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 0.0])
def test_templates_that_cannot_be_compared_are_refused(kind: str, value: float) -> None:
    vectors, mean = templates(5, 17)
    index = filled(kind, vectors, mean)
    bad = vectors.copy()
    bad[3] = value
    with pytest.raises(TemplateError, match=r"template\.value"):
        index.with_added(np.arange(5, 10), bad)
    with pytest.raises(TemplateError, match=r"template\.value"):
        index.search(bad, 1, rows(vectors))


@every_index
@pytest.mark.parametrize("shape", [(5,), (5, DIMENSION + 1), (1, 5, DIMENSION)])
def test_templates_of_another_shape_are_refused(kind: str, shape: tuple[int, ...]) -> None:
    vectors, mean = templates(5, 18)
    index = filled(kind, vectors, mean)
    with pytest.raises(TemplateError, match=r"template\.shape"):
        index.search(np.ones(shape, np.float32), 1, rows(vectors))
    with pytest.raises(TemplateError, match=r"template\.shape"):
        index.with_added(np.arange(5), np.ones(shape, np.float32))


@every_index
@pytest.mark.parametrize("ids", [[4, 6], [7, 7], [-1, 8], [9]])
def test_ids_in_use_repeated_negative_or_too_few_are_refused(kind: str, ids: list[int]) -> None:
    vectors, mean = templates(5, 19)
    with pytest.raises(ValueError, match="ids"):
        filled(kind, vectors, mean).with_added(np.array(ids), vectors[:2])


@every_index
def test_a_list_of_no_length_is_refused(kind: str) -> None:
    vectors, mean = templates(5, 20)
    with pytest.raises(ValueError, match="k must"):
        filled(kind, vectors, mean).search(vectors, 0, rows(vectors))
