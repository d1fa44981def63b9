from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bareface.errors import ModelError
from bareface.models import registry
from bareface.models.sessions import open_session
from bareface.services.engine import Engine

pytestmark = pytest.mark.usefixtures("tried_here")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BAREFACE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def _packaged(name: str, precision: str | None = None) -> Path:
    return registry.path_of(registry.card(name), precision)


@pytest.mark.parametrize("card", registry.cards(), ids=lambda card: card.id)
def test_each_packaged_card_is_complete_and_its_files_are_the_ones_named(card: registry.ModelCard) -> None:
    assert card.licence
    assert card.training_data
    assert card.source
    assert card.limits
    for entry in card.files:
        path = registry.path_of(card, entry.precision)
        assert path.stat().st_size == entry.size


def test_a_card_survives_its_file() -> None:
    card = registry.card("dlib-resnet")
    assert registry.ModelCard.from_json(card.to_json(), packaged=True) == card


@pytest.mark.parametrize("card", registry.cards(), ids=lambda card: card.id)
def test_nothing_that_a_packaged_card_says_of_its_input_is_lost(card: registry.ModelCard) -> None:
    path = next(Path(registry.__file__).parent.glob(f"weights/{card.id}.json"))
    assert dict(card.input) == json.loads(path.read_text(encoding="utf-8")).get("input", {})


def test_an_added_model_is_copied_and_listed(home: Path) -> None:
    new = registry.add(
        "mine", _packaged("dlib-resnet", "float32"), task="embedding", licence="CC0", training_data="none of ours",
        space="mine-128", input={"geometry": "dlib-150", "layout": "NHWC"},
    )  # fmt: skip
    assert registry.card("mine") == new
    assert registry.path_of(new).parent == home / "models" / "mine"
    assert Engine(embedder="mine").space == "mine-128"


def test_terms_must_be_stated(home: Path) -> None:
    with pytest.raises(ModelError, match="licence") as refused:
        registry.add("mine", _packaged("dlib-mmod"))
    assert refused.value.code == "model.terms"


@pytest.mark.parametrize("name", ["", "../escape", "a/b", ".hidden", "a b"])
def test_names_cannot_leave_the_folder(home: Path, name: str) -> None:
    with pytest.raises(ModelError) as refused:
        registry.add(name, _packaged("dlib-mmod"), task="detection", licence="x", training_data="x")
    assert refused.value.code == "model.name"


def test_a_packaged_name_is_taken(home: Path) -> None:
    with pytest.raises(ModelError) as refused:
        registry.add("dlib-mmod", _packaged("dlib-mmod"), task="detection", licence="x", training_data="x")
    assert refused.value.code == "model.name"


def test_a_changed_file_is_refused(home: Path) -> None:
    card = registry.add(
        "mine", _packaged("dlib-resnet", "float32"), task="embedding", licence="x", training_data="x", space="dlib-128"
    )
    path = registry.path_of(card)
    path.write_bytes(path.read_bytes()[:-1] + b"\0\0")
    with pytest.raises(ModelError) as refused:
        registry.path_of(card)
    assert refused.value.code == "model.checksum"


def test_a_wrong_checksum_given_is_refused(home: Path) -> None:
    with pytest.raises(ModelError) as refused:
        registry.add("mine", _packaged("dlib-mmod"), task="detection", licence="x", training_data="x", sha256="00")
    assert refused.value.code == "model.checksum"


def test_what_is_no_network_is_refused_and_not_kept(home: Path, tmp_path: Path) -> None:
    junk = tmp_path / "junk.onnx"
    junk.write_bytes(b"not a network")
    with pytest.raises(ModelError) as refused:
        registry.add("mine", junk, task="detection", licence="x", training_data="x")
    assert refused.value.code == "model.unreadable"
    assert not (home / "models" / "mine").exists()


def test_a_broken_card_is_named(home: Path) -> None:
    folder = home / "models" / "mine"
    folder.mkdir(parents=True)
    (folder / "card.json").write_text("{")
    with pytest.raises(ModelError, match=r"card\.json"):
        registry.cards()


def test_an_absent_provider_is_an_error_not_a_fall_back() -> None:
    with pytest.raises(ModelError, match="CUDAExecutionProvider") as refused:
        open_session(_packaged("dlib-mmod"), providers=["cuda"])
    assert refused.value.code == "model.provider"


def test_the_space_mean_is_where_templates_lie() -> None:
    mean = registry.space_mean("dlib-128")
    assert mean.shape == (128,)
    assert mean.dtype == np.float32
    assert 1.2 < np.linalg.norm(mean) < 1.5
    assert not registry.space_mean("unheard-of").any()


def test_cards_are_plain_json() -> None:
    for card in registry.cards():
        assert json.loads(card.to_json())["id"] == card.id


def test_the_embedder_of_templates_is_the_one_that_made_them(monkeypatch: pytest.MonkeyPatch) -> None:
    of = registry.embedder_of
    assert of("dlib-128", ["dlib-resnet", "bareface128"]) == "dlib-resnet"
    assert of("dlib-128", ["face_recognition"]) == of("dlib-128") == "bareface128"
    assert of("bareface-mobile-128-v2", ["bareface-mobile-bare"]) == "bareface-mobile-bare"
    assert of(None) == of("gone", ["dlib-resnet"]) == "bareface-mobile"
    sound, damaged = registry.survey()
    mine = replace(registry.card("bareface128"), id="a-mine", packaged=False)
    monkeypatch.setattr(registry, "survey", lambda: ((*sound, mine), damaged))
    assert of("dlib-128") == of("dlib-128", ["bareface128"]) == "bareface128"  # not whichever was added last
    assert of("dlib-128", ["a-mine", "bareface128"]) == "a-mine"


def test_what_a_killed_process_had_begun_to_add_is_removed_a_day_later(home: Path, tmp_path: Path) -> None:
    stale, fresh = (home / "models" / f".adding-{age}" for age in ("old", "new"))
    for part in (stale, fresh):
        part.mkdir(parents=True)
        (part / "model.onnx").touch()
    os.utime(stale, (1, 1))
    (tmp_path / "junk").write_bytes(b"junk")
    with pytest.raises(ModelError):
        registry.add("mine", tmp_path / "junk", task="detection", licence="x", training_data="x")
    assert not stale.exists()
    assert fresh.exists()
