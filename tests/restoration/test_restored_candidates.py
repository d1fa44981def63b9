"""Restored search in addition, never instead: agreement by hand, and the union's own calibration."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from bareface.calibration.calibration import Calibration
from bareface.calibration.decision import Judge
from bareface.gallery.restored_candidates import (
    Agreement,
    RestoredSearch,
    Union,
    compare_searches,
    union_calibration,
)
from bareface.gallery.search import CandidateScore
from bareface.reports.wording import restored_cells, restored_columns
from bareface.restoration.base import SIDE, Completion, Provenance, Restored
from bareface.values.face import Box, Computed, Face, Landmarks, Template
from bareface.values.gallery import Reference
from bareface.values.search import Candidate, CandidateList


def restored(guesses: int) -> Restored:
    image = np.zeros((SIDE, SIDE, 3), np.uint8)
    template = Template(np.ones(4, np.float32), "m", "s")
    made = Provenance("unmask", "eigenface", "m", "0" * 64, 0, "1" * 64, 0.4, (), "0", "2026-01-01T00:00:00+00:00")
    parts = tuple(Completion(image, template) for _ in range(guesses))
    spread = np.zeros((SIDE, SIDE), np.float32)
    return Restored(image, spread > 0, parts, spread, made, (1 + 0j, 0j), (0.25,) * guesses, 0.1)


def reference(number: int) -> Reference:
    return Reference(
        number, number, f"p{number}", f"/{number}.jpg", "", Box(0, 0, 1, 1), 1.0, "m", "float32", None,
        datetime.now(UTC), False, "none", 1.0, None,
    )  # fmt: skip


def search(*order: int, top: float = 0.9) -> list[CandidateScore]:
    """Return subjects, best first, 0.01 apart; each has the reference of its own number."""
    return [CandidateScore(number, number, top - 0.01 * place) for place, number in enumerate(order)]


def put(
    first: list[CandidateScore],
    guesses: list[list[CandidateScore]],
    listed: int = 2,
    calibration: Calibration | None = None,
) -> RestoredSearch:
    crop = np.zeros((160, 160, 3), np.uint8)
    template = Template(np.ones(4, np.float32), "m", "s", mask_state="full")
    points = Landmarks(np.zeros((5, 2), np.float32), "five")
    face = Face(Box(0, 0, 9, 9), points, 1.0, crop, crop, "a", computed=Computed.of(template))
    box = Box(0, 0, 1, 1)
    candidates = tuple(
        Candidate(rank, hit.subject_id, None, hit.reference_id, hit.similarity, 0.1, "possible", None, "", box)
        for rank, hit in enumerate(first[:listed], start=1)
    )
    original = CandidateList((face,), candidates, 20, 20)
    known = {number: reference(number) for number in range(30)}
    return compare_searches(
        original, restored(len(guesses)), first, guesses, known, Union(Judge(calibration, 20, 1.0), "full")
    )


def test_the_photos_own_list_stays_and_comes_first() -> None:
    found = put(search(1, 2, 3, 4, 5, 6, 7), [search(9, 2, 1)] * 4)
    assert (
        [lead.subject_id for lead in found.candidates]
        == [one.subject_id for one in found.original.candidates]
        == [1, 2]
    )
    assert found.candidates[0].original.rank == 1
    assert [standing.rank for standing in found.candidates[0].guesses] == [3] * 4
    assert [lead.subject_id for lead in found.added] == [9]
    assert found.added[0].original.rank is None


def test_agreement_by_hand() -> None:
    first = search(1, 2, 3, 4, 5, 6, 7, 8)
    guesses = [search(9, 1, 7), search(7, 1, 2), search(7, 2, 3, 4, 5, 1), search(8, 7, 1)]
    found = put(first, guesses)
    by_subject = {lead.subject_id: lead.agreement for lead in (*found.candidates, *found.added)}
    assert by_subject[1] == Agreement(4, 3, None, True), "sixth for the third guess: not within the first five"
    assert by_subject[2] == Agreement(4, 2, None, True)
    assert by_subject[7] == Agreement(4, 4, None, False)
    assert by_subject[8] == Agreement(4, 1, None, False)
    assert by_subject[9] == Agreement(4, 1, None, False)
    assert [subject for subject, one in by_subject.items() if one.depends] == [8, 9]
    assert by_subject[9].words == "1 of 4, depends on the guess"
    assert by_subject[7].words == "4 of 4"


def test_a_lead_of_a_single_guess_always_depends_on_it() -> None:
    assert Agreement(1, 1, None, False).depends
    assert not Agreement(1, 1, None, True).depends
    assert not Agreement(1, 0, None, False).depends


def test_the_union_takes_the_best_score_and_ranks_all_by_it() -> None:
    found = put(search(1, 2, top=0.8), [search(2, 1, top=0.95), search(9, top=0.85)])
    assert (found.candidates[0].union.rank, found.candidates[0].union.similarity) == (2, pytest.approx(0.94))
    assert (found.candidates[1].union.rank, found.candidates[1].union.similarity) == (1, pytest.approx(0.95))
    assert found.added[0].union.rank == 3


def test_without_a_calibration_of_its_own_the_union_has_no_rate() -> None:
    found = put(search(1, 2), [search(1, 2)])
    assert {(lead.decision, lead.fpir, lead.agreement.over) for lead in found.candidates} == {(None, None, None)}
    assert "note.union-uncalibrated" in [note.code for note in found.notes]
    assert "not calibrated" in restored_cells(found.candidates[0])


def test_the_packaged_union_is_its_own_and_stricter_than_the_originals() -> None:
    union, originals = union_calibration("bareface128", 4), Calibration.packaged("dlib-128", "bareface128")
    assert union is not None
    for state in ("full", "partial"):
        for similarity in (0.90, 0.92, 0.94):
            assert union.fpir(similarity, 1000, states=(state, "none")).value > (
                originals.fpir(similarity, 1000, states=(state, "none")).value
            ), "more searches, more false alarms"
        one = union_calibration("bareface128", 1)
        assert one is not None
        assert one.fpir(0.93, 100, states=(state, "none")).value < union.fpir(0.93, 100, states=(state, "none")).value


def test_other_numbers_and_models_have_none() -> None:
    assert union_calibration("bareface128", 3) is None
    assert union_calibration("dlib-resnet", 4) is None


def test_with_a_calibration_guesses_over_the_threshold_are_counted() -> None:
    union = union_calibration("bareface128", 4)
    found = put(search(1, 2, top=0.8), [search(1, top=0.999), search(1, top=0.99), search(1, top=0.5), []], 2, union)
    assert found.candidates[0].agreement.over == 2
    assert found.candidates[0].decision == "match"
    assert found.candidates[0].fpir is not None
    assert found.candidates[1].agreement.over == 0
    assert len(restored_cells(found.candidates[0])) == len(restored_columns(found))
