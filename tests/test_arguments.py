"""An argument of a wrong type or value is a typed error that names it, at every door of the library."""

from __future__ import annotations

import copy
import pickle
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bareface import Engine, Gallery, compare
from bareface.calibration.calibration import Calibration
from bareface.errors import BarefaceError, UsageError
from bareface.evaluation.analysis import analyse
from bareface.evaluation.bootstrap import Plan
from bareface.evaluation.pair_lists import parse_pairs, read_csv_gallery, read_csv_pairs, read_labels, read_pairs
from bareface.evaluation.protocols import all_pairs, open_set
from bareface.evaluation.run import run
from bareface.gallery.restorations import RestorationRecord
from bareface.imaging.decode import decode, encode, write
from bareface.imaging.sources import Limits
from bareface.restoration.provenance import Provenance, read_provenance
from bareface.restoration.saving import encode_picture, save_picture
from bareface.scores.score_file import ScoreFile
from bareface.services.evaluation import Evaluation
from bareface.services.evaluation_restoration import RestorationEvaluation
from bareface.services.faces import Faces
from bareface.values.arguments import count, number, shown, texts
from tests.gallery.pictures import TileEngine, colours, picture, save
from tests.portraits import astronaut


class Unspeakable:
    """A value that cannot even be shown."""

    def __repr__(self) -> str:
        raise RuntimeError("no")

    def __fspath__(self) -> str:
        raise RuntimeError("no path")


VALUES: list[Any] = [
    *(None, True, "40", "", "\0", b"x", 5, -1, 0, 1.5, float("nan"), float("inf"), 10**30, 1j),
    *([], [1], {}, (), {1}, (None,), np.zeros(3), np.zeros((2, 2)), np.float32(2), np.int64(3)),
    *(object(), Unspeakable(), Unspeakable, len),
]


def named(value: object) -> str:
    return shown(value)[:20]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(threads=1)


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gallery]:
    folder = tmp_path_factory.mktemp("arguments")
    for place, colour in enumerate(colours(4)):
        save(folder / "photos" / f"p{place % 2}" / f"{place}.png", colour, tick=place)
    with Gallery.open(folder / "g", TileEngine()) as opened:
        opened.enrol(folder / "photos")
        yield opened


def refused_or_taken(doors: dict[str, Callable[[Any], object]]) -> list[str]:
    """Return each entry point's result for each value, unless it is an error of ours that can be shown."""
    faults = []
    for door, call in doors.items():
        for value in VALUES:
            try:
                call(value)
            except BarefaceError:
                continue
            except Exception as error:
                faults.append(f"{door}={named(value)}: {type(error).__name__}: {error}")
    return faults


def test_engines_and_limits() -> None:
    doors: dict[str, Callable[[Any], object]] = {
        "min_face": lambda value: Engine(min_face=value),
        "limits": lambda value: Engine(limits=value),
        "precision": lambda value: Engine(precision=value),
        "providers": lambda value: Engine(providers=value),
        "detector": lambda value: Engine(detector=value),
        "embedder": lambda value: Engine(embedder=value),
        "segmenter": lambda value: Engine(segmenter=value),
        "max_bytes": lambda value: Limits(max_bytes=value),
        "max_pixels": lambda value: Limits(max_pixels=value),
        "max_side": lambda value: Limits(max_side=value),
    }
    assert not (faults := refused_or_taken(doors)), "\n".join(faults)
    for value in ("4", 0, -1, 1.5, True, b"2", [2], 1025, 10**12):
        with pytest.raises(BarefaceError, match="threads"):
            Engine(threads=value)  # type: ignore[arg-type]


