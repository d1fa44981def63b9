from __future__ import annotations

import numpy as np
import pytest

from bareface.calibration.counting import GROUPS, Groups, NonMatedScores, count
from bareface.calibration.strangers import fit_strangers
from bareface.errors import CalibrationError

from .worlds import World


def code_of(function, *arguments, **options) -> str:
    with pytest.raises(CalibrationError) as caught:
        function(*arguments, **options)
    return caught.value.code


@pytest.mark.parametrize("shape", [0.3, 1.0, 5.0])
@pytest.mark.parametrize(("fpir", "subjects"), [(0.3, 50), (0.1, 50), (0.1, 300), (0.03, 300)])
def test_the_true_fpir_is_recovered(shape, fpir, subjects):
    world = World(shape)
    model = fit_strangers(world.sample(600))
    estimate = model.fpir(world.similarity(fpir, subjects), subjects)
    assert estimate.value == pytest.approx(fpir, rel=0.35)
    assert not estimate.extrapolated


def test_equal_strangers_would_be_overrated_by_one_rate_for_all():
    """The point of the model: where strangers differ, 1 - (1 - FMR)^N is far too high."""
    world = World(0.3)
    model = fit_strangers(world.sample(600))
    similarity = world.similarity(0.3, 300)
    alike = 1 - (1 - model.rate(similarity)) ** 300
    assert alike > 1.5 * 0.3
    assert model.fpir(similarity, 300).value == pytest.approx(0.3, rel=0.15)


def test_a_gallery_beyond_the_calibration_is_extrapolated_sensibly():
    world = World(1.0)
    model = fit_strangers(world.sample(300))
    estimate = model.fpir(world.similarity(0.1, 20_000), 20_000)
    assert estimate.extrapolated
    assert estimate.low < 0.1 < estimate.high
    assert 0.1 / 3 < estimate.value < 0.1 * 3


def test_hubs_among_references_make_galleries_differ():
    even = fit_strangers(World(1.0).sample(600))
    hubs = fit_strangers(World(1.0, 0.2).sample(600))
    widths = [np.log(m.fpir(World().similarity(0.1, 50), 50).high / m.fpir(World().similarity(0.1, 50), 50).low)
              for m in (even, hubs)]  # fmt: skip
    assert widths[1] > 1.5 * widths[0]


def test_the_interval_for_seen_shares_is_wider():
    model = fit_strangers(World().sample(300))
    rate, seen = model.fpir(0.5, 100), model.fpir(0.5, 100, probes=50)
    assert seen.low < rate.low
    assert seen.high > rate.high
    assert seen.value == rate.value


@pytest.mark.slow
@pytest.mark.parametrize(("subjects", "fpir", "widest"), [(50, 0.1, 5), (50, 0.03, 12), (150, 0.1, 5), (150, 0.03, 12)])
def test_prediction_intervals_hold_what_is_seen(subjects, fpir, widest):
    """Over 60 worlds, 95 % intervals hold the share seen among 400 strangers of a new gallery, and are no wider."""
    world, held, widths = World(0.5, 0.5), 0, []
    for seed in range(60):
        model = fit_strangers(world.sample(300, seed))
        similarity = model.similarity_at_fpir(fpir, subjects)
        best = world.scores(400, subjects, np.random.default_rng(10_000 + seed)).max(axis=1)
        estimate = model.fpir(similarity, subjects, probes=400)
        held += bool(estimate.low <= (best >= similarity).mean() <= estimate.high)
        widths.append(estimate.high / estimate.low)
    assert held / 60 >= 0.88
    assert np.median(widths) < widest


def test_counts_agree_with_a_loop():
    data = World().sample(120)
    scores = data.scores
    grid = np.quantile(scores[np.isfinite(scores)], [0.5, 0.9, 0.99])
    groups = Groups.deal(np.arange(120), seed=1)
    counts = count(data, groups, grid)
    np.testing.assert_array_equal(counts.totals().exceeding, (scores[:, :, None] >= grid).sum(axis=1))
    np.testing.assert_array_equal(counts.totals().compared, np.full(120, 119))
    kept = groups.numbers != 7
    left = counts.without(7, counts.totals())
    np.testing.assert_array_equal(left.exceeding, (scores[kept][:, kept, None] >= grid).sum(axis=1))
    assert groups.numbers.max() == GROUPS - 1


