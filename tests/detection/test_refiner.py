"""Cut-outs of a photo, and how the refiner's outputs become places in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from bareface.detection.cutouts import BORDER_COLOUR, cut_out
from bareface.detection.refiner import MARGIN, MIRRORED, SIZE, Refiner
from bareface.types import Box, UInt8

INDEX = np.indices((SIZE, SIZE)) + 0.5


class Spotter:
    """Stands for the network: it takes the bright spot for the box's middle and for all landmarks."""

    def __init__(self) -> None:
        self.seen: UInt8 = np.zeros((0, SIZE, SIZE, 3), np.uint8)

    def run(self, _: None, feed: Mapping[str, UInt8]) -> list[Any]:
        self.seen = feed["pixels"]
        raw = np.zeros((len(self.seen), 18), np.float32)
        for row, picture in enumerate(self.seen):
            bright = np.where(picture[..., 0] > 140, picture[..., 0], 0).astype(float)
            spot = np.array([(INDEX[axis] * bright).sum() / bright.sum() for axis in (1, 0)]) / SIZE - 0.5
            raw[row, 1:3], raw[row, 5:15] = spot, np.tile(spot, 5)
        raw[:, 3:5] = np.log(0.5)
        raw[:, 15:] = np.log([0.1, 0.2, 0.7])
        raw[: len(raw) // 2, 0], raw[len(raw) // 2 :, 0] = 3, 1
        return [raw]


def spotted(size: int, x: int, y: int, radius: int) -> UInt8:
    """A dark photo with a bright square."""
    pixels = np.full((size, size, 3), 20, np.uint8)
    pixels[y - radius : y + radius, x - radius : x + radius] = 250
    return pixels


@pytest.mark.parametrize(("box", "radius"), [((20, 30, 60, 70), 3), ((100, 80, 300, 330), 12), ((-20, -10, 50, 60), 4)])
def test_what_lies_in_a_cut_out_is_placed_in_the_photo(box: tuple[int, int, int, int], radius: int) -> None:
    x, y = (box[0] + 2 * box[2]) // 3, (2 * box[1] + 3 * box[3]) // 5
    session = Spotter()
    looks = Refiner(session).look(spotted(400, x, y, radius), [Box(*map(float, box))])
    assert session.seen.shape == (2, SIZE, SIZE, 3)
    np.testing.assert_array_equal(session.seen[0], session.seen[1][:, ::-1])
    side = max(box[2] - box[0], box[3] - box[1])
    np.testing.assert_allclose(looks.points[0], [[x, y]] * 5, atol=0.02 * side)
    x1, y1, x2, y2 = looks.boxes[0]
    np.testing.assert_allclose([(x1 + x2) / 2, (y1 + y2) / 2], [x, y], atol=0.02 * side)
    assert x2 - x1 == pytest.approx(MARGIN * side / 2, abs=1)
    assert looks.scores[0] == pytest.approx(2)
    np.testing.assert_allclose(looks.masks[0], [0.1, 0.2, 0.7], atol=1e-4)


def test_a_mirror_image_has_its_landmarks_swapped() -> None:
    points = np.array([(-0.2, -0.1), (0.2, -0.1), (0.05, 0.1), (-0.1, 0.2), (0.15, 0.2)], np.float32)

    class Fixed:
        def run(self, _: None, feed: Mapping[str, UInt8]) -> list[Any]:
            raw = np.zeros((2, 18), np.float32)
            raw[0, 5:15] = points.ravel()
            raw[1, 5:15] = (points * (-1, 1))[MIRRORED].ravel()
            return [raw]

    looks = Refiner(Fixed()).look(spotted(100, 50, 50, 5), [Box(30, 30, 70, 70)])
    np.testing.assert_allclose(looks.points[0], 50 + 60 * points, atol=1e-3)


def test_each_box_gets_its_own_answer() -> None:
    pixels = np.maximum(spotted(200, 40, 40, 4), spotted(200, 150, 120, 4))
    looks = Refiner(Spotter()).look(pixels, [Box(20, 20, 60, 60), Box(130, 100, 170, 140)])
    np.testing.assert_allclose(looks.points[:, 0], [(40, 40), (150, 120)], atol=1)


def test_shrinking_averages() -> None:
    # Stripes of one pixel: every other one would be lost to sampling.
    stripes = np.zeros((640, 640, 3), np.uint8)
    stripes[:, ::2] = 200
    assert abs(cut_out(stripes, np.array([120.0, 120, 520, 520]), 1.6, 64).pixels.astype(int) - 100).max() <= 1


@pytest.mark.parametrize("box", [(-500, -500, -400, -400), (390, 390, 420, 420), (10, 10, 10, 10), (-5, 180, 420, 220)])
def test_cut_outs_beyond_the_photo_are_grey_there(box: tuple[int, int, int, int]) -> None:
    cut = cut_out(np.full((400, 400, 3), 250, np.uint8), np.array(box, float), 1.5, 32)
    assert cut.pixels.shape == (32, 32, 3)
    x, y = (cut.corner[axis] + (np.arange(32) + 0.5) * cut.scale for axis in (0, 1))
    outside = (x < -cut.scale) | (x > 400 + cut.scale)
    assert (cut.pixels[:, outside] == BORDER_COLOUR[0]).all()
    inside = np.ix_((y > cut.scale) & (y < 400 - cut.scale), (x > cut.scale) & (x < 400 - cut.scale))
    assert (cut.pixels[inside] == 250).all()
