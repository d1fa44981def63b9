"""Measures of a face and the quality score: worse photos never score higher."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from bareface.faces.quality import Measures, assess, measure, rate, reasons
from bareface.faces.quality.components import exposure, pose
from bareface.faces.quality.score import COMPONENTS, packaged
from bareface.values.face import Box, Landmarks, UInt8

GOOD = Measures(0.5, 0.0, 0.0, 7.5, 0.0, 0.0, 0.0, 60.0, 120.0, 1.0, 0.995)
# From flawless to hopeless, beyond where the curves end on either side.
WORSE = {
    "sharpness": (0.6, 0.45, 0.3, 0.2, 0.1, 0.05, 0.0),
    "over": (0.0, 0.05, 0.2, 0.5, 1.0),
    "under": (0.0, 0.05, 0.2, 0.5, 1.0),
    "dynamic_range": (8.0, 7.0, 6.0, 4.0, 2.0, 0.0),
    "yaw": (0.0, -10.0, 25.0, -45.0, 90.0),
    "pitch": (0.0, 10.0, -25.0, 40.0),
    "roll": (0.0, -20.0, 40.0, 180.0),
    "eyes": (80.0, 40.0, 25.0, 15.0, 9.0, 0.0),
    "size": (200.0, 80.0, 50.0, 25.0, 10.0, 0.0),
    "visible": (1.0, 0.9, 0.7, 0.4, 0.0),
    "consistency": (1.0, 0.98, 0.95, 0.9, -1.0),
}
# The mean face as the pose is solved for, on a photo: pupils 60 pixels apart.
FRONT = np.array([[70, 80], [130, 80], [100, 115.4], [78, 142.7], [122, 142.7]], np.float32)
BOX = Box(50, 40, 150, 180)


def chip(seed: int = 0) -> UInt8:
    """Return texture of all scales, mid-grey on average."""
    rng = np.random.default_rng(seed)
    layers = [cv2.resize(rng.normal(0, 25, (n, n, 1)), (150, 150)) for n in (8, 20, 60, 150)]
    grey = np.clip(128 + sum(layers), 30, 240).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


@pytest.mark.parametrize("name", WORSE)
def test_a_worse_measure_never_scores_higher(name: str) -> None:
    component = next(component for component, parts in COMPONENTS.items() if name in parts)
    found = [rate(replace(GOOD, **{name: value})) for value in WORSE[name]]
    assert all(np.diff([quality.score for quality in found]) <= 1e-9)
    values = [getattr(quality, component) for quality in found]
    assert all(np.diff(values) <= 1e-9)
    assert values[0] == pytest.approx(100)
    assert values[-1] < values[0]


def test_a_flawless_photo_is_worth_a_hundred_and_gives_no_reason() -> None:
    quality = rate(GOOD)
    assert quality.score == pytest.approx(100)
    assert set(quality.components()) == set(COMPONENTS)
    assert reasons(quality) == ()


def test_what_nobody_looked_at_is_not_known_and_costs_nothing() -> None:
    quality = rate(replace(GOOD, visible=None, consistency=None))
    assert quality.occlusion is None
    assert quality.consistency is None
    assert quality.score == pytest.approx(100)
    assert "occlusion" not in quality.components()


def test_reasons_name_the_gravest_first_and_small_faces_once() -> None:
    named = reasons(rate(replace(GOOD, sharpness=0.03, visible=0.3)))
    assert named == ("blurred", "30 % of the face visible")
    small = reasons(rate(replace(GOOD, eyes=8, size=16)))
    assert small == ("eyes 8 pixels apart",)


def test_the_packaged_curves_fall_only_where_a_measure_worsens() -> None:
    curves = packaged()
    for name, (at, loss) in curves.losses.items():
        better_when_high = name in ("sharpness", "dynamic_range", "eyes", "size", "visible", "consistency")
        assert list(at) == sorted(at)
        assert min(loss) == 0
        assert list(loss) == sorted(loss, reverse=better_when_high), name
    assert all(weight >= 0 for way in (curves.plain, curves.full) for weight in way.weights.values())
    assert "consistency" not in curves.plain.weights


def test_blur_darkness_and_glare_are_measured_for_what_they_are() -> None:
    sharp = chip()
    plain = measure(sharp, BOX, Landmarks(FRONT, "five"))
    blurred = measure(cv2.GaussianBlur(sharp, (0, 0), 4), BOX, Landmarks(FRONT, "five"))
    assert blurred.sharpness < 0.5 * plain.sharpness
    assert measure(sharp // 8, BOX, Landmarks(FRONT, "five")).under > 0.8 > plain.under
    bright = np.minimum(sharp.astype(np.int32) * 4, 255).astype(np.uint8)
    assert measure(bright, BOX, Landmarks(FRONT, "five")).over > 0.8 > plain.over


def test_a_mask_changes_neither_sharpness_nor_exposure() -> None:
    bare = chip()
    masked = bare.copy()
    masked[90:] = 255
    assert measure(masked, BOX, Landmarks(FRONT, "five")) == measure(bare, BOX, Landmarks(FRONT, "five"))


def test_exposure_of_flat_fields() -> None:
    assert exposure(np.full((9, 9), 255, np.uint8)) == (1, 0, 0)
    assert exposure(np.zeros((9, 9), np.uint8)) == (0, 1, 0)
    assert exposure(np.tile(np.array([100, 150], np.uint8), (4, 4)))[2] == pytest.approx(1)


def test_pose_of_the_mean_face_and_of_it_turned() -> None:
    yaw, pitch, roll, eyes = pose(Landmarks(FRONT, "five"))
    assert (yaw, pitch, roll) == pytest.approx((0, 0, 0), abs=1.0)
    assert eyes == pytest.approx(60, abs=0.1)
    angle = np.radians(30)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    tilted = pose(Landmarks((FRONT @ turn).astype(np.float32), "five"))
    assert tilted == pytest.approx((0, 0, 30, 60), abs=1.0)
    nose_right = FRONT + np.array([[0, 0], [0, 0], [15, 0], [0, 0], [0, 0]], np.float32)
    assert pose(Landmarks(nose_right, "five"))[0] > 20
    nose_up = FRONT - np.array([[0, 0], [0, 0], [0, 12], [0, 0], [0, 0]], np.float32)
    assert pose(Landmarks(nose_up, "five"))[1] > 10


def test_landmarks_that_describe_no_face_are_worth_little() -> None:
    nowhere = Landmarks(np.zeros((5, 2), np.float32), "five")
    quality = assess(chip(), BOX, nowhere)
    assert quality.measures.eyes == 0
    assert quality.score < rate(replace(quality.measures, yaw=0.0, eyes=60.0)).score
