"""``bareface evaluate restoration`` on two generated folders of public-domain portraits."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from bareface.imaging import decode as images
from tests.cli.support import Run, parsed


@pytest.fixture(scope="module")
def pairs(people: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return two people, two photos each: the second one mirrored."""
    folder = tmp_path_factory.mktemp("pairs")
    for place in people.iterdir():
        (folder / place.name).mkdir()
        (photo,) = place.iterdir()
        shutil.copy(photo, folder / place.name / f"1{photo.suffix}")
        images.write(folder / place.name / "2.png", np.ascontiguousarray(images.decode(photo).pixels[:, ::-1]))
    return folder


@pytest.mark.slow
def test_a_condition_in_numbers_and_words(run: Run, pairs: Path) -> None:
    given = ("--only", "full mask", "--completions", 2, "--replicates", 20)
    result = parsed(run("evaluate", "restoration", pairs, *given, "--json"))
    (found,) = result["conditions"]
    assert found["condition"] == "full mask, simulated"
    assert (found["probes"], found["subjects"], found["gallery"], found["lost"]) == (2, 2, 2, 0)
    assert found["restored"] == 2
    names = [system["system"] for system in found["systems"]]
    assert names == [
        "original, dlib", "original, mask-aware", "each completion", "mean of the completions",
        "best of original and completions", "mean score of original and completions", "the photo as it was",
    ]  # fmt: skip
    # Two searches can show no rate at an FPIR: what remains is rank 1, and two people are too few for a difference.
    assert {tuple(rate["metric"] for rate in system["rates"]) for system in found["systems"]} == {("missed at rank 1",)}
    said = {system["system"]: system["rates"][0]["verdict"] for system in found["systems"]}
    assert said["original, dlib"] is said["original, mask-aware"] is said["the photo as it was"] is None
    assert said["each completion"] in ("no difference shown", "harms")
    assert 0 < found["values"]["identity drift"]["value"] < 2
    assert found["sentence"].startswith("full mask, simulated (2 people): each completion ")


def test_a_table_for_people_and_a_gallery_as_source(run: Run, pairs: Path, tmp_path: Path) -> None:
    gallery = tmp_path / "g.bareface"
    run("enrol", gallery, pairs)
    given = ("--only", "partial", "--completions", 1, "--replicates", 0, "--report", tmp_path / "page.html")
    result = run("evaluate", "restoration", gallery, *given)
    assert "partial mask, simulated: 2 probes of 2 people, 2 enrolled" in result.stdout
    assert "mean of the completions" in result.stdout
    assert "verdict" in result.stdout
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "partial mask, simulated (2 people): each completion" in page
    assert "<img" not in page
    assert "http://" not in page
    assert "https://" not in page


def test_a_condition_that_does_not_exist_is_refused_with_those_that_do(run: Run, pairs: Path) -> None:
    result = run("evaluate", "restoration", pairs, "--only", "moustache", expect=2)
    assert "full mask, simulated" in result.stderr
    assert "usage.condition" in result.stderr


def test_one_person_is_too_few(run: Run, people: Path) -> None:
    result = run("evaluate", "restoration", people / "Eileen Collins", expect=3)
    assert "evaluation.empty" in result.stderr
