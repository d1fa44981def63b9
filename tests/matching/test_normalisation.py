"""Adaptive score normalisation: normalised scores, and the law that non-mated ones follow."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist, fmean, pstdev

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from bareface.errors import CalibrationError
from bareface.matching import normalisation as module
from bareface.matching.normalisation import FEWEST, HIGHEST, NonMatedLaw, normal_scores, normalise, normalise_candidates

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


def gallery(size: int = 40, dimension: int = 16, seed: int = 0) -> NDArray[np.float32]:
    vectors = np.random.default_rng(seed).normal(size=(size, dimension))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def searched(
    probe: NDArray[np.float32], references: NDArray[np.float32], **options: int
) -> tuple[Array, NDArray[np.int64]]:
    scores = references @ probe
    order = np.argsort(-scores, kind="stable")
    return normalise_candidates(scores[order], references[order], len(references), TYPICAL, ALIKE, **options), order


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
    def test_a_higher_score_stands_higher(self, scores: Array, cohort: Array) -> None:
        low, high = normalise(np.sort(scores), np.stack([cohort, cohort]), len(cohort), TYPICAL)
        assert low <= high

    @given(COHORTS, st.integers(1, 20))
    def test_those_left_out_leave_no_trace(self, cohort: Array, left_out: int) -> None:
        padded = np.concatenate([np.full(left_out, np.nan), cohort])
        found = normalise(0.5, padded, len(cohort), TYPICAL)
        assert found == pytest.approx(float(normalise(0.5, cohort, len(cohort), TYPICAL)), abs=1e-9)

    def test_normal_scores_stand_where_they_were_drawn(self) -> None:
        rng = np.random.default_rng(0)
        for size in (30, 300, 10_000):
            drawn = rng.normal(0.1, TYPICAL, (500, size))
            found = normalise(0.1 + 3 * TYPICAL, -np.partition(-drawn, 29)[:, :29], size, TYPICAL)
            assert found.mean() == pytest.approx(3, abs=0.1)
            assert found.std() < 0.6

    def test_many_are_answered_as_each_alone(self) -> None:
        rng = np.random.default_rng(1)
        score, cohort, size = rng.random((4, 3)), rng.random((4, 3, 60)), rng.integers(60, 900, (4, 3))
        found = normalise(score, cohort, size, TYPICAL)
        assert found.shape == (4, 3)
        for place in np.ndindex(4, 3):
            assert found[place] == pytest.approx(float(normalise(score[place], cohort[place], size[place], TYPICAL)))

    @pytest.mark.parametrize("cohort", [[], [0.1, 0.2], [0.1, np.nan, 0.2, np.nan]])
    def test_too_few_scores_give_none(self, cohort: list[float]) -> None:
        assert np.isnan(normalise(0.5, np.array(cohort), 100, TYPICAL))

    def test_equal_scores_are_no_certainty(self) -> None:
        assert 0 < float(normalise(0.5, np.full(50, 0.2), 400, TYPICAL)) < 10


class TestCandidates:
    @given(st.integers(FEWEST + 3, 90), st.integers(0, 2**31))
    def test_each_candidate_is_held_against_those_unlike_it(self, size: int, seed: int) -> None:
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

    def test_searches_may_be_stacked_and_short(self) -> None:
        references, probes = gallery(), gallery(2, seed=5)
        scores = np.full((2, 50), -np.inf)
        vectors = np.zeros((2, 50, 16), np.float32)
        for number, probe in enumerate(probes):
            order = np.argsort(-(references @ probe), kind="stable")
            scores[number, :40], vectors[number, :40] = (references @ probe)[order], references[order]
        found = normalise_candidates(scores, vectors, 40, TYPICAL, ALIKE, first=5)
        for number, probe in enumerate(probes):
            np.testing.assert_allclose(found[number], searched(probe, references, first=5)[0], atol=1e-6)

    def test_a_probe_that_everybody_resembles_is_not_believed(self) -> None:
        rng = np.random.default_rng(0)
        references, (probe,) = gallery(300, 128), gallery(1, 128, seed=3)
        crowd = references[:100] + 3 * probe / sqrt(128) * rng.uniform(1, 2, (100, 1))
        crowded = np.concatenate([crowd / np.linalg.norm(crowd, axis=1, keepdims=True), references[100:]]).astype(
            np.float32
        )
        plain, crowded_best = searched(probe, references, first=1)[0], searched(probe, crowded, first=1)[0]
        assert (crowded @ probe).max() > (references @ probe).max() + 0.1
        assert abs(crowded_best[0] - plain[0]) < 1.0


class TestLaw:
    @given(st.floats(-3, 8), st.integers(1, 10**7), st.floats(-0.5, 0.5), st.floats(0.5, 1.5))
    def test_a_search_is_so_many_comparisons(self, where: float, size: int, shift: float, stretch: float) -> None:
        law = NonMatedLaw(shift, stretch)
        assert law.fpir(where, 1) == pytest.approx(law.fmr(where), rel=1e-9)
        expected = -np.expm1(size * np.log1p(-min(float(law.fmr(where)), 1 - 1e-16)))
        assert law.fpir(where, size) == pytest.approx(expected, rel=1e-6, abs=1e-12)

    @given(st.floats(1e-6, 0.9), st.integers(1, 10**7), st.floats(-0.5, 0.5), st.floats(0.5, 1.5))
    def test_score_at_turns_it_round(self, fpir: float, size: int, shift: float, stretch: float) -> None:
        law = NonMatedLaw(shift, stretch)
        assert law.fpir(law.score_at(fpir, size), size) == pytest.approx(fpir, rel=1e-6)

    @given(st.floats(-2, 8), st.floats(0, 3), st.integers(1, 10**6), st.integers(1, 10**6))
    def test_it_falls_with_the_score_and_rises_with_the_gallery(
        self, where: float, higher: float, size: int, more: int
    ) -> None:
        law = NonMatedLaw()
        assert law.fpir(where + higher, size) <= law.fpir(where, size) <= law.fpir(where, size + more)

    def test_what_was_drawn_from_a_law_gives_that_law(self) -> None:
        law, chance = NonMatedLaw(0.3, 0.9), np.random.default_rng(0).random(20_000)
        found = NonMatedLaw.fit(law.score_at(chance, 200), 200)
        assert (found.shift, found.stretch) == pytest.approx((0.3, 0.9), abs=0.08)
        for size in (50, 200, 1000):
            assert found.fpir(law.score_at(0.01, size), size) == pytest.approx(0.01, rel=0.25)

    def test_few_searches_fit_no_law(self) -> None:
        with pytest.raises(CalibrationError) as caught:
            NonMatedLaw.fit(np.arange(10.0), 200)
        assert caught.value.code == "calibration.subjects"


def test_the_fpir_holds_for_a_kind_that_the_embedder_separates_badly() -> None:
    """Two kinds of people, one of which the embedder separates badly; the law is fitted to the other."""
    rng = np.random.default_rng(0)

    def best(kind: float, searches: int) -> tuple[Array, Array]:
        people = rng.normal(size=(200 + searches, 64))
        people += kind * np.abs(rng.normal(size=(len(people), 1))) * rng.normal(size=64)
        people /= np.linalg.norm(people, axis=1, keepdims=True)
        references, probes = np.split(people.astype(np.float32), [200])
        stood = [searched(probe, references, first=3)[0].max() for probe in probes]
        return np.array(stood), (probes @ references.T).max(axis=1)

    stood, scored = best(0.0, 1000)
    law, limit = NonMatedLaw.fit(stood, 200), np.quantile(scored, 0.9)
    for kind in (0.0, 0.3, 0.4):
        stood, scored = best(kind, 600)
        assert 0.05 < (law.fpir(stood, 200) <= 0.1).mean() < 0.18
    assert (scored > limit).mean() > 0.3