def test_photos_and_faces(engine: Engine) -> None:
    photo = decode(astronaut())
    face = engine.detect(photo)[0]
    doors: dict[str, Callable[[Any], object]] = {
        "faces": engine.faces,
        "detect": engine.detect,
        "least_face": engine.least_face,
        "notes": engine.notes,
        "embed": engine.embed,
        "segment": engine.segment,
        "embed_chips": engine.embed_chips,
        "embed_upper_faces": engine.embed_upper_faces,
        "stream": lambda value: list(engine.stream(value)),
        "batch": lambda value: list(engine.stream([], batch=value)),
        "compare a": lambda value: compare(value, face),
        "compare b": lambda value: compare(face, value),
        "fmr": lambda value: compare(face, face, fmr=value),
        "min_visible": lambda value: compare(face, face, min_visible=value),
        "unmask": engine.unmask,
        "completions": lambda value: engine.unmask(face, completions=value),
        "seed": lambda value: engine.unmask(face, seed=value),
        "region": lambda value: engine.unmask(face, region=value),
        "enhance": engine.enhance,
        "method": lambda value: engine.enhance(face, method=value),
        "fidelity": lambda value: engine.enhance(face, method="bicubic", fidelity=value),
        "decode": decode,
        "limits": lambda value: decode(b"", value),
        "pixels": lambda value: encode(value, "PNG"),
        "format": lambda value: encode(photo.pixels[:8, :8], value),
        "quality": lambda value: encode(photo.pixels[:8, :8], "JPEG", value),
    }
    assert not (faults := refused_or_taken(doors)), "\n".join(faults)


