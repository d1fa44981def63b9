"""Every network runs where `--provider` says, or the command fails with a typed error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from bareface.cli.main import app
from bareface.errors import ModelError
from bareface.models import registry
from bareface.restoration import enhance
from bareface.restoration.aligned import aligned
from bareface.services.engine import Engine
from bareface.services.models import Models
from bareface.system import dependencies
from tests.embedding.test_checked import Liar
from tests.models import networks
from tests.models.networks import written
from tests.portraits import astronaut, hopper

onnxruntime = dependencies.onnxruntime()
CUDA = "CUDAExecutionProvider"


class Gpu:
    """ONNX Runtime as on a machine with a GPU: it says so, notes what it was asked for, and runs on the CPU."""

    def __init__(self) -> None:
        self.opened: dict[str, list[str]] = {}

    def session(self, path: str, options: Any, providers: list[str]) -> Any:
        self.opened[Path(path).name] = providers
        real = self.real(path, options, providers=["CPUExecutionProvider"])

        class Session:
            run, get_inputs, get_outputs = real.run, real.get_inputs, real.get_outputs

            def get_providers(self) -> list[str]:
                return [*providers, "CPUExecutionProvider"]

        return Session()

    real = onnxruntime.InferenceSession


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gpu]:
    fake = Gpu()
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CUDA, "CPUExecutionProvider"])
    monkeypatch.setattr(onnxruntime, "InferenceSession", fake.session)
    enhance._session.cache_clear()
    yield fake
    enhance._session.cache_clear()


@pytest.mark.parametrize("detector", ["bareface", "dlib"])
def test_every_network_of_an_engine_runs_where_it_was_told(gpu: Gpu, detector: str) -> None:
    engine = Engine(detector=detector, providers=["cuda"], threads=1)
    (face,) = engine.faces(hopper())
    assert face.enrolment_template.upper_face is not None
    assert face.occlusion is not None
    engine.enhance(face)
    networks = {path.name for path in Path(registry.path_of(registry.card("dlib-mmod"))).parent.glob("*.onnx")}
    other = {"bareface": "dlib-mmod", "dlib": "bareface-detector"}[detector]
    not_chosen = {other, "dlib-resnet", "bareface128-int8"}
    assert set(gpu.opened) == networks - {f"{name}.onnx" for name in not_chosen}
    assert set(map(tuple, gpu.opened.values())) == {(CUDA,)}


def test_the_enhancer_runs_where_each_engine_was_told(gpu: Gpu) -> None:
    for asked, used in ((None, ["CPUExecutionProvider"]), (["cuda"], [CUDA]), (["cpu"], ["CPUExecutionProvider"])):
        engine = Engine(providers=asked, threads=1)
        engine.enhance(engine.faces(astronaut())[0])
        assert gpu.opened["bareface-enhance.onnx"] == used
        enhance._session.cache_clear()


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"detector": "dlib"},
        {"embedder": "dlib-resnet", "segmenter": None},
        {"detector": Liar, "embedder": Liar, "segmenter": None},
    ],
    ids=str,
)
@pytest.mark.parametrize("provider", ["cuda", "tensorrt", CUDA, "nonsense"])
def test_a_provider_that_is_absent_is_an_error_of_every_engine(parts: dict[str, Any], provider: str) -> None:
    with pytest.raises(ModelError, match="not available here") as refused:
        Engine(providers=[provider], **parts)
    assert refused.value.code == "model.provider"


def test_the_enhancer_alone_refuses_it_too() -> None:
    with pytest.raises(ModelError, match=CUDA):
        enhance.apply("bareface", aligned(Engine(threads=1).faces(hopper())[0]), ["cuda"])


def test_a_detector_that_has_the_cpu_only_says_so(gpu: Gpu, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    yunet = replace(registry.card("dlib-mmod"), id="yunet", packaged=False)
    monkeypatch.setattr(registry, "card", lambda name: yunet)
    with pytest.raises(ModelError, match="CPU only") as refused:
        Engine(detector="yunet", providers=["cuda"])
    assert refused.value.code == "model.provider"


def test_a_provider_may_be_one_word() -> None:
    assert Engine(providers="cpu", threads=1).providers == Engine(providers=(), threads=1).providers


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield all commands that take ``--provider``."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        elif any("--provider" in option.opts for option in command.params):
            yield (*path, name)


ARGUMENTS: dict[tuple[str, ...], list[str]] = {
    ("enrol",): ["new.bareface", "PHOTO"],
    ("search",): ["GALLERY", "PHOTO", "--with-enhanced"],
    ("compare",): ["PHOTO", "PHOTO"],
    ("faces",): ["PHOTO"],
    ("unmask",): ["PHOTO", "-o", "out"],
    ("enhance",): ["PHOTO", "-o", "out"],
    ("demo",): ["--out", "out"],
    ("serve",): ["GALLERY", "--port", "0"],
    ("gallery", "reembed"): ["GALLERY"],
    ("models", "fit"): ["r512", "--faces", "FOLDER"],
    ("evaluate", "run"): ["FOLDER", "-o", "scores.csv"],
    ("evaluate", "report"): ["FOLDER", "-o", "page.html"],
    ("evaluate", "restoration"): ["FOLDER"],
}


def test_every_command_with_a_provider_is_tried_below() -> None:
    assert set(commands(get_command(app))) == set(ARGUMENTS)


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from bareface import Gallery

    path = tmp_path_factory.mktemp("gallery") / "g.bareface"
    with Gallery.open(path, Engine(threads=1)) as opened:
        opened.enrol(hopper())
    return path


@pytest.mark.parametrize("command", ARGUMENTS, ids=" ".join)
def test_an_absent_provider_is_an_error_of_every_command(
    command: tuple[str, ...], gallery: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for person in ("Ada", "Bo"):
        (tmp_path / "people" / person).mkdir(parents=True)
        for copy in ("a.jpg", "b.jpg"):
            (tmp_path / "people" / person / copy).write_bytes(hopper().read_bytes())
    if command == ("models", "fit"):
        monkeypatch.setenv("BAREFACE_HOME", str(tmp_path / "home"))
        file = written(networks.wide(1), tmp_path / "r512.onnx")
        Models().add("r512", file, preset="arcface", licence="CC0", training_data="none")
    places = {"PHOTO": str(hopper()), "GALLERY": str(gallery), "FOLDER": str(tmp_path / "people")}
    arguments = [places.get(word, word) for word in ARGUMENTS[command]]
    result = CliRunner().invoke(app, [*command, *arguments, "--provider", "cuda"])
    assert result.exit_code == 5, result.output
    assert "model.provider" in result.output


def test_the_second_embedder_of_an_evaluation_runs_there_too(
    gpu: Gpu, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bareface.evaluation import restoration_run

    def stopped(*_: object, **__: object) -> None:
        raise ModelError("model.run", "far enough")

    monkeypatch.setattr(restoration_run, "run", stopped)
    for person, photo in (("Ada", astronaut()), ("Bo", hopper())):
        (tmp_path / person).mkdir()
        for copy in ("a", "b"):
            (tmp_path / person / f"{copy}{photo.suffix}").write_bytes(photo.read_bytes())
    result = CliRunner().invoke(app, ["evaluate", "restoration", str(tmp_path), "--provider", "cuda", "--threads", "1"])
    assert "far enough" in result.output
    assert "dlib-resnet.onnx" in gpu.opened
    assert set(map(tuple, gpu.opened.values())) == {(CUDA,)}


@pytest.mark.parametrize("asked", [["AzureExecutionProvider"], ["cpu", "AzureExecutionProvider"], [("cpu", {})]])
def test_a_provider_that_would_leave_the_work_to_the_cpu_unsaid_is_refused(asked: Any) -> None:
    with pytest.raises(ModelError) as caught:
        Engine(providers=asked)
    assert caught.value.code == "model.provider"
    assert "Azure" not in str(caught.value).split("offers")[1]
