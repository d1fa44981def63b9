"""``bareface models``."""

from __future__ import annotations

from pathlib import Path

import pytest

from bareface.cli.options import EngineOptions
from bareface.models.sessions import sums_8_bit_products_exactly
from tests.cli.support import Run, parsed
from tests.models.invented import invented_engine, invented_people
from tests.models.networks import HARMLESS, planar, wide, written

pytestmark = pytest.mark.usefixtures("tried_here")


def test_lists_models_with_their_terms(run: Run) -> None:
    known = {card["id"]: card for card in parsed(run("models", "--json"))["models"]}
    assert {"dlib-resnet", "dlib-mmod", "dlib-landmarks5"} <= set(known)
    assert known == {card["id"]: card for card in parsed(run("models", "list", "--json"))["models"]}
    shown = run("models").stdout
    assert all(name in shown for name in known)
    assert "scraped from the web" in " ".join(shown.split())
    assert parsed(run("models", "--json"))["defaults"]["embedding"] == "bareface-mobile"
    assert shown.count("(default)") == 3


def test_lists_what_precisions_this_cpu_computes_exactly(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    exact = ["float32", "int8"] if sums_8_bit_products_exactly() else ["float32"]
    assert parsed(run("models", "--json"))["precision"] == {"default": "float32", "auto": exact[-1], "exact": exact}
    monkeypatch.setenv("BAREFACE_NO_VNNI", "1")
    assert parsed(run("models", "--json"))["precision"] == {
        "default": "float32",
        "auto": "float32",
        "exact": ["float32"],
    }
    assert "float32 by default; no int8" in run("models").stderr


def test_a_damaged_card_is_named_and_the_others_are_listed(run: Run, tmp_path: Path, collins: Path) -> None:
    folder = tmp_path / "home" / "models" / "mine"
    folder.mkdir(parents=True)
    (folder / "card.json").write_text("[" * 100_000)
    listed = run("models", "list", expect=5)
    assert "dlib-resnet" in listed.stdout
    assert "model.card" in listed.stderr
    assert str(folder) in listed.stderr
    shown = parsed(run("models", "--json", expect=5))
    assert [error["code"] for error in shown["errors"]] == ["model.card"]
    assert "model.card" in run("models", "show", "mine", expect=5).stderr
    run("faces", collins)


def test_a_network_that_gives_no_numbers_is_not_added(run: Run, tmp_path: Path) -> None:
    file = written(HARMLESS["not a number"][0](), tmp_path / "bad.onnx")
    terms = ["--task", "embedding", "--licence", "CC0", "--training-data", "none", "--yes"]
    result = run("models", "add", "mine", file, *terms, expect=5)
    assert "model.output" in result.stderr
    assert "model.unknown" in run("models", "show", "mine", expect=5).stderr


def test_shows_a_card(run: Run) -> None:
    card = parsed(run("models", "show", "dlib-resnet", "--json"))
    assert card["space"] == "dlib-128"
    assert len(card["files"][0]["sha256"]) == 64
    assert "CC0" in run("models", "show", "dlib-resnet").stdout
    assert "\\n" not in run("models", "show", "bareface-mobile").stdout  # its training data has two lines


def test_an_unknown_model(run: Run) -> None:
    assert "model.unknown" in run("models", "show", "nosuch", expect=5).stderr


def test_terms_are_shown_and_must_be_accepted(run: Run, tmp_path: Path) -> None:
    result = run("models", "add", "yunet", tmp_path / "yunet.onnx", expect=2)
    assert "WIDER FACE" in result.stderr
    assert "--yes" in result.stderr


def test_terms_of_an_unknown_model_must_be_stated(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "x.onnx"
    file.write_bytes(b"x")
    assert "model.terms" in run("models", "add", "mine", file, "--yes", expect=5).stderr


@pytest.mark.parametrize("text", ["{", "[1]"])
def test_input_must_be_a_json_object(run: Run, tmp_path: Path, text: str) -> None:
    assert "usage.input" in run("models", "add", "mine", tmp_path / "x", "--yes", "--input", text, expect=2).stderr


def test_a_missing_and_a_broken_file(run: Run, tmp_path: Path) -> None:
    assert "model.missing" in run("models", "add", "yunet", tmp_path / "none", "--yes", expect=5).stderr
    (tmp_path / "text.onnx").write_text("no network")
    assert "model.unreadable" in run("models", "add", "yunet", tmp_path / "text.onnx", "--yes", expect=5).stderr


@pytest.mark.real
def test_adds_yunet_and_uses_it(run: Run, shared_models: Path, collins: Path) -> None:
    (file,) = shared_models.glob("yunet*.onnx")
    card = parsed(run("models", "add", "yunet", file, "--yes", "--json"))
    assert card["task"] == "detection"
    seen = parsed(run("faces", collins, "--detector", "yunet", "--json"))["photos"][0]["faces"]
    assert seen[0]["landmarks"]["scheme"] == "five"


def test_input_that_is_nested_without_end_is_refused(run: Run, tmp_path: Path) -> None:
    command = ("models", "add", "mine", tmp_path / "m.onnx", "--task", "embedding", "--licence", "x")
    result = run(*command, "--training-data", "y", "--yes", "--input", "[" * 100_000, "--json", expect=2)
    assert parsed(result)["error"]["code"] == "usage.input"


def test_an_empty_model_file_is_said_to_be_empty(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAREFACE_HOME", str(tmp_path / "home"))
    (tmp_path / "m.onnx").touch()
    result = run("models", "add", "yunet", tmp_path / "m.onnx", "--yes", "--json", expect=5)
    assert "empty" in parsed(result)["error"]["message"]


def test_a_model_that_was_added_can_be_removed(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "home" / "models" / "mine"
    folder.mkdir(parents=True)
    (folder / "card.json").write_text("{}")
    assert "usage.confirm" in run("models", "remove", "mine", expect=2).stderr
    assert folder.exists()
    assert "Removed: mine." in run("models", "remove", "mine", "--yes").stderr
    assert not folder.exists()
    folder.mkdir()
    (folder / "card.json").write_text("{}")
    assert parsed(run("models", "remove", "mine", "--yes", "--json")) == {"removed": "mine"}
    assert not folder.exists()
    assert "model.unknown" in run("models", "remove", "mine", "--yes", expect=5).stderr
    assert "model.name" in run("models", "remove", "dlib-resnet", "--yes", expect=5).stderr


def test_adds_a_file_by_a_preset_under_the_files_name(run: Run, tmp_path: Path) -> None:
    file = written(planar(), tmp_path / "r100_webface.onnx")
    refused = run("models", "add", file, "--preset", "arcface", expect=2)
    assert "non-commercial research" in refused.stderr
    card = parsed(run("models", "add", file, "--preset", "arcface", "--licence", "mine", "--yes", "--json"))
    assert (card["id"], card["space"], card["licence"]) == ("r100-webface", "r100-webface", "mine")
    assert parsed(run("models", "add", file, "--preset", "adaface", "--name", "b", "--yes", "--json"))["id"] == "b"
    assert parsed(run("models", "add", "c", file, "--preset", "adaface", "--yes", "--json"))["id"] == "c"
    assert "usage.value" in run("models", "add", file, "--preset", "nosuch", "--yes", expect=2).stderr
    twice = run("models", "add", "c", file, "--name", "d", "--preset", "adaface", "--yes", expect=2)
    assert "named twice" in twice.stderr


@pytest.fixture
def added(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the name of an added embedder, which engines use on invented people."""
    run("models", "add", written(wide(), tmp_path / "mine.onnx"), "--preset", "arcface", "--yes")
    monkeypatch.setattr(EngineOptions, "engine", lambda options: invented_engine(options.embedder))
    return "mine"


@pytest.mark.slow
def test_fits_an_added_embedder(run: Run, added: str, tmp_path: Path) -> None:
    photos = invented_people(tmp_path / "photos", 101, 1)
    fit = parsed(run("models", "fit", added, "--faces", photos, "--exclude", "nobody", "--json"))
    assert fit["left_out"]["unmatched"] == ["nobody"]
    assert (fit["model"], fit["people"], fit["photos"], fit["cohort"], fit["lost"]) == ("mine", 101, 101, 101, {})
    assert {row["kind"] for row in fit["scores"]} == {"cosine", "search", "comparison"}
    shown = run("models", "fit", added, "--faces", photos)
    assert "101 people, 101 photos (masks simulated)" in " ".join(shown.stdout.split())
    assert "from now on" in shown.stderr


def test_what_cannot_be_fitted(run: Run, added: str, tmp_path: Path) -> None:
    photos = invented_people(tmp_path / "photos", 2, 1)
    few = parsed(run("models", "fit", added, "--faces", photos, "--json", expect=3))
    assert few["error"]["code"] == "calibration.subjects"
    assert "model.name" in run("models", "fit", "dlib-resnet", "--faces", photos, expect=5).stderr
    assert "model.unknown" in run("models", "fit", "nosuch", "--faces", photos, expect=5).stderr
