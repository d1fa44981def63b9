"""Results can be pickled and copied, as a process pool does with its workers' results."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bareface
from bareface import errors
from bareface.calibration.calibration import Calibration
from bareface.errors import BarefaceError
from bareface.imaging import decode as images
from bareface.models import registry
from bareface.services.engine import Analysis, Engine
from bareface.values.face import Face
from tests.portraits import astronaut, hopper


def pickled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


WAYS = pytest.mark.parametrize("way", [pickled, copy.deepcopy, copy.copy])


def assert_same(a: Any, b: Any) -> None:
    """Check equality; objects that compute, such as a calibration, are compared field by field."""
    assert type(a) is type(b)
    if isinstance(a, BarefaceError):
        assert (a.as_dict(), str(a)) == (b.as_dict(), str(b))
    elif isinstance(a, np.ndarray):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
    elif is_dataclass(a) and (not type(a).__module__.startswith("bareface.values.") or isinstance(a, Analysis)):
        for field in fields(a):  # an analysis may hold an error
            assert_same(getattr(a, field.name), getattr(b, field.name))
    elif isinstance(a, Mapping):
        assert a.keys() == b.keys()
        for key in a:
            assert_same(a[key], b[key])
    elif isinstance(a, tuple | list) and not hasattr(a, "_fields"):
        for one, other in zip(a, b, strict=True):
            assert_same(one, other)
    else:
        assert a == b


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(threads=1)


@pytest.fixture(scope="module")
def gallery(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[bareface.Gallery]:
    with bareface.Gallery.open(tmp_path_factory.mktemp("gallery") / "g.bareface", engine) as opened:
        opened.enrol(astronaut(), subject="Eileen Collins")
        yield opened


@WAYS
def test_a_face_comes_back_with_all_that_it_says(engine: Engine, way: Callable[[Face], Face]) -> None:
    (face,) = engine.faces(hopper())
    back = way(face)
    assert back == face
    assert hash(back) == hash(face)
    assert back.enrolment_template == face.enrolment_template
    assert back.enrolment_template.upper_face is not None
    assert back.occlusion is not None


def test_a_face_of_an_engine_without_a_segmenter_comes_back_as_plain(engine: Engine) -> None:
    (face,) = Engine(embedder="dlib-resnet", segmenter=None, threads=1).faces(hopper())
    back = pickled(face)
    assert (back.occlusion, back.visible, back.mask_state) == (None, None, "none")
    assert back == face


def test_a_face_that_came_back_is_of_use(engine: Engine) -> None:
    (face,) = engine.faces(hopper())
    back = pickled(pickled(face))
    assert bareface.compare(face, back).similarity == pytest.approx(1, abs=1e-6)
    assert engine.embed([back], upper_face=True) == [face.enrolment_template]
    assert_same(engine.enhance(back, "unsharp").completions, engine.enhance(face, "unsharp").completions)


def test_a_face_that_was_pickled_unfinished_can_be_completed(engine: Engine) -> None:
    """Another process finds faces; this one computes."""
    (found,) = engine.faces(hopper(), want=())
    (whole,) = engine.complete([pickled(found)])
    (face,) = engine.faces(hopper())
    assert np.allclose(whole.template.vector, face.template.vector, atol=1e-5)
    assert whole.quality == face.quality


def test_results_of_a_search_come_back(gallery: bareface.Gallery) -> None:
    found = gallery.search(astronaut())
    assert found.lists[0].candidates
    assert pickled(found) == found


def test_everything_else_that_is_handed_out_comes_back(
    engine: Engine, gallery: bareface.Gallery, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"not a picture")
    one, other = engine.faces(astronaut())[0], engine.faces(hopper())[0]
    handed_out = [
        list(engine.stream([astronaut(), broken])),
        bareface.compare(one, other),
        images.decode(hopper()),
        one.template,
        one.landmarks,
        one.quality,
        engine.enhance(one, "wiener"),
        gallery.enrol([astronaut(), broken]),
        list(gallery.references()),
        list(gallery.subjects()),
        gallery.check(),
        Calibration.packaged("dlib-128", "bareface128"),
        list(registry.cards()),
    ]
    for value in handed_out:
        assert_same(pickled(value), value)
        assert_same(copy.deepcopy(value), value)


@pytest.mark.parametrize("kind", [kind for kind in vars(errors).values() if isinstance(kind, type)])
@WAYS
def test_every_error_comes_back(kind: type[BarefaceError], way: Callable[[BarefaceError], BarefaceError]) -> None:
    error = kind("some.code", "Something.", source="a.jpg", remedy="Do something.")
    assert_same(way(error), error)


def _search(path: str, photo: str) -> tuple[Any, list[Analysis]]:
    with bareface.Gallery.open(path) as opened:
        return opened.search(photo), list(Engine(threads=1).stream([photo, __file__]))


@pytest.mark.slow
def test_a_worker_process_hands_back_what_it_found(gallery: bareface.Gallery) -> None:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as workers:
        found, analyses = workers.submit(_search, str(gallery.path), str(astronaut())).result()
    assert found.lists[0].candidates[0].subject == "Eileen Collins"
    assert analyses[0].faces[0].template.vector.shape == (128,)
    assert analyses[1].error.code.startswith("image.")


def test_an_engine_goes_to_another_process_as_its_settings() -> None:
    engine = Engine(threads=1, min_face=60, limits=images.Limits(max_side=None))
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as workers:
        (face,) = workers.submit(engine.faces, str(astronaut())).result()
    assert face.box == engine.faces(astronaut())[0].box
    again = pickled(engine)
    assert (again.min_face, again.threads, again.limits) == (60, 1, engine.limits)
