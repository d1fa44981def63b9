"""``bareface evaluate`` on two people's portraits and on random scores."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bareface.imaging import decode as images
from bareface.scores.score_file import ScoreFile, ScoreInfo
from tests.cli.support import Run, parsed
from tests.evaluation.helpers import random_scores


@pytest.fixture(scope="session")
def album(people: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the two people with two photos each: as they are, and mirrored."""
    folder = tmp_path_factory.mktemp("album")
    for photo in sorted(people.glob("*/*")):
        pixels = images.decode(photo).pixels
        (folder / photo.parent.name).mkdir()
        images.write(folder / photo.parent.name / "1.png", pixels)
        images.write(folder / photo.parent.name / "2.png", np.ascontiguousarray(pixels[:, ::-1]))
    return folder


@pytest.fixture
def scored(tmp_path: Path) -> Path:
    path = tmp_path / "scores.parquet"
    replace(random_scores(0, subjects=12), info=ScoreInfo(protocol="random", kind="all pairs")).write(path)
    return path


def test_run_keeps_the_scores_of_a_folder(run: Run, album: Path, tmp_path: Path) -> None:
    out = tmp_path / "scores.csv.gz"
    result = parsed(run("evaluate", "run", album, "-o", out, "--threads", 1, "--json"))
    assert (result["comparisons"], result["mated"], result["lost"]) == (6, 2, 0)
    assert result["info"]["model"] == "bareface-mobile"
    scores = ScoreFile.read(out)
    assert scores.score[scores.mated].min() > scores.score[~scores.mated].max()


def test_one_command_makes_a_report_of_a_folder(run: Run, album: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    result = parsed(run("evaluate", "report", album, "-o", out, "--threads", 1, "--replicates", 20, "--json"))
    page = out.read_text()
    assert "Limits of this sample" in page
    assert "data:image/jpeg" in page
    (file,) = result["files"]
    assert file["verification"]["tar"][0]["support"] == "too small"
    assert file["verification"]["tar"][0]["tar"]["value"] is None
    assert any("nothing is said about" in sentence for sentence in file["cannot_show"])


def test_metrics_of_one_file_and_of_two(run: Run, scored: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.parquet"
    scores = ScoreFile.read(scored)
    replace(scores, score=scores.score + scores.mated).write(other)
    shown = run("evaluate", "metrics", scored, "--replicates", 20).stdout
    for text in ("Equal error rate", "TAR at FMR 1 %", "n too small", "Missed at rank 1"):
        assert text in shown
    result = parsed(run("evaluate", "metrics", scored, other, "--replicates", 50, "--json"))
    assert [file["name"] for file in result["files"]] == ["scores", "other"]
    eer = next(row for row in result["differences"][0]["metrics"] if row["metric"] == "eer")
    assert eer["difference"]["high"] < 0
    assert "scores" in run("evaluate", "metrics", scored, other, "--replicates", 20).stdout


@pytest.mark.slow
def test_metrics_by_the_users_groups(run: Run, scored: Path, tmp_path: Path) -> None:
    labels = tmp_path / "groups.csv"
    labels.write_text("subject,team\n" + "".join(f"{i:02},{'ab'[i % 2]}\n" for i in range(12)))
    arguments = ("evaluate", "metrics", scored, "--groups", labels, "--fmr", 0.05, "--replicates", 20)
    (table,) = parsed(run(*arguments, "--json"))["groups"]
    assert [row["group"] for row in table["rows"]] == ["a", "b"]
    assert all(row["few"] for row in table["rows"])
    assert "fewer than 30" in run(*arguments).stdout
    error = parsed(run(*arguments[:-4], "--fmr", 1e-4, "--json", expect=3))["error"]
    assert error["code"] == "evaluation.n"


@pytest.mark.slow
def test_plots_go_into_a_folder(run: Run, scored: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "plots"
    result = parsed(run("evaluate", "plot", scored, "-o", out, "--format", "svg", "--replicates", 10, "--json"))
    assert [Path(path).name for path in result["plots"]] == ["det.svg", "cmc.svg", "fnir.svg", "scores.svg"]
    assert all(Path(path).stat().st_size > 1000 for path in result["plots"])
    again = run("evaluate", "plot", scored, "-o", out, "--format", "svg", "--replicates", 10)
    assert f"Replaced, in {out}: det.svg, cmc.svg, fnir.svg, scores.svg." in " ".join(again.stderr.split())


def test_bobs_columns_come_in_and_go_out(run: Run, scored: Path, tmp_path: Path) -> None:
    text, back = tmp_path / "scores-dev", tmp_path / "back.csv"
    assert parsed(run("evaluate", "export", scored, "-o", text, "--json"))["comparisons"] == 630
    assert parsed(run("evaluate", "import", text, "-o", back, "--json"))["mated"] == 36
    np.testing.assert_array_equal(ScoreFile.read(back).score, ScoreFile.read(scored).score)


@pytest.mark.parametrize(
    ("arguments", "code", "expect"),
    [
        (("metrics", "absent.parquet"), "evaluation.file", 3),
        (("metrics", "scores.txt"), "evaluation.format", 3),
        (("metrics", "absent.txt"), "evaluation.file", 3),
        (("report", "absent/", "-o", "x.html"), "evaluation.file", 3),
        (("run", "absent.csv", "-o", "x.parquet"), "evaluation.file", 3),
        (("run", ".", "-o", "x.docx"), "evaluation.format", 3),
        (("run", ".", "-o", "absent/x.parquet"), "usage.output", 2),
        (("run", ".", "-o", "x.parquet"), "evaluation.empty", 3),
        (("report", ".", "-o", "absent/x.html"), "usage.output", 2),
    ],
)
def test_refusals_have_codes(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: str, expect: int
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scores.txt").touch()
    assert parsed(run("evaluate", *arguments, "--json", expect=expect))["error"]["code"] == code


def test_labels_that_fit_no_photo_are_refused(run: Run, album: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text("file,state\nnobody/1.png,full\n")
    result = run("evaluate", "run", album, "-o", tmp_path / "x.csv", "--labels", labels, "--json", expect=3)
    assert parsed(result)["error"]["code"] == "evaluation.labels"
