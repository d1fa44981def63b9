"""Arguments as they are typed: what is given twice, and `-` in place of a file, are never settled in silence."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from bareface.cli.app import app
from tests.cli.support import Run, parsed


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_hyphen_is_no_file(run: Run, here: Path, enrolled: Path, hopper: Path) -> None:
    writing = [
        ("search", enrolled, hopper, "--report", "-"),
        ("faces", hopper, "-o-"),
        ("unmask", hopper, "--output=-"),
        ("enhance", hopper, "-o", "-"),
        ("demo", "--out", "-"),
        ("evaluate", "run", hopper.parent, "-o", "-"),
        ("evaluate", "export", hopper, "--out", "-"),
        ("evaluate", "restoration", hopper.parent, "--report", "-"),
        ("enrol", "-", hopper),
        ("gallery", "import", "-", hopper),
    ]
    reading = [("search", enrolled, "-"), ("faces", hopper, "-"), ("compare", "-", hopper), ("gallery", "info", "-")]
    for words in (*writing, *reading):
        error = parsed(run(*words, "--json", expect=2))["error"]
        assert (error["code"], "“-”" in error["message"]) == ("usage.arguments", True), words
    assert list(here.iterdir()) == []
    (here / "-").write_bytes(hopper.read_bytes())
    run("faces", "./-")
    run("enrol", "gallery", hopper, "--basis", "-", "--subject", "-")


def test_an_option_given_twice_is_told(run: Run, here: Path, hopper: Path) -> None:
    told = run("faces", hopper, "-o", "one", "--output", "two", "--min-face", "50", "--min-face=60").stderr
    assert "--output is given 2 times; the last one counts." in told
    assert "--min-face is given 2 times" in told
    assert not (here / "one").exists()
    once = run("faces", hopper, "--json", "--json", "--", hopper)
    assert "given" not in once.stderr
    assert len(parsed(once)["photos"]) == 2
    names = ("--name", "a.example", "--name", "b.example")
    both = run("serve", here / "no" / "g", "--shared", "--single-user", *names, expect=4)
    assert "--shared/--single-user is given 2 times" in both.stderr
    error = parsed(run("enrol", "g", hopper, "--subject", "A", "--subject=B", "--json", expect=2))["error"]
    assert error["code"] == "usage.arguments"
    run("enrol", "g", hopper, "--basis", "--subject", "--subject", "A")


def test_json_before_the_command_of_a_group(run: Run) -> None:
    assert parsed(run("models", "--json", "list")) == parsed(run("models", "list", "--json"))


def test_every_command_has_json() -> None:
    commands = {}

    def walk(group: object, words: str) -> None:
        for name, command in getattr(group, "commands", {}).items():
            walk(command, f"{words} {name}")
        if not hasattr(group, "commands"):
            commands[words] = [option for param in group.params for option in param.opts]  # type: ignore[attr-defined]

    walk(typer.main.get_command(app), "bareface")
    assert [words for words, options in commands.items() if "--json" not in options] == []


def test_an_option_without_effect_is_named(run: Run, here: Path, people: Path, enrolled: Path, hopper: Path) -> None:
    for words, told in (
        (("search", enrolled, hopper, "--completions", "3", "--json"), "--completions has no effect without --with"),
        (("enrol", "g", hopper, "--face", "1", "--largest"), "--largest has no effect next to --face."),
        (("evaluate", "run", people, "-o", "s.csv", "--references", "2"), "--references has no effect without --open"),
        (("evaluate", "run", people, "-o", "s.csv", "--photos", people), "--photos has no effect for a folder."),
        (("evaluate", "report", "s.csv", "-o", "o.html", "--exclude", "x", "--replicates", "0"), "for score files."),
    ):
        assert told in run(*words).stderr
    assert "no effect" not in run("enrol", "g", hopper).stderr


@pytest.mark.parametrize("answer", [b"n\n", b"\n", b"\x04"])
def test_a_question_that_is_not_answered_with_yes_is_wrong_usage(tmp_path: Path, enrolled: Path, answer: bytes) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, answer)
    words = ("gallery", "delete", str(enrolled), "--subject", "Grace Hopper", "--json")
    command = [sys.executable, "-m", "bareface", *words]
    done = subprocess.run(command, stdin=theirs, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=60)
    os.close(ours)
    os.close(theirs)
    assert done.returncode == 2, done.stderr
    error = json.loads(done.stdout)["error"]
    assert (error["code"], "nothing was done" in error["message"]) == ("usage.confirm", True)
