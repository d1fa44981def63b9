"""Presets: an embedder from elsewhere is added without a card written by hand, and gets the treatment of masks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bareface.errors import ModelError, UsageError
from bareface.faces.embedding.base import MaskInfo
from bareface.faces.embedding.onnx import OnnxEmbedder
from bareface.faces.occlusion.base import FACE, MASK
from bareface.faces.open_models import open_embedder
from bareface.models import registry
from bareface.models.presets import PRESETS
from bareface.services.engine import Engine
from bareface.services.models import name_for
from tests.models import networks
from tests.models.networks import written

pytestmark = pytest.mark.usefixtures("tried_here")
EMBEDDERS = sorted(name for name, fields in PRESETS.items() if fields["task"] == "embedding")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BAREFACE_HOME", str(tmp_path / "home"))
    return written(networks.planar(), tmp_path / "net.onnx")


def chips(count: int) -> list[Any]:
    return list(np.random.default_rng(1).integers(0, 256, (count, 112, 112, 3), np.uint8))


def fields_of(chip: Any) -> Any:
    """Return the mean colours of 16 fields, float [16, 3]."""
    return chip.reshape(4, 28, 4, 28, 3).mean(axis=(1, 3)).reshape(16, 3)


@pytest.mark.parametrize("preset", EMBEDDERS)
def test_a_preset_says_how_the_network_is_fed(preset: str, file: Path) -> None:
    card = registry.add("mine", file, preset=preset)
    assert registry.card("mine") == card
    said = PRESETS[preset]["input"]
    (chip,) = chips(1)
    (vector,) = OnnxEmbedder(card, "float32").embed([chip])
    colours = (fields_of(chip) - said["mean"]) / said["std"]
    order = colours[:, ::-1] if preset in ("adaface", "magface") else colours
    np.testing.assert_allclose(vector, order.T.ravel(), rtol=1e-3, atol=1e-4)


def test_what_is_given_replaces_what_the_preset_says(file: Path) -> None:
    card = registry.add("mine", file, preset="arcface", licence="CC0", space="s", input={"colours": "BGR"})
    assert (card.licence, card.space, card.task) == ("CC0", "s", "embedding")
    assert card.training_data == PRESETS["arcface"]["training_data"]
    assert card.input == {**PRESETS["arcface"]["input"], "colours": "BGR", "blank": [128, 128, 128]}


def test_spaces_are_apart_unless_they_are_said_to_be_one(file: Path) -> None:
    assert registry.add("one", file, preset="arcface").space != registry.add("other", file, preset="arcface").space


def test_a_preset_that_is_not_there(file: Path) -> None:
    with pytest.raises(UsageError, match="arcface-mxnet") as refused:
        registry.add("mine", file, preset="arcfaze")
    assert refused.value.code == "usage.value"


def test_a_preset_of_another_kind_of_network_is_refused(tmp_path: Path, file: Path) -> None:
    with pytest.raises(ModelError) as refused:
        registry.add("mine", written(networks.sound(), tmp_path / "bytes.onnx"), preset="arcface")
    assert refused.value.code == "model.interface"


def test_floats_may_come_pixel_by_pixel(tmp_path: Path, file: Path) -> None:
    network = written(networks.rows_of_floats(), tmp_path / "rows.onnx")
    card = registry.add("mine", network, preset="arcface", input={"layout": "NHWC"})
    (chip,) = chips(1)
    (vector,) = OnnxEmbedder(card, "float32").embed([chip])
    np.testing.assert_allclose(vector, (fields_of(chip).T.ravel() - 127.5) / 127.5, atol=1e-4)


def test_runs_are_as_large_as_the_card_allows(file: Path) -> None:
    embedder = OnnxEmbedder(registry.add("mine", file, preset="arcface", input={"batch": 3}), "float32")
    faces, sizes = chips(7), []
    run = embedder._run
    embedder._run = lambda part: (sizes.append(len(part)), run(part))[1]
    together = embedder.embed(faces)
    assert sizes == [3, 3, 1]
    np.testing.assert_allclose(together, np.concatenate([embedder.embed([face]) for face in faces]), rtol=1e-5)


def test_masks_are_painted_over_and_bare_faces_get_a_second_template(file: Path) -> None:
    registry.add("mine", file, preset="arcface", input={"blank": [10, 20, 30]})
    engine = Engine(embedder="mine", threads=1)
    assert engine.makes_upper_face
    assert engine.sees_masks
    bare, masked = chips(2)
    occlusion = np.full((150, 150), FACE, np.uint8)
    occlusion[90:] = MASK
    alone = OnnxEmbedder(registry.card("mine"), "float32")
    seen = [MaskInfo("none", occlusion), MaskInfo("full", occlusion)]
    first, second = engine.embed_chips([bare, masked], seen)
    np.testing.assert_allclose(first.vector, alone.embed([bare])[0], rtol=1e-5)
    fill = (np.array([10, 20, 30]) - 127.5) / 127.5
    below = second.vector.reshape(3, 4, 4)[:, 3]  # the mask's edge, row 90 of 150, is row 80 of 112
    np.testing.assert_allclose(below, np.repeat(fill[:, None], 4, axis=1), atol=1e-2)
    np.testing.assert_allclose(
        second.vector.reshape(3, 4, 4)[:, :2], alone.embed([masked])[0].reshape(3, 4, 4)[:, :2], rtol=1e-5
    )
    painted = bare.copy()
    painted[79:] = (10, 20, 30)
    np.testing.assert_allclose(engine.embed_upper_faces([bare])[0], alone.embed([painted])[0], rtol=1e-5)


def test_a_card_may_say_that_masks_stay_as_they_are(file: Path) -> None:
    card = registry.add("mine", file, preset="arcface", input={"blank": None})
    assert "blank" not in card.input
    assert isinstance(open_embedder("mine", "float32", None, 1), OnnxEmbedder)
    assert not Engine(embedder="mine", threads=1).makes_upper_face


@pytest.mark.parametrize(
    ("path", "name"),
    [("w600k_r50.onnx", "w600k-r50"), ("/x/.hidden net!.onnx", "hidden-net"), ("a.b.onnx", "a.b"), ("é.onnx", "")],
)
def test_a_model_is_named_after_its_file(path: str, name: str) -> None:
    assert name_for(path) == name
