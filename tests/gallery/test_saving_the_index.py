"""The file of the index is written when it lacks much, and at the end; what it lacks is found again."""

from __future__ import annotations

from pathlib import Path

from bareface.services.gallery import Gallery
from tests.gallery.pictures import TileEngine, colours, picture

EVERYBODY = colours(256)


def test_photos_that_come_one_by_one_do_not_each_write_the_file(tmp_path: Path) -> None:
    path, file = tmp_path / "people.bareface", tmp_path / "people.bareface-index"
    with Gallery.open(path, TileEngine()) as gallery:
        gallery.enrol(picture(*EVERYBODY[:250]))
        written = file.read_bytes()
        gallery.enrol(picture(EVERYBODY[250]))
        assert file.read_bytes() == written
        gallery.enrol(picture(EVERYBODY[251]))  # two of 252 are missing
        later = file.read_bytes()
        assert later != written
        gallery.enrol(picture(EVERYBODY[252]))
        assert file.read_bytes() == later
        (found,) = gallery.search(picture(EVERYBODY[252])).lists
        assert found.candidates[0].reference_id == 253
        assert found.references == 253
    assert file.read_bytes() != later
    with Gallery.open(path, TileEngine()) as gallery:
        gallery._index.load()
        before = file.stat().st_mtime_ns
    assert file.stat().st_mtime_ns == before


def test_an_index_that_was_not_written_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "people.bareface"
    gallery = Gallery.open(path, TileEngine())
    gallery.enrol(picture(*EVERYBODY[:250]))
    gallery.enrol(picture(EVERYBODY[250]))  # and the process is killed
    with Gallery.open(path, TileEngine()) as again:
        (found,) = again.search(picture(EVERYBODY[250])).lists
        assert (found.candidates[0].reference_id, found.references) == (251, 251)


def test_who_made_the_templates_is_counted_whatever_their_order(tmp_path: Path) -> None:
    path = tmp_path / "people.bareface"
    made = [("b", "int8"), ("a", "int8"), ("b", "float32"), ("b", "int8"), ("c", "float32"), ("a", "int8")]
    for number, (model, precision) in enumerate(made):
        with Gallery.open(path, TileEngine(model=model, precision=precision)) as gallery:
            gallery.enrol(picture(EVERYBODY[number]))
            counts = [(one.model, one.precision, one.references) for one in gallery.info().templates]
            seen = made[: number + 1]
            assert counts == [(*by, seen.count(by)) for by in sorted(set(seen))]
