"""The report and its plots: everything inside, nothing fetched, worst pairs found, hostile names harmless."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.font_manager import FontProperties, findfont, get_font

from bareface.calibration.calibration import Calibration
from bareface.errors import EvaluationError
from bareface.evaluation.analysis import Analysis, analyse, reliability_of
from bareface.evaluation.bootstrap import Plan
from bareface.evaluation.metrics import det
from bareface.evaluation.tables import Labelling, by_labels, by_state
from bareface.evaluation.verification import compare
from bareface.imaging import decode as images
from bareface.reports import plots, worst
from bareface.reports.evaluation import report
from bareface.scores.score_file import FAILED, ScoreFile, ScoreInfo
from bareface.services.engine import Engine
from bareface.services.evaluation import Evaluation
from tests.browser import open_page

from .helpers import build, random_scores

PLAN = Plan(replicates=30)


def people(tmp_path: Path, seed: int = 0, subjects: int = 6) -> ScoreFile:
    """Return scores of photos that exist."""
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
        photos=tmp_path,
    ).decode()
    assert not re.findall(r'(?:src|href)="(?!data:)', page)
    assert "<script" not in page
    for text in ("Limits of this sample", "n too small", "By team", "file 1 against file 0", "fewer than 30"):
        assert text in page
    assert page.count("data:image/svg+xml") == 5  # DET, two histograms, CMC, FNIR
    assert "data:image/jpeg" in page


def test_the_same_scores_make_the_same_page(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    scores = people(tmp_path)
    made_at = datetime(2026, 1, 1, tzinfo=UTC)
    first, second = (report(made(scores), plan=PLAN, made=made_at) for _ in range(2))
    assert first == second


HOSTILE = (
    '<script>alert("x")</script>\u202e',
    "\"' onerror=alert(1) x='",
    "</style></title><img src=x onerror=alert(1)>",
    "{{ 7123 * 7127 }}{% raw %}",
    "$\\frac{$ a_b^c",
    "_hidden\x1b[31m\r\n\0",
    "\ufeff" + "long " * 500,
)


@pytest.mark.parametrize("name", [" ".join(HOSTILE), *(pytest.param(name, marks=pytest.mark.slow) for name in HOSTILE)])
def test_hostile_names_are_text(name: str) -> None:
    scores = ScoreFile.from_columns(
        probe=[name, "b", name],
        reference=["c", "d", "b"],
        probe_subject=[name, "b", name],
        reference_subject=[name, "d", name],
        score=[0.5, 0.1, 0.3],
        probe_state=[name, "", name],
        probe_condition=[name, "", "x"],
        info=ScoreInfo(protocol=name, model=name, detector=name, notes=(name,), failures=((name, name),), root=name),
    )
    groups = Labelling(name, "subject", {name: name})
    analysis = analyse(name, scores, PLAN)
    tables = [(name, by_labels(scores, groups, fmr=1, plan=PLAN)), (name, by_state(scores, 1, PLAN))]
    page = report([analysis], plan=PLAN, tables=[(n, t) for n, t in tables if t is not None]).decode()
    assert "data:image/svg+xml" in page
    page = re.sub(r'data:[^"]*', "", page)
    text = re.sub(r'<[a-zA-Z/!](?:[^<>"]|"[^"]*")*>', "", page)
    assert "50765621" not in text
    assert not re.findall(r"<(?!/?(?:wbr|strong))", text.split("</style>")[-1])
    assert not re.findall(r"<[^>]*\son\w+=", re.sub(r'"[^"]*"', '""', page))
    assert "<script" not in page
    assert not set("\u202e\x1b\0\ufeff") & set(page)


def test_a_file_of_many_mask_states_is_drawn_as_one(tmp_path: Path) -> None:
    (analysis,) = made(random_scores(0))
    n = len(analysis.scores)
    states = tuple(f"state {i}" for i in range(40))
    codes = (np.arange(n) % 40).astype(np.int16)
    many = replace(analysis.scores, states=states, probe_state=codes, reference_state=codes[::-1].copy())
    figure = plots.histogram_plot(analyse("many", many, PLAN))
    assert len(figure.axes) == 1


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
@pytest.mark.parametrize(
    "kind", ["pairs", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("all pairs", "gallery"))]
)
def test_degenerate_files_still_make_a_page(rows: list[tuple[int, int, float, int, int]], kind: str) -> None:
    scores = replace(build(rows), info=ScoreInfo(kind=kind))  # type: ignore[arg-type]
    page = report([analyse("small", scores, PLAN)], plan=PLAN).decode()
    assert "Limits of this sample" in page


def test_the_worst_pairs_are_one_for_each_pair_of_people(tmp_path: Path) -> None:
    scores = people(tmp_path)
    found = worst.false_matches(scores, [tmp_path], count=5)
    best: dict[frozenset[str], float] = {}
    for i in np.flatnonzero(~scores.mated):
        key = frozenset({scores.subjects[scores.probe_subject[i]], scores.subjects[scores.reference_subject[i]]})
        best[key] = max(best.get(key, -np.inf), float(scores.score[i]))
    assert [pair.score for pair in found] == sorted(best.values(), reverse=True)[:5]
    lowest = worst.false_nonmatches(scores, [tmp_path], count=3)
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
    (photo,) = worst.failures(failed, [tmp_path])
    assert (photo.name, photo.reason) == ("00/0.jpg", "no face found")
    pairs = worst.false_nonmatches(failed, [tmp_path], count=50)
    assert "00/0.jpg" not in {photo.name for pair in pairs for photo in (pair.probe, pair.reference)}
    assert "no face found" in report(made(failed), plan=PLAN).decode()


def test_a_score_file_from_elsewhere_shows_no_picture_that_the_user_did_not_offer(tmp_path: Path) -> None:
    scores = people(tmp_path)  # it names its folder, and photos that are there
    page = report(made(scores), plan=PLAN).decode()
    assert "data:image/jpeg" not in page
    assert "No photos are shown" in page
    assert "data:image/jpeg" not in report(made(scores), plan=PLAN, photos=tmp_path / "other").decode()
    assert "data:image/jpeg" in report(made(scores), plan=PLAN, photos=[tmp_path / "other", str(tmp_path)]).decode()


def test_a_score_file_does_not_lead_out_of_the_folders_named(tmp_path: Path) -> None:
    inside, other = tmp_path / "inside", tmp_path / "inside-not"
    for folder in (inside, other):
        folder.mkdir()
    secret = tmp_path / "secret.png"
    images.write(secret, np.zeros((8, 8, 3), np.uint8))
    images.write(other / "a.png", np.zeros((8, 8, 3), np.uint8))
    (inside / "link.png").symlink_to(secret)
    (inside / "up").symlink_to(tmp_path)
    (inside / "loop").symlink_to(inside / "loop")
    (inside / "hard").mkdir()
    assert worst.thumbnail([tmp_path], "secret.png") is not None
    names = ("../secret.png", str(secret), "link.png", "up/secret.png", "../inside-not/a.png", "hard/../../secret.png")
    for name in (*names, "absent.png", "loop", "hard", "", ".", "a\0b", "x" * 5000, "\udcff", "//etc/passwd"):
        assert worst.thumbnail([inside], name) is None, name
    # Links between folders that are both named are followed.
    assert worst.thumbnail([inside, tmp_path], "link.png") is not None
    assert worst.thumbnail([], "secret.png") is None


def test_only_decoded_pixels_of_pictures_are_shown(tmp_path: Path) -> None:
    (tmp_path / "passwords.txt").write_text("secret")
    (tmp_path / "drawing.svg").write_text("<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>")
    os.mkfifo(tmp_path / "pipe.jpg")
    for name in ("passwords.txt", "drawing.svg", "pipe.jpg"):
        assert worst.thumbnail([tmp_path], name) is None
    whole = images.encode(np.full((900, 900, 3), 90, np.uint8), "JPEG")
    (tmp_path / "photo.jpg").write_bytes(whole + b"secret text")
    picture = worst.thumbnail([tmp_path], "photo.jpg")
    assert picture is not None
    assert b"secret" not in picture
    assert images.decode(picture).size == (200, 200)


def test_a_photo_whose_name_is_no_utf_8_is_shown(tmp_path: Path) -> None:
    images.write(tmp_path / os.fsdecode(b"caf\xe9.png"), np.zeros((8, 8, 3), np.uint8))
    assert worst.thumbnail([tmp_path], "caf\\udce9.png") is not None


def test_plots_are_written_by_their_ending(tmp_path: Path) -> None:
    figure = plots.det_plot(made(random_scores(0)))
    plots.write(figure, tmp_path / "det.png")
    assert images.decode(tmp_path / "det.png").size[0] > 800
    plots.write(figure, tmp_path / "det.svg")
    assert b"<svg" in (tmp_path / "det.svg").read_bytes()
    with pytest.raises(EvaluationError) as caught:
        plots.write(figure, tmp_path / "det.bmp")
    assert caught.value.code == "evaluation.format"


@pytest.mark.parametrize("name", ["日本 김 สมชาย नेहा", "Łucja", "\U0001f642"])
@pytest.mark.filterwarnings("error")
def test_names_of_every_script_are_drawn(name: str) -> None:
    analyses = [analyse(name, random_scores(0), PLAN)]
    figures = [figure for _, figure in plots.all_plots(analyses)]
    for figure in figures:
        plots.svg(figure)
    (text,) = figures[0].legends[0].get_texts() if figures[0].legends else figures[0].axes[0].get_legend().get_texts()
    assert text.get_text() == name
    fonts = [get_font(findfont(FontProperties(family=[family]))) for family in text.get_fontfamily()]
    missing = [one for one in name if not any(font.get_char_index(ord(one)) for font in fonts)]
    assert missing == (["\U0001f642"] if name == "\U0001f642" else [])


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
    assert "Limits of this sample" in shown.stdout


def test_a_style_of_the_current_folder_changes_no_plot_and_runs_no_program(tmp_path, monkeypatch):
    """A ``matplotlibrc`` there can ask for LaTeX, which is another program, or for another look."""
    import matplotlib as mpl

    analyses = made(random_scores(0))
    plain = [plots.svg(figure) for _, figure in plots.all_plots(analyses)]
    ran = tmp_path / "ran"
    latex = tmp_path / "latex"
    latex.write_text(f"#!/bin/sh\ntouch {ran}\nexit 1\n", encoding="utf-8")
    latex.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with mpl.rc_context({"text.usetex": True, "axes.facecolor": "red", "font.size": 30, "svg.hashsalt": "other"}):
        styled = [plots.svg(figure) for _, figure in plots.all_plots(analyses)]
        assert mpl.rcParams["text.usetex"]  # a program that uses bareface keeps its own style
    assert not ran.exists()
    assert styled == plain


@pytest.mark.parametrize("given", ["groups", "calibration"])
def test_a_file_that_cannot_be_read_is_refused_before_the_work(tmp_path: Path, given: str) -> None:
    def unused() -> Engine:
        raise AssertionError

    for name in ("Ada", "Bo"):
        (tmp_path / "people" / name).mkdir(parents=True)
        (tmp_path / "people" / name / "a.jpg").touch()
    (tmp_path / "bad").write_bytes(b"\xff\xff")
    with pytest.raises(EvaluationError) as caught:
        Evaluation(unused).report(tmp_path / "people", tmp_path / "o.html", Plan(), **{given: tmp_path / "bad"})
    assert (caught.value.code, caught.value.source) == ("evaluation.file", str(tmp_path / "bad"))
