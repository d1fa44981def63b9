"""A search needs no plotting: what only some commands need is an extra, and its absence is an error that names it."""

from __future__ import annotations

import json
import re
import shutil
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


@pytest.mark.slow
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


NEEDED = {
    "demo": "scikit-image",
    "evaluate metrics {scores}": "pyarrow",
    "evaluate run {people} -o {out}.csv": "pyarrow",
    "evaluate report {people} -o {out}.html": "matplotlib",
    "evaluate restoration {people}": "scipy",
    "enhance {photo} -o {out} --method wiener": "scikit-image",
    "serve {out}": "fastapi",
    "models add other {model} --task detection --licence - --training-data - --yes": "scikit-image",
}
"""The packages that commands need."""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str]]:
    """Run each command in one process; return exit codes and what was said to standard error."""
    from bareface.models import registry

    folder = tmp_path_factory.mktemp("without")
    places = {
        "scores": folder / "scores.csv",
        "photo": shutil.copy(astronaut_file(), folder / "photo.png"),
        "out": folder / "out",
        "people": folder / "people",
        "model": registry.path_of(registry.card("bareface-detector")),
    }
    (folder / "people" / "Eileen").mkdir(parents=True)
    (folder / "scores.csv").write_text("probe,reference,probe_subject,reference_subject,score\na,b,a,a,0.5\n")
    code = """
import contextlib, io, json, os
os.environ["BAREFACE_HOME"] = sys.argv[1]
commands = json.loads(sys.argv[2])
from bareface.cli.main import main
answers = []
for command in commands:
    sys.argv = ["bareface", *command]
    with contextlib.redirect_stderr(io.StringIO()) as said, contextlib.redirect_stdout(io.StringIO()):
        try:
            exit_code = main()
        except SystemExit as leaving:
            exit_code = leaving.code
    answers.append((exit_code, said.getvalue()))
print(json.dumps(answers))
"""
    commands = [[word.format(**places) for word in command.split()] for command in NEEDED]
    done = without(code, str(folder / "home"), json.dumps(commands))
    assert done.returncode == 0, done.stderr
    return {command: (code, said) for command, (code, said) in zip(NEEDED, json.loads(done.stdout), strict=True)}


@pytest.mark.parametrize("command", NEEDED)
def test_what_needs_an_extra_says_so(command: str, answers: dict[str, tuple[int, str]]) -> None:
    exit_code, said = answers[command]
    assert f"need the package {NEEDED[command]}, which is not installed" in said
    assert re.search(r"pip install 'bareface\[(evaluate|web)\]'", said)
    assert "[usage.extra]" in said
    assert exit_code == 2


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