def test_the_u_statistic_is_the_share_of_galleries_with_a_hit():
    data = World().sample(120)
    grid = np.quantile(data.scores[np.isfinite(data.scores)], [0.5, 0.9, 0.99])
    totals = count(data, Groups.deal(np.arange(120), seed=1), grid).totals()
    rng, hits = np.random.default_rng(0), np.zeros(3)
    for _ in range(4000):
        probe = rng.integers(120)
        gallery = rng.choice(np.delete(np.arange(120), probe), 20, replace=False)
        hits += data.scores[probe, gallery].max() >= grid
    np.testing.assert_allclose(totals.fpir(np.full(3, 20.0)), hits / 4000, atol=0.03)


def test_several_photos_are_views_of_one_subject():
    rng = np.random.default_rng(0)
    once = World(1.0).scores(150, 150, rng)
    people = np.repeat(np.arange(150), 3)
    same = fit_strangers(NonMatedScores.of(np.repeat(np.repeat(once, 3, 0), 3, 1), people, people, symmetric=False))
    single = fit_strangers(NonMatedScores.of(once, np.arange(150), np.arange(150), symmetric=False))
    assert same.pairs == single.pairs
    assert same.gain == pytest.approx(0.0, abs=1e-9)
    np.testing.assert_allclose(same.log_hazard[:20], single.log_hazard[:20], atol=0.2)
    fresh = World(1.0).scores(450, 450, rng)
    independent = fit_strangers(NonMatedScores.of(fresh, people, people, symmetric=False))
    assert independent.gain > 0.9


def test_more_references_raise_the_fpir_by_the_gain():
    people = np.repeat(np.arange(150), 3)
    scores = World(1.0).scores(450, 450, np.random.default_rng(0))
    model = fit_strangers(NonMatedScores.of(scores, people, people, symmetric=False))
    assert model.fpir(0.55, 100, references=3).value > 2 * model.fpir(0.55, 100).value


def test_too_few_subjects_are_told_how_many_are_missing():
    with pytest.raises(CalibrationError, match="60 more") as caught:
        fit_strangers(World().sample(40))
    assert caught.value.code == "calibration.subjects"


def test_unusable_scores_are_refused():
    people = np.arange(150)
    scores = World().scores(150, 150, np.random.default_rng(0))
    tied = np.round(scores, 1)
    assert code_of(fit_strangers, NonMatedScores.of(tied, people, people, symmetric=False)) == "calibration.ties"
    constant = np.full_like(scores, 0.5)
    assert code_of(fit_strangers, NonMatedScores.of(constant, people, people, symmetric=False)) == "calibration.ties"
    sparse = np.where(np.random.default_rng(1).random(scores.shape) < 0.3, scores, np.nan).astype(np.float32)
    assert code_of(fit_strangers, NonMatedScores.of(sparse, people, people, symmetric=False)) == "calibration.sparse"
    infinite = scores.copy()
    infinite[3, 5] = -np.inf
    assert code_of(NonMatedScores.of, infinite, people, people, symmetric=False) == "calibration.scores"
    one = np.zeros(150, np.int64)
    assert code_of(fit_strangers, NonMatedScores.of(scores, one, people, symmetric=False)) == "calibration.subjects"


def test_missing_comparisons_are_no_exceedances():
    world, people = World(1.0), np.arange(300)
    scores = world.scores(300, 300, np.random.default_rng(0))
    holes = np.where(np.random.default_rng(1).random(scores.shape) < 0.2, np.nan, scores).astype(np.float32)
    model = fit_strangers(NonMatedScores.of(holes, people, people, symmetric=False))
    assert model.fpir(world.similarity(0.1, 100), 100).value == pytest.approx(0.1, rel=0.3)
