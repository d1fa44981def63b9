"""Adaptive score normalisation: the law of a probe's non-mated scores, and scores relative to it."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist, fmean, pstdev

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from bareface.matching import normalisation as module
from bareface.matching.normalisation import FEWEST, HIGHEST, non_mated_law, normal_scores, typical_spread

Array = NDArray[np.float64]
TYPICAL, ALIKE = 0.13, 0.5
COSINES = st.integers(-1000, 1000).map(lambda n: n / 1000)
COHORTS = arrays(np.float64, st.integers(FEWEST + 2, 90), elements=COSINES)


def plainly(score: float, cohort: list[float], size: int, typical: float) -> float:
    """The definition, one score after the other, with nothing but the standard library."""
    highest = sorted(cohort, reverse=True)[:HIGHEST]
    highest = highest[: max(FEWEST, int(module.SHARE * size))]
    normal = [-NormalDist().inv_cdf((rank + 1 - 0.375) / (size + 0.25)) for rank in range(len(highest))]
    own = pstdev(highest) / pstdev(normal)
    used = len(highest)
    spread = sqrt((used * own**2 + module.PRIOR * typical**2) / (used + module.PRIOR))
    return (score - fmean(highest)) / spread + fmean(normal)


def normalise(score: float | Array, cohort: Array, size: int, typical: float = TYPICAL) -> Array:
    falling = -np.sort(-np.asarray(cohort, np.float64), axis=-1)
    return non_mated_law(falling, size, typical).normalise(score)


def gallery(size: int = 40, dimension: int = 16, seed: int = 0) -> NDArray[np.float32]:
    vectors = np.random.default_rng(seed).normal(size=(size, dimension))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def searched(
    probe: NDArray[np.float32], references: NDArray[np.float32], first: int | None = None
) -> tuple[Array, NDArray[np.int64]]:
    """Normalised scores of a probe's best references, each measured by those that do not look like it."""
    scores = references @ probe
    order = np.argsort(-scores, kind="stable")
    left_out = references[order[:first]] @ references[order].T >= ALIKE
    law = non_mated_law(scores[order], len(references), TYPICAL, left_out)
    return law.normalise(scores[order[:first]]), order


@pytest.mark.parametrize(("size", "highest"), [(10, 1.5388), (100, 2.5076), (1000, 3.2414)])
def test_the_highest_of_normal_draws_is_where_tables_say(size: int, highest: float) -> None:
    found = normal_scores(size, 5)
    assert found[0] == pytest.approx(highest, abs=0.02)
    assert (np.diff(found) < 0).all()


def test_all_normal_scores_mirror_each_other_and_ranks_beyond_are_unknown() -> None:
    found = normal_scores(7, 9)
    np.testing.assert_allclose(found[:7], -found[:7][::-1], atol=1e-12)
    assert np.isnan(found[7:]).all()


