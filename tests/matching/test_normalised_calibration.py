"""Calibrations of normalised scores: they hold for kinds of people that they were not fitted on."""

from __future__ import annotations

import json

import numpy as np
import pytest

from bareface.calibration.calibration import Calibration
from bareface.calibration.fit import fit_matrix
from bareface.calibration.normalised import NORMALISED_TOP, estimate, normalise_searches
from bareface.errors import CalibrationError
from bareface.matching.cohorts import cohort_of
from bareface.matching.normalisation import Normalisation, non_mated_law
from bareface.matching.pairs import laws_on, normalise_matrix, normalise_pairs, score_of_pairs

TYPICAL, ALIKE = 0.13, 0.6
SPACE, MODEL = "bareface-mobile-128-v2", "bareface-mobile"


def people(count: int, seed: int, kind: float = 0.0) -> np.ndarray:
    """Return unit templates of people; with `kind`, of people whom the embedder separates badly."""
    rng = np.random.default_rng(seed)
    made = rng.normal(size=(count, 64))
    made += kind * np.abs(rng.normal(size=(count, 1))) * np.random.default_rng(99).normal(size=64)
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


def scores_of(vectors: np.ndarray) -> np.ndarray:
    scores = np.asarray(vectors @ vectors.T, np.float32)
    np.fill_diagonal(scores, np.nan)
    return scores


def best(gallery: np.ndarray, probes: np.ndarray, constants: Normalisation) -> np.ndarray:
    """Return the best normalised score of each probe in a gallery, as a search computes it."""
    found = []
    for scores in probes @ gallery.T:
        order = np.argsort(-scores)[:80]
        left_out = gallery[order[:5]] @ gallery[order].T >= constants.alike
        law = non_mated_law(scores[order], len(gallery), constants.typical, left_out)
        found.append(law.normalise(scores[order[:5]]).max())
    return np.array(found)


class TestSearches:
    def test_the_promise_holds_for_people_whom_the_embedder_separates_badly(self) -> None:
        vectors, numbers = people(500, 1), np.arange(500)
        scores = scores_of(vectors)
        constants = estimate(scores, numbers)
        normalised = normalise_searches(scores, numbers, numbers, vectors, constants)
        model = fit_matrix(normalised, numbers, numbers, symmetric=False, top=NORMALISED_TOP).strangers
        raw = fit_matrix(scores, numbers, numbers, symmetric=True).strangers
        for kind in (0.0, 0.3, 0.4):
            everyone = people(900, 2, kind)
            gallery, probes = everyone[:200], everyone[200:]
            realised = (model.fpir(best(gallery, probes, constants), 200).value <= 0.1).mean()
            assert 0.05 < realised < 0.2
        assert (raw.fpir((probes @ gallery.T).max(axis=1), 200).value <= 0.1).mean() > 0.4

    def test_scores_are_those_of_searches_of_galleries_without_the_probe(self) -> None:
        vectors, numbers = people(150, 3), np.arange(150)
        constants = Normalisation(TYPICAL, ALIKE)
        found = normalise_searches(scores_of(vectors), numbers, numbers, vectors, constants)
        for probe in (0, 70, 149):
            others = np.delete(vectors, probe, axis=0)
            assert np.nanmax(found[probe]) == pytest.approx(best(others, vectors[[probe]], constants)[0], abs=1e-4)

    def test_photos_of_one_person_are_in_different_galleries(self) -> None:
        rng = np.random.default_rng(0)
        base = people(120, 4)
        photos = np.repeat(base, 2, axis=0) + rng.normal(0, 0.05, (240, 64)).astype(np.float32)
        photos /= np.linalg.norm(photos, axis=1, keepdims=True)
        numbers = np.repeat(np.arange(120), 2)
        found = normalise_searches(scores_of(photos), numbers, numbers, photos, Normalisation(TYPICAL, 2.0))
        mated = found[numbers[:, None] == numbers[None]]
        nonmated = found[numbers[:, None] != numbers[None]]
        assert np.nanmin(mated) > np.nanmax(nonmated)
        assert np.isnan(mated).sum() == 240

    def test_pairs_that_were_not_compared_stay_unknown(self) -> None:
        vectors, numbers = people(130, 5), np.arange(130)
        scores = scores_of(vectors)
        scores[3, 40] = np.nan
        found = normalise_searches(scores, numbers, numbers, vectors, Normalisation(TYPICAL, ALIKE))
        np.testing.assert_array_equal(np.isnan(found), np.isnan(scores))


class TestPairs:
    def test_the_score_of_a_normalised_pair_is_its_score(self) -> None:
        cohort, faces = people(300, 6), people(4, 7)
        one, other = laws_on(cohort, faces[:2] * 9, TYPICAL), laws_on(cohort, faces[2:], TYPICAL)
        scores = np.array([0.2, 0.7])
        np.testing.assert_allclose(score_of_pairs(normalise_pairs(scores, one, other), one, other), scores)

    def test_a_matrix_is_all_pairs(self) -> None:
        cohort, faces = people(300, 6), people(5, 7)
        laws, scores = laws_on(cohort, faces, TYPICAL), scores_of(faces)
        matrix = normalise_matrix(scores, laws, laws)
        one, other = laws_on(cohort, faces[[1]], TYPICAL), laws_on(cohort, faces[[3]], TYPICAL)
        assert matrix[1, 3] == pytest.approx(normalise_pairs(scores[1, 3], one, other)[0], abs=1e-5)
        np.testing.assert_allclose(matrix, matrix.T, atol=1e-5)

    def test_the_packaged_cohort_is_of_unit_templates(self) -> None:
        cohort = cohort_of(SPACE, 128)
        assert cohort is not None
        assert cohort.shape[0] >= 1000
        np.testing.assert_allclose(np.linalg.norm(cohort, axis=1), 1, atol=1e-5)

    @pytest.mark.parametrize("space", ["nowhere", "../cohorts/bareface-mobile-128-v2", ""])
    def test_other_spaces_have_none(self, space: str) -> None:
        assert cohort_of(space, 128) is None
        assert cohort_of(SPACE, 512) is None


class TestFile:
    @pytest.mark.parametrize("kind", ["search", "comparison"])
    def test_a_calibration_survives_its_file(self, kind: str) -> None:
        packaged = Calibration.packaged(SPACE, MODEL, kind)
        again = Calibration.from_json(packaged.to_json())
        assert (again.kind, again.normalisation) == (kind, packaged.normalisation)
        assert again.fpir(4.0, 200) == packaged.fpir(4.0, 200)

    def test_former_versions_refuse_what_they_would_misread(self) -> None:
        assert json.loads(Calibration.packaged(SPACE, MODEL, "search").to_json())["format"] == 2
        assert json.loads(Calibration.packaged(SPACE, MODEL).to_json())["format"] == 1

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("kind", "cosine"),
            ("kind", 3),
            ("normalisation", None),
            ("normalisation", {"typical": 0, "alike": 0.5}),
            ("normalisation", {"typical": 1e300, "alike": 0.5}),
            ("normalisation", {"typical": 0.1, "alike": 1e308}),
        ],
    )
    def test_damage_is_named(self, key: str, value: object) -> None:
        content = json.loads(Calibration.packaged(SPACE, MODEL, "search").to_json()) | {key: value}
        with pytest.raises(CalibrationError) as caught:
            Calibration.from_json(json.dumps(content))
        assert caught.value.code == "calibration.format"
