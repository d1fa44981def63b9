from __future__ import annotations

from pathlib import Path

import pytest

from bareface.errors import ModelError
from bareface.models import registry
from bareface.services.engine import Engine
from tests.portraits import astronaut

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("tried_here")]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BAREFACE_HOME", str(tmp_path))
    return tmp_path


def test_once_registered_it_finds_faces_in_dlibs_geometry(home: Path, shared_models: Path) -> None:
    registry.add("yunet", shared_models / "yunet_n_640_640.onnx")
    (theirs,) = Engine(detector="yunet").faces(astronaut())
    (ours,) = Engine().faces(astronaut())
    assert theirs.landmarks.scheme == "five"
    mean = registry.space_mean("dlib-128")
    a, b = theirs.template.vector - mean, ours.template.vector - mean
    assert a @ b / (a @ a) ** 0.5 / (b @ b) ** 0.5 > 0.85


def test_unregistered_it_is_named_with_the_remedy(home: Path) -> None:
    with pytest.raises(ModelError, match=r"registry\.add\(.yunet.") as refused:
        Engine(detector="yunet")
    assert refused.value.code == "model.unknown"


def test_small_faces_can_be_left_out(home: Path, shared_models: Path) -> None:
    registry.add("yunet", shared_models / "yunet_n_640_640.onnx")
    assert Engine(detector="yunet", min_face=300).faces(astronaut()) == []
