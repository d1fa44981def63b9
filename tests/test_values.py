"""Plain values: equal by content, with a hash to match, whatever arrays they hold."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, replace
from typing import Any

import numpy as np
import pytest

from bareface.values.face import Box, Computed, Face, Landmarks, Photo, Template
from bareface.values.search import CandidateList


def template(**changes: Any) -> Template:
    return replace(Template(np.arange(4, dtype=np.float32), "m", "s", upper_face=np.ones(4, np.float32)), **changes)


def face(**changes: Any) -> Face:
    pixels = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    points = Landmarks(np.ones((5, 2), np.float32), "five")
    photo = Photo(pixels, "a.jpg", "0" * 64, "JPEG", (4, 4))
    whole = Face(Box(0, 0, 4, 4), points, 0.9, pixels, pixels, "a.jpg", np.ones(3, np.float32), photo)
    return replace(whole, **{"computed": Computed.of(template()), **changes})


@pytest.mark.parametrize("make", [template, face, lambda: face().landmarks, lambda: face().photo])
def test_equal_values_have_equal_hashes_and_survive_pickling(make: Any) -> None:
    one, other = make(), make()
    assert one is not other
    for same in (other, pickle.loads(pickle.dumps(one)), copy.deepcopy(one), copy.copy(one)):
        assert same == one
        assert hash(same) == hash(one)
    assert len({one, other}) == 1
    assert one != "something else"


@pytest.mark.parametrize(
    "other",
    [
        face(score=0.8),
        face(photo=None),
        face(mask=None),
        face(chip=np.zeros((4, 4, 3), np.uint8)),
        face(computed=Computed()),
        face(computed=Computed.of(template(vector=np.ones(4, np.float32)))),
        face(computed=Computed.of(template(upper_face=None))),
        face(computed=Computed.of(template(mask_state="full"))),
        face(landmarks=Landmarks(np.ones((5, 2), np.float32), "dlib5")),
    ],
)
def test_a_difference_anywhere_makes_faces_unequal(other: Face) -> None:
    assert other != face()
    assert other == pickle.loads(pickle.dumps(other))


def test_arrays_are_compared_by_type_shape_and_content() -> None:
    assert template(vector=np.array([np.nan, 0], np.float32)) == template(vector=np.array([np.nan, -0.0], np.float32))
    assert hash(template(vector=np.array([np.nan, 0.0]))) == hash(template(vector=np.array([np.nan, -0.0])))
    assert template(vector=np.zeros(4)) != template(vector=np.zeros(4, np.float32))
    assert template(vector=np.zeros(4)) != template(vector=np.zeros((1, 4)))


def test_lists_of_candidates_are_compared_with_their_probes() -> None:
    assert CandidateList((face(),), (), 1, 1) == CandidateList((face(),), (), 1, 1)
    assert CandidateList((face(),), (), 1, 1) != CandidateList((face(score=0.1),), (), 1, 1)


def test_a_face_cannot_be_written_to() -> None:
    with pytest.raises(FrozenInstanceError):
        face().score = 1.0  # type: ignore[misc]
    assert not hasattr(face(), "__dict__")
