"""Boxes, landmarks and labels drawn into pictures of any size."""

from __future__ import annotations

import numpy as np
import pytest

from bareface.drawing import draw_faces
from bareface.types import Box, Face, Landmarks, UInt8

YELLOW, CYAN = (255, 214, 10), (0, 209, 255)


def face(box: Box, points: list[tuple[float, float]]) -> Face:
    nothing = np.zeros((150, 150, 3), np.uint8)
    landmarks = Landmarks(np.array(points, np.float32), "dlib5")
    return Face(box, landmarks, 1.06, nothing, nothing, "a.jpg", lambda chips: [])


def centred(width: int, height: int) -> Face:
    """A face over the middle half of a picture."""
    across, down = np.meshgrid([0.4, 0.6], [0.45, 0.55])
    points = [(x * width, y * height) for x, y in zip(across.ravel(), down.ravel(), strict=True)]
    box = Box(0.25 * width, 0.25 * height, 0.75 * width, 0.75 * height)
    return face(box, [*points, (0.5 * width, 0.6 * height)])


def share(picture: UInt8, colour: tuple[int, int, int]) -> float:
    return float((np.abs(picture.astype(int) - colour).sum(axis=2) < 30).mean())


@pytest.mark.parametrize("side", [40, 128, 480, 1000, 4000])
def test_marks_take_a_like_share_of_every_picture(side: int) -> None:
    picture = draw_faces(np.full((side, side, 3), 90, np.uint8), [centred(side, side)])
    assert max(picture.shape) >= 480
    assert 0.006 < share(picture, YELLOW) < 0.03
    assert 0.0003 < share(picture, CYAN) < 0.01


def test_box_and_points_are_where_the_face_is() -> None:
    picture = draw_faces(np.full((600, 800, 3), 90, np.uint8), [centred(800, 600)])
    assert tuple(picture[150, 400]) == YELLOW  # the box's upper edge
    assert tuple(picture[300, 200]) == YELLOW  # its left edge
    assert tuple(picture[360, 400]) == CYAN  # the nose
    assert tuple(picture[330, 320]) == CYAN


def test_a_reduced_photo_is_drawn_at_its_own_scale() -> None:
    full = draw_faces(np.full((1200, 1600, 3), 90, np.uint8), [centred(1600, 1200)])
    half = draw_faces(np.full((600, 800, 3), 90, np.uint8), [centred(1600, 1200)], scale=0.5)
    assert tuple(full[300, 800]) == tuple(half[150, 400]) == YELLOW


def test_the_photo_itself_is_not_changed() -> None:
    photo = np.full((500, 500, 3), 90, np.uint8)
    photo.setflags(write=False)
    draw_faces(photo, [centred(500, 500)])
    assert (photo == 90).all()


@pytest.mark.parametrize(
    "box", [Box(-50, -40, 200, 220), Box(380, 420, 560, 600), Box(-10, -10, 510, 510), Box(10, 5, 12, 7)]
)
def test_boxes_beyond_the_edge_keep_their_label_inside(box: Box) -> None:
    points = [(box.x1 + 1, box.y1 + 1)] * 5
    bare = draw_faces(np.full((500, 500, 3), 90, np.uint8), [])
    drawn = draw_faces(np.full((500, 500, 3), 90, np.uint8), [face(box, points)])
    dark = (np.abs(drawn.astype(int) - 16).sum(axis=2) < 10).mean()
    assert bare.shape == drawn.shape
    assert dark > 0.002  # the label's ground
    assert share(drawn, YELLOW) > 0.0001  # its text


def test_no_faces_leave_the_picture() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    assert np.array_equal(draw_faces(photo, []), photo)
