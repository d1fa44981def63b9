"""``bareface calibrate``, on a gallery that needs no network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from bareface.cli.calibrate import calibrate
from bareface.services.gallery import Gallery
from tests.gallery.pictures import TileEngine, save
from tests.gallery.test_calibrating import photos


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("people")
    path = folder / "people.bareface"
    with Gallery.open(path, TileEngine()) as opened:
        opened.enrol([photos(folder / "photos")], basis="consent")
        opened.enrol(
            [save(folder / "twice.png", (201, 99, 51)), save(folder / "again.png", (201, 99, 52))], subject="A"
        )
        opened.enrol([save(folder / "more.png", (201, 98, 51)), save(folder / "other.png", (202, 99, 51))], subject="B")
    return path


def run(*arguments: object) -> Result:
    app = typer.Typer()
    app.command()(calibrate)
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result


def test_json_has_figures_with_and_without_suspicious_pairs(gallery):
    found = json.loads(run(gallery, "--json").stdout)
    assert found["subjects"] == 112
    assert ["A", "B"] in [sorted(pair["names"]) for pair in found["suspicious"]]
    assert set(found["figures"]) == {"all subjects", "without"}
    figures = found["figures"]["all subjects"]
    assert [one["fmr"] for one in figures["fmr"]] == [1e-2, 1e-3, 1e-4]
    assert figures["fpir"][0]["value"] == pytest.approx(0.1, rel=0.01)
    assert sum(one["subjects"] for one in found["clusters"]) == 112


def test_text_names_pairs_to_review_and_marks_extrapolation(gallery):
    text = run(gallery).output
    assert "named subjects of this gallery" in text
    assert "possible duplicate" in text
    assert "(extrapolated)" in text
    assert "95 % interval" in text
    assert "how even the promise is" in text


def test_too_few_people_are_told_how_many_are_missing(tmp_path):
    path = tmp_path / "few.bareface"
    with Gallery.open(path, TileEngine()) as opened:
        opened.enrol([photos(tmp_path / "photos", 30)])
    assert "70 more named subjects are needed for a calibration of this gallery" in run(path).output
    assert json.loads(run(path, "--json").stdout)["figures"] == {}
