"""Logs of the commands, in text and as JSON, and data that never appears in them."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bareface import settings
from bareface.cli.app import app
from bareface.errors import UsageError
from bareface.logs import ROOT, timed
from bareface.storage.sqlite import schema
from bareface.storage.sqlite.store import Store
from tests.cli.support import Run


def lines(stderr: str) -> list[dict[str, object]]:
    """Return the objects on stderr, each on a line of its own."""
    return [json.loads(line) for line in stderr.splitlines()]


@pytest.fixture(scope="module")
def logged(people: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    """Return all that enrolment with networks of its own, a search, an enhancement and a correction write to
    stderr.
    """
    folder = tmp_path_factory.mktemp("logged")
    photos, gallery = shutil.copytree(people, folder / "people"), folder / "g.bareface"
    (photos / "Grace Hopper" / "torn.jpg").write_text("no photo")
    probe = photos / "Eileen Collins" / "astronaut.png"
    commands: list[list[object]] = [
        ["enrol", gallery, photos, "--threads", "1"],
        ["search", gallery, probe, "--threads", "1"],
        ["gallery", "rename", gallery, "Grace Hopper", "Amazing Grace"],
        ["gallery", "delete", gallery, "--subject", "Amazing Grace", "--yes"],
        ["gallery", "scrub", gallery],
    ]
    found = []
    for command in commands:
        result = CliRunner().invoke(app, ["-vv", "--log-json", *map(str, command)])
        assert result.exit_code in (0, 3), result.output
        found += lines(result.stderr)
    return found


def test_every_line_is_an_object_with_a_time_and_a_kind(logged: list[dict[str, object]]) -> None:
    assert {line["kind"] for line in logged} == {"log", "note"}
    assert all(str(line["time"]).endswith("+00:00") for line in logged)
    assert all(str(line["logger"]).startswith("bareface.") for line in logged if line["kind"] == "log")


def test_the_log_names_no_subject_and_no_photo(logged: list[dict[str, object]], people: Path) -> None:
    own = ("grace", "hopper", "collins", "eileen", "astronaut", ".jpg", ".png", str(people).lower())
    for line in logged:
        if line["kind"] == "log":
            assert not [name for name in own if name in json.dumps(line).lower()], line
    assert any("torn.jpg" in str(line) for line in logged if line["kind"] == "note")  # told to whoever asked


def test_the_log_says_what_happened(logged: list[dict[str, object]]) -> None:
    said = " ".join(f"{line['level']} {line['message']}\n" for line in logged if line["kind"] == "log")
    assert "debug opened network weights/" in said
    assert "info gallery " in said
    assert "info Gallery.enrol: done in " in said
    assert ", photos 3" in said
    assert "info stored a batch of 3 photos" in said
    assert "debug there is no index file" in said
    assert "debug rewrote the database in " in said


def test_an_error_is_a_line_too(run: Run, tmp_path: Path) -> None:
    (line,) = lines(run("--log-json", "search", tmp_path / "none", "x.jpg", expect=4).stderr)
    assert (line["kind"], line["code"]) == ("error", "gallery.missing")


def test_levels_in_text(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings._warn_of_unknown.cache_clear()
    monkeypatch.setenv("BAREFACE_FILEMODE", "0640")
    assert "Warning: BAREFACE_FILEMODE is set" in run("models").stderr
    assert "FILEMODE" not in run("models").stderr  # once a process
    (tmp_path / "bad\x1b.jpg").write_text("no photo")
    quiet = run("enrol", tmp_path / "a", tmp_path / "bad\x1b.jpg", "--subject", "Ada", expect=3).stderr
    told = run("-v", "enrol", tmp_path / "b", tmp_path / "bad\x1b.jpg", "--subject", "Ada", expect=3).stderr
    assert " info " not in quiet
    assert " info bareface.storage.sqlite.store: gallery " in told
    assert f"made with layout {schema.REVISION}" in told
    assert " debug " not in told
    assert "\x1b" not in told


def test_a_command_leaves_the_logger_as_it_was(run: Run) -> None:
    log = logging.getLogger(ROOT)
    before = (log.level, list(log.handlers))
    run("-vv", "--log-json", "models")
    run("-v", "models", "show", "nosuch", expect=5)
    assert (log.level, log.handlers) == before


def test_the_library_is_silent_unless_a_program_listens(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert any(isinstance(one, logging.NullHandler) for one in logging.getLogger(ROOT).handlers)
    with caplog.at_level(logging.INFO, ROOT):
        Store(tmp_path / "g").close()
    assert [record.levelname for record in caplog.records] == ["INFO"]


def test_a_step_that_fails_has_no_time(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger(f"{ROOT}.tests")
    with caplog.at_level(logging.DEBUG, ROOT):
        with timed(log, "step %s", "a"):
            pass
        with pytest.raises(UsageError), timed(log, "step %s", "b"):
            raise UsageError("usage.value", "no.")
    (record,) = caplog.records
    assert record.getMessage().startswith("step a in ")
