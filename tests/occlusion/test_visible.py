"""Visible share and mask state from an occlusion map."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from bareface.faces.occlusion.base import BACKGROUND, DARK_GLASSES, FACE, MASK, OTHER, UNCERTAIN, likeliest
from bareface.faces.occlusion.visible_share import blanked, expected_area, state_from, visible_fraction
from bareface.values.face import UInt8

# Rows of a bare, frontal chip: eyes at 46, nose tip at 79, mouth at 104 (bareface.imaging.align).
EYES, BRIDGE, BELOW_NOSE, CHIN, END = 46, 62, 86, 116, 150


def face_with(kind: int, top: int, bottom: int = END) -> UInt8:
    """Return a face that fills the chip, covered from one row to another."""
    occlusion = np.full((150, 150), FACE, np.uint8)
    occlusion[top:bottom] = kind
    return occlusion


maps = arrays.arrays(np.uint8, (150, 150), elements=st.integers(0, 4), fill=st.integers(0, 4))


def test_a_bare_face_is_wholly_visible() -> None:
    bare = face_with(FACE, 0)
    assert visible_fraction(bare) == 1.0
    assert state_from(bare) == ("none", 1.0)


def test_a_surgical_mask_leaves_about_two_fifths() -> None:
    assert 0.3 < visible_fraction(face_with(MASK, BRIDGE)) < 0.5


def test_what_is_uncertain_counts_as_what_it_more_likely_is() -> None:
    classes = np.array([[BACKGROUND, FACE, MASK, OTHER, DARK_GLASSES, *UNCERTAIN]], np.uint8)
    assert likeliest(classes).tolist() == [[BACKGROUND, FACE, MASK, OTHER, DARK_GLASSES, BACKGROUND, FACE]]
    assert visible_fraction(face_with(UNCERTAIN[1], BRIDGE)) == 1.0
    assert visible_fraction(face_with(UNCERTAIN[0], BRIDGE)) == visible_fraction(face_with(BACKGROUND, BRIDGE))
    assert state_from(face_with(UNCERTAIN[1], BRIDGE)).state == "none"


@pytest.mark.parametrize("kind", [BACKGROUND, MASK, OTHER, DARK_GLASSES])
def test_nothing_but_face_is_visible_face(kind: int) -> None:
    assert visible_fraction(face_with(kind, 0)) == 0.0


@pytest.mark.parametrize(
    ("top", "bottom", "state"),
    [
        (BRIDGE, END, "full"),
        (BRIDGE, CHIN, "full"),  # the chin is bare
        (BELOW_NOSE, END, "partial"),
        (CHIN, END, "partial"),  # worn under the chin
        (END, END, "none"),
        (0, EYES, "none"),  # a cap taken for a mask
    ],
)
def test_the_state_follows_from_the_covered_parts(top: int, bottom: int, state: str) -> None:
    opinion = state_from(face_with(MASK, top, bottom))
    assert opinion.state == state
    assert opinion.confidence > 0.75


def test_a_scarf_is_no_mask() -> None:
    assert state_from(face_with(OTHER, BRIDGE)).state == "none"


def test_a_hand_before_a_mask_does_not_change_the_state() -> None:
    occlusion = face_with(MASK, BRIDGE)
    occlusion[90:150, 60:110] = OTHER
    assert state_from(occlusion).state == "full"


def test_dark_glasses_over_the_nose_do_not_change_the_state() -> None:
    occlusion = face_with(MASK, BRIDGE)
    occlusion[40:82] = DARK_GLASSES
    assert state_from(occlusion).state == "full"


def test_the_expected_area_lies_inside_the_chip_and_is_symmetric() -> None:
    area = expected_area()
    columns = np.flatnonzero(area.any(axis=0))
    assert 0.3 < area.mean() < 0.45
    assert abs((columns[0] + columns[-1]) / 2 - 74.6) < 1
    with pytest.raises(ValueError, match="read-only"):
        area[0, 0] = True


@given(maps)
def test_fractions_and_confidences_stay_in_their_ranges(occlusion: UInt8) -> None:
    assert 0 <= visible_fraction(occlusion) <= 1
    assert 0.5 <= state_from(occlusion).confidence <= 1


@given(maps, st.integers(0, 149))
def test_covering_more_never_shows_more(occlusion: UInt8, top: int) -> None:
    covered = occlusion.copy()
    covered[top:] = MASK
    assert visible_fraction(covered) <= visible_fraction(occlusion)


def test_a_mask_and_two_pixels_round_it_are_blanked() -> None:
    chip = np.random.default_rng(0).integers(0, 100, (150, 150, 3), np.uint8)
    before, occlusion = chip.copy(), face_with(MASK, BRIDGE)
    occlusion[:10] = OTHER
    painted = blanked(chip, occlusion, np.array([122.6, 117.2, 104.4], np.float32))
    assert (painted[BRIDGE - 2 :] == (123, 117, 104)).all()
    assert (painted[: BRIDGE - 2] == before[: BRIDGE - 2]).all()
    assert (chip == before).all()
    assert (blanked(chip, face_with(OTHER, BRIDGE), np.zeros(3, np.uint8)) == before).all()
