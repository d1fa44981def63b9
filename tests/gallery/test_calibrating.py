"""A gallery that is calibrated on its own people, through the service."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bareface.errors import CalibrationError, GalleryError
from bareface.services.gallery import Gallery
from tests.gallery.pictures import Colour, TileEngine, colours, save
from tests.wording import PYTHON_WORDS

PEOPLE = 110


def photos(folder: Path, people: int = PEOPLE) -> Path:
    """Return two photos each of a number of people, in slightly different light."""
    for number, (red, green, blue) in enumerate(colours(people)):
        other: Colour = (min(255, red + 3), max(0, green - 3), blue)
        for tick, colour in enumerate([(red, green, blue), other]):
            save(folder / f"person {number}" / f"{tick}.png", colour, tick=2 * number + tick)
    return folder


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    folder = tmp_path_factory.mktemp("filled")
    gallery = Gallery.open(folder / "people.bareface", TileEngine())
    gallery.enrol([photos(folder / "photos")], basis="consent")
    return gallery


def kept(gallery: Gallery) -> Path:
    return gallery.path.with_name(gallery.path.name + "-calibration")


def test_searches_use_what_was_learnt(filled, tmp_path):
    probe = save(tmp_path / "probe.png", colours(PEOPLE)[5])
    before = filled.search(probe, top=3).lists[0]
    assert all(candidate.fpir is None for candidate in before.candidates)
    found = filled.calibrate()
    assert (found.subjects, found.references, found.missing) == (PEOPLE, 2 * PEOPLE, 0)
    assert found.calibration.model == "tiler"
    after = filled.search(probe, top=3).lists[0]
    assert all(candidate.fpir is not None for candidate in after.candidates)
    assert any(f"{PEOPLE} named subjects of this gallery" in note for note in after.notes)


def test_a_calibration_of_another_gallery_is_not_used(filled, tmp_path):
    filled.calibrate()
    with Gallery.open(tmp_path / "other.bareface", TileEngine()) as other:
        other.enrol([save(tmp_path / "one" / "a.png", (200, 100, 50))], subject="one")
        kept(other).write_bytes(kept(filled).read_bytes())
        found = other.search(save(tmp_path / "probe.png", (200, 100, 60))).lists[0]
        assert found.candidates[0].fpir is None


@pytest.mark.slow
def test_one_of_a_former_model_is_not_used(tmp_path):
    with Gallery.open(tmp_path / "people.bareface", TileEngine()) as gallery:
        gallery.enrol([photos(tmp_path / "photos")])
        gallery.calibrate()
        probe = save(tmp_path / "probe.png", colours(PEOPLE)[5])
        assert gallery.search(probe).lists[0].candidates[0].fpir is not None
    with Gallery.open(tmp_path / "people.bareface", TileEngine(model="tiler-2")) as gallery:  # of the same space
        assert gallery.reembed().recalibrate
        assert gallery.search(probe).lists[0].candidates[0].fpir is None
        gallery.calibrate()
        assert not gallery.reembed().recalibrate
        assert gallery.search(probe).lists[0].candidates[0].fpir is not None


def test_a_damaged_one_is_named(filled, tmp_path):
    filled.calibrate()
    good = kept(filled).read_bytes()
    content = json.loads(good)
    parts = (
        [],
        1,
        {"gallery": 1},
        {**content, "search": 1},
        {**content, "search": "{}"},
        {**content, "search": content["calibration"]},
    )
    try:
        for damaged in (good[:-20], b"", b"\xff", b"[" * 9999, *(json.dumps(part).encode() for part in parts)):
            kept(filled).write_bytes(damaged)
            with pytest.raises(CalibrationError, match=r"people\.bareface-calibration") as caught:
                filled.search(save(tmp_path / "probe.png", (200, 100, 60)))
            assert caught.value.code == "calibration.format"
            assert not PYTHON_WORDS.search(str(caught.value)), caught.value
    finally:
        kept(filled).write_bytes(good)


def test_too_few_people_leave_everything_as_it_was(tmp_path):
    with Gallery.open(tmp_path / "few.bareface", TileEngine()) as few:
        few.enrol([photos(tmp_path / "photos", 12)])
        found = few.calibrate()
        assert found.missing == 88
        assert not kept(few).exists()


def test_an_empty_gallery_is_refused(tmp_path):
    with Gallery.open(tmp_path / "empty.bareface", TileEngine()) as empty:
        with pytest.raises(GalleryError) as caught:
            empty.calibrate()
        assert caught.value.code == "gallery.empty"