@pytest.mark.slow
def test_services_of_photos(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(astronaut(), "a.png")
    faces, evaluation, restoration = Faces(engine), Evaluation(engine), RestorationEvaluation(engine)
    doors: dict[str, Callable[[Any], object]] = {
        "find": faces.find,
        "find output": lambda value: faces.find([], output=value),
        "first": lambda value: faces.compare(value, "a.png"),
        "second": lambda value: faces.compare("a.png", value),
        "min_visible": lambda value: faces.compare("a.png", "a.png", min_visible=value),
        "unmask": lambda value: faces.unmask(value, "out"),
        "unmask output": lambda value: faces.unmask("none.png", value),
        "region": lambda value: faces.unmask("a.png", "out", region=value),
        "unmask face": lambda value: faces.unmask("a.png", "out", face=value, region="a.png"),
        "enhance": lambda value: faces.enhance(value, "out"),
        "enhance output": lambda value: faces.enhance("none.png", value),
        "enhance face": lambda value: faces.enhance("a.png", "out", method="bicubic", face=value),
        "run": lambda value: evaluation.run(value, "s.csv"),
        "run out": lambda value: evaluation.run("none", value),
        "labels": lambda value: evaluation.run("none", "s.csv", labels=value),
        "scores": lambda value: evaluation.measure(value, Plan()),
        "groups": lambda value: evaluation.measure(["none.csv"], Plan(), groups=value),
        "plot": lambda value: evaluation.plot(value, "plots", Plan()),
        "report": lambda value: evaluation.report(value, "page.html", Plan()),
        "photos": lambda value: evaluation.report("none.csv", "page.html", Plan(), photos=value),
        "page": lambda value: evaluation.report("none.csv", value, Plan()),
        "import": lambda value: evaluation.import_scores(value, "s.csv"),
        "import out": lambda value: evaluation.import_scores("none", value),
        "export": lambda value: evaluation.export_scores(value, "s.txt"),
        "restoration": lambda value: restoration.measure(value, Plan()),
        "restoration page": lambda value: restoration.measure("none", Plan(), report=value),
    }
    assert not (faults := refused_or_taken(doors)), "\n".join(faults)
    with pytest.raises(UsageError, match="record must be a function"):
        engine.enhance(engine.faces("a.png", want=())[0], record=5)  # type: ignore[arg-type]


def test_services_take_paths_as_text(engine: Engine, tmp_path: Path) -> None:
    photo, faces = astronaut(), Faces(engine)
    assert [len(one.faces) for one in faces.find(str(photo))] == [1]
    assert faces.compare(str(photo), photo).comparison is not None
    made = faces.enhance(str(photo), str(tmp_path / "out"), method="bicubic")
    assert made.sheet.exists()


def test_a_photo_without_pixels_and_a_template_of_nan_are_refused(engine: Engine) -> None:
    photo = next(iter(engine.stream([astronaut()], want=()))).photo
    assert photo is not None
    for look in (engine.analyse, engine.least_face, engine.detect, engine.notes):
        with pytest.raises(BarefaceError) as refusal:
            look(photo)
        assert refusal.value.code == "image.array"
    face = engine.faces(astronaut(), want=["template"])[0]
    for value in (np.nan, np.inf, 0):
        template = replace(face.template, vector=np.full(128, value, np.float32))
        with pytest.raises(BarefaceError) as refusal:
            compare(face, replace(face, computed=replace(face.computed, template=template)))
        assert refusal.value.code == "template.value"


def test_half_a_surrogate_pair_is_no_path(gallery: Gallery) -> None:
    for call in (Gallery.open, gallery.import_encodings, lambda path: gallery.delete(photo=path)):
        with pytest.raises(UsageError, match="must be a path"):
            call("\ud800")


def test_galleries(gallery: Gallery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # for the paths among the values
    probe = picture(colours(1)[0])
    result = gallery.search(probe)
    doors: dict[str, Callable[[Any], object]] = {
        "open": lambda value: Gallery.open(value, create=False).close(),
        "engine": lambda value: Gallery.open(gallery.path, value).close(),
        "index": lambda value: Gallery.open(gallery.path, index=value).close(),
        "sources": gallery.enrol,
        "subject": lambda value: gallery.enrol([], subject=value),
        "basis": lambda value: gallery.enrol([], basis=value),
        "face": lambda value: gallery.enrol([], face=value),
        "enrol min_visible": lambda value: gallery.enrol([], min_visible=value),
        "exclude": lambda value: gallery.enrol([], exclude=value),
        "progress": lambda value: gallery.enrol([], progress=value),
        "import": gallery.import_encodings,
        "import basis": lambda value: gallery.import_encodings("none.csv", value),
        "probe": gallery.search,
        "top": lambda value: gallery.search(probe, top=value),
        "min_visible": lambda value: gallery.search(probe, min_visible=value),
        "beside": lambda value: gallery.search_restored(probe, value),
        "beside probe": lambda value: gallery.search_restored(value, result),
        "completions": lambda value: gallery.search_restored(probe, result, completions=value),
        "seed": lambda value: gallery.search_restored(probe, result, seed=value),
        "keep": gallery.keep_restoration,
        "references": gallery.references,
        "best": gallery.best_reference,
        "crop": gallery.crop,
        "old_root": lambda value: gallery.relink(value, "b"),
        "new_root": lambda value: gallery.relink("a", value),
        "reembed": gallery.reembed,
        "assign": lambda value: gallery.assign(value, "somebody"),
        "assign to": lambda value: gallery.assign(1, value),
        "merge": lambda value: gallery.merge(value, value),
        "rename": lambda value: gallery.rename(value, "another"),
        "rename to": lambda value: gallery.rename(1, value),
        "split": lambda value: gallery.split(value),
        "split name": lambda value: gallery.split([1], value),
        "delete photo": lambda value: gallery.delete(photo=value),
        "reject": gallery.reject,
        "delete reference": lambda value: gallery.delete(reference=value),
        "delete subject": lambda value: gallery.delete(subject=value),
    }
    assert not (faults := refused_or_taken(doors)), "\n".join(faults)
    assert sorted(path.name for path in tmp_path.iterdir()) == []


def test_evaluations(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    calibration = Calibration.packaged("dlib-128")
    doors: dict[str, Callable[[Any], object]] = {
        "folder": all_pairs,
        "exclude": lambda value: all_pairs(tmp_path, value),
        "nonmated": lambda value: open_set(tmp_path, nonmated=value),
        "references": lambda value: open_set(tmp_path, references=value),
        "seed": lambda value: open_set(tmp_path, seed=value),
        "replicates": lambda value: Plan(replicates=value),
        "plan seed": lambda value: Plan(seed=value),
        "level": lambda value: Plan(level=value),
        "protocol": lambda value: run(value, engine),
        "scores": ScoreFile.read,
        "pairs": read_pairs,
        "photos": lambda value: read_pairs("none.txt", value),
        "csv": read_csv_pairs,
        "gallery": lambda value: read_csv_gallery(value, "none.csv"),
        "probes": lambda value: read_csv_gallery("none.csv", value),
        "labels": read_labels,
        "text": parse_pairs,
        "analyse": lambda value: analyse("name", value),
        "space": Calibration.packaged,
        "model": lambda value: Calibration.packaged("dlib-128", value),
        "json": Calibration.from_json,
        "threshold": calibration.threshold,
        "states": lambda value: calibration.threshold(0.1, value),
        "fpir": lambda value: calibration.fpir(value, 10),
        "subjects": lambda value: calibration.fpir(0.5, value),
        "fpir references": lambda value: calibration.fpir(0.5, 10, value),
        "targets": lambda value: calibration.decide(0.5, 10, targets=value),
        "llr": calibration.llr,
    }
    assert not (faults := refused_or_taken(doors)), "\n".join(faults)


def test_pictures_and_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pixels = np.zeros((8, 8, 3), np.uint8)
    made = Provenance("enhance", "bicubic", None, None, None, "0" * 64, 0.5, (), "1", "now")
    doors: dict[str, Callable[[Any], object]] = {
        "write": lambda value: write(value, pixels),
        "save": lambda value: save_picture(value, pixels, made),
        "pixels": lambda value: encode_picture(value, made),
        "provenance": lambda value: encode_picture(pixels, value),
        "format": lambda value: encode_picture(pixels, made, value),
        "outline": lambda value: encode_picture(pixels, made, outline=value),
        "read": read_provenance,
        "record": lambda value: RestorationRecord.open(value).close(),
    }
    assert not (faults := refused_or_taken(doors)), "\n".join(faults)


def test_the_message_names_argument_value_and_what_is_allowed() -> None:
    with pytest.raises(BarefaceError, match="min_face must be a number from 1 up, not '40'"):
        Engine(min_face="40")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"limits must be bareface\.\S*Limits, not 5"):
        Engine(limits=5)  # type: ignore[arg-type]
    with pytest.raises(BarefaceError, match="providers must be names of ONNX Runtime's providers, not b'cpu'"):
        Engine(providers=b"cpu")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"top must be a whole number from 1 up, not 1\.5"):
        count("top", 1.5, 1)
    with pytest.raises(UsageError, match="share must be a number from 0 to 1, not a Unspeakable"):
        number("share", Unspeakable(), 0, 1)


def test_numbers_of_other_libraries_are_numbers() -> None:
    assert number("n", np.float32(2.5)) == 2.5
    assert count("n", np.int64(3)) == 3
    assert texts("n", "*.jpg") == ("*.jpg",)


def test_one_pattern_is_not_taken_for_its_letters(tmp_path: Path) -> None:
    for place, name in enumerate(("a.png", "edited-b.png")):
        save(tmp_path / "photos" / name, colours(2)[place])
    with Gallery.open(tmp_path / "g", TileEngine()) as opened:
        report = opened.enrol(tmp_path / "photos", exclude="edited-*")
    assert [Path(outcome.source).name for outcome in report.outcomes] == ["a.png"]


@pytest.mark.parametrize("copied", [pickle.dumps, copy.deepcopy])
def test_a_gallery_is_not_pickled(gallery: Gallery, copied: Callable[[object], object]) -> None:
    with pytest.raises(UsageError, match="open it in the other process") as refusal:
        copied(gallery)
    assert refusal.value.code == "usage.pickle"
    assert copy.copy(gallery).info() == gallery.info()


def test_a_number_that_no_database_holds_is_refused(tmp_path: Path) -> None:
    with Gallery.open(tmp_path / "g") as gallery:
        for ask in (
            lambda: gallery.restoration_page(10**30),
            lambda: gallery.restoration_page(2, 10**30),
            lambda: gallery.reference_page(2, 2**63),
            lambda: gallery.suggestions(10**30),
        ):
            with pytest.raises(UsageError, match=r"usage\.value"):
                ask()
        assert gallery.restoration_page(2**63 - 2).restorations == ()
        assert gallery.forget_restorations(["\ud800"]) == 0
