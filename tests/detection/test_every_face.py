"""Every face that can be seen: crowds, panoramas, small heads in large pictures, and what is said of smaller ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from bareface.faces.detection.bareface_detector import TILE, BarefaceDetector
from bareface.faces.detection.base import Detection
from bareface.faces.detection.close_ups import BATCH, SIDE
from bareface.faces.detection.tiles import tiles
from bareface.imaging import decode as images
from bareface.imaging.decode import decode
from bareface.services.engine import Engine
from bareface.values.face import Box, UInt8
from tests.detection.test_bareface_detector import Answer, Session, photo
from tests.portraits import astronaut, hopper


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(threads=1)


def crowd(people: int, side: int = 125) -> UInt8:
    """Draw a number of people in rows, heads about 40 % of ``side``; no two alike."""
    heads = [Image.open(astronaut()).convert("RGB").crop((120, 0, 340, 220)), Image.open(hopper()).convert("RGB")]
    heads[1] = heads[1].crop((120, 60, 420, 360))
    columns = int(np.ceil(people**0.5))
    sheet = Image.new("RGB", (columns * side, -(-people // columns) * side))
    for place in range(people):
        head = ImageEnhance.Brightness(heads[place % 2].resize((side, side))).enhance(0.7 + 0.6 * place / people)
        sheet.paste(head, (place % columns * side, place // columns * side))
    return np.asarray(sheet)


def panorama(people: int, height: int = 360) -> UInt8:
    """Return a strip of people, heads of 64 to 122 pixels, the longer side over a hundred times as long."""
    strip = Image.new("RGB", (people * 360, 700), (120, 140, 160))
    portraits = [Image.open(hopper()).convert("RGB"), Image.open(astronaut()).convert("RGB")]
    for place in range(people):
        one = portraits[place % 2]
        strip.paste(one.resize((360, height * one.height // one.width)), (place * 360, 150))
    return np.asarray(strip)


@pytest.mark.parametrize("people", [20, *(pytest.param(people, marks=pytest.mark.slow) for people in (80, 300))])
def test_everybody_in_a_crowd_is_found(engine: Engine, people: int) -> None:
    assert len(engine.faces(crowd(people))) == people


@pytest.mark.slow
def test_heads_of_64_pixels_in_a_panorama_are_found(engine: Engine, tmp_path: Path) -> None:
    Image.fromarray(panorama(24)).save(tmp_path / "strip.jpg", quality=85)
    assert decode(tmp_path / "strip.jpg").scale == 0.5
    assert len(engine.faces(tmp_path / "strip.jpg")) == 24


@pytest.mark.slow
def test_small_and_large_heads_in_one_large_photo_are_found(engine: Engine) -> None:
    page = Image.new("RGB", (4000, 3000), (120, 140, 160))
    portrait = Image.open(astronaut()).convert("RGB")
    for side, corner in ((280, (3600, 2600)), (900, (2200, 1500)), (1900, (50, 500))):  # heads of 56 to 390 pixels
        page.paste(portrait.resize((side, side)), corner)
    faces = sorted(engine.faces(np.asarray(page)), key=lambda face: face.box.width)
    assert len(faces) == 3
    assert faces[0].box.width < 70
    assert faces[2].box.width > 300


def test_what_the_network_is_given_does_not_grow_with_the_photo_or_the_crowd() -> None:
    def says(shape: tuple[int, int]) -> list[Answer]:
        corners = [(x, y) for y in range(20, shape[0] - 60, 160) for x in range(20, shape[1] - 60, 160)]
        return [Answer((x, y, x + 40, y + 40)) for x, y in corners]

    session = Session(says)
    BarefaceDetector(session).detect(photo(1600, 3200), 20)
    assert len(session.seen) > 8
    assert max(height * width for height, width in session.shapes) <= max(TILE**2, BATCH * 2 * SIDE**2)


@given(st.integers(1, 9000), st.integers(1, 3000))
def test_tiles_cover_a_picture_once(width: int, height: int) -> None:
    seen = np.zeros((height, width), np.uint8)
    for tile in tiles(width, height, 1280, 96):
        assert tile.left % 32 == tile.top % 32 == 0
        assert max(tile.right - tile.left, tile.bottom - tile.top) <= 1280
        x1, y1, x2, y2 = tile.core
        seen[tile.top + y1 : tile.top + y2, tile.left + x1 : tile.left + x2] += 1
    assert (seen == 1).all()


def test_a_picture_wider_than_opencv_warps_is_looked_at(engine: Engine) -> None:
    strip = np.full((300, 40_000, 3), 127, np.uint8)
    strip[:, 39_000:39_300] = np.asarray(Image.open(astronaut()).convert("RGB").resize((300, 300)))
    (face,) = engine.faces(strip)
    assert 39_000 < face.box.x1 < 39_300
    assert face.mask_state == "none"


def test_the_smallest_face_that_was_looked_for_is_said(engine: Engine) -> None:
    blank = np.full((1000, 4000, 3), 90, np.uint8)
    (analysis,) = engine.stream([blank])
    assert analysis.min_face == 40
    assert analysis.photo is not None
    assert analysis.photo.notes == ()


class FarSighted:
    """A detector of somebody's own, that does not say that it works in tiles."""

    name = "far-sighted"

    def detect(self, pixels: UInt8, min_face: float) -> list[Detection]:
        return []


def test_faces_that_were_not_looked_for_are_a_note() -> None:
    engine = Engine(detector=FarSighted(), threads=1)
    (analysis,) = engine.stream([np.full((10, 4000, 3), 90, np.uint8)])
    assert analysis.min_face == 100
    assert analysis.photo is not None
    assert "faces under 100 pixels were not searched for" in analysis.photo.notes


def test_a_photo_decoded_far_reduced_says_so(engine: Engine, tmp_path: Path) -> None:
    Image.new("RGB", (17_000, 20)).save(tmp_path / "wide.jpg")
    (analysis,) = engine.stream([tmp_path / "wide.jpg"])
    assert analysis.min_face == pytest.approx(80, abs=1)
    decoded = images.decode(tmp_path / "wide.jpg")
    assert any(note.startswith("faces under 8") for note in engine.notes(decoded))


@pytest.mark.parametrize("shape", [(1, 2_000_000), (65_535, 1), (12, 200_000)])
@pytest.mark.parametrize("detector", ["bareface", "dlib"])
def test_a_strip_of_few_pixels_takes_little_memory(detector: str, shape: tuple[int, int]) -> None:
    """The second has 64 thousand pixels; with a border in proportion to its length, it would take 10 GB."""
    blank = np.full((*shape, 3), 90, np.uint8)
    assert Engine(detector, threads=1).faces(blank) == []


@pytest.mark.parametrize(
    ("detector", "scale"),
    [
        *(("bareface", scale) for scale in (1, 12)),
        ("dlib", 1),
        pytest.param("bareface", 30, marks=pytest.mark.slow),
        *(pytest.param("dlib", scale, marks=pytest.mark.slow) for scale in (6, 12, 30)),
    ],
)
def test_a_face_that_fills_the_frame_is_found_at_any_size(detector: str, scale: int) -> None:
    head = Image.open(astronaut()).convert("RGB").crop((175, 60, 275, 185))
    (face,) = Engine(detector, threads=1).faces(np.asarray(head.resize((100 * scale, 125 * scale))))
    assert face.box.iou(Box(4 * scale, 7 * scale, 93 * scale, 119 * scale)) > 0.6
