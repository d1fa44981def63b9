"""The command line run in-process, on real portraits."""

from __future__ import annotations

import functools
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bareface.cli.app import app
from bareface.cli.options import EngineOptions
from bareface.imaging.portraits import portraits
from tests.cli.support import Run

_engine = functools.cache(EngineOptions.engine)  # loading the networks takes longer than most of what is tested


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run ``bareface`` with arguments, with a model folder of its own; a traceback fails the test."""
    monkeypatch.setenv("BAREFACE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(EngineOptions, "engine", _engine)

    def bareface(*arguments: object, expect: int = 0) -> Result:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert "Traceback" not in result.output
        assert result.exit_code == expect, result.output
        return result

    return bareface


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of two people, one portrait each."""
    folder = tmp_path_factory.mktemp("people")
    for person in portraits():
        (folder / person.name).mkdir()
        shutil.copy(person.photos[0], folder / person.name)
    return folder


@pytest.fixture(scope="session")
def collins(people: Path) -> Path:
    return people / "Eileen Collins" / "astronaut.png"


@pytest.fixture(scope="session")
def hopper(people: Path) -> Path:
    return people / "Grace Hopper" / "grace_hopper.jpg"


@pytest.fixture(scope="session")
def enrolled(people: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a gallery of the two people; copied by the tests that change it."""
    path = tmp_path_factory.mktemp("gallery") / "people.bareface"
    result = CliRunner().invoke(app, ["enrol", str(path), str(people), "--basis", "public domain", "--threads", "1"])
    assert result.exit_code == 0, result.output
    return path


@pytest.fixture
def gallery(enrolled: Path, tmp_path: Path) -> Path:
    """Return a gallery of the two people that may be changed."""
    return Path(shutil.copy(enrolled, tmp_path / "people.bareface"))


@pytest.fixture(scope="session")
def nobody(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a photo without a face: scikit-image's rocket."""
    import skimage

    return Path(shutil.copy(Path(skimage.__file__).parent / "data" / "rocket.jpg", tmp_path_factory.mktemp("nobody")))


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """Return a text named as a photo, with a name that could drive a terminal."""
    path = tmp_path / "bad\x1b[31m\udcff.jpg"
    path.write_text("no photo")
    return path
