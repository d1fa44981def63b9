"""Index, database and log are never taken for each other's when files are copied, restored or swapped."""

from __future__ import annotations

import random
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from bareface.errors import GalleryError
from bareface.services.gallery import Gallery
from bareface.storage.sqlite import store as storing
from bareface.storage.sqlite.queries import all_vectors
from tests.gallery.pictures import TileEngine, colours, people, save
from tests.gallery.test_store import early_revision

COLOURS = colours(400, seed=3)


def opened(path: Path, index="int8") -> Gallery:
    return Gallery.open(path, TileEngine(), index)


def enrol(gallery: Gallery, folder: Path, number: int) -> None:
    gallery.enrol(save(folder / f"{number}.png", COLOURS[number], tick=number), subject=f"s{number}")


def assert_true(gallery: Gallery) -> None:
    """Check that the index holds the database's templates, and that a search finds each by its own photo."""
    with gallery._index.snapshot() as now:
        stored = dict(zip(*next(iter(all_vectors(now.connection, 0, 10_000, 16))), strict=True))
        assert sorted(now.index.ids.tolist()) == sorted(stored)
        similarities, numbers = now.index.search(np.stack(list(stored.values())), 1, now.fetch)
    assert numbers[:, 0].tolist() == list(stored)
    assert similarities.min() > 0.9999
    assert gallery.check().ok


@pytest.mark.parametrize("index", ["int8", pytest.param("float32", marks=pytest.mark.slow)])
@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, 20))])
def test_files_swapped_between_galleries_of_equal_histories(tmp_path, index, seed):
    """Copies of one gallery, and a strange one, are each written to equally often; then any file takes any place."""
    rng = random.Random(seed)
    (tmp_path / "a").mkdir()
    with opened(tmp_path / "a" / "g", index) as gallery:
        for number in range(5):
            enrol(gallery, tmp_path, number)
    for name in ("b", "c"):
        shutil.copytree(tmp_path / "a", tmp_path / name)
    (tmp_path / "d").mkdir()
    with opened(tmp_path / "d" / "g", index) as gallery:
        for number in range(100, 105):
            enrol(gallery, tmp_path, number)
    folders = [tmp_path / name for name in "abcd"]
    fresh = iter(range(10, 100))
    for _ in range(4):
        for folder in folders:
            with opened(folder / "g", index) as gallery:
                enrol(gallery, tmp_path, next(fresh))
        source, target = rng.sample(folders, 2)
        part = rng.choice(["g", "g-index"])
        shutil.copy(source / part, target / part)
        with opened(target / "g", index) as gallery:
            assert_true(gallery)


def moved(one: Path, other: Path) -> None:
    shutil.copy(one, f"{one}2")
    Path(f"{one}2").replace(other)


@pytest.mark.parametrize("replace", [shutil.copy, moved])
@pytest.mark.parametrize("older", [False, True])
def test_a_gallery_replaced_while_it_is_open(tmp_path, replace, older):
    """A long-lived process searches; the file is overwritten, or another is moved to its place."""
    with opened(tmp_path / "g") as gallery:
        for number in range(4):
            enrol(gallery, tmp_path, number)
    shutil.copy(tmp_path / "g", tmp_path / "copy")
    with opened(tmp_path / "g") as gallery:
        enrol(gallery, tmp_path, 4)
        gallery.search(tmp_path / "4.png")
        if not older:
            with opened(tmp_path / "copy") as copy:
                enrol(copy, tmp_path, 5)
        replace(tmp_path / "copy", tmp_path / "g")
        assert_true(gallery)
        names = {one.name for one in gallery.subjects()}
        assert names == {"s0", "s1", "s2", "s3"} | (set() if older else {"s5"})
        enrol(gallery, tmp_path, 6)
        assert_true(gallery)


def test_two_copies_that_each_write_once_have_different_tokens(tmp_path):
    opened(tmp_path / "g").close()
    shutil.copy(tmp_path / "g", tmp_path / "h")
    states = []
    for name in "gh":
        with opened(tmp_path / name) as gallery:
            with gallery._store.write():
                pass
            states.append(gallery._store.state())
    assert states[0].uuid == states[1].uuid
    assert states[0].generation == states[1].generation
    assert states[0].token != states[1].token


