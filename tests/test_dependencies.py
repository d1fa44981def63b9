"""ONNX Runtime and Matplotlib are imported so that they neither call home nor write there."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from bareface.system import dependencies
from tests.parsed import parsed

ROOT = Path(__file__).parents[1]
DOOR = ROOT / "src" / "bareface" / "system" / "dependencies.py"


def imported(path: Path) -> set[str]:
    """Return the packages that a module names in an import."""
    names: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def test_onnx_runtime_is_imported_through_one_door() -> None:
    modules = [path for folder in ("src", "training", "benchmarks", "docs") for path in (ROOT / folder).rglob("*.py")]
    assert len(modules) > 200
    assert [path for path in modules if "onnxruntime" in imported(path) and path != DOOR] == []


@pytest.mark.parametrize("before", [None, "0", "false", ""])
def test_the_switch_is_off_whatever_it_was(before: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ORT_DISABLE_TELEMETRY", raising=False)
    if before is not None:
        monkeypatch.setenv("ORT_DISABLE_TELEMETRY", before)
    monkeypatch.delitem(sys.modules, "onnxruntime", raising=False)
    dependencies.forbid_telemetry()
    assert os.environ["ORT_DISABLE_TELEMETRY"] == "1"


def test_a_program_that_imported_onnx_runtime_first_is_warned(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    disabled: list[bool] = []
    early = ModuleType("onnxruntime")
    early.disable_telemetry_events = lambda: disabled.append(True)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "onnxruntime", early)
    monkeypatch.setenv("ORT_DISABLE_TELEMETRY", "0")
    dependencies.forbid_telemetry()
    assert disabled == [True]
    assert "imported before bareface" in caplog.text
    dependencies.forbid_telemetry()
    assert len(caplog.records) == 1


def test_no_id_and_no_cache_in_an_empty_home(tmp_path: Path) -> None:
    """The library, and ONNX Runtime imported after it by the user's own program; a plot."""
    home = tmp_path / "home"
    home.mkdir()
    code = (
        "import os, bareface, onnxruntime\n"
        "from bareface.reports import plots\n"
        "plots.svg(plots._canvas('x', 'y')[0])\n"
        "import matplotlib.font_manager\n"
        "assert 'MPLCONFIGDIR' not in os.environ and 'MPL_IGNORE_SYSTEM_FONTS' not in os.environ\n"
    )
    outside = {"MPLCONFIGDIR", "ORT_DISABLE_TELEMETRY"}
    environment = {name: value for name, value in os.environ.items() if name not in outside and name[:4] != "XDG_"}
    environment |= {"HOME": str(home), "TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert list(tmp_path.rglob("*")) == [home]


@pytest.mark.parametrize("folder", [None, "config"])
@pytest.mark.parametrize(("named", "kept"), [("backend-of-elsewhere", None), ("TkAgg", "TkAgg"), ("", None)])
def test_a_plot_where_the_environment_names_the_backend_of_a_notebook(
    tmp_path: Path, folder: str | None, named: str, kept: str | None
) -> None:
    """Jupyter names its backend to every program that a cell starts; one that is there stays for the user's plots."""
    code = (
        "import os, sys\n"
        "from bareface.reports import plots\n"
        "assert plots.svg(plots._canvas('x', 'y')[0])\n"
        "import matplotlib\n"
        "assert os.environ['MPLBACKEND'] == sys.argv[1]\n"
        "print(matplotlib.get_backend(auto_select=False))\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "MPLCONFIGDIR"}
    environment |= {"MPLBACKEND": named} | ({} if folder is None else {"MPLCONFIGDIR": str(tmp_path / folder)})
    ended = subprocess.run(
        [sys.executable, "-c", code, named], env=environment, check=True, capture_output=True, text=True
    )
    assert ended.stdout.strip().lower() == str(kept).lower()
