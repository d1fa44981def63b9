"""Brightening of underexposed photos."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareface.imaging import decode as images
from bareface.restoration.exposure import LEAST, MOST, brightened, gain
from bareface.synthesis.mask_light import LINEAR, to_srgb
from bareface.values.face import UInt8
from tests.portraits import astronaut


def darkened(pixels: UInt8, share: float) -> UInt8:
    return np.asarray(np.round(to_srgb(LINEAR[pixels] * np.float32(share)) * 255), np.uint8)


@pytest.mark.parametrize("share", [0.4, 0.2, 0.1])
def test_light_that_was_taken_away_is_given_back(share: float) -> None:
    photo = images.decode(astronaut()).pixels
    dark = darkened(photo, share)
    longer = gain(dark)
    assert longer * share == pytest.approx(0.9, abs=0.1)
    assert abs(brightened(dark, longer).mean() - photo.mean()) < 0.25 * abs(dark.mean() - photo.mean())


def test_a_good_photo_and_its_dark_faces_stay_as_they_are() -> None:
    photo = images.decode(astronaut()).pixels
    assert gain(photo) == 1
    shaded = photo.copy()
    shaded[:300] = darkened(photo[:300], 0.3)  # the face, but not the suit
    assert gain(shaded) == 1


def test_black_is_not_made_white() -> None:
    black = np.zeros((50, 60, 3), np.uint8)
    assert gain(black) == MOST
    assert not brightened(black, MOST).any()


@given(st.floats(LEAST, MOST))
def test_lighter_stays_lighter(longer: float) -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    after = brightened(ramp, longer)[0, :, 0].astype(int)
    assert (np.diff(after) >= 0).all()
    assert (after >= np.arange(256)).all()
