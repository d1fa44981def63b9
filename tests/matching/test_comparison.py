"""Two faces are compared by the calibration of their two mask states."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from bareface.calibration.calibration import Calibration
from bareface.errors import FaceError, TemplateError
from bareface.imaging import decode as images
from bareface.restoration.provenance import labels_of_drawing
from bareface.services.comparing import compare
from tests.matching.faces import face

PACKAGED = Calibration.packaged("dlib-128", "dlib-resnet")
STATES = ("none", "partial", "full")


def at(similarity: float) -> list[float]:
    """Return a direction with this cosine to that of [1, 0]."""
    return [similarity, float(np.sqrt(1 - similarity**2))]


@pytest.mark.parametrize("one", STATES)
@pytest.mark.parametrize("other", STATES)
@pytest.mark.parametrize(("above", "decision"), [(1e-3, "match"), (-1e-3, "possible")])
def test_threshold_and_decision_are_those_of_the_pair(one, other, above, decision):
    threshold = PACKAGED.threshold(1e-3, (one, other))
    found = compare(face("a", [1, 0], one, 0.9), face("b", at(threshold.similarity + above), other, 0.8))
    assert (found.threshold, found.decision) == (threshold.similarity, decision)
    assert found.similarity == pytest.approx(threshold.similarity + above, abs=1e-6)
    assert (found.states, found.visible, found.notes) == ((one, other), (0.9, 0.8), ())
    assert f"probe {one}, reference {other}" in found.basis


@pytest.mark.parametrize("fmr", [1e-9, 0.1, 0.5, 0.999])
def test_any_rate_between_0_and_1_can_be_asked_for(fmr):
    assert compare(face("a", [1, 0]), face("b", at(0.9)), fmr=fmr).fmr == fmr


@pytest.mark.parametrize("state", ["partial", "full"])
def test_a_masked_face_is_held_against_both_templates_of_a_bare_one(state):
    bare = face("a", [1, 0], upper_face=at(0.6))
    masked = face("b", at(0.6), state)
    for one, other in ((bare, masked), (masked, bare)):
        found = compare(one, other)
        assert found.similarity == pytest.approx((0.6 + 1) / 2, abs=1e-6)
        assert found.notes == ()
    assert compare(bare, face("c", at(0.6))).similarity == pytest.approx(0.6, abs=1e-6)


def test_the_second_template_of_another_model_does_not_count():
    found = compare(face("a", [1, 0], upper_face=at(0.6), model="bareface128"), face("b", at(0.6), "full"))
    assert found.similarity == pytest.approx(0.6, abs=1e-6)
    assert found.notes[0].startswith("one template is of bareface128, one of dlib-resnet")


def test_thin_evidence_is_said():
    found = compare(face("a.jpg", visible=0.31), face("b.jpg", visible=0.98))
    assert found.notes == ("thin evidence: 31 % of the face visible in a.jpg",)


@pytest.mark.parametrize(("turned", "said"), [(False, "both show one picture"), (True, "one picture is the other")])
def test_a_picture_and_its_copy_are_no_evidence_and_that_is_said(turned, said):
    rng = np.random.default_rng(0)
    chip = cv2.resize(rng.integers(0, 256, (12, 12, 3), np.uint8), (150, 150), interpolation=cv2.INTER_CUBIC)
    copy = np.clip(chip[:, ::-1] if turned else chip, 30, 200)
    one, other = (replace(face(name), chip=pixels) for name, pixels in (("a", chip), ("b", copy)))
    assert compare(one, other).notes[0].startswith(said)
    photo = cv2.resize(rng.integers(0, 256, (12, 12, 3), np.uint8), (150, 150), interpolation=cv2.INTER_CUBIC)
    assert compare(one, replace(other, chip=photo)).notes == ()


def test_a_hidden_face_is_refused_unless_that_is_switched_off():
    faces = face("a.jpg"), face("b.jpg", visible=0.04)
    with pytest.raises(FaceError, match=r"b\.jpg: only 4 % .*face\.hidden"):
        compare(*faces)
    assert compare(*faces, min_visible=0).visible == (1.0, 0.04)
    assert compare(*faces, min_visible=0.04).visible == (1.0, 0.04)


def test_faces_of_unknown_visibility_are_compared_without_a_word():
    found = compare(face(visible=None), face(visible=None), min_visible=1.0)
    assert (found.visible, found.notes) == ((None, None), ())


def test_templates_of_two_spaces_are_refused():
    other = face()
    object.__setattr__(other.template, "space", "another")
    with pytest.raises(TemplateError, match=r"template\.space"):
        compare(face(), other)


def test_a_picture_that_calls_itself_restored_is_named():
    drawing = images.encode(np.zeros((8, 8, 3), np.uint8), "PNG", labels=labels_of_drawing("0" * 64))
    restored = replace(face("b.png", at(0.9)), photo=images.decode(drawing))
    assert (
        compare(face("a"), restored).notes[0].startswith("the metadata of b.png call it restored, drawn or generated")
    )
