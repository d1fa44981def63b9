from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bareface.faces.detection import mmod
from bareface.faces.detection.base import Detector
from bareface.faces.detection.mmod import MmodDetector
from bareface.faces.landmarks.trees import TreeLandmarks
from bareface.imaging import decode as images
from bareface.models import registry
from bareface.models.sessions import open_session
from bareface.values.face import Box, UInt8
from tests.examples import examples
from tests.portraits import astronaut, hopper


@pytest.fixture(scope="module")
def detector() -> MmodDetector:
    session = open_session(registry.path_of(registry.card("dlib-mmod")))
    return MmodDetector(session, TreeLandmarks(registry.path_of(registry.card("dlib-landmarks5"))))


@pytest.fixture(scope="module")
def portrait() -> UInt8:
    return images.decode(astronaut()).pixels


FACE = Box(172, 70, 278, 176)  # of the astronaut, by eye


def test_it_is_a_detector(detector: MmodDetector) -> None:
    assert isinstance(detector, Detector)


def test_it_finds_the_one_face(detector: MmodDetector, portrait: UInt8) -> None:
    (found,) = detector.detect(portrait, 60)
    assert found.box.iou(FACE) > 0.6
    assert found.score > 0.5
    assert found.landmarks.scheme == "dlib5"
    assert (found.landmarks.points[:, 0] > found.box.x1).all()
    assert (found.landmarks.points[:, 0] < found.box.x2).all()


@pytest.mark.slow
def test_small_faces_need_a_smaller_minimum(detector: MmodDetector, portrait: UInt8) -> None:
    small = np.full_like(portrait, 128)
    small[:, :, :] = np.array(mmod.MEAN_COLOUR, np.uint8)
    import cv2

    small[100:228, 100:228] = cv2.resize(portrait, (128, 128), interpolation=cv2.INTER_AREA)
    assert detector.detect(small, 80) == []
    (found,) = detector.detect(small, 20)
    assert found.box.width < 40


def test_a_face_that_fills_the_frame_is_found(detector: MmodDetector, portrait: UInt8) -> None:
    close_up = portrait[70:180, 170:285]
    (found,) = detector.detect(close_up, 40)
    assert found.box.iou(Box(0, 0, 115, 110)) > 0.5


def test_nothing_is_found_where_nothing_is(detector: MmodDetector) -> None:
    assert detector.detect(np.full((300, 200, 3), 90, np.uint8), 40) == []


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1), (3, 7)])
def test_odd_shapes_are_survived(detector: MmodDetector, shape: tuple[int, int]) -> None:
    assert detector.detect(np.zeros((*shape, 3), np.uint8), 40) == []


@pytest.mark.slow
def test_strips_change_nothing(detector: MmodDetector, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = images.decode(hopper()).pixels
    whole = detector.detect(photo, 40)
    monkeypatch.setattr(mmod, "STRIP_PIXELS", 1)
    parts = detector.detect(photo, 40)
    assert [d.box for d in whole] == [d.box for d in parts]
    assert [d.score for d in parts] == pytest.approx([d.score for d in whole], abs=1e-4)


@settings(max_examples=examples(50), deadline=None)
@given(width=st.integers(5, 900), height=st.integers(5, 900))
def test_levels_never_overlap_and_lie_on_the_canvas(width: int, height: int) -> None:
    levels, (w, h) = mmod._layout(width, height)
    taken = np.zeros((h, w), np.uint8)
    for level in levels:
        part = taken[level.y : level.y + level.height, level.x : level.x + level.width]
        assert part.shape == (level.height, level.width)
        assert not part.any()
        part[:] = 1
    assert (levels[0].width, levels[0].height) == (width, height)


def test_suppression_keeps_the_best_of_a_heap() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 1, 11, 11], [30, 30, 40, 40]], np.float64)
    assert mmod._suppressed(boxes, np.array([0.5, 0.9, 0.1], np.float32)) == [1, 2]
