"""The command line as a whole: help, exit codes, errors, interruption, completion."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from bareface.cli import gallery as gallery_commands
from bareface.cli import models as model_commands
from bareface.cli import output
from bareface.cli.app import app
from bareface.cli.options import EngineOptions
from bareface.errors import BarefaceError, GalleryError
from bareface.imaging import decode as images
from tests.cli.support import Run, parsed
from tests.portraits import astronaut

COMMANDS = ("enrol", "search", "compare", "faces", "gallery", "models", "evaluate", "calibrate", "demo")
GROUPS = {"gallery": gallery_commands.app, "models": model_commands.app}
BAREFACE = [sys.executable, "-c", "from bareface.cli.main import main; main()"]


@pytest.mark.parametrize("level", ["DEBUG", "info", "V"])
def test_what_opencv_logs_does_not_get_among_the_results(level: str) -> None:
    run = subprocess.run(
        [*BAREFACE, "faces", str(astronaut()), "--json"],
        env={**os.environ, "OPENCV_LOG_LEVEL": level},
        capture_output=True,
        text=True,
        check=True,
    )
    (photo,) = json.loads(run.stdout)["photos"]
    assert len(photo["faces"]) == 1


def test_help_names_commands_and_exit_codes(run: Run) -> None:
    shown = " ".join(run("--help").stdout.split())
    assert all(command in shown for command in COMMANDS)
    assert all(f"{int(code)} " in shown for code in output.ExitCode)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(run: Run, command: str) -> None:
    assert "--help" in run(command, "--help").stdout


def test_version(run: Run) -> None:
    import bareface

    assert run("--version").stdout == f"bareface {bareface.__version__}\n"
    module = subprocess.run([sys.executable, "-m", "bareface", "--version"], capture_output=True, text=True, check=True)
    assert module.stdout == f"bareface {bareface.__version__}\n"


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, bareface.cli.app; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    heavy = {"numpy", "cv2", "onnxruntime", "faiss", "sqlalchemy", "PIL", "jinja2", "matplotlib", "scipy", "rich"}
    heavy |= {"pydantic", "logging", "importlib.resources"}
    assert not heavy & set(loaded)


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [("usage.merge", 2), ("image.empty", 3), ("calibration.ties", 3), ("gallery.io", 4), ("model.card", 5)],
)
def test_exit_codes(code: str, exit_code: int) -> None:
    assert output.exit_code(BarefaceError(code, "It failed.")) == exit_code


@pytest.mark.parametrize("arguments", [["nosuch"], ["search"], ["faces", "--threads", "0", "x"], ["faces"]])
def test_wrong_usage_is_exit_code_2(run: Run, arguments: list[str]) -> None:
    run(*arguments, expect=2)


def test_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(_: EngineOptions) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(EngineOptions, "engine", broken)
    result = CliRunner().invoke(app, ["faces", str(tmp_path / "x.jpg")])
    assert isinstance(result.exception, ZeroDivisionError)


def test_a_remedy_of_several_lines_stays_readable(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_error(GalleryError("gallery.x", "no.", source="a\x1b", remedy="Do:\none\ntwo"))
    assert capsys.readouterr().err.splitlines() == ["Error: a\\x1b: no. Do:", "one", "two [gallery.x]"]
    output.print_error(GalleryError("gallery.x", "no.", source="a\nError: fake"))
    assert capsys.readouterr().err.splitlines() == ["Error: a\\nError: fake: no. [gallery.x]"]


@pytest.mark.parametrize("encoding", ["ascii", pytest.param("utf-8", marks=pytest.mark.slow)])
def test_any_encoding_of_the_terminal_will_do(tmp_path: Path, encoding: str) -> None:
    photo = tmp_path / "山田.jpg"
    photo.write_text("no photo")
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run([*BAREFACE, "faces", photo], env=environment, capture_output=True, check=False)
    assert done.returncode == 3
    assert done.stderr.startswith(b"Error: ")
    assert b"Traceback" not in done.stderr


def asked(words: str, home: Path) -> dict[str, str]:
    """Return the variables by which bash asks what to offer at the end of a command line."""
    place = str(len(words.split(" ")) - 1)
    asked = {"BAREFACE_HOME": str(home), "_BAREFACE_COMPLETE": "complete_bash"}
    return asked | {"COMP_WORDS": words, "COMP_CWORD": place}


def complete(words: str, home: Path) -> list[str]:
    """Return the completions that bash would offer, computed in this process."""
    result = CliRunner().invoke(app, env=asked(words, home), prog_name="bareface")
    return result.stdout.split("\n")[:-1] if result.stdout.strip() else []


def test_completes_in_a_process_of_its_own(tmp_path: Path) -> None:
    environment = {**os.environ, **asked("bareface models show dlib-r", tmp_path)}
    code = "import sys; sys.argv[0] = 'bareface'; from bareface.cli.main import app; app(prog_name='bareface')"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.split("\n")[:-1] == ["dlib-resnet"]


def test_completes_commands_and_choices(tmp_path: Path) -> None:
    assert complete("bareface se", tmp_path) == ["search", "serve"]
    assert set(complete("bareface faces --precision ", tmp_path)) == {"float32", "int8", "auto"}


def test_completes_models_and_detectors(tmp_path: Path) -> None:
    assert complete("bareface models show dlib-r", tmp_path) == ["dlib-resnet"]
    assert complete("bareface faces --detector d", tmp_path) == ["dlib"]


def test_completes_subjects_of_the_gallery(enrolled: Path, tmp_path: Path) -> None:
    gallery = shutil.copy(enrolled, tmp_path / "g")
    assert complete(f"bareface gallery references {gallery} --subject Gr", tmp_path) == [r"Grace\ Hopper"]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("g")] == ["g"]  # no log is left there
    with closing(sqlite3.connect(gallery)) as file, file:  # names in the log of a gallery that is in use
        file.execute("PRAGMA journal_mode = WAL")
        file.execute("UPDATE subject SET name = 'Greta' WHERE name = 'Grace Hopper'")
        file.commit()
        assert complete(f"bareface gallery references {gallery} --subject Gr", tmp_path) == ["Greta"]
    assert complete(f"bareface gallery references {tmp_path / 'none'} --subject Gr", tmp_path) == []
    with closing(sqlite3.connect(tmp_path / "endless")) as file, file:  # from elsewhere: a view that never ends
        endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT 'Gr' || i AS name FROM n"
        file.execute(f"CREATE VIEW subject AS {endless}")
    assert complete(f"bareface gallery references {tmp_path / 'endless'} --subject Gr", tmp_path) == []


@pytest.mark.parametrize(
    ("name", "shell", "typed", "offered"),
    [
        ("Ada Lovelace", "bash", r"Ada\ L", r"Ada\ Lovelace"),
        ("Ada Lovelace", "bash", "'Ada L", "Ada Lovelace"),
        ("Ada Lovelace", "bash", '"Ada', "Ada Lovelace"),
        ("Ada Lovelace", "zsh", "Ada", "_arguments '*: :((\"Ada Lovelace\"))'"),
        ("Ada Lovelace", "fish", "Ada", "Ada Lovelace"),
        ("Ada Lovelace", "powershell", "Ada", "'Ada Lovelace'"),
        ("O'Brien", "bash", "O", r"O\'Brien"),
        ("O'Brien", "zsh", "O", "_files"),  # its quotation mark would be lost
        ("x; touch y", "bash", "x", r"x\;\ touch\ y"),
        ("x$(touch y)", "bash", "x", r"x\$\(touch\ y\)"),
        ("x$(touch y)", "bash", '"x', None),
        ("x*", "bash", "'x", None),  # bash would put files there
        (r"x\$(touch y)", "zsh", "x", "_files"),
        ("x\n$(touch y)", "bash", "x", None),
        ("x\x1b[2J", "fish", "x", None),
        (b"x", "bash", "x", None),
    ],
)
def test_a_name_is_completed_so_that_the_shell_reads_a_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, shell: str, typed: str, offered: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    with closing(sqlite3.connect("g")) as file, file:
        file.execute("CREATE TABLE subject (name)")
        file.execute("INSERT INTO subject VALUES (?)", (name,))
    words = ["bareface", "gallery", "rename", "g", typed]
    asked = {"_BAREFACE_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    asked |= {"COMP_WORDS": "\n".join(words), "COMP_CWORD": "4", "_TYPER_COMPLETE_WORD_TO_COMPLETE": typed}
    if shell != "bash":
        asked |= {"_TYPER_COMPLETE_ARGS": " ".join(words), "COMP_WORDS": ""}
    done = CliRunner().invoke(app, env=asked, prog_name="bareface")
    assert isinstance(done.exception, SystemExit | None)
    assert [line.partition(":::")[0] for line in done.stdout.split("\n") if line] == ([offered] if offered else [])


@pytest.mark.slow
def test_interrupted_enrolment_keeps_what_it_has(run: Run, collins: Path, tmp_path: Path) -> None:
    photos, gallery = tmp_path / "photos", tmp_path / "g.bareface"
    photos.mkdir()
    face = images.decode(collins).pixels[40:200, 140:300]
    small = images.encode(np.ascontiguousarray(face), "PNG")
    for number in range(1000):  # bytes after the end make another file of the same picture
        (photos / f"{number:03}.png").write_bytes(small + number.to_bytes(2, "big"))
    command = [*BAREFACE, "enrol", str(gallery), str(photos), "--threads", "1"]
    # Tests that run in the background of a shell inherit an ignored SIGINT.
    heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=heard)
    while not stored(gallery):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "run the same command again" in said
    assert "Traceback" not in said
    assert 0 < parsed(run("gallery", "info", gallery, "--json"))["references"] < 1000
    assert parsed(run("gallery", "check", gallery, "--json"))["ok"]


def stored(gallery: Path) -> int:
    """Count the references in a gallery that another process may be creating."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"{gallery.as_uri()}?mode=ro", uri=True)) as database:
        return int(database.execute("SELECT count(*) FROM reference").fetchone()[0])
    return 0


