"""A search needs no plotting: what only some commands need is an extra, and its absence is an error that names it."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from bareface.errors import UsageError
from bareface.system import extras

ROOT = Path(__file__).parents[1]
_ABSENT = """
import sys
from importlib.machinery import PathFinder
class Without(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.partition(".")[0] not in {names!r}:
            return PathFinder.find_spec(name, path, target)
sys.meta_path[sys.meta_path.index(PathFinder)] = Without
"""


def without(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process in which no optional package can be imported."""
    whole = _ABSENT.format(names=set(extras.EXTRAS)) + code
    return subprocess.run([sys.executable, "-c", whole, *arguments], capture_output=True, text=True, check=False)


def test_each_optional_package_is_in_the_extra_that_errors_name() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    core, optional = names(project["dependencies"]), project["optional-dependencies"]
    for package, (extra, _) in extras.EXTRAS.items():
        name = extras.DISTRIBUTIONS.get(package, package)
        assert name in names(optional[extra])
        assert name not in core


def names(requirements: list[str]) -> set[str]:
    """Return the packages that requirements ask for."""
    return {Requirement(line).name for line in requirements}


def test_the_core_finds_enrols_searches_unmasks_and_enhances(tmp_path: Path) -> None:
    code = """
import bareface
photo, folder = sys.argv[1:]
engine = bareface.Engine()
with bareface.Gallery.open(folder + "/people.bareface", engine) as gallery:
    assert gallery.enrol([photo], subject="Eileen Collins", basis="public domain").references == 1
    assert gallery.search(photo).lists[0].candidates[0].subject == "Eileen Collins"
face = engine.faces(photo)[0]
box = face.box
middle = (box.y1 + box.y2) / 2
region = [(box.x1, middle), (box.x2, middle), (box.x2, box.y2), (box.x1, box.y2)]
assert len(engine.unmask(face, region=region).completions) == 4
assert len(engine.enhance(face).completions) == 1
"""
    photo = tmp_path / "collins.png"
    photo.write_bytes(astronaut_file().read_bytes())
    done = without(code, str(photo), str(tmp_path))
    assert done.returncode == 0, done.stderr


def astronaut_file() -> Path:
    from bareface.imaging.portraits import portraits

    return portraits()[0].photos[0]


@pytest.mark.parametrize(
    ("arguments", "package"),
    [
        (["demo"], "scikit-image"),
        (["evaluate", "metrics", "{scores}"], "pyarrow"),
        (["evaluate", "run", "{people}", "-o", "{out}.csv"], "pyarrow"),
        (["evaluate", "report", "{people}", "-o", "{out}.html"], "matplotlib"),
        (["evaluate", "restoration", "{people}"], "scipy"),
        (["enhance", "{photo}", "-o", "{out}", "--method", "wiener"], "scikit-image"),
        (
            [
                "models",
                "add",
                "other",
                "{model}",
                "--task",
                "detection",
                "--licence",
                "-",
                "--training-data",
                "-",
                "--yes",
            ],
            "scikit-image",
        ),
    ],
)
def test_what_needs_an_extra_says_so(arguments: list[str], package: str, tmp_path: Path) -> None:
    from bareface.models import registry

    places = {
        "scores": tmp_path / "scores.csv",
        "photo": astronaut_file(),
        "out": tmp_path / "out",
        "people": tmp_path / "people",
        "model": registry.path_of(registry.card("bareface-detector")),
    }
    (places["people"] / "Eileen").mkdir(parents=True)
    places["scores"].write_text("probe,reference,probe_subject,reference_subject,score\na,b,a,a,0.5\n")
    code = """
import os
os.environ["BAREFACE_HOME"] = sys.argv.pop(1)
from bareface.cli.main import main
sys.exit(main())
"""
    done = without(code, str(tmp_path / "home"), *(one.format(**places) for one in arguments))
    assert f"need the package {package}, which is not installed" in done.stderr
    assert "pip install 'bareface[evaluate]'" in done.stderr
    assert "[usage.extra]" in done.stderr
    assert done.returncode == 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("import no_such_module", "No module named 'no_such_module'"),
        ("raise ImportError('libarrow.so: cannot open shared object file')", "libarrow.so: cannot open"),
    ],
)
def test_a_package_that_cannot_be_loaded_is_not_called_absent(
    content: str, reason: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from bareface.scores import formats

    (tmp_path / "pyarrow.py").write_text(content)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "pyarrow", raising=False)
    with pytest.raises(UsageError, match=f"pyarrow, which is installed but cannot be loaded: {reason}") as refusal:
        formats.check(tmp_path / "scores.csv")  # before hours of work
    assert refusal.value.code == "usage.extra"
    with pytest.raises(UsageError, match="scipy"):
        raise extras.missing("scipy")
