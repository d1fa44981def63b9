"""Places that are read and written: pipes, devices and folders in place of files, odd names, bins in photo trees."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bareface.scores.score_file import ScoreFile
from tests.cli.support import Run, parsed
from tests.evaluation.helpers import random_scores

READING = (
    "faces X.jpg",
    "compare X.jpg {photo}",
    "enrol g.bareface X.jpg",
    "unmask X.jpg -o out",
    "unmask {photo} --region X.png -o out",
    "enhance X.jpg -o out",
    "evaluate run X.csv -o o.csv",
    "evaluate run X.txt -o o.csv",
    "evaluate run {people} --labels X.csv -o o.csv",
    "evaluate run {list} --probes X.csv -o o.csv",
    "evaluate metrics X.parquet",
    "evaluate metrics X.csv",
    "evaluate metrics X.csv.gz",
    "evaluate metrics {scores} --groups X.csv --replicates 0",
    "evaluate plot {scores} --calibration X.json -o out --replicates 0",
    "evaluate report {scores} X.csv -o out.html --replicates 0",
    "evaluate import X.txt -o o.csv",
    "evaluate export X.csv -o o.txt",
    "evaluate restoration {people} --groups X.csv",
)
WRITING = (
    "faces {photo} -o X.png",
    "faces {photo} {photo} -o X.html",
    "search {gallery} {photo} --report X.html",
    "evaluate run {people} -o X.csv",
    "evaluate plot {scores} -o X.png --replicates 0",
    "evaluate report {scores} -o X.html",
    "evaluate import {list} -o X.csv",
    "evaluate export {scores} -o X.txt",
    "evaluate restoration {people} --report X.html",
    "unmask {photo} -o X.png",
    "enhance {photo} -o X.png",
)


@pytest.fixture
def place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, people: Path, hopper: Path, enrolled: Path
) -> dict[str, Path]:
    """Return a folder to work in, and whole files for every command."""
    monkeypatch.chdir(tmp_path)
    random_scores(0, subjects=3).write("scores.parquet")
    Path("list.csv").write_text(f"file,subject\n{hopper},Grace\n", encoding="utf-8")
    return {"photo": hopper, "people": people, "gallery": enrolled, "scores": Path("scores.parquet"),
            "list": Path("list.csv")}  # fmt: skip


def instead(kind: str, command: str) -> str:
    """Put a pipe, or a link to a device, where the command has its X."""
    name = next(word for word in command.split() if word.startswith("X."))
    if kind == "pipe":
        os.mkfifo(name)
    else:
        Path(name).symlink_to("/dev/zero")
    return name


@pytest.mark.parametrize("command", READING)
def test_a_pipe_is_never_waited_for(run: Run, place: dict[str, Path], command: str) -> None:
    name = instead("pipe", command)
    arguments = [str(word).format(**place) for word in command.split()]
    result = parsed(run(*arguments, "--json", expect=3))
    found = next(iter(errors(result)))
    assert "not a file" in (found["message"] or "")
    assert name in (found["source"] or "")


@pytest.mark.parametrize("command", WRITING)
def test_a_result_never_takes_the_place_of_a_device(run: Run, place: dict[str, Path], command: str) -> None:
    name = instead("device", command)
    before = os.lstat(name)
    arguments = [str(word).format(**place) for word in command.split()]
    assert parsed(run(*arguments, "--json", expect=2))["error"]["code"] == "usage.output"
    assert (os.lstat(name).st_ino, os.lstat(name).st_mode) == (before.st_ino, before.st_mode)


def errors(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every error in what a command says."""
    if isinstance(value, dict):
        if {"code", "message", "source"} <= set(value) and value["code"]:
            yield value
        for part in value.values():
            yield from errors(part)
    elif isinstance(value, list):
        for part in value:
            yield from errors(part)


@pytest.fixture
def album(tmp_path: Path, people: Path) -> Path:
    """Return two people with a photo each in a folder that may be changed."""
    return Path(shutil.copytree(people, tmp_path / "album"))