def test_the_manual_names_every_command_and_key(run: Run, enrolled: Path, collins: Path) -> None:
    manual = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
    for group in ("gallery", "models"):
        assert all(f"`{name}" in manual for name in typer.main.get_group(GROUPS[group]).commands)
    for arguments in (
        ["search", enrolled, collins],
        ["faces", collins],
        ["compare", collins, collins],
        ["gallery", "info", enrolled],
        ["gallery", "references", enrolled],
        ["gallery", "check", enrolled],
        ["models"],
    ):
        for key in keys(parsed(run(*arguments, "--json"))):
            assert f"`{key}`" in manual, key


def keys(value: object) -> set[str]:
    """Return all keys of a JSON value, but for those of a model's own input and metrics."""
    if isinstance(value, dict):
        inner = (keys(item) for key, item in value.items() if key not in ("input", "metrics"))
        return set(value).union(*inner)
    return set().union(*map(keys, value)) if isinstance(value, list) else set()


BLANKS = {
    "a photo": ("faces", ""),
    "one photo of several": ("faces", "a.jpg", ""),
    "a photo to enrol": ("enrol", "g.bareface", "", "--subject", "Zed"),
    "a photo of blanks": ("enrol", "g.bareface", " \t", "--subject", "Zed"),
    "a gallery": ("search", "", "a.jpg"),
    "a probe": ("search", "g.bareface", ""),
    "a photo to compare": ("compare", "a.jpg", ""),
    "a photo to unmask": ("unmask", ""),
    "a photo to enhance": ("enhance", ""),
    "photos to evaluate": ("evaluate", "run", "", "-o", "s.parquet"),
    "a name": ("enrol", "g.bareface", "a.jpg", "--subject", ""),
    "an output": ("faces", "a.jpg", "-o", ""),
    "an output after =": ("faces", "a.jpg", "--output="),
    "an old folder": ("gallery", "relink", "g.bareface", "", "new"),
    "a photo to delete": ("gallery", "delete", "g.bareface", "--photo", "", "--yes"),
    "behind --": ("faces", "--", ""),
}


