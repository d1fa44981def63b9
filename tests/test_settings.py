"""Settings: read when used, checked as a whole, documented by a table; no other module reads the environment."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bareface import settings
from bareface.errors import UsageError
from bareface.models import registry

ROOT = Path(__file__).resolve().parents[1]
OWN = ("BAREFACE_HOME", "BAREFACE_RESTORATIONS", "BAREFACE_FILE_MODE", "BAREFACE_DATA", "BAREFACE_NO_VNNI")
OF_OTHERS = {
    "system/dependencies.py",  # sets what ONNX Runtime and Matplotlib read
    "models/trial.py",  # hands the environment on to a process of its own
    "cli/main.py",  # sets what OpenCV reads
    "cli/complete.py",  # reads what the shell passes on
}


@pytest.fixture
def unset(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in (*OWN, "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/ada")
    return monkeypatch


def test_the_manual_holds_the_table() -> None:
    manual = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert f"<!-- settings -->\n{settings.table()}\n<!-- /settings -->" in manual
    assert all(f"`{name}`" in manual for name in OWN)


def test_it_prints_the_table() -> None:
    run = [sys.executable, "-m", "bareface.settings"]
    assert subprocess.run(run, capture_output=True, text=True, check=True).stdout == settings.table() + "\n"


def test_no_other_module_reads_the_environment() -> None:
    package = ROOT / "src" / "bareface"
    readers = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if re.search(r"\benviron\b|\bgetenv\b|Path\.home\(", path.read_text(encoding="utf-8"))
    }
    assert readers == {"settings.py"} | OF_OTHERS


@pytest.mark.usefixtures("unset")
def test_defaults() -> None:
    now = settings.current()
    assert now.folder == Path("/home/ada/.local/share/bareface")
    assert now.models == now.folder / "models"
    assert now.record == now.folder / "restorations.sqlite"
    assert now.photos == ROOT.parent / "shared" / "data"
    assert (now.file_mode, now.no_vnni) == (0o600, False)


def test_a_variable_is_read_when_it_is_used(unset: pytest.MonkeyPatch) -> None:
    unset.setenv("BAREFACE_HOME", "/srv/a")
    assert registry.models_home() == Path("/srv/a/models")
    unset.setenv("BAREFACE_HOME", "/srv/b")
    assert registry.models_home() == Path("/srv/b/models")


@pytest.mark.parametrize("blank", ["", " "])
def test_an_empty_variable_counts_as_not_set(unset: pytest.MonkeyPatch, blank: str) -> None:
    before = settings.current()
    for name in (*OWN, "XDG_DATA_HOME"):
        unset.setenv(name, blank)
    assert settings.current() == before


def test_a_path_may_be_no_utf_8(unset: pytest.MonkeyPatch) -> None:
    unset.setenv("BAREFACE_HOME", os.fsdecode(b"/srv/caf\xe9"))
    assert settings.current().folder == Path(os.fsdecode(b"/srv/caf\xe9"))


@pytest.mark.parametrize(("text", "hidden"), [("1", True), ("true", True), ("0", False), ("no", False)])
def test_a_switch(unset: pytest.MonkeyPatch, text: str, hidden: bool) -> None:
    unset.setenv("BAREFACE_NO_VNNI", text)
    assert settings.current().no_vnni is hidden


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [("BAREFACE_NO_VNNI", "perhaps", "usage.setting"), ("BAREFACE_FILE_MODE", "rw", "usage.file-mode")],
)
def test_a_wrong_value_is_an_error_that_names_the_variable(
    unset: pytest.MonkeyPatch, name: str, value: str, code: str
) -> None:
    unset.setenv(name, value)
    for use in (settings.current, registry.models_home, registry.survey):  # never taken for "there is no home"
        with pytest.raises(UsageError, match=value) as caught:
            use()
        assert (caught.value.code, caught.value.source) == (code, name)
        assert caught.value.remedy


def test_a_slip_in_a_name_draws_one_warning(unset: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    settings._warn_of_unknown.cache_clear()  # another test may have had it
    unset.setenv("BAREFACE_FILEMODE", "0640")
    settings.current()
    settings.current()
    assert [record.getMessage() for record in caplog.records] == [
        "BAREFACE_FILEMODE is set, but bareface reads no variable of this name."
    ]


def test_importing_bareface_reads_no_settings() -> None:
    code = "import sys, bareface, bareface.cli.app; print('pydantic' in sys.modules, 'logging' in sys.modules)"
    run = [sys.executable, "-c", code]
    assert subprocess.run(run, capture_output=True, text=True, check=True).stdout == "False False\n"


@pytest.mark.parametrize("name", ["BAREFACE_HOME", "BAREFACE_RESTORATIONS", "BAREFACE_DATA"])
def test_a_tilde_that_no_shell_replaced_is_the_home_folder(unset: pytest.MonkeyPatch, name: str) -> None:
    """Such as in the settings of a service, where it made a folder called ``~``."""
    unset.setenv(name, "~/faces")
    now = settings.current()
    assert {"BAREFACE_HOME": now.home, "BAREFACE_RESTORATIONS": now.restorations, "BAREFACE_DATA": now.photos}[
        name
    ] == Path("/home/ada/faces")
    unset.setenv(name, "~nobody-is-called-so/faces")
    settings.current()
