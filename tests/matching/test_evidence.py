"""Notes on faces that show little, and refusals."""

from __future__ import annotations

import pytest

from bareface import messages
from bareface.errors import BarefaceError
from bareface.matching.evidence import MIN_VISIBLE, THIN_VISIBLE, refusal, sort_out, thin
from tests.matching.faces import face


def test_the_limits_are_in_order():
    assert 0 < MIN_VISIBLE < THIN_VISIBLE < 1


def test_thin_evidence_is_named_once_with_all_that_shows_little():
    assert thin([("the probe", 0.31), ("candidate 1", THIN_VISIBLE), ("candidate 2", None), ("candidate 3", 0.45)]) == (
        "thin evidence: 31 % of the face visible in the probe, 45 % in candidate 3",
    )
    assert thin([("the probe", THIN_VISIBLE), ("candidate 1", None)]) == ()


@pytest.mark.parametrize(("limit", "refused"), [(0.0, []), (0.2, ["b"]), (0.5, ["a", "b"])])
def test_faces_below_the_limit_are_sorted_out_and_unknown_ones_pass(limit, refused):
    faces = [face("a", visible=0.3), face("b", visible=0.1), face("c", visible=0.5), face("d", visible=None)]
    enough, hidden = sort_out(faces, limit)
    assert [one.source for one in hidden] == refused
    assert [one.source for one in enough] == [one.source for one in faces if one.source not in refused]


def test_a_refusal_names_file_share_limit_and_override():
    error = refusal([face("a.jpg", visible=0.199), face("a.jpg", visible=0.05)], 0.2)
    assert isinstance(error, BarefaceError)
    assert error.code == "face.hidden"
    text = str(error)
    assert text.startswith("a.jpg: only 19 %, 5 % of the face is visible, less than the limit of 20 %.")
    assert "`min_visible=0`" in text
    with messages.speaking("command line"):
        assert "`--min-visible 0`" in str(error)
