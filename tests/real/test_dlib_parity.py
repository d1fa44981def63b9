"""The packaged networks against dlib itself, on the same photos."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("dlib", reason="needs dlib-bin, the reference")

import dlib

from bareface.imaging.align import align
from bareface.models import registry
from bareface.models.sessions import open_session
from bareface.services.engine import Engine
from bareface.values.face import Box, Float32, Landmarks, UInt8
from benchmarks import dlib_path
from training.convert_dlib import write_descriptor

pytestmark = [pytest.mark.real, pytest.mark.slow]
UPSAMPLE = 1
MIN_FACE = 40.0  # what dlib's 80-pixel window sees in a photo upsampled once


@dataclass(frozen=True)
class Sample:
    """One photo through both paths."""

    pixels: UInt8
    rectangles: list[dlib.rectangle]
    vectors: list[Float32]
    ours: list


def _photos(shared_data: Path, count: int) -> list[Path]:
    photos = sorted((shared_data / "lfw" / "images").rglob("*.jpg"))
    return photos[:: len(photos) // count][:count]


def _samples(shared_data: Path, count: int) -> list[Sample]:
    engine = Engine(detector="dlib", embedder="dlib-resnet", min_face=MIN_FACE)
    samples = []
    for path in _photos(shared_data, count):
        pixels = dlib_path.load(path)
        rectangles = dlib_path.locate("cnn", pixels, UPSAMPLE)
        samples.append(Sample(pixels, rectangles, dlib_path.encode(pixels, rectangles), engine.faces(path)))
    return samples


@pytest.fixture(scope="module")
def few(shared_data: Path) -> list[Sample]:
    return _samples(shared_data, 4)


def _box(rectangle: dlib.rectangle) -> Box:
    return Box(rectangle.left(), rectangle.top(), rectangle.right(), rectangle.bottom())


def _chips(samples: list[Sample]) -> UInt8:
    return np.stack(
        [
            np.array(dlib.get_face_chip(s.pixels, dlib_path.landmarks()(s.pixels, r), 150, 0.25))
            for s in samples
            for r in s.rectangles
        ]
    )


def check_network(samples: list[Sample], folder: Path) -> None:
    write_descriptor(folder / "float32.onnx", half=False)
    chips = _chips(samples)
    reference = np.stack([np.array(dlib_path.descriptor().compute_face_descriptor(chip)) for chip in chips])
    exact = open_session(folder / "float32.onnx").run(None, {"pixels": chips})[0]
    shipped = open_session(registry.path_of(registry.card("dlib-resnet"), "float32")).run(None, {"pixels": chips})[0]
    print(f"float32 {abs(exact - reference).max():.1e}, shipped {abs(shipped - reference).max():.1e}")
    assert abs(exact - reference).max() < 1e-5
    assert abs(shipped - reference).max() < 3e-3


def check_landmarks(samples: list[Sample]) -> None:
    from bareface.faces.landmarks.trees import TreeLandmarks

    trees = TreeLandmarks(registry.path_of(registry.card("dlib-landmarks5")))
    equal = []
    for s in samples:
        for rectangle in s.rectangles:
            parts = dlib_path.landmarks()(s.pixels, rectangle).parts()
            ours = np.floor(trees.predict(s.pixels, _box(rectangle)).points + 0.5)
            equal.extend((ours == [(p.x, p.y) for p in parts]).all(axis=1))
    print(f"{len(equal)} points, {np.mean(equal):.4f} equal")
    assert np.mean(equal) >= 0.99


def check_detection(samples: list[Sample]) -> None:
    theirs = found = ours = extra = 0
    for s in samples:
        boxes = [_box(r) for r in s.rectangles]
        theirs += len(boxes)
        found += sum(any(face.box.iou(box) >= 0.5 for face in s.ours) for box in boxes)
        ours += len(s.ours)
        extra += sum(all(face.box.iou(box) < 0.5 for box in boxes) for face in s.ours)
    print(f"dlib found {theirs}, of these we {found}; we found {ours}, of these {extra} without a counterpart")
    assert found >= 0.98 * theirs
    assert extra <= 0.02 * ours


def check_whole_path(samples: list[Sample]) -> None:
    mean = registry.space_mean("dlib-128")
    cosines = []
    for s in samples:
        for rectangle, vector in zip(s.rectangles, s.vectors, strict=True):
            near = [face for face in s.ours if face.box.iou(_box(rectangle)) >= 0.5]
            if near:
                a, b = vector - mean, near[0].template.vector - mean
                cosines.append(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
    print(f"centred cosine: median {np.median(cosines):.4f}, 5th percentile {np.percentile(cosines, 5):.4f}")
    assert np.median(cosines) >= 0.97


@pytest.mark.slow
def test_the_network_gives_dlibs_descriptor(few: list[Sample], tmp_path: Path) -> None:
    check_network(few, tmp_path)


def test_landmarks_equal_dlibs(few: list[Sample]) -> None:
    check_landmarks(few)


def test_detections_are_dlibs(few: list[Sample]) -> None:
    check_detection(few)


def test_the_whole_path_lands_where_dlibs_does(few: list[Sample]) -> None:
    check_whole_path(few)


def test_chips_are_cut_as_dlib_cuts_them(few: list[Sample]) -> None:
    for s in few:
        for rectangle in s.rectangles:
            shape = dlib_path.landmarks()(s.pixels, rectangle)
            points = np.array([(p.x, p.y) for p in shape.parts()], np.float32)
            theirs = np.array(dlib.get_face_chip(s.pixels, shape, 150, 0.25)).astype(int)
            assert abs(theirs - align(s.pixels, Landmarks(points, "dlib5"))).mean() < 2.0


@pytest.mark.slow
def test_parity_on_200_photos(shared_data: Path, tmp_path: Path) -> None:
    samples = _samples(shared_data, 200)
    check_network(samples, tmp_path)
    check_landmarks(samples)
    check_detection(samples)
    check_whole_path(samples)
