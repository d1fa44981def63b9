"""The region to fill, from maps and pictures without people."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from bareface.faces.occlusion.base import BACKGROUND, DARK_GLASSES, FACE, MASK, OTHER, UNCERTAIN
from bareface.restoration.base import SIDE
from bareface.restoration.region import hidden_region
from bareface.values.face import UInt8
from tests.examples import examples

SKIN, CLOTH = (205, 160, 130), (90, 140, 200)


def face() -> UInt8:
    """Return the map of a bare face."""
    return np.full((150, 150), FACE, np.uint8)


def masked(top: int = 75) -> UInt8:
    """Return the map of a masked face."""
    classes = face()
    classes[top:140, 35:115] = MASK
    return classes


def picture(classes: UInt8) -> UInt8:
    """Return the aligned face that a map describes, the mask in one colour."""
    rows = np.arange(SIDE) * 150 // SIDE
    seen = classes[rows][:, rows]
    noise = np.random.default_rng(0).normal(0, 4, (SIDE, SIDE, 3))
    return np.clip(np.where((seen == MASK)[..., None], CLOTH, SKIN) + noise, 0, 255).astype(np.uint8)


def at(row: int, column: int) -> tuple[int, int]:
    """Return the place of a chip's pixel in the region."""
    return round((row + 0.5) * SIDE / 150 - 0.5), round((column + 0.5) * SIDE / 150 - 0.5)


def test_a_bare_face_has_no_region() -> None:
    assert not hidden_region(face(), picture(face())).any()


def test_a_mask_is_covered_with_its_edge_and_little_else() -> None:
    classes = masked()
    region = hidden_region(classes, picture(classes))
    assert region[at(75, 35)[0] - 3 : at(139, 114)[0] + 3, at(75, 35)[1] - 2 : at(139, 114)[1] + 2].all()
    assert not region[: at(75, 75)[0] - 6].any()
    assert not region[:, : at(75, 35)[1] - 6].any()


@pytest.mark.parametrize("between", [FACE, BACKGROUND, OTHER])
def test_what_the_map_misses_inside_a_mask_is_filled(between: int) -> None:
    worn, classes = masked(), masked()
    classes[90:108, 60:95] = between
    classes[84:128, 35:43] = OTHER
    region = hidden_region(classes, picture(worn))
    assert region[at(80, 40)[0] : at(135, 110)[0], at(80, 40)[1] : at(135, 110)[1]].all()


def test_what_the_map_misses_at_the_rim_is_found_by_its_colour() -> None:
    worn, classes = masked(), masked()
    classes[100:140, 105:115] = FACE
    classes[130:140] = BACKGROUND
    region = hidden_region(classes, picture(worn))
    assert region[at(80, 40)[0] : at(138, 110)[0], at(80, 40)[1] : at(138, 113)[1]].all()
    assert not region[:, at(0, 115)[1] + 8 :].any()


def test_a_strap_belongs_to_the_mask_and_specks_do_not() -> None:
    classes = masked()
    for step in range(30):
        classes[74 - step, 116 + step // 2 : 119 + step // 2] = MASK
    classes[20:24, 20:24] = MASK
    classes[30:40, 60:70] = OTHER
    region = hidden_region(classes, picture(classes))
    assert region[at(50, 129)]
    assert not region[: at(45, 0)[0] - 8].any()


def test_an_uncertain_strap_is_followed_to_the_ear_over_a_gap() -> None:
    classes = masked()
    for step in range(30):
        if step not in (14, 15, 16):
            classes[74 - step, 116 + step // 2 : 119 + step // 2] = UNCERTAIN[0]
    region = hidden_region(classes, picture(masked()))
    assert region[at(50, 129)]
    assert not region[: at(45, 0)[0] - 8].any()


def test_what_is_uncertain_without_a_mask_or_between_the_eyes_stays() -> None:
    bare = face()
    bare[60:100, 20:24] = UNCERTAIN[1]
    assert not hidden_region(bare, picture(bare)).any()
    classes = masked()
    classes[40:75, 70:80] = UNCERTAIN[1]
    region = hidden_region(classes, picture(masked()))
    assert not region[: at(52, 0)[0]].any()
    apart = masked()
    apart[20:60, 5:9] = UNCERTAIN[1]
    assert (hidden_region(apart, picture(masked())) == hidden_region(masked(), picture(masked()))).all()


def test_dark_glasses_stay_even_next_to_a_mask() -> None:
    classes = masked(top=62)
    classes[38:62, 25:125] = DARK_GLASSES
    region = hidden_region(classes, picture(classes))
    assert not region[: at(61, 0)[0]].any()
    assert region[at(66, 75)]
    bare = face()
    bare[38:62, 25:125] = DARK_GLASSES
    assert not hidden_region(bare, picture(bare)).any()


def test_a_hand_before_a_bare_face_is_filled() -> None:
    classes = face()
    classes[90:130, 60:100] = OTHER
    region = hidden_region(classes, picture(classes))
    assert region[at(90, 60)]
    assert region[at(129, 99)]
    assert not region[: at(80, 0)[0]].any()


@settings(max_examples=examples(30), deadline=None)
@given(arrays.arrays(np.uint8, (15, 15), elements=st.integers(0, 6)), st.integers(0, 9))
def test_any_map_gives_a_region(coarse: UInt8, seed: int) -> None:
    classes = np.kron(coarse, np.ones((10, 10), np.uint8)).astype(np.uint8)
    pixels = np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    region = hidden_region(classes, pixels)
    assert region.shape == (SIDE, SIDE)
    assert region.dtype == bool
    assert not (region & (classes == DARK_GLASSES)[np.ix_(*[np.arange(SIDE) * 150 // SIDE] * 2)]).any()
    assert (hidden_region(classes, pixels) == region).all()
