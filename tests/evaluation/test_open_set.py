"""Searches of a gallery: ranks, CMC, FNIR and FPIR against looking at each search."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import top_k_accuracy_score

from bareface.errors import EvaluationError
from bareface.evaluation.bootstrap import Plan
from bareface.evaluation.open_set import Searches, cmc, identify
from bareface.scores.score_file import FAILED, ScoreFile, ScoreInfo
from tests.examples import examples

from .helpers import random_scores, values


def gallery_scores(subject_of_probe: list[int], subject_of_reference: list[int], score: np.ndarray) -> ScoreFile:
    """Return every probe against every reference; a score of -inf is a failure to acquire."""
    probes, references = np.indices(score.shape).reshape(2, -1)
    return ScoreFile.from_columns(
        probe=[f"p{i}" for i in probes],
        reference=[f"r{i}" for i in references],
        probe_subject=[f"s{subject_of_probe[i]}" for i in probes],
        reference_subject=[f"s{subject_of_reference[i]}" for i in references],
        score=score.ravel(),
        fta=np.isneginf(score.ravel()),
        info=ScoreInfo(kind="gallery"),
    )


@st.composite
def galleries(draw: st.DrawFn) -> tuple[list[int], list[int], np.ndarray]:
    probes = draw(st.lists(st.integers(0, 5), min_size=1, max_size=6))
    references = draw(st.lists(st.integers(0, 3), min_size=1, max_size=6))
    one = st.one_of(values, st.just(FAILED))
    score = draw(st.lists(one, min_size=len(probes) * len(references), max_size=len(probes) * len(references)))
    return probes, references, np.array(score).reshape(len(probes), -1)


def looked_at(probes: list[int], references: list[int], score: np.ndarray) -> list[tuple[bool, float, int, float]]:
    """Return (mated, mate's score, rank, best stranger) of each search, one subject after the other."""
    found = []
    for probe, row in zip(probes, score, strict=True):
        best = dict.fromkeys(references, FAILED)
        for subject, value in zip(references, row, strict=True):
            best[subject] = max(best[subject], value)
        mate = best.get(probe, FAILED)
        others = [value for subject, value in best.items() if subject != probe]
        rank = 1 + sum(value >= mate for value in others) if mate > FAILED else 0
        found.append((probe in best, mate, rank, max(others, default=FAILED)))
    return found


@given(galleries())
def test_searches_agree_with_looking_at_each(case: tuple[list[int], list[int], np.ndarray]) -> None:
    searches = Searches.of(gallery_scores(*case))
    expected = looked_at(*case)
    got = list(zip(searches.mated, searches.mate, searches.rank, searches.stranger, strict=True))
    assert got == expected
    np.testing.assert_array_equal(searches.nonmated, ~searches.mated)
    mated = [row for row in expected if row[0]]
    for rank, value in enumerate(cmc(searches, 4), start=1):
        hits = sum(0 < row[2] <= rank for row in mated)
        np.testing.assert_array_equal(value, hits / len(mated) if mated else np.nan)
    trials = searches.trials()
    for threshold in (-1.0, 0.25, 0.5):
        strangers = [row[3] for row in expected if not row[0]]
        fpir = np.mean([s >= threshold for s in strangers]) if strangers else np.nan
        fnir = np.mean([row[1] < threshold for row in mated]) if mated else np.nan
        np.testing.assert_allclose([trials.fmr(threshold), trials.fnmr(threshold)], [fpir, fnir])


@pytest.mark.parametrize("seed", range(3))
def test_closed_set_cmc_agrees_with_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    subjects = list(range(20))
    score = rng.normal(size=(60, 20))
    mates = np.repeat(np.arange(20), 3)
    score[np.arange(60), mates] += 1.5
    curve = cmc(Searches.of(gallery_scores(mates.tolist(), subjects, score)), 20)
    expected = [top_k_accuracy_score(mates, score, k=k, labels=subjects) for k in range(1, 20)]
    np.testing.assert_allclose(curve[:-1], expected)
    assert curve[-1] == 1.0


def test_equal_scores_for_all_find_nobody_first() -> None:
    searches = Searches.of(gallery_scores([0, 1], [0, 1, 2], np.full((2, 3), 0.5)))
    assert list(searches.rank) == [3, 3]


def test_all_pairs_are_searched_from_both_sides_with_and_without_the_mate() -> None:
    scores = ScoreFile.from_columns(
        probe=["a1", "a1", "a2"],
        reference=["a2", "b1", "b1"],
        probe_subject=["a", "a", "a"],
        reference_subject=["a", "b", "b"],
        score=[0.9, 0.3, 0.95],
        info=ScoreInfo(kind="all pairs"),
    )
    searches = Searches.of(scores)
    names = [scores.samples[i] for i in searches.probe]
    assert dict(zip(names, searches.rank, strict=True)) == {"a1": 1, "a2": 2, "b1": 0}
    assert dict(zip(names, searches.stranger, strict=True)) == {"a1": 0.3, "a2": 0.95, "b1": 0.95}
    assert dict(zip(names, searches.mated, strict=True)) == {"a1": True, "a2": True, "b1": False}
    assert searches.nonmated.all()


def test_both_modes_by_hand() -> None:
    score = np.array([[0.9, 0.1], [0.4, 0.6], [0.7, 0.2], [0.3, 0.2]])
    # Probes of subject 0 (rank 1), 0 (rank 2), and of two strangers, whose best are 0.7 and 0.3.
    result = identify(gallery_scores([0, 0, 8, 9], [0, 1], score), Plan(replicates=0), ranks=(1, 2), targets=(0.5, 0.1))
    assert (result.mated, result.nonmated, result.gallery) == (2, 2, 2)
    assert [point.fnir.value for point in result.investigation] == [0.5, 0.0]
    half, tenth = result.identification
    assert (half.support, half.threshold, half.fpir, half.fnir.value) == ("few", 0.4, 0.5, 0.0)
    assert tenth.support == "too small"
    assert np.isnan(tenth.fnir.value)


@settings(deadline=None, max_examples=examples(30))
@given(galleries())
def test_no_interval_is_of_zero_width(case: tuple[list[int], list[int], np.ndarray]) -> None:
    result = identify(gallery_scores(*case), Plan(replicates=20), ranks=(1,), targets=(0.5,))
    for point in (*result.investigation, *result.identification):
        if not np.isnan(point.fnir.value):
            assert 0 <= point.fnir.low < point.fnir.high <= 1


def test_intervals_weigh_each_search_by_its_subject() -> None:
    rng = np.random.default_rng(0)
    mates = np.repeat(np.arange(40), 5)
    score = rng.normal(size=(200, 40))
    score[np.arange(200), mates] += np.repeat(rng.choice([0.0, 6.0], 40), 5)
    result = identify(gallery_scores(mates.tolist(), list(range(40)), score), Plan(replicates=400), ranks=(1,))
    found = result.investigation[0].fnir
    # All five searches of a subject miss or hit together: as uncertain as 40 searches, not as 200.
    deviation = np.sqrt(found.value * (1 - found.value) / 40)
    assert found.high - found.low == pytest.approx(2 * 1.96 * deviation, rel=0.25)


def test_a_list_of_pairs_holds_no_searches() -> None:
    with pytest.raises(EvaluationError) as caught:
        Searches.of(random_scores(0, subjects=3))
    assert caught.value.code == "evaluation.kind"
