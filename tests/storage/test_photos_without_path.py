"""Photos that were given as bytes or arrays have no path, also in galleries where a name stood for it."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bareface.imaging.decode import encode
from bareface.services.gallery import Gallery
from bareface.storage.sqlite import place, schema
from bareface.storage.sqlite.store import Store
from tests.gallery.pictures import TileEngine, picture

FORMER = Path(__file__).parents[1] / "fixtures" / "before_0_2" / "people.bareface"
RED, GREEN = (230, 60, 60), (60, 230, 60)


@pytest.fixture
def former(tmp_path: Path) -> Path:
    """Return a gallery of version 0.1 in which one photo was given as bytes and one as an array."""
    return Path(shutil.copy(FORMER, tmp_path / "people.bareface"))


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def test_names_that_stood_for_paths_are_gone_and_nothing_else_changed(former: Path) -> None:
    before = rows(former, "SELECT id, sha256, path, format, width, height FROM file ORDER BY id")
    last = rows(former, "SELECT seq FROM sqlite_sequence WHERE name = 'file'")
    sources = [f"/tmp/before_0_2/photos/{name}.jpg" for name in ("eileen", "eileen-masked", "grace", "grace-masked")]
    Store(former).close()
    expected = [(*row[:2], None if row[2] in (b"<bytes>", b"<array>") else row[2], *row[3:]) for row in before]
    assert rows(former, "SELECT id, sha256, path, format, width, height FROM file ORDER BY id") == expected
    assert [row[2] for row in expected].count(None) == 2
    assert rows(former, "SELECT seq FROM sqlite_sequence WHERE name = 'file'") == last
    assert rows(former, "PRAGMA foreign_key_check") == []
    assert rows(former, "SELECT version_num FROM alembic_version") == [(schema.REVISION,)]
    with Store(former).reading() as reader:
        listed = [one.source for one in reader.references()]
    assert listed[:4] == sources
    assert listed[-2:] == ["<bytes>", "<array>"]


def test_a_migrated_gallery_has_the_layout_of_a_new_one(former: Path, tmp_path: Path) -> None:
    Store(former).close()
    Store(tmp_path / "new").close()
    layout = "SELECT type, name, tbl_name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name"
    assert rows(former, layout) == rows(tmp_path / "new", layout)
    columns = "PRAGMA table_info(file)"
    assert rows(former, columns) == rows(tmp_path / "new", columns)


def test_a_photo_number_is_not_used_again(former: Path) -> None:
    last = rows(former, "SELECT max(id) FROM file")[0][0]
    with Store(former).writing() as writer:
        writer.delete_references([one.id for one in writer.references()])
        assert writer.photos() == []
    with Gallery.open(former, TileEngine("dlib-128")) as gallery:
        assert gallery.info().photos == 0
    assert rows(former, "SELECT seq FROM sqlite_sequence WHERE name = 'file'")[0][0] >= last


def test_where_it_may_only_be_read_it_opens_as_it_is(former: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "may_write", lambda path: False)
    before = former.read_bytes()
    with Gallery.open(former, TileEngine("dlib-128"), create=False) as gallery:
        assert [one.source for one in gallery.references()][-2:] == ["<bytes>", "<array>"]
        assert gallery.check().ok
        assert len(gallery.check().missing_photos) == 5
    with Store(former).reading() as reader:
        assert [photo.path for photo in reader.photos()].count(None) == 2
    assert former.read_bytes() == before


def test_bytes_and_arrays_are_enrolled_without_a_path_and_named_as_before(tmp_path: Path) -> None:
    path = tmp_path / "g"
    with Gallery.open(path, TileEngine()) as gallery:
        outcomes = gallery.enrol([encode(picture(RED), "PNG"), picture(GREEN)]).outcomes
        assert [one.source for one in outcomes] == ["<bytes>", "<array>"]
        assert [one.source for one in gallery.references()] == ["<bytes>", "<array>"]
        found = gallery.search(picture(RED)).lists[0].candidates
        assert {one.source for one in found} == {"<bytes>", "<array>"}
        report = gallery.check()
        assert report.ok
        assert report.missing_photos == ()
    assert rows(path, "SELECT path FROM file") == [(None,), (None,)]
    with Gallery.open(path, TileEngine(model="another")) as gallery:
        unresolved = gallery.reembed().unresolved
        assert sorted((one.source, one.code) for one in unresolved) == [
            ("<array>", "gallery.no-photo"),
            ("<bytes>", "gallery.no-photo"),
        ]
