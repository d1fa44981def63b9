"""Deletion: nothing of what is deleted stays behind, in any file."""

from __future__ import annotations

import random
import sqlite3
import sys
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from bareface.errors import GalleryError, UsageError
from bareface.services.gallery import Gallery
from bareface.storage.sqlite import two_writers
from tests.gallery.pictures import TileEngine, people, picture, save

RED = (230, 60, 60)


@pytest.fixture
def gallery(tmp_path):
    with Gallery.open(tmp_path / "people.bareface", TileEngine()) as opened:
        yield opened


def test_delete_by_subject_photo_and_reference(gallery, tmp_path):
    people(tmp_path / "photos", 4, photos=3)
    gallery.enrol(tmp_path / "photos")
    deleted = gallery.delete(subject="p0")
    assert (deleted.references, deleted.photos, deleted.subjects) == (3, 3, 1)
    deleted = gallery.delete(photo=tmp_path / "photos" / "p1" / "0.png")
    assert (deleted.references, deleted.photos, deleted.subjects) == (1, 1, 0)
    numbers = [one.id for one in gallery.references("p2")]
    deleted = gallery.delete(reference=numbers)
    assert (deleted.references, deleted.photos, deleted.subjects) == (3, 3, 1)
    assert [(one.name, one.references) for one in gallery.subjects()] == [("p1", 2), ("p3", 3)]
    assert {one.subject for one in gallery.search(picture(RED)).lists[0].candidates} == {"p1", "p3"}
    assert gallery.check().ok


def test_a_photo_that_moved_is_deleted_by_its_content(gallery, tmp_path):
    photo = save(tmp_path / "a.png", RED)
    gallery.enrol(photo)
    photo.rename(tmp_path / "b.png")
    assert gallery.delete(photo=tmp_path / "b.png").references == 1


def test_what_was_deleted_can_be_enrolled_again_under_new_numbers(gallery, tmp_path):
    photo = save(tmp_path / "a.png", RED)
    gallery.enrol(photo, subject="Ada")
    (before,) = gallery.references()
    gallery.delete(subject=before.subject_id)
    assert gallery.enrol(photo, subject="Ada").references == 1
    (after,) = gallery.references()
    assert after.id > before.id
    assert after.subject_id > before.subject_id


def test_delete_wants_one_thing_that_is_there(gallery, tmp_path):
    for wrong in ({}, {"subject": 1, "reference": 1}):
        with pytest.raises(UsageError, match=r"usage\.delete"):
            gallery.delete(**wrong)
    with pytest.raises(UsageError, match=r"usage\.unknown-subject"):
        gallery.delete(subject="Nobody")
    with pytest.raises(UsageError, match=r"usage\.unknown-subject"):
        gallery.delete(subject=7)
    with pytest.raises(UsageError, match=r"usage\.unknown-reference"):
        gallery.delete(reference=7)
    with pytest.raises(UsageError, match=r"usage\.unknown-photo"):
        gallery.delete(photo=tmp_path / "a.png")


def test_no_byte_of_what_was_deleted_is_left_in_any_file(tmp_path):
    """Templates, crops, thumbnails, codes in the index, names and paths: gone from every file of the gallery."""
    people(tmp_path / "photos", 40, photos=2)
    opened = Gallery.open(tmp_path / "g", TileEngine())
    opened.enrol(tmp_path / "photos")
    opened.search(picture(RED))
    traces: dict[str, bytes] = {}
    with sqlite3.connect(tmp_path / "g") as connection:
        query = """SELECT t.vector, p.crop, p.thumbnail, f.sha256, f.path FROM reference r
                   JOIN template t ON t.reference_id = r.id JOIN picture p ON p.reference_id = r.id
                   JOIN file f ON f.id = r.file_id JOIN subject s ON s.id = r.subject_id WHERE s.name =
                   'p17'"""
        for row in connection.execute(query).fetchall():
            for name, blob in zip(("vector", "crop", "thumbnail", "sha256", "path"), row, strict=True):
                traces[f"{name} {row[3]}"] = blob.encode() if isinstance(blob, str) else blob
    connection.close()
    traces = {name: blob for name, blob in traces.items() if not name.startswith("thumbnail")}  # flat grey here
    assert found_in_files(tmp_path, traces) == set(traces)  # the test can see what it looks for
    opened.delete(subject="p17")
    assert found_in_files(tmp_path, traces) == set()
    opened.close()
    assert found_in_files(tmp_path, traces) == set()