def test_an_index_older_than_the_remembered_history_is_made_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(storing, "REMEMBERED", 3)
    with opened(tmp_path / "g") as gallery, opened(tmp_path / "g") as other:
        enrol(gallery, tmp_path, 1)
        gallery.search(tmp_path / "1.png")
        for number in range(2, 8):
            enrol(other, tmp_path, number)
        assert_true(gallery)
        with closing(sqlite3.connect(tmp_path / "g")) as raw:
            assert raw.execute("SELECT count(*) FROM history").fetchone() == (3,)


CRASH = """
import os, sys
from bareface.services.gallery import Gallery
from tests.gallery.pictures import TileEngine
gallery = Gallery.open(sys.argv[1], TileEngine())
with gallery._store.read() as held:
    held.exec_driver_sql("SELECT count(*) FROM subject").fetchall()
    for photo in sys.argv[2:]:
        gallery.enrol(photo)
    os._exit(0)
"""


def crashed(path: Path, *photos: Path) -> None:
    """Enrol photos in a process that dies before its log is written back."""
    subprocess.run([sys.executable, "-c", CRASH, str(path), *map(str, photos)], check=True)
    assert path.with_name(path.name + "-wal").stat().st_size > 0


def test_a_log_left_by_a_crash_is_replayed_on_its_own_file(tmp_path):
    with opened(tmp_path / "g") as gallery:
        enrol(gallery, tmp_path, 1)
    crashed(tmp_path / "g", save(tmp_path / "x.png", COLOURS[200]), save(tmp_path / "y.png", COLOURS[201]))
    with opened(tmp_path / "g") as gallery:
        assert gallery.info().references == 3
        assert_true(gallery)


@pytest.mark.parametrize(
    "what",
    [
        "another history",
        *(pytest.param(what, marks=pytest.mark.slow) for what in ("an older state", "another gallery")),
    ],
)
def test_a_log_left_beside_another_file_is_refused(tmp_path, what):
    """After a crash, a copy is put in the file's place, as the manual says; the log of the lost file stays."""
    with opened(tmp_path / "g") as gallery:
        enrol(gallery, tmp_path, 1)
    shutil.copy(tmp_path / "g", tmp_path / "copy")
    with opened(tmp_path / "g") as gallery:
        enrol(gallery, tmp_path, 2)
    if what == "another history":
        with opened(tmp_path / "copy") as gallery:
            enrol(gallery, tmp_path, 3)
    elif what == "another gallery":
        (tmp_path / "copy").unlink()
        with opened(tmp_path / "copy") as gallery:
            enrol(gallery, tmp_path, 1)
            enrol(gallery, tmp_path, 3)
    crashed(tmp_path / "g", save(tmp_path / "x.png", COLOURS[200]))
    shutil.copy(tmp_path / "copy", tmp_path / "g")
    with pytest.raises(GalleryError, match=r"-wal file.*gallery\.corrupt"):
        opened(tmp_path / "g")
    for ending in ("-wal", "-shm"):
        (tmp_path / f"g{ending}").rename(tmp_path / f"away{ending}")
    with opened(tmp_path / "g") as gallery:
        assert_true(gallery)


def test_check_compares_every_template(tmp_path):
    """One of many templates differs: in the database, or in the index."""
    people(tmp_path / "photos", 30, photos=1)
    for index in ("int8", "float32"):
        with opened(tmp_path / index, index) as gallery:
            gallery.enrol(tmp_path / "photos")
        with closing(sqlite3.connect(tmp_path / index)) as raw, raw:
            other = "SELECT vector FROM template WHERE reference_id = 9"
            raw.execute(f"UPDATE template SET vector = ({other}) WHERE reference_id = 8")
        with opened(tmp_path / index, index) as gallery:
            assert [problem.code for problem in gallery.check().problems] == ["gallery.index"]
            assert gallery.check().ok


@pytest.mark.parametrize("revision", ["0006", "0007", "0008"])
@pytest.mark.parametrize("first", ["write", "read"])
def test_a_copy_of_an_earlier_version_put_in_place_while_open_is_updated(tmp_path, revision, first):
    people(tmp_path / "photos", 3)
    with Gallery.open(tmp_path / "g", TileEngine()) as opened:
        opened.enrol(tmp_path / "photos")
        opened.split([5])
        early_revision(tmp_path / "earlier", tmp_path / "g", revision)
        (tmp_path / "g").write_bytes((tmp_path / "earlier").read_bytes())
        if first == "read":
            with pytest.raises(GalleryError) as caught:
                opened.suggestions()
            assert caught.value.code == "gallery.locked"
            opened.suggestions()
        assert opened.delete(reference=1).references == 1
        assert opened.split([3]).references == 1
        assert opened.check().ok
