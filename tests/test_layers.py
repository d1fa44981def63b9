"""The layers of pyproject.toml hold, and an import against them is noticed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
_LINT = "from importlinter.cli import lint_imports_command as lint; lint()"


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts of the copy in a folder."""
    return subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, 'src'); {_LINT}", "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy sources and contracts."""
    folder = tmp_path_factory.mktemp("layers")
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("*.onnx", "__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_the_contracts_hold(copy: Path) -> None:
    done = lint(copy)
    assert done.returncode == 0, done.stdout


def test_imports_against_the_layers_are_refused_each_by_name(copy: Path) -> None:
    added = {
        "values/face.py": "bareface.imaging.align",
        "storage/sqlite/store.py": "bareface.gallery.enrol",
        "gallery/search.py": "bareface.services.gallery",
        "restoration/unmask.py": "bareface.storage.sqlite.store",
        "cli/enrol.py": "bareface.gallery.enrol",
        "web/app.py": "bareface.gallery.search",
    }
    before = {name: (copy / "src" / "bareface" / name).read_text() for name in added}
    try:
        for name, forbidden in added.items():
            (copy / "src" / "bareface" / name).write_text(f"{before[name]}\nimport {forbidden}\n")
        done = lint(copy)
    finally:
        for name, text in before.items():
            (copy / "src" / "bareface" / name).write_text(text)
    assert done.returncode == 1
    for name, forbidden in added.items():
        importer = "bareface." + name.removesuffix(".py").replace("/", ".")
        assert f"{importer} -> {forbidden}" in done.stdout


def test_the_design_describes_every_layer() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = (one for one in project["tool"]["importlinter"]["contracts"] if one["type"] == "layers")
    rows = re.findall(r"^\| (`.+?) \|", (ROOT / "docs" / "design.md").read_text(encoding="utf-8"), re.MULTILINE)
    described = {name for row in rows for name in re.findall(r"`(\w+)(?:/|\.py)`", row)}
    layers = {name.strip() for line in contract["layers"] for name in line.split("|")}
    assert layers - described == set()
