"""Notes on rates that a test of its size cannot show."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bareface.evaluation.analysis import analyse, state_pairs
from bareface.evaluation.bootstrap import Plan
from bareface.reports.limits import cannot_show
from bareface.scores.score_file import FAILED, ScoreFile, ScoreInfo

from .helpers import build, random_scores

PLAN = Plan(replicates=40)


def said(scores: ScoreFile, plan: Plan = PLAN) -> str:
    return " ".join(cannot_show(analyse("x", scores, plan)))


def test_thirty_people_with_three_photos_each() -> None:
    scores = replace(random_scores(0, 30, 3), info=ScoreInfo(kind="all pairs"))
    text = said(scores)
    assert "3,915 non-mated comparisons of 435 pairs of people" in text
    assert "below 0.026 %: nothing is said about 0.01 % or 0.001 %" in text
    # 30 errors at 1e-5 need 3,000,000 comparisons: about sqrt(6,000,000) photos, three a person.
    assert "About 817 people" in text
    assert "At a false match rate of 0.1 % fewer than 30" in text
    assert "±" in text
    assert "gallery of 30 subjects" in text
    assert "90 non-mated searches cannot show" in text


def test_no_error_is_bounded_and_not_taken_for_zero() -> None:
    scores = random_scores(0, 30, 3)
    perfect = replace(scores, score=np.where(scores.mated, 99.0, scores.score))
    text = said(perfect)
    assert "No false non-match was seen" in text
    assert "may still be 11.6 %" in text  # 1 - 0.025 ** (1 / 30)
    assert "Pairs say nothing about searches" in text


def test_a_missing_class_and_lost_comparisons_are_said() -> None:
    assert "nothing is known about false matches" in said(build([(0, 0, 0.5, 1, 1)]))
    assert "nothing is known about false non-matches" in said(build([(0, 1, 0.5, 1, 1)]))
    scores = random_scores(0, 10, 3)
    fta = np.zeros(len(scores), dtype=bool)
    fta[: len(scores) // 10] = True
    assert "comparisons were lost" not in said(scores)
    lost = replace(scores, fta=fta, score=np.where(fta, FAILED, scores.score))
    assert "of comparisons were lost" in said(lost)


def test_combinations_of_states_are_without_direction() -> None:
    scores = random_scores(0, 3, 2)
    rows = np.arange(len(scores))
    states = replace(
        scores,
        states=("full", "none"),
        probe_state=(rows % 2).astype(np.int16),
        reference_state=(rows // 2 % 2).astype(np.int16),
    )
    found = state_pairs(states)
    assert list(found) == ["none × none", "none × full", "full × full"]
    assert sum(of.sum() for of in found.values()) == len(scores)
    assert list(state_pairs(scores)) == ["all"]