@pytest.mark.parametrize("source", ["..", "../", "../.", "../sub/..", "../../album/", "../../link"])
def test_a_folder_named_by_dots_or_links_is_evaluated(
    run: Run, album: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    (album / "sub").mkdir()
    (tmp_path / "link").symlink_to(album)
    monkeypatch.chdir(album / "sub")
    out = tmp_path / "s.csv"
    assert parsed(run("evaluate", "run", source, "-o", out, "--threads", 1, "--json"))["comparisons"] == 1
    assert set(ScoreFile.read(out).samples) == {p.relative_to(album).as_posix() for p in album.glob("*/*")}


def test_names_that_are_no_utf_8_go_through_every_command(run: Run, album: Path, tmp_path: Path) -> None:
    (photo,) = album.glob("Grace*/*")
    odd = Path(os.fsdecode(os.fsencode(photo.parent) + b"/caf\xe9\x1b[31m\n.jpg"))
    photo.rename(odd)
    for ending in ("parquet", "csv", "csv.gz"):
        out = tmp_path / f"s.{ending}"
        run("evaluate", "run", album, "-o", out, "--threads", 1)
        assert any("caf\\udce9" in name for name in ScoreFile.read(out).samples)
    odd_scores = tmp_path / "s\x1b[31m.csv"
    (tmp_path / "s.csv").rename(odd_scores)
    assert "\x1b[31m" not in run("evaluate", "metrics", odd_scores, "--replicates", 0).output
    page = tmp_path / "r.html"
    run("evaluate", "report", tmp_path / "s.parquet", "-o", page, "--photos", album, "--replicates", 0)
    assert page.read_text(encoding="utf-8").count("data:image/jpeg") == 2
    gallery = tmp_path / "g.bareface"
    result = run("enrol", gallery, album, "--threads", 1)
    assert "\x1b[31m" not in result.output
    assert run("enrol", gallery, album, "--threads", 1, "--json").exit_code == 0
    shown = run("search", gallery, odd, "--threads", 1, "--report", page)
    assert "\x1b[31m" not in shown.output
    assert "caf\\udce9\\x1b[31m\\n.jpg" in page.read_text(encoding="utf-8")
    found = parsed(run("faces", odd, "-o", tmp_path / "out", "--threads", 1, "--json"))
    assert Path(found["photos"][0]["drawn"]).is_file()
    parsed(run("enhance", odd, "-o", tmp_path / "out", "--method", "bicubic", "--threads", 1, "--json"))


@pytest.mark.slow
def test_one_long_name_does_not_stop_the_others(run: Run, hopper: Path, tmp_path: Path) -> None:
    photos = []
    for name in ("x" * 251, "plain"):
        for folder in ("a", "b"):
            photos.append(tmp_path / folder / f"{name}.jpg")
            photos[-1].parent.mkdir(exist_ok=True)
            shutil.copy(hopper, photos[-1])
    out = tmp_path / "out"
    absent = tmp_path / ("z" * 300)
    seen = parsed(run("faces", absent, *photos, "-o", out, "--threads", 1, "--json", expect=3))["photos"]
    assert [bool(one["error"]) for one in seen] == [True] + [False] * len(photos)
    assert len({one["drawn"] for one in seen[1:]}) == len(list(out.iterdir())) == len(photos)
    run("enhance", photos[0], "--method", "bicubic", "-o", tmp_path / "enhanced", "--threads", 1)
    assert len(list((tmp_path / "enhanced").iterdir())) == 2


def test_one_photo_that_cannot_be_drawn_does_not_stop_the_others(run: Run, hopper: Path, tmp_path: Path) -> None:
    photos = [Path(shutil.copy(hopper, tmp_path / name)) for name in ("a.jpg", "b.jpg")]
    (tmp_path / "out" / "a.faces.png").mkdir(parents=True)
    seen = parsed(run("faces", *photos, "-o", tmp_path / "out", "--threads", 1, "--json", expect=3))["photos"]
    assert [one["error"] and one["error"]["code"] for one in seen] == ["usage.output", None]
    assert [len(one["faces"]) for one in seen] == [1, 1]


def test_a_photo_is_not_drawn_over_itself(run: Run, hopper: Path, tmp_path: Path) -> None:
    photo = Path(shutil.copy(hopper, tmp_path / "a.jpg"))
    before = photo.read_bytes()
    (tmp_path / "link.jpg").symlink_to(photo)
    for target in (photo, tmp_path / "link.jpg"):
        assert parsed(run("faces", photo, "-o", target, "--json", expect=2))["error"]["code"] == "usage.output"
    assert photo.read_bytes() == before


def test_bins_and_raw_photos_are_left_out_and_said(run: Run, album: Path, collins: Path, tmp_path: Path) -> None:
    for folder in ("#recycle", "Grace Hopper/@eaDir/1.jpg", "$RECYCLE.BIN/S-1-5"):
        (album / folder).mkdir(parents=True)
        shutil.copy(collins, album / folder / "SYNOPHOTO_THUMB_M.png")
    for ending in ("CR2", "nef", "jxl"):
        shutil.copy(collins, album / "Grace Hopper" / f"1.{ending}")
    gallery = tmp_path / "g.bareface"
    result = parsed(run("enrol", gallery, album, "--threads", 1, "--json"))
    assert {outcome["subject"] for outcome in result["outcomes"]} == {"Eileen Collins", "Grace Hopper"}
    assert result["left_out"]["files"] == {".cr2": 1, ".nef": 1, ".jxl": 1}
    assert {Path(folder).name for folder in result["left_out"]["folders"]} == {"#recycle", "@eaDir", "$RECYCLE.BIN"}
    shown = run("enrol", gallery, album, "--threads", 1).stderr
    for words in ("#recycle", "@eaDir", "$RECYCLE.BIN", "1 .cr2", "bareface reads JPEG"):
        assert words in shown
    out = tmp_path / "s.csv"
    scored = parsed(run("evaluate", "run", album, "-o", out, "--threads", 1, "--json"))
    assert scored["comparisons"] == 1
    assert scored["left_out"] == result["left_out"]
    assert any(".cr2" in note for note in ScoreFile.read(out).info.notes)
    left = parsed(run("enrol", gallery, album, "--exclude", "Grace*", "--threads", 1, "--json"))
    assert [outcome["subject"] for outcome in left["outcomes"]] == ["Eileen Collins"]
    named = parsed(run("enrol", tmp_path / "h.bareface", album / "#recycle", "--threads", 1, "--json"))
    assert named["references"] == 1


@pytest.mark.slow
def test_a_score_file_from_elsewhere_gets_no_picture_into_a_report(run: Run, album: Path, tmp_path: Path) -> None:
    scores, page = tmp_path / "s.parquet", tmp_path / "r.html"
    run("evaluate", "run", album, "-o", scores, "--threads", 1)
    assert ScoreFile.read(scores).info.root == str(album)
    (tmp_path / "other").mkdir()
    nowhere = run("evaluate", "report", scores, "-o", page, "--photos", tmp_path / "nowhere", "--json", expect=2)
    assert parsed(nowhere)["error"]["code"] == "usage.photos"
    for folders, shown in ((), 0), ((tmp_path / "other",), 0), ((tmp_path / "other", album), 2):
        options = [word for folder in folders for word in ("--photos", folder)]
        run("evaluate", "report", scores, "-o", page, *options, "--replicates", 0)
        assert page.read_text(encoding="utf-8").count("data:image/jpeg") == shown


LOSING = [
    "search {gallery} {photo} --report {photo}",
    "search {gallery} {photo} --report {gallery}",
    "faces {photo} -o {photo}",
    "evaluate run {scores} -o {scores}",
    "evaluate run {list} -o {list}",
    "evaluate run {people} --labels {list} -o {list}",
    "evaluate export {scores} -o {scores}",
    "evaluate export {scores} -o link",
    "evaluate import {list} -o {list}",
    "evaluate report {scores} -o {scores}",
    "evaluate report {scores} --groups {list} -o {list}",
    "evaluate report {scores} --calibration {list} -o {list}",
    "evaluate report {people} -o {photo}",
    "evaluate report {scores} --photos {people} -o {photo}",
    "search {gallery} {people} --report {photo}",
    "evaluate restoration {people} --report {photo}",
    "evaluate restoration {gallery} --report {gallery}",
]


@pytest.mark.parametrize("command", LOSING)
def test_a_result_never_takes_the_place_of_what_it_is_made_from(
    run: Run, place: dict[str, Path], tmp_path: Path, gallery: Path, command: str
) -> None:
    people = tmp_path / "people"
    shutil.copytree(place["people"], people)
    photo = next(path for path in sorted(people.rglob("*")) if path.suffix in (".jpg", ".png"))
    random_scores(5, 6).write(place["scores"])
    Path("link").symlink_to(place["scores"])
    own = place | {"people": people, "gallery": gallery, "photo": photo}
    before = {name: path.read_bytes() for name, path in own.items() if path.is_file()}
    arguments = [word.format(**own) for word in command.split()]
    error = parsed(run(*arguments, "--json", expect=2))["error"]
    assert (error["code"], "would be lost" in error["message"]) == ("usage.output", True)
    assert {name: own[name].read_bytes() for name in before} == before


def test_a_photo_called_as_the_drawing_of_another_is_kept(run: Run, hopper: Path, tmp_path: Path) -> None:
    photos = [tmp_path / "a.jpg", tmp_path / "a.faces.png"]
    for photo in photos:
        shutil.copy(hopper, photo)
    before = photos[1].read_bytes()
    seen = parsed(run("faces", *photos, "-o", tmp_path, "--threads", 1, "--json"))["photos"]
    assert [Path(one["drawn"]).name for one in seen] == ["a.faces-2.png", "a.faces.faces.png"]
    assert photos[1].read_bytes() == before


@pytest.mark.slow
def test_labels_that_fit_nothing_are_named_by_their_file(run: Run, place: dict[str, Path]) -> None:
    labels = Path("groups.csv")
    labels.write_text("subject,age\nNobody,old\n", encoding="utf-8")
    random_scores(30, 40).write(place["scores"])
    command = ("evaluate", "report", place["scores"], "-o", "r.html", "--groups", labels, "--fmr", 0.1, "--json")
    error = parsed(run(*command, expect=3))["error"]
    assert (error["code"], error["source"]) == ("evaluation.labels", "groups.csv")