@pytest.mark.parametrize("what", BLANKS)
def test_an_argument_from_a_variable_that_is_not_set_is_refused(
    run: Run, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hopper: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(hopper, "a.jpg")  # what an empty path would take for the photos meant
    result = run(*BLANKS[what], expect=2)
    assert "is empty (a variable that is not set?)" in result.stderr
    assert "usage.empty" in result.stderr
    assert [path.name for path in tmp_path.iterdir() if path.name != "home"] == ["a.jpg"]


@pytest.mark.parametrize(
    "arguments",
    [
        "enrol g.bareface --subject Ada a.jpg --subject=Bo b.jpg",
        "enrol g.bareface --face 1 a.jpg --face 2 b.jpg",
        "gallery delete g.bareface --subject Ada --subject Bo --yes",
        "gallery delete g.bareface --photo a.jpg --photo b.jpg --yes",
        "gallery split g.bareface 1 --name Ada 2 --name Bo",
        "unmask a.jpg --face 1 --face 2",
    ],
)
def test_who_or_which_is_said_once(run: Run, arguments: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*arguments.split(), expect=2)
    assert "is given more than once" in result.stderr
    assert not list(tmp_path.glob("g.bareface*"))


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ("faces x.jpg --provider tpu --json", "'tpu'"),
        ("faces --json x.jpg --threads 0", "threads"),
        ("faces --json x.jpg --threads", "--threads"),
        ("search g.bareface --json", "PROBE"),
        ("evaluate metrics x.csv --provider cpu --json", "No such option"),
        ("gallery nosuch --json", "nosuch"),
        ("models add a b --task guessing --json", "guessing"),
        ("nosuch --json", "nosuch"),
    ],
)
def test_wrong_usage_is_json_where_that_was_asked_for(run: Run, arguments: str, what: str) -> None:
    error = parsed(run(*arguments.split(), expect=2))["error"]
    assert error["code"] == "usage.arguments"
    assert what in error["message"]
    assert "--help" in error["remedy"]


def test_names_that_no_path_can_have_are_json_too(run: Run) -> None:
    assert parsed(run("faces", "a\0.jpg", "--json", expect=2))["error"]["code"] == "usage.arguments"
    assert parsed(run("faces", "", "--json", expect=2))["error"]["code"] == "usage.empty"


def test_the_word_json_after_the_options_is_a_name(run: Run) -> None:
    result = run("gallery", "nosuch", "--", "--json", expect=2)
    assert result.stdout == ""
    assert "nosuch" in result.stderr
