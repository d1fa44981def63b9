"""Boxes, landmarks, labels and occlusion maps drawn into pictures of any size."""

from __future__ import annotations

import numpy as np
import pytest

from bareface.faces.occlusion.base import CLASSES, FACE, MASK
from bareface.faces.occlusion.mask_state import mask_state
from bareface.faces.occlusion.visible_share import visible_fraction
from bareface.reports.drawing import draw_faces, draw_occlusion
from bareface.values.face import EVERYTHING, Box, Computed, Face, Landmarks, UInt8

YELLOW, CYAN = (255, 214, 10), (0, 209, 255)
GREEN, VERMILION = (0, 158, 115), (213, 94, 0)


def face(box: Box, points: list[tuple[float, float]], occlusion: UInt8 | None = None) -> Face:
    nothing = np.zeros((150, 150, 3), np.uint8)
    landmarks = Landmarks(np.array(points, np.float32), "dlib5")
    share = None if occlusion is None else visible_fraction(occlusion)
    computed = Computed(EVERYTHING, occlusion, mask_state(None, occlusion), share)
    return Face(box, landmarks, 1.06, nothing, nothing, "a.jpg", computed=computed)


def half_masked() -> UInt8:
    """Make the upper half of the chip face, the lower one mask."""
    occlusion = np.full((150, 150), FACE, np.uint8)
    occlusion[75:] = MASK
    return occlusion


def centred(width: int, height: int, occlusion: UInt8 | None = None) -> Face:
    """Return a face over the middle half of a picture."""
    across, down = np.meshgrid([0.4, 0.6], [0.45, 0.55])
    points = [(x * width, y * height) for x, y in zip(across.ravel(), down.ravel(), strict=True)]
    box = Box(0.25 * width, 0.25 * height, 0.75 * width, 0.75 * height)
    return face(box, [*points, (0.5 * width, 0.6 * height)], occlusion)


def share(picture: UInt8, colour: tuple[int, int, int]) -> float:
    return float((np.abs(picture.astype(int) - colour).sum(axis=2) < 30).mean())


@pytest.mark.parametrize("side", [40, 128, 480, 1000, pytest.param(2000, marks=pytest.mark.slow)])
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
    assert dark > 0.0005  # the label's ground; a tiny face has its number alone
    assert share(drawn, YELLOW) > 0.00002  # its text


def test_labels_leave_a_crowd_to_be_seen() -> None:
    middles = range(125, 2500, 250)
    crowd = [face(Box(x - 40, y - 40, x + 40, y + 40), [(x, y)] * 5) for y in middles for x in middles]
    drawn = draw_faces(np.full((2500, 2500, 3), 90, np.uint8), crowd)
    assert (drawn == 90).all(axis=2).mean() > 0.8


def test_no_faces_leave_the_picture() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    assert np.array_equal(draw_faces(photo, []), photo)


def test_each_class_has_a_colour_through_which_the_face_is_seen() -> None:
    chip = np.full((150, 150, 3), 200, np.uint8)
    chip[:, 75:] = 100
    occlusion = np.zeros((150, 150), np.uint8)
    kinds = range(len(CLASSES))
    for row, kind in enumerate(kinds):
        occlusion[10 * row : 10 * row + 10] = kind
    drawn = draw_occlusion(chip, occlusion)
    left, right = drawn[5:70:10, 10].astype(int), drawn[5:70:10, 140].astype(int)
    assert len(np.unique(left, axis=0)) == len(kinds)
    assert (abs(left - right - 50) <= 1).all()  # half of what was there shows through
    assert (chip[:, 0] == 200).all()


@pytest.mark.parametrize(
    ("width", "height"), [(60, 480), (640, 480), (500, 2000), pytest.param(3000, 2000, marks=pytest.mark.slow)]
)
def test_the_occlusion_map_is_shown_below_the_picture(width: int, height: int) -> None:
    photo = np.full((height, width, 3), 90, np.uint8)
    picture = draw_faces(photo, [centred(width, height, half_masked())])
    strip = picture[height:]
    assert picture.shape[1] >= width
    assert strip.shape[0] > 120
    # The chip itself is black, so its overlay shows half of each colour; the legend shows the whole.
    for colour in (GREEN, VERMILION):
        overlay = (abs(strip.astype(int) - np.array(colour) / 2).sum(axis=2) < 6).sum()
        assert overlay > 115 * 60  # two halves of 120 x 120 pixels, less the line between
        assert share(strip, colour) > 0.0005
    rows = np.flatnonzero((abs(strip.astype(int) - np.array(VERMILION) / 2).sum(axis=2) < 6).any(axis=1))
    assert rows[0] > np.flatnonzero((abs(strip.astype(int) - np.array(GREEN) / 2).sum(axis=2) < 6).any(axis=1))[0]


def test_a_face_without_a_map_has_no_place_below() -> None:
    photo = np.full((480, 640, 3), 90, np.uint8)
    assert draw_faces(photo, [centred(640, 480)]).shape == photo.shape
    both = draw_faces(photo, [centred(640, 480), centred(640, 480, half_masked())])
    assert both.shape == draw_faces(photo, [centred(640, 480, half_masked())]).shape


def test_a_crowd_takes_no_more_room_than_itself() -> None:
    crowd = [centred(3000, 2000, half_masked())] * 80
    assert draw_faces(np.full((2000, 3000, 3), 90, np.uint8), crowd).shape[0] < 2 * 2000


def test_the_label_says_what_is_visible() -> None:
    bare = draw_faces(np.full((600, 800, 3), 90, np.uint8), [centred(800, 600)])
    told = draw_faces(np.full((600, 800, 3), 90, np.uint8), [centred(800, 600, half_masked())])
    dark = [int((abs(picture[:600].astype(int) - 16).sum(axis=2) < 10).sum()) for picture in (bare, told)]
    assert dark[1] > 1.5 * dark[0]  # a longer label
