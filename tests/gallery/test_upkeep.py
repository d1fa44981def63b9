"""The integrity check, moved folders, and the index that is never trusted."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import replace

import numpy as np
import pytest

from bareface.errors import UsageError
from bareface.services.gallery import Gallery
from tests.gallery.pictures import TileEngine, people, picture

RED = (230, 60, 60)


@pytest.fixture
def gallery(tmp_path):
    people(tmp_path / "photos", 5)
    with Gallery.open(tmp_path / "g", TileEngine()) as opened:
        opened.enrol(tmp_path / "photos")
        yield opened


def ranking(gallery: Gallery) -> list[tuple[int, float]]:
    (entry,) = gallery.search(picture(RED)).lists
    return [(one.reference_id, one.similarity) for one in entry.candidates]


def codes(gallery: Gallery) -> list[str]:
    return [problem.code for problem in gallery.check().problems]


# The check


def test_a_sound_gallery(gallery):
    report = gallery.check()
    assert report.ok
    assert (report.problems, report.missing_photos, report.references) == ((), (), 10)


def test_an_empty_gallery_is_sound(tmp_path):
    with Gallery.open(tmp_path / "empty", TileEngine()) as opened:
        assert opened.check().ok


def test_missing_photos_are_listed_and_no_damage(gallery, tmp_path):
    gone = tmp_path / "photos" / "p1" / "0.png"
    gone.unlink()
    report = gallery.check()
    assert report.ok
    assert report.missing_photos == (str(gone),)


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM template WHERE reference_id = 3",
        "UPDATE template SET vector = x'00000000' WHERE reference_id = 3",
        "UPDATE template SET vector = zeroblob(64) WHERE reference_id = 3",
    ],
)
def test_a_damaged_template_is_named(gallery, damage):
    with sqlite3.connect(gallery.path) as connection:
        connection.execute(damage)
    (problem,) = gallery.check().problems
    assert problem.code == "gallery.template"
    assert "reference 3 " in problem.message


def test_a_broken_foreign_key_is_named(gallery):
    with sqlite3.connect(gallery.path) as connection:
        connection.execute("DELETE FROM file WHERE id = 2")
    assert "gallery.corrupt" in codes(gallery)


def test_damaged_pages_are_named(gallery, tmp_path):
    gallery.close()
    data = bytearray((tmp_path / "g").read_bytes())
    data[8192:20480] = os.urandom(12288)
    (tmp_path / "g").write_bytes(data)
    with Gallery.open(tmp_path / "g", TileEngine()) as opened:
        assert set(codes(opened)) == {"gallery.corrupt"}


# The index


def test_a_lost_sidecar_is_made_again(gallery, tmp_path):
    before = ranking(gallery)
    gallery.close()
    (tmp_path / "g-index").unlink()
    with Gallery.open(tmp_path / "g", TileEngine()) as opened:
        assert ranking(opened) == before
    assert (tmp_path / "g-index").exists()


@pytest.mark.parametrize("at", [0, 100, -40])
def test_a_damaged_sidecar_is_not_believed(gallery, tmp_path, at):
    before = ranking(gallery)
    gallery.close()
    data = bytearray((tmp_path / "g-index").read_bytes())
    data[at] ^= 0xFF
    (tmp_path / "g-index").write_bytes(data)
    with Gallery.open(tmp_path / "g", TileEngine()) as opened:
        assert ranking(opened) == before


def test_a_sidecar_of_an_earlier_state_is_not_believed(gallery, tmp_path):
    gallery.close()
    old = (tmp_path / "g-index").read_bytes()
    with Gallery.open(tmp_path / "g", TileEngine()) as opened:
        opened.delete(subject="p0")
        before = ranking(opened)
    (tmp_path / "g-index").write_bytes(old)
    with Gallery.open(tmp_path / "g", TileEngine()) as opened:
        assert ranking(opened) == before


def test_a_sidecar_of_another_gallery_is_not_believed(gallery, tmp_path):
    with Gallery.open(tmp_path / "h", TileEngine()) as other:
        other.enrol(tmp_path / "photos" / "p0")
        before = ranking(other)
    gallery.close()
    (tmp_path / "h-index").write_bytes((tmp_path / "g-index").read_bytes())
    with Gallery.open(tmp_path / "h", TileEngine()) as other:
        assert ranking(other) == before


def replace_index(gallery, index):
    """Let the gallery have a wrong index of its state."""
    gallery._index._current = replace(gallery._index._current, index=index)


@pytest.mark.parametrize("precision", ["int8", "float32"])
def test_an_index_that_lacks_a_reference_is_found_and_rebuilt(gallery, precision):
    with Gallery.open(gallery.path, TileEngine(), precision) as opened:
        before = ranking(opened)
        with opened._index.snapshot() as now:
            replace_index(opened, now.index.without(np.array([4])))
        assert codes(opened) == ["gallery.index"]
        assert opened.check().ok
        assert ranking(opened) == before


def test_an_index_that_holds_another_template_is_found_and_rebuilt(gallery):
    with Gallery.open(gallery.path, TileEngine(), "float32") as opened:
        before = ranking(opened)
        with opened._index.snapshot() as now:
            fewer = now.index.without(np.array([3, 4]))  # two photos of one colour: either would be found for the other
            replace_index(opened, fewer.with_added(np.array([3, 4]), np.ones((2, 16), np.float32)))
        assert codes(opened) == ["gallery.index"]
        assert ranking(opened) == before


def test_a_current_sidecar_is_loaded_not_rebuilt(gallery, tmp_path, monkeypatch):
    before = ranking(gallery)
    gallery.close()
    monkeypatch.setattr("bareface.storage.index_sync.DerivedIndex._built", None)
    with Gallery.open(tmp_path / "g", TileEngine()) as opened:
        assert ranking(opened) == before


def test_enrolment_extends_the_index(gallery, tmp_path, monkeypatch):
    monkeypatch.setattr("bareface.storage.index_sync.DerivedIndex._built", None)
    people(tmp_path / "more", 9)
    gallery.enrol(tmp_path / "more")
    assert len(ranking(gallery)) == 9
    gallery.delete(subject="p2")
    assert len(ranking(gallery)) == 8
    assert gallery.check().ok


def test_a_sidecar_that_cannot_be_written_costs_nothing_but_time(gallery, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bareface.storage.exact.index_file.fsync", full)
    people(tmp_path / "more", 9)
    assert gallery.enrol(tmp_path / "more").references == 8
    gallery.delete(subject="p2")
    assert not (tmp_path / "g-index").exists()
    assert len(ranking(gallery)) == 8


# Moved folders


def test_relink_follows_a_moved_folder(gallery, tmp_path):
    (tmp_path / "photos").rename(tmp_path / "archive")
    (tmp_path / "archive" / "p1" / "0.png").unlink()
    (tmp_path / "archive" / "p2" / "0.png").write_bytes(b"another file")
    report = gallery.relink(tmp_path / "photos", tmp_path / "archive")
    assert report.relinked == 8
    assert report.missing == (str(tmp_path / "archive" / "p1" / "0.png"),)
    assert report.changed == (str(tmp_path / "archive" / "p2" / "0.png"),)
    sources = {one.source for one in gallery.references()}
    assert str(tmp_path / "archive" / "p0" / "0.png") in sources
    assert str(tmp_path / "photos" / "p1" / "0.png") in sources
    assert gallery.enrol(tmp_path / "archive" / "p0").count("already enrolled") == 2


def test_relink_takes_whole_names_only(gallery, tmp_path):
    people(tmp_path / "photos-2", 7)
    gallery.enrol(tmp_path / "photos-2")
    assert gallery.relink(tmp_path / "photos", tmp_path / "photos").relinked == 10
    with pytest.raises(UsageError, match=r"usage\.relink"):
        gallery.relink(tmp_path / "pho", tmp_path / "photos")


# Who may read it


def test_a_gallery_that_others_may_read_is_named(gallery, monkeypatch):
    assert gallery.check().warnings == ()
    gallery.path.chmod(0o644)
    report = gallery.check()
    (warning,) = report.warnings
    assert report.ok  # it is not damaged
    assert warning.code == "gallery.shared"
    assert f"{gallery.path.name} (0644)" in warning.message
    assert f"chmod 600 {gallery.path}`" in warning.message
    monkeypatch.setenv("BAREFACE_FILE_MODE", "0644")
    assert gallery.check().warnings == ()


def test_all_files_of_a_gallery_are_private_while_it_is_written(tmp_path):
    before = os.umask(0)
    try:
        people(tmp_path / "photos", 2)
        with Gallery.open(tmp_path / "g", TileEngine()) as opened:
            opened.enrol(tmp_path / "photos")
            with opened._store.read() as connection:  # SQLite's own files last as long as a transaction
                connection.exec_driver_sql("SELECT count(*) FROM subject").all()
                modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir() if path.is_file()}
            assert modes.keys() >= {"g", "g-wal", "g-shm"}
            assert set(modes.values()) == {0o600}
    finally:
        os.umask(before)
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in ("g", "g-index")} == {0o600}


def test_a_gallery_made_through_a_link_is_private(tmp_path):
    (tmp_path / "g").symlink_to(tmp_path / "elsewhere")
    before = os.umask(0)
    try:
        with Gallery.open(tmp_path / "g", TileEngine()) as opened:
            assert opened.check().warnings == ()
    finally:
        os.umask(before)
    assert (tmp_path / "elsewhere").stat().st_mode & 0o777 == 0o600


def test_the_index_may_be_read_by_those_who_may_read_the_gallery(gallery):
    gallery.path.chmod(0o640)
    gallery.enrol([picture((90, 90, 200))], subject="new")
    gallery.close()
    assert gallery.path.with_name("g-index").stat().st_mode & 0o777 == 0o640
