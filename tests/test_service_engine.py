"""The main job with the packaged networks: enrol portraits, search them with worse copies."""

from __future__ import annotations

import shutil

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from bareface.errors import ImageError
from bareface.imaging import decode as images
from bareface.services.engine import Engine
from bareface.services.gallery import Gallery
from tests.portraits import astronaut, hopper


@pytest.fixture(scope="module")
def engine():
    return Engine()


@pytest.fixture(scope="module")
def enrolled(tmp_path_factory, engine):
    folder = tmp_path_factory.mktemp("enrolled")
    for name, portrait in (("Eileen Collins", astronaut()), ("Grace Hopper", hopper())):
        (folder / "photos" / name).mkdir(parents=True)
        (folder / "photos" / name / portrait.name).write_bytes(portrait.read_bytes())
    with Gallery.open(folder / "people.bareface", engine) as opened:
        report = opened.enrol(folder / "photos", basis="public domain")
        assert [outcome.status for outcome in report.outcomes] == ["enrolled", "enrolled"]
    return folder / "people.bareface"


@pytest.fixture
def gallery(tmp_path, enrolled, engine):
    """Return a copy of it, which may be changed."""
    with Gallery.open(shutil.copy(enrolled, tmp_path / "people.bareface"), engine) as opened:
        yield opened


def first(gallery, probe):
    # A patch of the space suit is taken for a small face at some qualities: the README says that this happens.
    entry = max(gallery.search(probe).lists, key=lambda one: one.probe[0].box.area)
    assert [candidate.rank for candidate in entry.candidates] == [1, 2]
    return entry.candidates[0]


def test_a_portrait_is_found_and_marked_as_the_same_file(gallery):
    for name, portrait in (("Eileen Collins", astronaut()), ("Grace Hopper", hopper())):
        found = first(gallery, portrait)
        assert (found.subject, found.same_source) == (name, "same file")
        assert found.similarity == pytest.approx(1, abs=1e-5)
        assert found.distance < 1e-3


@pytest.mark.parametrize("quality", [40, 90])
@pytest.mark.parametrize("factor", [0.6, 1.0, 1.5])
def test_a_re_encoding_is_marked_as_such(gallery, quality, factor):
    for name, portrait in (("Eileen Collins", astronaut()), ("Grace Hopper", hopper())):
        pixels = cv2.resize(images.decode(portrait).pixels, None, fx=factor, fy=factor)
        found = first(gallery, images.encode(pixels, "JPEG", quality))
        assert (found.subject, found.same_source) == (name, "re-encoding")


ALTERED = {
    "saved anew": lambda image: image,
    "smaller": lambda image: image.resize((image.width * 2 // 3, image.height * 2 // 3)),
    "cropped": lambda image: image.crop((image.width // 20, 0, image.width - image.width // 20, image.height)),
    "grey": lambda image: image.convert("L"),
    "leaning": lambda image: image.rotate(3),
}


@pytest.mark.parametrize("change", ALTERED)
@pytest.mark.parametrize("mirrored", [False, True], ids=["as it was", "mirrored"])
def test_a_copy_is_marked_whether_mirrored_or_not(gallery, change, mirrored):
    for name, portrait in (("Eileen Collins", astronaut()), ("Grace Hopper", hopper())):
        image = ALTERED[change](Image.fromarray(images.decode(portrait).pixels)).convert("RGB")
        pixels = np.asarray(ImageOps.mirror(image) if mirrored else image)
        found = first(gallery, images.encode(pixels, "JPEG", 85))
        assert (found.subject, found.same_source) == (name, "mirrored copy" if mirrored else "re-encoding")


def test_another_picture_is_not_marked(gallery):
    """Mirrored, darkened and very blurred: still her, no longer that picture."""
    pixels = images.decode(astronaut()).pixels[:, ::-1]
    found = first(gallery, np.ascontiguousarray(cv2.GaussianBlur(pixels, (0, 0), 5) // 2))
    assert (found.subject, found.same_source) == ("Eileen Collins", None)


def test_several_photos_of_one_person_are_fused(gallery):
    pixels = images.decode(astronaut()).pixels
    probes = [np.ascontiguousarray(pixels[:, ::-1]), cv2.GaussianBlur(pixels, (0, 0), 2)]
    (entry,) = gallery.search(probes, same_person=True).lists
    assert len(entry.probe) == 2
    assert entry.candidates[0].subject == "Eileen Collins"


def test_a_picture_without_a_face(gallery):
    with pytest.raises(ImageError, match=r"image\.no-face"):
        gallery.search(np.full((300, 300, 3), 127, np.uint8))


def test_reembedding_in_another_precision(gallery, tmp_path):
    with Gallery.open(gallery.path, Engine(precision="auto")) as opened:
        report = opened.reembed()
        assert report.switched
        assert report.unresolved == ()
        assert [made.precision for made in opened.info().templates] == [opened.engine.precision]
        assert first(opened, astronaut()).subject == "Eileen Collins"
