"""One rule of scoring, for two templates, for pairs, and for all pairs."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from bareface.matching import scoring
from bareface.values.face import Template

ROOT_HALF = 0.5**0.5


def made(vector, state="none", upper_face=None, model="m"):
    second = None if upper_face is None else np.array(upper_face, np.float32)
    return Template(np.array(vector, np.float32), model, "s", mask_state=state, upper_face=second)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (made([2, 0]), made([1, 1]), ROOT_HALF),
        (made([2, 0], upper_face=[0, 5]), made([1, 1], upper_face=[1, 0]), ROOT_HALF),  # both bare
        (made([1, 0], "full"), made([3, 0], "partial"), 1.0),  # both masked
        (made([1, 0], "full"), made([0, 2]), 0.0),  # no second template
        (made([1, 0], "full"), made([0, 2], upper_face=[7, 0]), 0.5),
        (made([1, 0], "partial"), made([1, 1], upper_face=[-2, 0]), (ROOT_HALF - 1) / 2),
        (made([1, 0], "full"), made([0, 2], upper_face=[7, 0], model="other"), 0.0),
    ],
)
def test_the_score_is_a_cosine_or_the_mean_of_two(a, b, expected):
    assert scoring.score(a, b) == pytest.approx(expected, abs=1e-6)
    assert scoring.score(b, a) == scoring.score(a, b)


def test_columns_score_as_templates_do():
    rng = np.random.default_rng(0)
    some = [
        made(rng.normal(size=6), state, rng.normal(size=6) if state == "none" and number % 2 else None)
        for number, state in enumerate(["none", "full", "none", "partial", "none", "none", "full"])
    ]
    columns = scoring.Columns.of_templates([*some, None])
    table = scoring.matrix(columns, columns)
    places = np.array(list(product(range(8), repeat=2)))
    pairs = scoring.scores(columns, columns, places[:, 0], places[:, 1])
    for (i, j), value in zip(places, pairs, strict=True):
        expected = 0.0 if 7 in (i, j) else scoring.score(some[i], some[j])
        assert value == pytest.approx(expected, abs=1e-6)
        assert table[i, j] == pytest.approx(expected, abs=1e-6)
    part = columns[np.array([3, 0])]
    np.testing.assert_allclose(scoring.matrix(part, columns), table[[3, 0]], atol=1e-6)


def test_without_any_template_everything_scores_zero():
    none = scoring.Columns.of_templates([None, None])
    assert scoring.scores(none, none, np.array([0]), np.array([1])).tolist() == [0.0]


def test_distances_to_many_are_those_to_each():
    probe, *others = np.random.default_rng(0).standard_normal((40, 128), np.float32)
    assert scoring.distances(probe, np.stack(others)) == [scoring.distance(probe, one) for one in others]
