"""A model from elsewhere: run once in a limited process when it is added, and checked at every use."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from bareface.errors import ModelError, UsageError
from bareface.faces.embedding.base import MaskInfo
from bareface.faces.embedding.by_mask_state import RoutedEmbedder
from bareface.faces.embedding.onnx import OnnxEmbedder
from bareface.faces.trial_run import examine
from bareface.imaging import decode as images
from bareface.imaging.portraits import portraits
from bareface.models import registry, trial
from bareface.models.card import ModelCard, ModelFile
from bareface.models.onnx_file import reads_other_files
from bareface.services.engine import Engine
from bareface.values.face import UInt8
from tests.models import networks
from tests.models.networks import HARMLESS, written
from tests.portraits import astronaut, hopper
from tests.wording import PYTHON_WORDS

DEMANDING = {
    "never ends": (networks.endless, "processor time|did not end"),
    "wants all memory": (networks.boundless, "the network failed"),
    "divides by zero": (networks.crashing, "the network failed|crashed"),
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BAREFACE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def untried(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of models, where each passes without a process of its own: half a second less."""
    monkeypatch.setattr(trial, "try_out", lambda *_: None)
    return home


@pytest.fixture(scope="module")
def photos() -> list[UInt8]:
    return [images.decode(person.photos[0]).pixels for person in portraits()]


def card(**changes: Any) -> ModelCard:
    file = ModelFile("model.onnx", "float32", "0" * 64, 1)
    said = {"task": "embedding", "space": "mine", "input": {}} | changes
    return ModelCard("mine", said.pop("task"), "s", "CC0", "none", "here", (file,), packaged=False, **said)


def add(path: Path, **changes: Any) -> ModelCard:
    said = {"task": "embedding", "licence": "CC0", "training_data": "none"} | changes
    return registry.add("mine", path, **said)


def code_of(action: Callable[[], object]) -> str:
    with pytest.raises(ModelError) as refused:
        action()
    assert refused.value.remedy
    assert "\n" not in refused.value.message
    return refused.value.code


def test_a_sound_network_passes(tmp_path: Path, photos: list[UInt8]) -> None:
    examine(card(), written(networks.sound(), tmp_path / "m.onnx"), photos)
    planes = card(input={"geometry": "arcface-112", "layout": "NCHW", "mean": [127.5] * 3, "std": [127.5] * 3})
    examine(planes, written(networks.planar(), tmp_path / "p.onnx"), photos)


@pytest.mark.parametrize("name", HARMLESS)
def test_a_network_that_is_not_an_embedder_is_refused(name: str, tmp_path: Path, photos: list[UInt8]) -> None:
    model, code = HARMLESS[name]
    file = written(model(), tmp_path / "m.onnx")
    assert code_of(lambda: examine(card(), file, photos)) == code


@pytest.mark.parametrize("bytes_", [b"", b"no network", b"\x00" * 1000, b"\xff" * 1000, b"\x3a\xff\xff\xff\x7f"])
def test_bytes_that_are_not_a_network_are_refused(bytes_: bytes, tmp_path: Path, photos: list[UInt8]) -> None:
    (tmp_path / "m.onnx").write_bytes(bytes_)
    assert code_of(lambda: examine(card(), tmp_path / "m.onnx", photos)) == "model.unreadable"


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_half_a_network_is_refused(share: float, tmp_path: Path, photos: list[UInt8]) -> None:
    whole = networks.sound().SerializeToString()
    (tmp_path / "m.onnx").write_bytes(whole[: int(share * len(whole))])
    assert code_of(lambda: examine(card(), tmp_path / "m.onnx", photos)) == "model.unreadable"


def test_templates_of_another_length_than_their_space_are_refused(tmp_path: Path, photos: list[UInt8]) -> None:
    file = written(networks.sound(), tmp_path / "m.onnx")
    assert code_of(lambda: examine(card(space="dlib-128"), file, photos)) == "model.output"


