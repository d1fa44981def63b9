"""Several writers and readers at once: nothing twice, nothing lost, no torn answer."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bareface.imaging import decode as images
from bareface.services.gallery import Gallery
from bareface.storage.index_sync import DerivedIndex
from bareface.storage.sqlite import permissions
from tests.gallery.pictures import TileEngine, people, picture

RED = (230, 60, 60)


def test_two_enrolments_of_one_folder_share_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr("bareface.gallery.enrol.BATCH", 4)
    people(tmp_path / "photos", 30)

    def enrol(_: int):
        with Gallery.open(tmp_path / "g", TileEngine()) as opened:
            return opened.enrol(tmp_path / "photos")

    with ThreadPoolExecutor(3) as pool:
        reports = list(pool.map(enrol, range(3)))
    assert sum(report.references for report in reports) == 60
    assert all(report.count("enrolled") + report.count("already enrolled") == 60 for report in reports)
    with Gallery.open(tmp_path / "g", TileEngine()) as opened:
        assert [one.references for one in opened.subjects()] == [2] * 30
        assert opened.check().ok


@pytest.mark.slow
def test_one_gallery_in_several_threads(tmp_path, monkeypatch):
    monkeypatch.setattr("bareface.gallery.enrol.BATCH", 4)
    people(tmp_path / "first", 10)
    people(tmp_path / "more", 25)
    with Gallery.open(tmp_path / "g", TileEngine()) as opened:
        opened.enrol(tmp_path / "first")

        def search(_: int):
            (entry,) = opened.search(picture(RED)).lists
            assert len(entry.candidates) == min(20, entry.subjects)
            return entry.subjects

        with ThreadPoolExecutor(4) as pool:
            written = pool.submit(opened.enrol, tmp_path / "more")
            seen = list(pool.map(search, range(40)))
            assert written.result().references == 30
        assert set(seen) <= set(range(10, 26))
        assert search(0) == 25


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode on Windows")
def test_photos_whose_names_are_not_unicode(tmp_path):
    folder = os.fsencode(tmp_path) + b"/photos/M\xfcller"
    Path(os.fsdecode(folder)).mkdir(parents=True)
    photo = Path(os.fsdecode(folder + b"/\xe9t\xe9.png"))
    photo.write_bytes(images.encode(picture(RED), "PNG"))
    with Gallery.open(tmp_path / "g", TileEngine()) as opened:
        assert opened.enrol(tmp_path / "photos").count("enrolled") == 1
        found = opened.search(photo).lists[0].candidates[0]
        assert (found.source, found.same_source) == (str(photo), "same file")
        found.subject.encode("utf-8")
        assert opened.delete(photo=photo).references == 1


CORRECTIONS = {
    "assign": lambda gallery: gallery.assign(1, "p1"),
    "merge": lambda gallery: gallery.merge("p0", "p1"),
    "rename": lambda gallery: gallery.rename("p0", "new"),
    "split": lambda gallery: gallery.split(1, "new"),
}


@pytest.mark.parametrize("name", CORRECTIONS)
def test_a_correction_whose_subject_another_program_deletes_at_once(tmp_path, monkeypatch, name):
    """It answers with the subject as it was when the correction was stored."""
    people(tmp_path / "photos", 2)
    with Gallery.open(tmp_path / "g", TileEngine()) as opened, Gallery.open(tmp_path / "g", TileEngine()) as other:
        opened.enrol(tmp_path / "photos")

        def meanwhile(_: DerivedIndex) -> None:
            for one in other.subjects():
                other.delete(subject=one.id)

        monkeypatch.setattr(DerivedIndex, "save_if_loaded", meanwhile)
        changed = CORRECTIONS[name](opened)
        assert changed.references == {"assign": 3, "merge": 4, "rename": 2, "split": 1}[name]
        monkeypatch.undo()
        assert opened.subjects() == ()


def test_files_that_another_program_removes_while_they_are_looked_at(tmp_path, monkeypatch):
    people(tmp_path / "photos", 2)
    with Gallery.open(tmp_path / "g", TileEngine()) as opened:
        opened.enrol(tmp_path / "photos")
        size = opened.info().size
        (tmp_path / "g-index").unlink()
        for look in ("exists", "is_file"):  # was there a moment ago
            monkeypatch.setattr(Path, look, lambda _: True)
        assert 0 < opened.info().size < size
        assert permissions.shared(opened.path) == ()


def test_the_size_of_a_gallery_opened_through_a_link(tmp_path):
    people(tmp_path / "photos", 2)
    with Gallery.open(tmp_path / "g", TileEngine()) as opened:
        opened.enrol(tmp_path / "photos")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "link").symlink_to(tmp_path / "g")
    with Gallery.open(tmp_path / "g") as opened, Gallery.open(tmp_path / "other" / "link") as linked:
        assert linked.info().size == opened.info().size
