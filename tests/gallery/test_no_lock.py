"""Searches hold no lock: not while a network runs, and not while they compute; each answers from one state."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Event, Lock, get_ident
from typing import Any

import numpy as np
import pytest

from bareface.gallery.search_restored import Record
from bareface.imaging import decode as images
from bareface.restoration.base import Restored
from bareface.services.gallery import Gallery
from bareface.storage.index_sync import DerivedIndex
from bareface.storage.ports import Int64
from bareface.storage.sqlite import lookups
from bareface.values.analysis import Analysis
from bareface.values.face import EVERYTHING, Face, Float32, Source, UInt8, Want
from bareface.values.search import SearchResult
from tests.gallery.pictures import Colour, Look, UpperFaceEngine, colours, save, vector_of
from tests.gallery.test_search_restored import Restorer

GUARD_S = 300
"""Ends a test that hangs, on a machine however busy; nothing is asserted with it."""
MASKED: Colour = (50, 60, 70)
PEOPLE = colours(30, seed=9)


class Pause:
    """Holds one thread at one place until it is released."""

    def __init__(self) -> None:
        self.place = ""
        self.thread = 0
        self.reached, self.released = Event(), Event()

    def at(self, place: str) -> None:
        """Pass every thread but one, and by that one at every other place."""
        if place == self.place and get_ident() == self.thread:
            self.reached.set()
            assert self.released.wait(GUARD_S), "nobody released the network"

    def run(self, place: str, task: Callable[[], Any]) -> Any:
        """Run a task that is to be held at a place."""
        self.place, self.thread = place, get_ident()
        return task()


class SlowEngine(UpperFaceEngine):
    """Its networks take as long as the test wants."""

    def __init__(self, pause: Pause) -> None:
        super().__init__({MASKED: Look("full", 0.5)}, {})
        self.pause = pause
        self.restorer = Restorer()

    def faces(self, source: Source, want: Iterable[Want] = EVERYTHING) -> list[Face]:
        return list(self._faces(images.decode(source)))

    def stream(
        self, sources: Iterable[Source], batch: int = 32, want: Iterable[Want] = EVERYTHING
    ) -> Iterator[Analysis]:
        self.pause.at("analyse")
        return super().stream(sources, batch, want)

    def embed_upper_faces(self, chips: Sequence[UInt8]) -> Float32:
        self.pause.at("upper face")
        return super().embed_upper_faces(chips)

    def unmask(self, face: Face, completions: int = 4, seed: int = 0, *, record: Record | None = None) -> Restored:
        self.pause.at("unmask")
        return self.restorer.unmask(face, completions, seed, record=record)

    def enhance(self, face: Face, *, record: Record | None = None) -> Restored:
        self.pause.at("enhance")
        return self.restorer.enhance(face, record=record)


@pytest.fixture
def pause() -> Pause:
    return Pause()


@pytest.fixture
def gallery(tmp_path: Path, pause: Pause) -> Iterator[Gallery]:
    """Return a few people, one of them masked."""
    for number, colour in enumerate([*PEOPLE[:8], MASKED]):
        save(tmp_path / "photos" / f"p{number}" / "1.png", colour)
    with Gallery.open(tmp_path / "g", SlowEngine(pause)) as opened:
        opened.enrol(tmp_path / "photos")
        yield opened


def restore(gallery: Gallery, probe: Path) -> Any:
    return gallery.search_restored(probe, gallery.search(probe), enhance=True)


TASKS: dict[str, Callable[[Gallery, Path], Any]] = {
    "analyse": lambda gallery, probe: gallery.search(probe),
    "upper face": lambda gallery, probe: gallery.search(probe),
    "unmask": restore,
    "enhance": restore,
    "enrol": lambda gallery, probe: gallery.enrol(probe, subject="late"),
    "reembed": lambda gallery, _: gallery.reembed(),
}


@pytest.mark.parametrize("task", TASKS)
def test_no_lock_is_held_while_a_network_runs(gallery: Gallery, pause: Pause, tmp_path: Path, task: str) -> None:
    probe = save(tmp_path / "probe.png", MASKED if task == "unmask" else PEOPLE[3], tick=5)
    other = save(tmp_path / "other.png", PEOPLE[20])
    if task == "reembed":
        gallery.engine.precision = "int8"  # type: ignore[misc]  # so that there is something to do
    place = task if task not in ("enrol", "reembed") else "analyse"
    with ThreadPoolExecutor(2) as pool:
        held: Future[Any] = pool.submit(pause.run, place, lambda: TASKS[task](gallery, probe))
        try:
            assert pause.reached.wait(GUARD_S)

            def others() -> None:
                """Run the other threads' work meanwhile."""
                assert len(gallery.search(other).lists) == 1
                assert len(gallery.subjects()) == 9
                assert gallery.enrol(other, subject="new").references == 1
                assert gallery.search(other).lists[0].candidates[0].subject == "new"
                gallery.rename("new", "renamed")
                assert gallery.delete(subject="renamed").references == 1
                assert gallery.check().references == 9

            pool.submit(others).result(GUARD_S)
            assert not held.done()
        finally:
            pause.released.set()
        assert held.result(GUARD_S)


