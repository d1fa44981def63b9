"""Pages on restoration, from results of former shapes."""

from __future__ import annotations

import numpy as np
import pytest

from bareface.models import registry
from benchmarks import readme_restoration as pages
from benchmarks import unmask as benchmark

DIGEST = registry.card("bareface-enhance").files[0].sha256
MACHINE = {"machine": {"load_average": [0.1, 0.2, 0.3]}}


def test_every_share_is_shown_wherever_it_stands() -> None:
    found = {
        "enhanced": {"altered": [0.94, 0.91, 0.96, 300], "by kind": {"blurred": [0.0, 0.0, 0.01, 1200]}},
        "sources": {"asked": 500, "refused": 1, "share": 0.002, "no face": 2},
        "ms a face": 54.3,
        "not a share": [0.99, 0.98, 0.995, 0.97],
        "load": [1, 2, 3],
        "empty": {"asked": 0, "refused": 0},
        "with ends": {"asked": 10, "refused": 1, "interval": [0.002, 0.445]},
    }
    assert dict(pages.shares(found)) == {
        "enhanced: altered": "94.0 % (91.0 to 96.0), n = 300",
        "enhanced: by kind: blurred": "0.0 % (0.0 to 1.0), n = 1,200",
        "sources": "1 of 500 (0.2 %), no face in 2",
        "empty": "0 of 0",
        "with ends": "1 of 10 (10.0 %, 0.2 to 44.5)",
    }


def test_refusals_of_a_run_of_another_shape() -> None:
    run = {**MACHINE, "genuine": {"bare": [0.0, 0.0, 0.001, 4000]}, "weights": {"bareface-enhance": DIGEST}}
    assert pages.refusal(run) == (
        "| shown for enrolment | refused |\n| --- | ---: |\n| genuine: bare | 0.0 % (0.0 to 0.1), n = 4,000 |"
    )


def test_weights_that_are_not_the_packaged_ones_are_named() -> None:
    assert pages.stale({"weights": {"bareface-enhance": DIGEST}}, "bareface-enhance") == []
    (other,) = pages.stale({"weights": {"bareface-enhance": "0" * 64, "lost": "1" * 64}}, "lost")
    assert f"bareface-enhance (00000000, now {DIGEST[:8]}), lost (11111111, now gone)" in other
    assert pages.stale({}, "bareface-enhance") == ["The run did not record its weights of bareface-enhance."]


def test_cells_are_counted_and_the_aim_is_judged() -> None:
    good = {"better": True, "significantly better": True, "significantly worse": False}
    bad = {"better": False, "significantly better": False, "significantly worse": True}
    bars = {"cells": 1, "better on both": 1, "features": dict.fromkeys(good, 1), "identity": dict.fromkeys(good, 1)}
    first, *_, better, worse = pages.aims({"cells": {"jpeg 1": {"features": good, "identity": good}}, "bars": bars})
    assert first.endswith("is reached.")
    assert (better, worse) == (
        "- Significantly better on both in 1: jpeg 1.",
        "- Significantly worse on either in 0: none.",
    )
    first, *_, worse = pages.aims({"cells": {"jpeg 1": {"features": good, "identity": bad}}, "bars": bars})
    assert first.endswith("is **not reached**.")
    assert worse == "- Significantly worse on either in 1: jpeg 1."


def test_the_page_shows_what_the_unmasking_benchmark_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "auc", lambda real, made: 0.75)
    rng, faces = np.random.default_rng(0), 12
    found = benchmark.Found(
        coverage=[0.9] * faces, interval=[130.0] * faces, width=[90.0] * faces, identity_spread=[0.3] * faces,
        off=[rng.uniform(0, 90, 50) for _ in range(faces)], seconds=[0.1] * faces,
        says=[True] * 4 * faces, state=[True] * 4 * faces, nearest=[0.2, *[0.3] * (faces - 1)],
        templates={"net": [(one, one) for one in rng.normal(size=(faces, 8))]},
    )  # fmt: skip
    for metric, sign in (("features", -1), ("GMSD", -1), ("SSIM", 1)):
        for name in (*benchmark.RIVALS, *benchmark.EXTRA):
            found.scores.setdefault(metric, {})[name] = (2 + rng.normal(0, 0.05, faces)).tolist()
        found.each[metric] = (2 + sign + rng.normal(0, 0.05, (faces, 4))).tolist()
        found.scores[metric][benchmark.OURS] = np.mean(found.each[metric], axis=1).tolist()
    counts = {"photos": 15, "faces": faces, "too little seen": 3}
    page = pages.unmask({"counts": counts, "results": benchmark.summary(found)})
    assert "12 faces of 15 photos (too little seen: 3)." in page
    assert page.count("every interval clear of zero: **yes**") == 3
    assert [page.count(f"| completion {number} |") for number in (1, 2, 3, 4)] == [3] * 4
    assert "| AUC, real against completed | 0.750 |" in page
    assert "| identity, distance of the nearest two of four, least of all faces | 0.200 |" in page
    assert "| kernel inception distance, net | " in page
    assert "| detector says none | 100.0 % (100.0 to 100.0) |" in page
