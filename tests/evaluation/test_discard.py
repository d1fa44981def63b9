"""Error versus discard: by hand, with ties, with weights, and what the benchmark on LFW makes of pairs and faces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bareface.evaluation.bootstrap import Plan
from bareface.evaluation.discard import discard_curve, error_versus_discard, relative_area
from bareface.evaluation.protocols import Protocol, Sample
from benchmarks import quality
from training.quality_faces import Faces

PLAN = Plan(replicates=60)


def test_by_hand() -> None:
    worst_fail = np.arange(10.0), np.arange(10) < 2
    share = np.array([0.0, 0.1, 0.2, 0.5])
    assert error_versus_discard(*worst_fail, share) == pytest.approx([2 / 10, 1 / 9, 0, 0])
    best_fail = np.arange(10.0), np.arange(10) >= 8
    assert error_versus_discard(*best_fail, share) == pytest.approx([2 / 10, 2 / 9, 2 / 8, 2 / 5])


def test_equal_qualities_go_together_in_any_order() -> None:
    share, wrong = np.linspace(0, 0.3, 4), np.array([True, False, False, True, False])
    flat = error_versus_discard(np.ones(5), wrong, share)
    assert flat == pytest.approx([0.4] * 4)
    assert relative_area(share, flat) == pytest.approx(1)


def test_a_weight_of_two_is_a_comparison_counted_twice() -> None:
    rng, share = np.random.default_rng(0), np.linspace(0, 0.3, 7)
    value, wrong, weight = rng.random(40), rng.random(40) < 0.3, rng.integers(0, 3, 40)
    twice = error_versus_discard(value.repeat(weight), wrong.repeat(weight), share)
    assert error_versus_discard(value, wrong, share, weight) == pytest.approx(twice)


def test_without_errors_there_is_no_area() -> None:
    share = np.linspace(0, 0.3, 4)
    assert np.isnan(relative_area(share, np.zeros(4)))


def test_intervals_count_people_and_not_comparisons() -> None:
    rng, share = np.random.default_rng(1), np.linspace(0, 0.3, 4)
    value, wrong, subject = rng.random(200), rng.random(200) < 0.2, np.arange(200)
    once = discard_curve(value, wrong, subject, share, PLAN)
    again = discard_curve(value.repeat(5), wrong.repeat(5), subject.repeat(5), share, PLAN)
    assert (once.low <= once.fnmr).all()
    assert (once.fnmr <= once.high).all()
    assert again.high - again.low == pytest.approx(once.high - once.low, rel=0.05)


def test_a_rise_that_chance_explains_is_told_from_one_that_it_does_not() -> None:
    rng, share = np.random.default_rng(3), np.linspace(0, 0.3, 7)
    curve = discard_curve(rng.random(500), rng.random(500) < 0.1, np.arange(500), share, PLAN)
    assert not curve.falls
    assert not curve.rises
    assert (curve.step_low <= curve.step_high).all()


def of_three_people() -> Protocol:
    """Return pairs: a has three photos, b and c two; two pairs of a, one of b, one of c, and one of strangers."""
    names = ["a/1", "a/2", "a/3", "b/1", "b/2", "c/1", "c/2"]
    samples = tuple(Sample(Path(name), name, name[0]) for name in names)
    probe, reference = np.array([0, 0, 0, 3, 5], np.int32), np.array([1, 3, 2, 4, 6], np.int32)
    return Protocol("three", "pairs", Path(), samples, probe, reference, np.arange(1, 6, dtype=np.int16))


def faces(photos: list[int], subjects: list[int], templates: list[list[float]]) -> Faces:
    count = len(photos)
    return Faces(
        subject=np.array(subjects),
        photo=np.array(photos),
        level=np.zeros(count, np.int64),
        kind=np.array(["clean"] * count),
        visible=np.ones(count),
        seen=np.ones(count),
        chips=np.zeros((count, 150, 150, 3), np.uint8),
        box=np.zeros((count, 4)),
        points=np.zeros((count, 5, 2), np.float32),
        templates=np.array(templates, np.float32),
        consistency=np.ones(count),
        failed=np.array([], np.str_),
        scheme="five",
    )


def test_only_pairs_of_one_person_are_kept_and_people_whole() -> None:
    mated = quality.mated_only(of_three_people())
    assert list(zip(mated.probe, mated.reference, strict=True)) == [(0, 1), (0, 2), (3, 4), (5, 6)]
    some = quality.mated_only(of_three_people(), photos=5)
    assert [sample.name for sample in some.samples] == ["a/1", "a/2", "a/3", "c/1", "c/2"]
    assert list(zip(some.probe, some.reference, strict=True)) == [(0, 1), (0, 2), (3, 4)]
    assert some.fold.tolist() == [1, 3, 5]


def test_probes_are_spoilt_once_and_the_same_in_every_run() -> None:
    mated = quality.mated_only(of_three_people())
    jobs = list(quality.degraded_jobs(mated))
    assert [job.photo for job in jobs] == [0, 3, 5]
    assert all(job.kind in quality.KINDS and job.half == "test" for job in jobs)
    assert jobs == list(quality.degraded_jobs(mated))
    kept = {job.path: (job.kind, job.level, job.seed) for job in jobs}
    fewer = quality.degraded_jobs(quality.mated_only(of_three_people(), photos=5))
    assert all(kept[job.path] == (job.kind, job.level, job.seed) for job in fewer)
    assert [job.kind for job in quality.clean_jobs(mated)] == ["clean"] * 7


def test_pairs_without_a_face_are_counted_as_lost() -> None:
    mated = quality.mated_only(of_three_people())
    clean = faces([0, 1, 3, 4, 5, 6], [0, 0, 1, 1, 2, 2], [[1, 0], [0.6, 0.8], [0, 1], [0, 1], [1, 0], [-1, 0]])
    spoilt = faces([0, 5], [0, 2], [[0, 1], [1, 0]])
    pairs = quality.Mates.of(mated, clean, clean)
    assert pairs.lost == 1  # a/3 shows no face
    assert pairs.cosine == pytest.approx([0.6, 1, -1])
    pairs = quality.Mates.of(mated, spoilt, clean)
    assert pairs.lost == 2
    assert pairs.subject.tolist() == [0, 2]
    assert pairs.cosine == pytest.approx([0.8, -1])


def test_a_quality_that_predicts_errors_falls_and_its_opposite_rises() -> None:
    rng, count = np.random.default_rng(2), 2000
    value = rng.random(count)
    cosine = 0.5 + 0.4 * value + rng.normal(0, 0.1, count)
    rows = np.arange(count)
    pairs = quality.Mates(rows, rows, rows, cosine, 0)
    good, flawless = {"good": value, "bad": -value}, {"good": np.ones(count), "bad": np.zeros(count)}
    found = quality.curves(pairs, good, flawless, 0.6, PLAN)
    assert found["good"].falls
    assert found["good"].area_high < 1
    assert not found["good"].rises
    assert not found["bad"].falls
    assert found["bad"].rises
    assert found["bad"].area_low > 1
    # A pair has the lower quality of its two photos: where all references are worse, the probes' says nothing.
    worse = quality.curves(pairs, good, {"good": -np.ones(count), "bad": -2 * np.ones(count)}, 0.6, PLAN)
    assert not (np.diff(worse["good"].fnmr) < 0).any()
