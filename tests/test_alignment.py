from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareface.imaging.align import align, as_chip, as_dlib, chip_to_photo, crop
from bareface.values.face import Box, Landmarks

CHIP_POINTS = {
    "five": np.array([[46.8, 46.1], [102.4, 46.1], [74.2, 78.8], [50.0, 104.2], [98.8, 104.2]]),
}


def _dot_picture(points: np.ndarray, size: int) -> np.ndarray:
    picture = np.zeros((size, size, 3), np.uint8)
    for x, y in np.round(points).astype(int):
        picture[y - 2 : y + 3, x - 2 : x + 3] = 255
    return picture


@given(
    angle=st.floats(-3, 3),
    scale=st.floats(0.2, 5),
    shift=st.complex_numbers(max_magnitude=500, allow_nan=False, allow_infinity=False),
)
def test_the_similarity_is_recovered(angle: float, scale: float, shift: complex) -> None:
    turn = scale * np.exp(1j * angle)
    template = CHIP_POINTS["five"] @ [1, 1j]
    moved = turn * template + shift
    points = np.stack([moved.real, moved.imag], 1).astype(np.float32)
    a, b = chip_to_photo(Landmarks(points, "five"))
    assert abs(a - turn) < 1e-3 * scale
    assert abs(b - shift) < 1e-3 * (abs(shift) + 100 * scale)


def test_landmarks_land_on_the_template() -> None:
    points = CHIP_POINTS["five"] * 1.5 + 20
    chip = align(_dot_picture(points, 300), Landmarks(points.astype(np.float32), "five"))
    assert chip.shape == (150, 150, 3)
    for x, y in np.round(CHIP_POINTS["five"]).astype(int):
        assert chip[y, x].min() > 200


def test_both_schemes_share_the_geometry() -> None:
    """The middle between dlib's eye corners is the eye centre of the other scheme, within a chip pixel or two."""
    dlib5 = 150 * (0.25 + np.array([
        [0.8595674595992, 0.2134981538014], [0.6460604764104, 0.2289674387677],
        [0.1205750620789, 0.2137274526848], [0.3340850613712, 0.2290642403242],
        [0.4901123135679, 0.6277975316475]])) / 1.5 - 0.5  # fmt: skip
    a, b = chip_to_photo(Landmarks(dlib5.astype(np.float32), "dlib5"))
    assert a == pytest.approx(1, abs=1e-5)
    assert b == pytest.approx(0, abs=1e-3)
    right_eye, left_eye = dlib5[2:4].mean(axis=0), dlib5[0:2].mean(axis=0)
    assert np.abs(right_eye - CHIP_POINTS["five"][0]).max() < 3
    assert np.abs(left_eye - CHIP_POINTS["five"][1]).max() < 3


def test_a_large_source_is_reduced_without_aliasing() -> None:
    stripes = np.zeros((2000, 2000, 3), np.uint8)
    stripes[:, ::2] = 255
    points = (CHIP_POINTS["five"] * 12 + 50).astype(np.float32)
    chip = align(stripes, Landmarks(points, "five"))
    inside = chip[20:130, 20:130].astype(float)
    assert inside.std() < 12
    assert inside.mean() == pytest.approx(127.5, abs=3)


def test_arcface_geometry() -> None:
    points = np.array(
        [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
    )
    a, b = chip_to_photo(Landmarks(points.astype(np.float32), "five"), "arcface-112")
    assert abs(a - 1) < 0.05
    assert abs(b) < 6
    chip = align(np.zeros((112, 112, 3), np.uint8), Landmarks(points.astype(np.float32), "five"), "arcface-112")
    assert chip.shape == (112, 112, 3)


@given(x=st.floats(-50, 150), y=st.floats(-50, 150), side=st.floats(0, 400))
def test_a_crop_is_always_square(x: float, y: float, side: float) -> None:
    picture = np.arange(100 * 90 * 3, dtype=np.uint8).reshape(100, 90, 3)
    assert crop(picture, Box(x, y, x + side, y + side)).shape == (160, 160, 3)


def test_labels_follow_the_face_into_the_other_geometry() -> None:
    labels = np.zeros((150, 150), np.uint8)
    labels[88:, 40:110] = 2
    seen = as_chip(labels, 112)
    assert seen.shape == (112, 112)
    # Eyes above, mouth corners below, as in the geometry of the chip.
    assert [seen[52, 38], seen[52, 74], seen[92, 42], seen[92, 71]] == [0, 0, 2, 2]
    there_and_back = as_dlib(np.repeat(seen[..., None], 3, axis=-1))[..., 0]
    # The narrower chip ends below row 134.
    assert (there_and_back == labels)[:134].mean() > 0.97


def test_labels_at_the_edge_go_on_beyond_it() -> None:
    labels = np.zeros((150, 150), np.uint8)
    labels[88:] = 2
    seen = as_chip(labels, 112)
    assert (seen[95, [0, 111]] == 2).all()
    assert (seen[20, [0, 111]] == 0).all()


def test_labels_of_dlibs_own_chip_stay() -> None:
    labels = np.random.default_rng(0).integers(0, 4, (150, 150), np.uint8)
    assert as_chip(labels, 150) is labels
