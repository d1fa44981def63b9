"""Error rates by the user's groups, against filtering the rows by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bareface.errors import EvaluationError
from bareface.evaluation.bootstrap import Plan, clopper_pearson
from bareface.evaluation.tables import Labelling, by_condition, by_labels, by_state, read_labels
from bareface.scores.score_file import ScoreFile

from .helpers import random_scores

PLAN = Plan(replicates=60)


def with_score(scores: ScoreFile, score: np.ndarray) -> ScoreFile:
    return replace(scores, score=score)


def halves(scores: ScoreFile) -> Labelling:
    return Labelling("half", "subject", {name: "first" if int(name) < 20 else "second" for name in scores.subjects})


def test_rates_are_those_of_the_rows_within_each_group() -> None:
    scores = random_scores(0, subjects=60)
    table = by_labels(scores, halves(scores), fmr=0.05, plan=PLAN)
    nonmated = np.sort(scores.score[~scores.mated])
    assert (nonmated >= table.threshold).mean() <= 0.05 < (nonmated >= table.threshold).mean() + 2 / nonmated.size
    first = np.array([int(name) < 20 for name in scores.subjects])
    for row, group in zip(table.rows, (first, ~first), strict=True):
        inside = group[scores.probe_subject] & group[scores.reference_subject]
        mated, other = inside & scores.mated, inside & ~scores.mated
        assert (row.mated, row.nonmated) == (mated.sum(), other.sum())
        assert row.fnmr.value == pytest.approx((scores.score[mated] < table.threshold).mean())
        assert row.fmr.value == pytest.approx((scores.score[other] >= table.threshold).mean())
        assert row.fnmr.low < row.fnmr.high
    assert [(row.group, row.subjects, row.few) for row in table.rows] == [("first", 20, True), ("second", 40, False)]
    assert table.left_out == len(scores) - sum(row.mated + row.nonmated for row in table.rows) > 0


def test_the_ratio_is_of_the_extremes_and_its_interval_notices_a_real_one() -> None:
    scores = random_scores(0, subjects=60)
    rows = np.array([int(name) < 20 for name in scores.subjects])
    harder = scores.score - 1.5 * (rows[scores.probe_subject] & scores.mated)
    table = by_labels(with_score(scores, harder), halves(scores), fmr=0.05, plan=PLAN)
    first, second = table.rows
    assert table.fnmr_ratio is not None
    assert (table.fnmr_ratio.highest, table.fnmr_ratio.lowest) == ("first", "second")
    assert table.fnmr_ratio.value == pytest.approx(first.fnmr.value / second.fnmr.value)
    assert 1.2 < table.fnmr_ratio.at_least < table.fnmr_ratio.value < table.fnmr_ratio.at_most
    even = by_labels(scores, halves(scores), fmr=0.05, plan=PLAN)
    assert even.fnmr_ratio is not None
    assert even.fnmr_ratio.at_least < 1.2


def test_a_group_without_errors_bounds_the_ratio_instead_of_making_it_endless() -> None:
    scores = random_scores(0, subjects=60)
    second = np.array([int(name) >= 20 for name in scores.subjects])
    perfect = np.where(second[scores.probe_subject] & scores.mated, 9.0, scores.score)
    table = by_labels(with_score(scores, perfect), halves(scores), fmr=0.05, plan=PLAN)
    assert table.fnmr_ratio is not None
    assert math.isinf(table.fnmr_ratio.value)
    expected = table.rows[0].fnmr.value / clopper_pearson(0, 40)[1]
    assert table.fnmr_ratio.at_least == pytest.approx(expected)


def test_labels_of_photos_make_groups_of_any_two() -> None:
    scores = random_scores(0, subjects=8)
    glasses = {name: "glasses" if name.endswith(("0.jpg", "3.jpg")) else "none" for name in scores.samples[:-4]}
    table = by_labels(scores, Labelling("eyewear", "file", glasses), fmr=0.1, plan=Plan(replicates=0))
    assert [row.group for row in table.rows] == ["glasses", "glasses × none", "none"]
    kept = len(glasses)
    assert sum(row.mated + row.nonmated for row in table.rows) == kept * (kept - 1) // 2
    assert table.left_out == len(scores) - kept * (kept - 1) // 2


def test_mask_states_have_a_table_where_they_differ() -> None:
    scores = random_scores(0, subjects=10)
    assert by_state(scores) is None
    assert by_condition(scores) is None
    masked = replace(scores, states=("none", "full"), probe_state=(np.arange(len(scores)) % 2).astype(np.int16))
    table = by_state(masked, fmr=0.1, plan=PLAN)
    assert table is not None
    assert [row.group for row in table.rows] == ["none", "none × full"]


def test_n_too_small_and_names_that_fit_nothing_are_refused() -> None:
    scores = random_scores(0, subjects=5)
    with pytest.raises(EvaluationError) as caught:
        by_labels(scores, Labelling("x", "subject", {"00": "a", "01": "b"}), fmr=1e-4)
    assert caught.value.code == "evaluation.n"
    with pytest.raises(EvaluationError) as caught:
        by_labels(scores, Labelling("x", "subject", {"nobody": "a"}), fmr=0.1)
    assert caught.value.code == "evaluation.labels"


def test_labels_are_read_from_csv(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("subject,age,role\n00,young,\n01,old,guest\n")
    age, role = read_labels(path)
    assert (age.name, age.by, dict(age.groups)) == ("age", "subject", {"00": "young", "01": "old"})
    assert dict(role.groups) == {"01": "guest"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "evaluation.columns"),
        ("subject\n00\n", "evaluation.columns"),
        ("person,age\n00,old\n", "evaluation.columns"),
        ("subject,age\n00,old\n00,young\n", "evaluation.line"),
        ("subject,age\n,old\n", "evaluation.line"),
        ("subject,age\n00\n", "evaluation.line"),
    ],
)
def test_malformed_labels_are_refused(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(text)
    with pytest.raises(EvaluationError) as caught:
        read_labels(path)
    assert caught.value.code == code
