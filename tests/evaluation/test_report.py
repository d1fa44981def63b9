"""The report and its plots: everything inside, nothing fetched, worst pairs found, hostile names harmless."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bareface import images
from bareface.errors import EvaluationError
from bareface.evaluation import plots, worst
from bareface.evaluation.analysis import Analysis, analyse, reliability_of
from bareface.evaluation.bootstrap import Plan
from bareface.evaluation.metrics import det
from bareface.evaluation.report import report
from bareface.evaluation.scores import FAILED, ScoreFile, ScoreInfo
from bareface.evaluation.tables import Labelling, by_labels
from bareface.evaluation.verification import compare
from bareface.matching.calibration import Calibration
from tests.browser import open_page

from .helpers import build, random_scores

PLAN = Plan(replicates=30)


def people(tmp_path: Path, seed: int = 0, subjects: int = 6) -> ScoreFile:
    """Scores of photos that exist."""
    scores = random_scores(seed, subjects=subjects)
    for name in scores.samples:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        images.write(tmp_path / name, np.full((30, 400, 3), 90, np.uint8))
    return replace(scores, info=ScoreInfo(protocol="test", kind="all pairs", root=str(tmp_path)))


def made(*files: ScoreFile) -> list[Analysis]:
    return [analyse(f"file {i}", scores, PLAN) for i, scores in enumerate(files)]


def test_the_page_is_self_contained_and_says_what_matters(tmp_path: Path) -> None:
    scores = people(tmp_path)
    other = replace(scores, score=scores.score + 0.1 * scores.mated)
    groups = Labelling("team", "subject", {name: "a" if name < "03" else "b" for name in scores.subjects})
    page = report(
        made(scores, other),
        plan=PLAN,
        tables=[("file 0", by_labels(scores, groups, fmr=0.1, plan=PLAN))],
        differences=[("file 1", compare(scores, other, PLAN, targets=(0.1,)))],
    ).decode()
    assert not re.findall(r'(?:src|href)="(?!data:)', page)
    assert "<script" not in page
    for text in ("What this n cannot show", "n too small", "By team", "file 1 against file 0", "fewer than 30"):
        assert text in page
    assert page.count("data:image/svg+xml") == 5  # DET, two histograms, CMC, FNIR
    assert "data:image/jpeg" in page


def test_the_same_scores_make_the_same_page(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    scores = people(tmp_path)
    made_at = datetime(2026, 1, 1, tzinfo=UTC)
    first, second = (report(made(scores), plan=PLAN, made=made_at) for _ in range(2))
    assert first == second


def test_hostile_names_are_text() -> None:
    name = '<script>alert("x")</script>\u202e'
    scores = ScoreFile.from_columns(
        probe=[name, "b"],
        reference=["c", "d"],
        probe_subject=[name, "b"],
        reference_subject=[name, "d"],
        score=[0.5, 0.1],
        probe_state=[name, ""],
        info=ScoreInfo(protocol=name, notes=(name,)),
    )
    page = report([analyse(name, scores, PLAN)], plan=PLAN).decode()
    assert "<script" not in page
    assert "\u202e" not in page


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [(0, 0, 0.5, 1, 1)],
        [(0, 1, 0.5, 1, 1)],
        [(0, 0, 0.5, 0, 1), (0, 1, 0.5, 0, 1)],
        [(0, 0, 0.5, 1, 1), (0, 1, 0.5, 1, 1)],
    ],
)
@pytest.mark.parametrize("kind", ["pairs", "all pairs", "gallery"])
def test_degenerate_files_still_make_a_page(rows: list[tuple[int, int, float, int, int]], kind: str) -> None:
    scores = replace(build(rows), info=ScoreInfo(kind=kind))  # type: ignore[arg-type]
    page = report([analyse("small", scores, PLAN)], plan=PLAN).decode()
    assert "What this n cannot show" in page


def test_the_worst_pairs_are_one_for_each_pair_of_people(tmp_path: Path) -> None:
    scores = people(tmp_path)
    found = worst.false_matches(scores, tmp_path, count=5)
    best: dict[frozenset[str], float] = {}
    for i in np.flatnonzero(~scores.mated):
        key = frozenset({scores.subjects[scores.probe_subject[i]], scores.subjects[scores.reference_subject[i]]})
        best[key] = max(best.get(key, -np.inf), float(scores.score[i]))
    assert [pair.score for pair in found] == sorted(best.values(), reverse=True)[:5]
    lowest = worst.false_nonmatches(scores, tmp_path, count=3)
    assert lowest[0].score == scores.score[scores.mated].min()
    assert len({pair.probe.subject for pair in lowest}) == 3
    picture = found[0].probe.picture
    assert picture is not None
    assert images.decode(picture).size == (200, 15)


def test_photos_that_gave_no_template_are_shown_and_no_pair_of_them(tmp_path: Path) -> None:
    scores = people(tmp_path)
    lost = scores.samples.index("00/0.jpg")
    fta = (scores.probe == lost) | (scores.reference == lost)
    info = replace(scores.info, failures=(("00/0.jpg", "no face found"),))
    failed = replace(scores, fta=fta, score=np.where(fta, FAILED, scores.score), info=info)
    (photo,) = worst.failures(failed, tmp_path)
    assert (photo.name, photo.reason) == ("00/0.jpg", "no face found")
    pairs = worst.false_nonmatches(failed, tmp_path, count=50)
    assert "00/0.jpg" not in {photo.name for pair in pairs for photo in (pair.probe, pair.reference)}
    assert "no face found" in report(made(failed), plan=PLAN).decode()


def test_a_score_file_does_not_lead_out_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    images.write(tmp_path / "secret.png", np.zeros((8, 8, 3), np.uint8))
    assert worst.thumbnail(tmp_path, "secret.png") is not None
    assert worst.thumbnail(tmp_path / "inside", "../secret.png") is None
    assert worst.thumbnail(tmp_path / "inside", str(tmp_path / "secret.png")) is None
    assert worst.thumbnail(tmp_path, "absent.png") is None


def test_plots_are_written_by_their_ending(tmp_path: Path) -> None:
    figure = plots.det_plot(made(random_scores(0)))
    plots.write(figure, tmp_path / "det.png")
    assert images.decode(tmp_path / "det.png").size[0] > 800
    plots.write(figure, tmp_path / "det.svg")
    assert b"<svg" in (tmp_path / "det.svg").read_bytes()
    with pytest.raises(EvaluationError) as caught:
        plots.write(figure, tmp_path / "det.bmp")
    assert caught.value.code == "evaluation.format"


def test_det_axes_are_normal_deviates_of_the_counted_rates() -> None:
    from scipy.stats import norm

    (analysis,) = made(random_scores(0))
    counted = det(analysis.trials)
    points = {(round(a, 9), round(b, 9)) for a, b in zip(counted.fmr, counted.fnmr, strict=True)}
    drawn = [line for line in plots.det_plot([analysis]).axes[0].lines if line.get_xdata().size > 50]
    assert len(drawn) == 2  # all of it dotted, what many false matches back solid
    for line in drawn:
        x, y = (norm.cdf(data) for data in (line.get_xdata(), line.get_ydata()))
        inside = (y > 1e-8) & (y < 1 - 1e-8)
        assert {(round(a, 9), round(b, 9)) for a, b in zip(x[inside], y[inside], strict=True)} <= points


def test_a_curve_of_many_points_is_thinned_and_a_short_one_is_not(tmp_path: Path) -> None:
    (large,) = made(random_scores(0, subjects=60, photos=5))
    assert large.trials.nonmated.size > 40_000
    assert len(plots.svg(plots.det_plot([large]))) < 300_000


def test_reliability_follows_a_calibration_that_fits() -> None:
    fitted, judged = (replace(random_scores(seed, subjects=120), info=ScoreInfo(kind="all pairs")) for seed in (0, 1))
    fitted, judged = (replace(scores, score=scores.score / 8) for scores in (fitted, judged))
    found = reliability_of(judged, Calibration.fit(fitted, basis="random"))
    assert found is not None
    many = found.mated + found.nonmated > 200
    np.testing.assert_allclose(found.stated[many], found.observed[many], atol=0.12)


@pytest.mark.slow
def test_a_browser_renders_it_without_complaint(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_bytes(report(made(people(tmp_path)), plan=PLAN))
    shown = open_page(page, "--dump-dom")
    assert "CONSOLE" not in shown.stderr  # neither a script error nor a violation of the policy
    assert "What this n cannot show" in shown.stdout