@pytest.mark.slow
def test_a_gallery_that_lives_long_keeps_no_trace(tmp_path):
    """Rows are moved between pages as others come and go; no copy of a deleted one may stay behind."""
    people(tmp_path / "photos", 40, photos=2)
    rng = random.Random(5)
    with Gallery.open(tmp_path / "g", TileEngine()) as opened:
        for _ in range(5):
            opened.enrol(tmp_path / "photos")
            alive = [one.id for one in opened.references()]
            chosen = set(rng.sample(alive, len(alive) // 2))
            doomed = {one.sha256: one.sha256.encode() for one in opened.references() if one.id in chosen}
            assert found_in_files(tmp_path, doomed) == set(doomed)
            opened.delete(reference=sorted(chosen))
            assert found_in_files(tmp_path, doomed) == set()


def test_deletion_gives_the_space_back(gallery, tmp_path):
    people(tmp_path / "photos", 60)
    gallery.enrol(tmp_path / "photos")
    before = gallery.path.stat().st_size
    gallery.delete(reference=[one.id for one in gallery.references()][2:])
    assert gallery.path.stat().st_size < before / 2
    assert gallery.check().ok
    assert len(gallery.search(picture(RED)).lists[0].candidates) == 1


def test_bytes_that_another_reader_holds_are_named(gallery, tmp_path, monkeypatch):
    monkeypatch.setattr("bareface.storage.sqlite.store.BUSY_TIMEOUT_S", 0.05)
    people(tmp_path / "photos", 2)
    gallery.enrol(tmp_path / "photos")
    other = sqlite3.connect(gallery.path, isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM subject").fetchone()
    with Gallery.open(gallery.path, TileEngine()) as opened:
        with pytest.raises(GalleryError, match=r"bytes of it remain.*gallery\.locked"):
            opened.delete(subject="p0")
        assert [one.name for one in opened.subjects()] == ["p1"]
        other.close()
        opened.scrub()


HOLDS_THE_CHECKPOINT_LOCK = """
import fcntl, sys
with open(sys.argv[1], "r+b") as shared:
    fcntl.lockf(shared, fcntl.LOCK_EX, 1, 121)
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="takes SQLite's lock by its place in the file")
def test_a_deletion_waits_for_another_process_that_empties_the_log(gallery, tmp_path, monkeypatch):
    """SQLite itself gives up at once there, as when two processes delete at the same time."""
    people(tmp_path / "photos", 2)
    gallery.enrol(tmp_path / "photos")
    shared = sqlite3.connect(gallery.path)  # while it is open, the file of the locks is there
    shared.execute("SELECT count(*) FROM subject").fetchone()
    other = Popen(
        [sys.executable, "-c", HOLDS_THE_CHECKPOINT_LOCK, f"{gallery.path}-shm"], stdin=PIPE, stdout=PIPE, text=True
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "held\n"
    waited = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        other.communicate()

    monkeypatch.setattr(two_writers.time, "sleep", wait)
    gallery.delete(subject="p0")
    assert len(waited) == 1
    shared.close()
    assert gallery.check().warnings == ()


def found_in_files(folder: Path, traces: dict[str, bytes]) -> set[str]:
    content = [path.read_bytes() for path in folder.glob("g*")]
    return {name for name, blob in traces.items() if any(blob in data for data in content)}
