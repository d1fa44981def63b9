"""A gallery that may only be read: on read-only media, in a read-only folder, of another owner."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bareface.errors import GalleryError
from bareface.services.gallery import Gallery
from bareface.storage.sqlite import place
from tests.gallery.pictures import TileEngine, people, picture, save
from tests.gallery.test_agreement import crashed
from tests.gallery.test_store import early_revision

RED = (230, 60, 60)


def locked(folder: Path) -> None:
    for one in folder.iterdir():
        one.chmod(0o400)
    folder.chmod(0o500)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a folder with a gallery; root may write anywhere, so it is told that it may not."""
    people(tmp_path / "photos", 3)
    (tmp_path / "media").mkdir()
    with Gallery.open(tmp_path / "media" / "g", TileEngine()) as opened:
        opened.enrol(tmp_path / "photos")
    if os.geteuid() == 0:
        monkeypatch.setattr(place, "may_write", lambda path: "media" not in path.parts)
    yield tmp_path / "media"
    (tmp_path / "media").chmod(0o700)


def test_it_can_be_searched_listed_and_checked_and_nothing_is_written(folder, tmp_path, caplog):
    locked(folder)
    before = sorted(folder.iterdir())
    with Gallery.open(folder / "g", TileEngine()) as opened:
        assert len(opened.search(picture(RED)).lists[0].candidates) == 3
        assert len(opened.references()) == 6
        assert len(opened.subjects()) == 3
        assert opened.crop(1) is not None
        assert opened.check().ok
        opened.calibrate()
    assert sorted(folder.iterdir()) == before
    assert not caplog.records


def test_writing_is_refused_before_the_work(folder, tmp_path):
    locked(folder)
    engine = TileEngine()
    with Gallery.open(folder / "g", engine) as opened:
        for change in (
            lambda: opened.enrol(save(tmp_path / "new.png", RED)),
            lambda: opened.delete(reference=1),
            lambda: opened.assign(1, "Ada"),
            lambda: opened.reject(1),
            lambda: opened.relink(tmp_path / "photos", tmp_path / "photos"),
            opened.scrub,
            opened.reembed,
        ):
            with pytest.raises(GalleryError, match=r"gallery\.read-only"):
                change()
    assert engine.analysed == []


def test_a_lost_index_is_made_in_memory(folder):
    (folder / "g-index").unlink()
    locked(folder)
    with Gallery.open(folder / "g", TileEngine()) as opened:
        assert len(opened.search(picture(RED)).lists[0].candidates) == 3
    assert [one.name for one in folder.iterdir()] == ["g"]


def test_its_last_changes_are_in_the_log(folder, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(place, "may_write", lambda _: True)
        crashed(folder / "g", save(tmp_path / "new.png", RED))
    locked(folder)
    with Gallery.open(folder / "g", TileEngine()) as opened:
        assert len(opened.references()) == 7


def test_an_old_one_says_what_to_do(folder, tmp_path):
    early_revision(tmp_path / "old", folder / "g")
    shutil.move(tmp_path / "old", folder / "old")
    locked(folder)
    with pytest.raises(GalleryError, match=r"earlier version.*Copy it.*gallery\.read-only"):
        Gallery.open(folder / "old", TileEngine())


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("setpriv") is None, reason="takes privileges away from root")
def test_without_the_privilege_to_write_anywhere(folder, tmp_path):
    locked(folder)
    code = f"""
from bareface.errors import GalleryError
from bareface.services.gallery import Gallery
from tests.gallery.pictures import TileEngine
with Gallery.open({str(folder / "g")!r}, TileEngine()) as opened:
    print(len(opened.search({str(tmp_path / "photos" / "p0" / "0.png")!r}).lists[0].candidates))
    try:
        opened.delete(reference=1)
    except GalleryError as error:
        print(error.code)
"""
    command = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search,-fowner", sys.executable, "-c", code]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["3", "gallery.read-only"]


def test_one_of_the_layout_before_is_read_as_it_is(folder):
    with closing(sqlite3.connect(folder / "g")) as plain, plain:
        plain.execute("DROP TABLE apart")
        plain.execute("UPDATE alembic_version SET version_num = '0008'")
    (folder / "g-index").unlink()
    locked(folder)
    with Gallery.open(folder / "g", TileEngine()) as opened:
        assert len(opened.search(picture(RED)).lists[0].candidates) == 3
        assert len(opened.subject_page().subjects) == 3
        assert opened.check().ok
        with pytest.raises(GalleryError, match=r"gallery\.read-only"):
            opened.suggestions()
        assert opened.apart_page().answers == ()
