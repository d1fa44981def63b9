"""Faces that lean: the packaged detector on turned portraits."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from bareface.imaging import decode as images
from bareface.models import registry
from bareface.services.engine import Engine
from bareface.values.face import Face, UInt8
from tests.portraits import astronaut, hopper


def turned(pixels: UInt8, degrees: float) -> tuple[UInt8, np.ndarray]:
    """Turn the picture about its middle, without losing a corner; also return the map [2, 3]."""
    height, width = pixels.shape[:2]
    side = int(np.hypot(height, width)) + 1
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    matrix[:, 2] += [(side - width) / 2, (side - height) / 2]
    return np.asarray(cv2.warpAffine(pixels, matrix, (side, side), borderValue=(127,) * 3), np.uint8), matrix


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(threads=1)


@pytest.fixture(scope="module", params=[astronaut, hopper])
def portrait(request: pytest.FixtureRequest) -> UInt8:
    return images.decode(request.param()).pixels


@pytest.fixture(scope="module")
def upright(engine: Engine, portrait: UInt8) -> Face:
    """Return the face of the portrait as it is."""
    return max(engine.faces(portrait), key=lambda face: face.box.area)


@pytest.mark.parametrize("degrees", [-55, -30, 30, 55])
def test_a_leaning_face_is_found_where_it_is(engine: Engine, portrait: UInt8, upright: Face, degrees: float) -> None:
    leaning, matrix = turned(portrait, degrees)
    found = max(engine.faces(leaning), key=lambda face: face.box.area)
    wanted = upright.landmarks.points @ matrix[:, :2].T + matrix[:, 2]
    eyes = np.linalg.norm(upright.landmarks.points[1] - upright.landmarks.points[0])
    assert np.linalg.norm(found.landmarks.points - wanted, axis=1).mean() < 0.12 * eyes
    # The box is upright, and about the turned face.
    middle = np.array([upright.box.x1 + upright.box.x2, upright.box.y1 + upright.box.y2]) / 2
    at = matrix[:, :2] @ middle + matrix[:, 2]
    there = np.array([found.box.x1 + found.box.x2, found.box.y1 + found.box.y2]) / 2
    assert np.linalg.norm(there - at) < 0.4 * eyes
    assert found.mask_state == "none"


@pytest.mark.parametrize("degrees", range(0, 360, 15))
def test_a_face_at_any_angle_is_found_right(engine: Engine, portrait: UInt8, upright: Face, degrees: int) -> None:
    leaning, matrix = turned(portrait, degrees)
    (face,) = engine.faces(leaning)
    wanted = (upright.landmarks.points - 0.5) @ matrix[:, :2].T + matrix[:, 2] + 0.5
    eyes = np.linalg.norm(upright.landmarks.points[1] - upright.landmarks.points[0])
    assert np.linalg.norm(face.landmarks.points - wanted, axis=1).mean() < 0.1 * eyes
    mean = registry.space_mean("dlib-128")
    a, b = face.template.vector - mean, upright.template.vector - mean
    assert a @ b / (np.linalg.norm(a) * np.linalg.norm(b)) > 0.9
    assert face.mask_state == "none"


def test_somebody_upside_down_among_upright_people_is_found_and_they_stay(engine: Engine) -> None:
    portrait = images.decode(astronaut()).pixels
    group = np.concatenate([portrait, portrait[::-1, ::-1], portrait], axis=1)
    faces = sorted(engine.faces(group), key=lambda face: face.box.x1)
    assert len(faces) == 3
    down = [face.landmarks.points[3:].mean(0)[1] > face.landmarks.points[:2].mean(0)[1] for face in faces]
    assert down == [True, False, True]
    assert {face.mask_state for face in faces} == {"none"}