class TestNormalise:
    @given(COSINES, COHORTS, st.integers(0, 500))
    def test_it_is_what_its_definition_says(self, score: float, cohort: Array, more: int) -> None:
        size = len(cohort) + more
        assert normalise(score, cohort, size, TYPICAL) == pytest.approx(
            plainly(score, cohort.tolist(), size, TYPICAL), abs=1e-9
        )

    @given(COSINES, COHORTS, st.floats(0.1, 10), st.floats(-3, 3), st.randoms(use_true_random=False))
    def test_unit_and_zero_of_scores_do_not_matter_nor_does_order(
        self, score: float, cohort: Array, unit: float, zero: float, chance: st.Random
    ) -> None:
        shuffled = cohort.tolist()
        chance.shuffle(shuffled)
        moved = normalise(score * unit + zero, np.array(shuffled) * unit + zero, len(cohort), TYPICAL * unit)
        assert moved == pytest.approx(normalise(score, cohort, len(cohort), TYPICAL), abs=1e-6)

    @given(arrays(np.float64, 2, elements=COSINES), COHORTS)
    def test_a_higher_score_is_a_higher_normalised_score(self, scores: Array, cohort: Array) -> None:
        low, high = normalise(np.sort(scores), np.stack([cohort, cohort]), len(cohort))
        assert low <= high

    @given(COHORTS, st.data())
    def test_those_left_out_leave_no_trace(self, cohort: Array, data: st.DataObject) -> None:
        left_out = data.draw(arrays(np.bool_, len(cohort)))
        falling = -np.sort(-cohort)
        found = non_mated_law(falling, len(cohort) + 50, TYPICAL, left_out[None])
        kept = falling[~left_out]
        alone = non_mated_law(kept, len(kept) + 50, TYPICAL)
        np.testing.assert_allclose(found.normalise(0.5)[0], alone.normalise(0.5), atol=1e-9)
        assert found.used[0] == alone.used

    def test_normal_scores_are_found_where_they_were_drawn(self) -> None:
        rng = np.random.default_rng(0)
        for size in (30, 300, 10_000):
            drawn = rng.normal(0.1, TYPICAL, (500, size))
            found = normalise(0.1 + 3 * TYPICAL, -np.partition(-drawn, 29)[:, :29], size)
            assert found.mean() == pytest.approx(3, abs=0.1)
            assert found.std() < 0.6

    def test_many_are_answered_as_each_alone(self) -> None:
        rng = np.random.default_rng(1)
        cohort = -np.sort(-rng.random((4, 60)), axis=1)
        left_out = rng.random((4, 3, 60)) < 0.3
        found = non_mated_law(cohort, 300, TYPICAL, left_out)
        assert found.mean.shape == (4, 3)
        for probe, candidate in np.ndindex(4, 3):
            alone = non_mated_law(cohort[probe], 300, TYPICAL, left_out[probe, candidate][None])
            assert found.normalise(0.5)[probe, candidate] == pytest.approx(alone.normalise(0.5)[0])

    def test_lists_may_end_early(self) -> None:
        cohort = np.array([0.5, 0.4, 0.3, 0.2, -np.inf, -np.inf])
        assert normalise(0.9, cohort, 4) == pytest.approx(normalise(0.9, cohort[:4], 4))

    @pytest.mark.parametrize("cohort", [[], [0.1, 0.2], [0.1, np.nan, 0.2, np.nan]])
    def test_too_few_scores_give_none(self, cohort: list[float]) -> None:
        assert np.isnan(normalise(0.5, np.array(cohort), 100, TYPICAL))

    def test_equal_scores_are_no_certainty(self) -> None:
        assert 0 < float(normalise(0.5, np.full(50, 0.2), 400, TYPICAL)) < 10


class TestCandidates:
    @given(st.integers(FEWEST + 3, 90), st.integers(0, 2**31))
    def test_each_candidate_is_measured_by_those_unlike_it(self, size: int, seed: int) -> None:
        references = gallery(size, 8, seed)
        (probe,) = gallery(1, 8, seed + 1)
        found, order = searched(probe, references)
        scores = (references @ probe).astype(np.float64)
        for place, number in enumerate(order):
            unlike = [
                other for other in range(size) if other != number and references[number] @ references[other] < ALIKE
            ]
            if len(unlike) < FEWEST:
                assert np.isnan(found[place])
            else:
                wanted = plainly(float(scores[number]), scores[unlike].tolist(), len(unlike), TYPICAL)
                assert found[place] == pytest.approx(wanted, abs=1e-5)

    def test_other_photos_of_a_person_change_nothing(self) -> None:
        references, (probe,) = gallery(), gallery(1, seed=5)
        references[0] = probe
        alone, _ = searched(probe, references, first=1)
        again = np.concatenate([references, np.repeat(references[:1], 12, axis=0)])
        together, _ = searched(probe, again, first=1)
        np.testing.assert_allclose(together, alone, atol=1e-6)

    def test_the_order_of_enrolment_does_not_matter(self) -> None:
        references, (probe,) = gallery(200), gallery(1, seed=9)
        shuffled = np.random.default_rng(0).permutation(references)
        np.testing.assert_allclose(searched(probe, references)[0], searched(probe, shuffled)[0], atol=1e-6)

    def test_only_the_first_are_asked_for(self) -> None:
        references, (probe,) = gallery(), gallery(1, seed=5)
        np.testing.assert_array_equal(searched(probe, references)[0][:4], searched(probe, references, first=4)[0])

    def test_a_probe_that_everybody_resembles_scores_no_higher(self) -> None:
        rng = np.random.default_rng(0)
        references, (probe,) = gallery(300, 128), gallery(1, 128, seed=3)
        crowd = references[:100] + 3 * probe / sqrt(128) * rng.uniform(1, 2, (100, 1))
        crowded = np.concatenate([crowd / np.linalg.norm(crowd, axis=1, keepdims=True), references[100:]]).astype(
            np.float32
        )
        plain, crowded_best = searched(probe, references, first=1)[0], searched(probe, crowded, first=1)[0]
        assert (crowded @ probe).max() > (references @ probe).max() + 0.1
        assert abs(crowded_best[0] - plain[0]) < 1.0


def test_the_typical_spread_of_normal_scores_is_theirs() -> None:
    scores = np.random.default_rng(0).normal(0.1, TYPICAL, (200, 199)).astype(np.float32)
    scores[:, 0] = np.nan
    assert typical_spread(scores) == pytest.approx(TYPICAL, rel=0.15)