def test_a_deletion_waits_for_searches_of_what_it_deletes(
    gallery: Gallery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A search that began before answers from its own state; after the deletion nothing holds what was deleted."""
    probe = save(tmp_path / "probe.png", PEOPLE[3], tick=5)
    gallery.search(probe)
    generation = weakref.ref(gallery._index._current.index)  # type: ignore[union-attr]
    vector = np.resize(vector_of(PEOPLE[3]), 128).astype("<f4")
    assert any(vector.tobytes() in one.read_bytes() for one in tmp_path.glob("g*"))
    fetching, deleted = Event(), Event()
    real, discard = lookups.templates, DerivedIndex.discard_file
    first = Lock()

    def slowly(*arguments: Any) -> tuple[Float32, Int64]:
        if first.acquire(blocking=False):
            fetching.set()
            assert deleted.wait(GUARD_S)
        return real(*arguments)

    def discarding(index: DerivedIndex) -> None:
        discard(index)
        deleted.set()

    monkeypatch.setattr(lookups, "templates", slowly)
    monkeypatch.setattr(DerivedIndex, "discard_file", discarding)
    with ThreadPoolExecutor(1) as pool:
        search: Future[SearchResult] = pool.submit(gallery.search, probe)
        assert fetching.wait(GUARD_S)
        gallery.delete(subject="p3")
        assert search.done()
        assert search.result().lists[0].candidates[0].subject == "p3"
    assert "p3" not in {one.subject for one in gallery.search(probe).lists[0].candidates}
    del search
    gc.collect()
    assert generation() is None
    assert not [one for one in tmp_path.glob("g*") if vector.tobytes() in one.read_bytes()]


def test_old_generations_are_freed_when_the_last_search_on_them_ends(gallery: Gallery, tmp_path: Path) -> None:
    gallery.search(save(tmp_path / "probe.png", PEOPLE[3], tick=5))
    before = gallery._index._current
    assert before is not None
    old = weakref.ref(before.index)
    with gallery._index.snapshot() as now:
        gallery.enrol(save(tmp_path / "new.png", PEOPLE[21]), subject="new")
        assert now.index is before.index
        assert len(before.index or ()) == 9
        assert len(gallery._index._current.index) == 10  # type: ignore[union-attr,arg-type]
    del now, before
    gc.collect()
    assert old() is None


def seen(result: SearchResult) -> tuple[Any, ...]:
    """Return a search's results."""
    (entry,) = result.lists
    rows = [(one.reference_id, one.subject, one.similarity, one.decision, one.fpir) for one in entry.candidates]
    return entry.subjects, entry.references, tuple(rows)


def changes(gallery: Gallery, photos: Sequence[Path]) -> Iterator[None]:
    """Enrol and delete, one state after the other."""
    for number, photo in enumerate(photos):
        gallery.enrol(photo, subject=f"n{number}")
        yield
        if number in (3, 6, 9):
            gallery.delete(subject=f"n{number - 1}")
            yield
        if number % 4 == 3:
            gallery.merge("n0", f"n{number}")
            yield


@pytest.mark.parametrize(
    ("precision", "writer"),
    [
        ("int8", "another"),
        pytest.param("float32", "the same object", marks=pytest.mark.slow),
        pytest.param("int8", "the same object", marks=pytest.mark.slow),
        pytest.param("float32", "another", marks=pytest.mark.slow),
    ],
)
def test_concurrent_searches_answer_as_sequential_ones_of_some_state(
    tmp_path: Path, precision: Any, writer: str
) -> None:
    photos = [save(tmp_path / "photos" / f"{n}.png", colour, tick=n) for n, colour in enumerate(PEOPLE[:12])]
    probe = save(tmp_path / "probe.png", (128, 90, 200))
    engine = UpperFaceEngine({PEOPLE[5]: Look("full", 0.5)}, {})
    with Gallery.open(tmp_path / "sequential", engine, precision) as one:
        answers = [seen(one.search(probe)), *(seen(one.search(probe)) for _ in changes(one, photos))]
    states = {answer: number for number, answer in enumerate(answers)}
    done = Event()
    with (
        Gallery.open(tmp_path / "g", engine, precision) as gallery,
        Gallery.open(tmp_path / "g", engine, precision) as second,
        ThreadPoolExecutor(4) as pool,
    ):

        def search() -> list[int]:
            found = []
            while not done.is_set():
                found.append(states[seen(gallery.search(probe))])
            return [*found, states[seen(gallery.search(probe))]]

        searches = [pool.submit(search) for _ in range(4)]
        try:
            for _ in changes(gallery if writer == "the same object" else second, photos):
                pass
        finally:
            done.set()
        for one in searches:
            order = one.result(GUARD_S)
            assert order == sorted(order), "a later search saw an earlier state"
            assert order[-1] == len(answers) - 1
        assert gallery.check().ok