@pytest.mark.parametrize("model", [networks.sound, networks.planar])
def test_an_embedder_is_not_a_detector(
    model: Callable[[], onnx.ModelProto], tmp_path: Path, photos: list[UInt8]
) -> None:
    file = written(model(), tmp_path / "m.onnx")
    code = code_of(lambda: examine(card(task="detection", space=None), file, photos))
    assert code in ("model.run", "model.output")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name == "never ends")) for name in DEMANDING]
)
def test_a_network_that_takes_everything_is_stopped(
    name: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, said = DEMANDING[name]
    if "processor time" in said:
        monkeypatch.setattr(trial, "SECONDS", 1)
    with pytest.raises(ModelError, match=said) as refused:
        add(written(model(), tmp_path / "m.onnx"))
    assert refused.value.code in ("model.trial", "model.run")
    assert ".adding" not in str(refused.value)
    assert list((home / "models").iterdir()) == []


def test_a_network_that_waits_is_stopped_by_the_clock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(trial, "PATIENCE", 0)
    file = written(networks.sound(), tmp_path / "m.onnx")
    assert code_of(lambda: trial.try_out(card(), file)) == "model.trial"


@pytest.mark.parametrize(
    ("code", "said", "complaint", "expected"),
    [
        (-11, b"ready\n", b"", "crashed .SIGSEGV"),
        (-24, b"ready\n", b"", "processor time"),
        (-9, b"ready\n", b"Killed", "memory"),
        (3, b"ready\n", b"", "exit code 3"),
        (1, b"", b"Traceback\nImportError: no numpy", "could not start: ImportError: no numpy"),
    ],
)
def test_how_a_trial_ended_is_said(code: int, said: bytes, complaint: bytes, expected: str) -> None:
    with pytest.raises(ModelError, match=expected) as refused:
        raise ModelError(**trial._fault(card(), code, said, complaint))  # type: ignore[arg-type]
    assert refused.value.code == "model.trial"


@pytest.mark.slow
def test_what_is_refused_leaves_the_model_before_it(home: Path, tmp_path: Path) -> None:
    before = add(written(networks.sound(), tmp_path / "m.onnx"))
    worse = written(HARMLESS["not a number"][0](), tmp_path / "w.onnx")
    assert code_of(lambda: add(worse)) == "model.output"
    assert registry.card("mine") == before
    assert Engine(embedder="mine", threads=1).faces(hopper())[0].template.vector.shape == (networks.LENGTH,)


def test_a_card_and_file_changed_by_hand_are_tried_again(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(written(networks.sound(), tmp_path / "m.onnx"))
    folder = home / "models" / "mine"
    worse = HARMLESS["all zero"][0]().SerializeToString()
    (folder / "model.onnx").write_bytes(worse)
    assert code_of(lambda: Engine(embedder="mine")) == "model.checksum"
    import hashlib

    changed = json.loads((folder / "card.json").read_text())
    changed["files"][0].update(sha256=hashlib.sha256(worse).hexdigest(), size=len(worse))
    (folder / "card.json").write_text(json.dumps(changed))
    assert code_of(lambda: Engine(embedder="mine")) == "model.output"


def test_a_model_is_tried_once(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(written(networks.sound(), tmp_path / "m.onnx"))
    monkeypatch.setattr(trial, "try_out", lambda *_: pytest.fail("tried again"))
    Engine(embedder="mine")
    (home / "models" / "mine" / "tried").unlink()  # as of models that an earlier version added
    tried: list[str] = []
    monkeypatch.setattr(trial, "try_out", lambda card, *_: tried.append(card.id))
    Engine(embedder="mine")
    Engine(embedder="mine")
    assert tried == ["mine"]


# At every use


def brightness_bomb() -> onnx.ModelProto:
    """Build a network that is valid for photos, but returns NaN for a white chip."""
    from onnx import helper

    return networks.after_means(
        networks.const("white", 255),
        helper.make_node("Sub", ["means", "white"], ["dark"]),
        helper.make_node("Div", ["dark", "dark"], ["one"]),
        networks.node("Mul", ["means", "one"]),
    )


@pytest.fixture
def sometimes(tmp_path: Path, photos: list[UInt8]) -> OnnxEmbedder:
    file = written(brightness_bomb(), tmp_path / "m.onnx")
    examine(card(), file, photos)
    return OnnxEmbedder(card(), "float32", path=file)


def test_a_template_that_is_not_finite_is_refused_at_use(sometimes: OnnxEmbedder) -> None:
    engine = Engine(embedder=sometimes, threads=1)
    white = np.full((150, 150, 3), 255, np.uint8)
    assert code_of(lambda: engine.embed_chips([white])) == "model.output"


def test_one_photo_that_the_model_fails_on_does_not_cost_the_others(
    sometimes: OnnxEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(embedder=sometimes, threads=1)
    sight = engine._find

    def white_chips(photo: Any) -> Any:
        from dataclasses import replace

        faces = sight(photo)
        return faces if "hopper" in photo.source else [replace(f, chip=np.full_like(f.chip, 255)) for f in faces]

    monkeypatch.setattr(engine, "_find", white_chips)
    good, bad = engine.stream([hopper(), astronaut()])
    assert (len(good.faces), good.error) == (1, None)
    assert bad.error is not None
    assert bad.error.code == "model.output"
    with pytest.raises(ModelError):  # the model fails on every photo: it is the model
        list(engine.stream([astronaut()]))


def test_a_yunet_that_cannot_run_is_a_typed_error(tmp_path: Path) -> None:
    from bareface.faces.detection.yunet import YunetDetector

    detector = YunetDetector(written(networks.sound(), tmp_path / "m.onnx"))
    assert code_of(lambda: Engine(detector=detector, threads=1).faces(hopper())) == "model.run"


# The file


def test_weights_in_other_files_are_seen_wherever_they_are(tmp_path: Path) -> None:
    assert not reads_other_files(written(networks.sound(), tmp_path / "a.onnx"))
    assert not reads_other_files(registry.path_of(registry.card("dlib-resnet"), "float32"))
    for nested in (False, True):
        assert reads_other_files(written(networks.elsewhere("x", nested=nested), tmp_path / "b.onnx"))
    inside = networks.elsewhere("x")
    function = onnx.FunctionProto(name="f", domain="own")
    attribute = onnx.AttributeProto(name="value", type=onnx.AttributeProto.TENSOR)
    attribute.t.CopyFrom(inside.graph.initializer[0])
    function.node.add(op_type="Constant", output=["x"]).attribute.append(attribute)
    model = networks.sound()
    model.functions.append(function)
    assert reads_other_files(written(model, tmp_path / "c.onnx"))


@pytest.mark.parametrize("kind", ["folder", "pipe", "device", "absent", "link to nothing"])
def test_what_is_not_a_file_is_refused_at_once(kind: str, home: Path, tmp_path: Path) -> None:
    place = tmp_path / "m.onnx"
    if kind == "folder":
        place.mkdir()
    elif kind == "pipe":
        os.mkfifo(place)
    elif kind == "device":
        place.symlink_to("/dev/zero")
    elif kind == "link to nothing":
        place.symlink_to(tmp_path / "nothing")
    with pytest.raises(ModelError) as refused:
        add(place)
    assert refused.value.code in ("model.missing", "model.unreadable")


@pytest.mark.parametrize(
    "input_",
    [
        {"geometry": "arcface-113"},
        {"geometry": ["dlib-150"]},
        {"layout": "HWC"},
        {"mean": [1, 2]},
        {"mean": "abc"},
        {"std": [0, 1, 1]},
        {"std": [float("nan"), 1, 1]},
        {"mean": [1e39, 0, 0]},
        {"mean": [10**400, 0, 0]},
        {"mirror": "yes"},
        {"bare": "dlib-resnet"},
        {"bare": "../x", "blank": [0, 0, 0]},
        {"meen": [1, 2, 3]},
        {"colours": "GBR"},
        {"batch": 0},
        {"batch": True},
        {"covered_from": 150},
        {"covered_from": 7.5},
        {"blank": [1, 2]},
    ],
    ids=str,
)
def test_how_it_is_fed_must_be_possible(input_: dict[str, Any], home: Path, tmp_path: Path) -> None:
    file = written(networks.sound(), tmp_path / "m.onnx")
    assert code_of(lambda: add(file, input=input_)) == "model.card"


# Cards


def damaged_cards() -> dict[str, str]:
    good = json.loads(card().to_json())
    file = good["files"][0]
    deep = 200_000
    variants: dict[str, Any] = {
        "a list": [],
        "no files": good | {"files": []},
        "files of a wrong kind": good | {"files": "model.onnx"},
        "a file of a wrong kind": good | {"files": [1]},
        "a file without a digest": good | {"files": [{"name": "model.onnx"}]},
        "a file outside": good | {"files": [file | {"name": "../../../etc/passwd"}]},
        "an absolute file": good | {"files": [file | {"name": "/etc/passwd"}]},
        "a file name that is a number": good | {"files": [file | {"name": 7}]},
        "a digest that is none": good | {"files": [file | {"sha256": None}]},
        "a size below zero": good | {"files": [file | {"size": -1}]},
        "a size that is a text": good | {"files": [file | {"size": "1"}]},
        "another id": good | {"id": "yours"},
        "an id outside": good | {"id": "../mine"},
        "an id of a wrong kind": good | {"id": ["mine"]},
        "an unknown task": good | {"task": "everything"},
        "a task of a wrong kind": good | {"task": {}},
        "no space": good | {"space": None},
        "a space of a wrong kind": good | {"space": 3},
        "an unknown key": good | {"colour": "red"},
        "a missing key": {key: value for key, value in good.items() if key != "licence"},
        "a licence of a wrong kind": good | {"licence": 1},
        "an endless licence": good | {"licence": "x" * 100_000},
        "limits of a wrong kind": good | {"limits": {"a": 1}},
        "limits that are no texts": good | {"limits": [[1]]},
        "metrics that are nested": good | {"metrics": {"a": {"b": 1}}},
        "metrics that are a list": good | {"metrics": [1]},
        "input that is a list": good | {"input": [1]},
        "a colour beyond white": good | {"input": {"blank": [1e9, 0, 0]}},
        "a wrong geometry": good | {"input": {"geometry": "x"}},
    }
    texts = {name: json.dumps(value) for name, value in variants.items()}
    texts |= {
        "nothing": "",
        "half": card().to_json()[:100],
        "nested deeply": "[" * deep + "]" * deep,
        "nested deeply inside": card()
        .to_json()
        .replace('"input": {}', '"input": ' + '{"a":' * deep + "1" + "}" * deep),
        "a huge number": card().to_json().replace('"size": 1', '"size": 1' + "0" * 5000),
        "infinite": card().to_json().replace('"input": {}', '"input": {"mean": [1e999, 0, 0]}'),
        "no UTF-8": "\udcff",
    }
    return texts


@pytest.mark.parametrize("name", damaged_cards())
def test_a_damaged_card_costs_its_own_model_only(name: str, home: Path, tmp_path: Path) -> None:
    folder = home / "models" / "mine"
    folder.mkdir(parents=True)
    (folder / "card.json").write_bytes(damaged_cards()[name].encode("utf-8", "surrogateescape"))
    assert code_of(lambda: registry.card("mine")) == "model.card"
    sound, damaged = registry.survey()
    assert {"bareface128", "dlib-resnet"} <= {one.id for one in sound}
    assert [error.code for error in damaged] == ["model.card"]
    assert "Add the model again" in str(damaged[0])
    assert not PYTHON_WORDS.search(str(damaged[0]))
    assert registry.card("dlib-resnet").id == "dlib-resnet"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_card_that_an_editor_saved_is_read(encoding: str, home: Path) -> None:
    folder = home / "models" / "mine"
    folder.mkdir(parents=True)
    (folder / "card.json").write_bytes(card().to_json().encode(encoding))
    assert registry.card("mine").id == "mine"


@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "link to itself"])
def test_a_card_that_is_not_a_file_is_refused_at_once(kind: str, home: Path) -> None:
    place = home / "models" / "mine" / "card.json"
    place.parent.mkdir(parents=True)
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "folder":
        place.mkdir()
    else:
        place.symlink_to("/dev/zero" if kind == "device" else place)
    assert code_of(lambda: registry.card("mine")) == "model.card"


def test_a_model_with_a_damaged_card_can_be_added_again(untried: Path, tmp_path: Path) -> None:
    folder = untried / "models" / "mine"
    folder.mkdir(parents=True)
    (folder / "card.json").write_text("{")
    add(written(networks.sound(), tmp_path / "m.onnx"))
    assert registry.card("mine").space == "mine"


@pytest.mark.parametrize("name", ["x" * 65, "x" * 300, "dlib", "bareface", "a\0b"])
def test_names_that_could_not_be_used_are_refused(name: str, home: Path, tmp_path: Path) -> None:
    file = written(networks.sound(), tmp_path / "m.onnx")
    stated = {"task": "embedding", "licence": "x", "training_data": "x"}
    assert code_of(lambda: registry.add(name, file, **stated)) == "model.name"  # type: ignore[arg-type]


def test_a_task_that_nothing_takes_is_refused(home: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError) as refused:
        add(written(networks.sound(), tmp_path / "m.onnx"), task="occlusion")
    assert refused.value.code == "model.task"


def test_a_model_folder_that_is_a_file_is_named(home: Path, tmp_path: Path) -> None:
    home.mkdir()
    (home / "models").write_text("")
    with pytest.raises(UsageError) as refused:
        add(written(networks.sound(), tmp_path / "m.onnx"))
    assert refused.value.code == "usage.output"


# Cards


def test_a_card_of_an_earlier_version_with_more_keys_is_read_without_them(untried: Path, tmp_path: Path) -> None:
    add(written(networks.sound(), tmp_path / "m.onnx"))
    place = untried / "models" / "mine" / "card.json"
    said = json.loads(place.read_text())
    deep: Any = 1
    for _ in range(400):
        deep = [deep]
    said["input"] = {"note": deep, "mirror": False}
    place.write_text(json.dumps(said))
    assert registry.card("mine").input == {"mirror": False}
    assert Engine(embedder="mine").model == "mine"


@pytest.mark.parametrize("field", ["licence", "training_data", "space", "summary"])
def test_a_text_that_no_file_can_hold_is_refused(untried: Path, tmp_path: Path, field: str) -> None:
    path = written(networks.sound(), tmp_path / "m.onnx")
    if field != "summary":
        assert code_of(lambda: add(path, **{field: "caf\udce9"})) == "model.card"
        assert not (untried / "models" / "mine").exists()
    add(path)
    place = untried / "models" / "mine" / "card.json"
    place.write_text(json.dumps(json.loads(place.read_text()) | {field: "\udcff"}))
    assert code_of(lambda: registry.card("mine")) == "model.card"


def test_two_networks_of_one_space_with_templates_of_two_lengths_are_refused(untried: Path, tmp_path: Path) -> None:
    short = networks.after_means(
        networks.const("first", [0], np.int64),
        networks.const("last", [5], np.int64),
        networks.const("axis", [1], np.int64),
        networks.node("Slice", ["means", "first", "last", "axis"]),
    )
    terms: dict[str, Any] = {"task": "embedding", "licence": "CC0", "training_data": "none", "space": "mine"}
    registry.add("bare", written(short, tmp_path / "s.onnx"), **terms)
    both = add(written(networks.sound(), tmp_path / "m.onnx"), input={"bare": "bare", "blank": [0, 0, 0]})
    embedder = RoutedEmbedder(both, "float32")
    chips = list(np.random.default_rng(0).integers(0, 255, (3, 150, 150, 3), np.uint8))
    none, full = MaskInfo("none", None), MaskInfo("full", None)
    assert embedder.embed(chips, [full] * 3).shape == (3, 75)
    assert code_of(lambda: embedder.embed(chips, [none, full, none])) == "model.output"


def test_bare_and_masked_faces_keep_their_order(untried: Path, tmp_path: Path) -> None:
    path = written(networks.sound(), tmp_path / "m.onnx")
    both = add(path, input={"bare": "mine", "blank": [0, 0, 0]})
    embedder = RoutedEmbedder(both, "float32")
    chips = list(np.random.default_rng(0).integers(0, 255, (4, 150, 150, 3), np.uint8))
    masks = [MaskInfo(state, None) for state in ("full", "none", "partial", "none")]
    np.testing.assert_allclose(embedder.embed(chips, masks), embedder.embed(chips), rtol=1e-6)
    assert embedder.embed([]).shape[0] == 0
