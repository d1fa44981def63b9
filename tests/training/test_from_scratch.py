"""Each network trained from nothing on a tenth of the data, by its command: it ends, and has learned something."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bareface.faces.detection.bareface_detector import BarefaceDetector
from bareface.faces.detection.yunet import YunetDetector
from bareface.faces.occlusion.base import MASK
from bareface.faces.occlusion.segmenter import OnnxSegmenter
from bareface.imaging import decode as images
from bareface.imaging.align import align
from bareface.models import registry
from bareface.models.sessions import open_session
from bareface.synthesis.masks import apply_mask, sample_mask
from bareface.values.face import Landmarks, UInt8

pytest.importorskip("torch", reason="torch trains; it is not installed")
from training.embedding.validate import FILL, nearness, templates
from training.occlusion.faces import find
from training.photos import data_folder

pytestmark = [pytest.mark.slow, pytest.mark.real]
PHOTOS = 60


def trained(module: str, *options: str) -> None:
    """Run a training to its end."""
    command = [sys.executable, "-m", f"training.{module}", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.fixture(scope="module")
def yunet() -> YunetDetector:
    try:
        file = data_folder().parent / "models" / "yunet_n_640_640.onnx"
    except SystemExit as error:
        pytest.skip(str(error))
    return YunetDetector(file)


@pytest.fixture(scope="module")
def worn(yunet: YunetDetector) -> list[tuple[UInt8, UInt8, Landmarks, UInt8]]:
    """Return validation photos: bare, under a mask of the test half, where the face is, what the mask hides."""
    found = []
    for seed, path in enumerate(sorted((data_folder() / "train" / "celeba").glob("*0/*.jpg"))[:PHOTOS]):
        pixels = images.decode(path).pixels
        landmarks = find(yunet, pixels)
        if landmarks is not None:
            mask = apply_mask(pixels, landmarks, sample_mask(seed, half="test", nose="medium"))
            found.append((pixels, mask.pixels, landmarks, mask.region))
    return found


def test_the_embedder(tmp_path: Path, worn: list[tuple[UInt8, UInt8, Landmarks, UInt8]]) -> None:
    sizes = ["--share", "0.1", "--samples", "9600", "--head", "1000", "--threads", "2"]
    trained("embedding", "--work", str(tmp_path), *sizes)
    dlib = registry.path_of(registry.card("dlib-resnet"), "float32")
    bare = np.stack([align(pixels, landmarks) for pixels, _, landmarks, _ in worn])
    hidden = []
    for _, pixels, landmarks, region in worn:
        chip, covered = (
            align(pixels, landmarks).copy(),
            align(np.repeat(region[..., None] * np.uint8(255), 3, 2), landmarks),
        )
        chip[covered[..., 0] > 127] = FILL.round()
        hidden.append(chip)
    wanted = templates(dlib, bare)
    before, after = (
        nearness(templates(path, np.stack(hidden)), wanted) for path in (dlib, tmp_path / "bareface128.onnx")
    )
    assert np.median(after) > np.median(before)


def test_the_segmenter(tmp_path: Path, worn: list[tuple[UInt8, UInt8, Landmarks, UInt8]]) -> None:
    sizes = ["--parsing-share", "0.1", "--faces", "100", "--first-steps", "200", "--steps", "300", "--threads", "2"]
    trained("occlusion", "--out", str(tmp_path), *sizes)
    segmenter = OnnxSegmenter(tmp_path / "bareface-occlusion.onnx")
    found = segmenter.segment([align(pixels, landmarks) for _, pixels, landmarks, _ in worn]) == MASK
    regions = [align(np.repeat(r[..., None] * np.uint8(255), 3, 2), landmarks) for _, _, landmarks, r in worn]
    truth = np.stack(regions)[..., 0] > 127
    assert (found & truth).sum() / (found | truth).sum() > 0.7


def test_the_detector(tmp_path: Path, worn: list[tuple[UInt8, UInt8, Landmarks, UInt8]]) -> None:
    sizes = ["--share", "0.1", "--steps", "700", "--batch", "16", "--threads", "2"]
    trained("detector", "--work", str(tmp_path), *sizes)
    detector = BarefaceDetector(open_session(tmp_path / "bareface-detector.onnx"), score=0.2)
    seen = 0
    for _, pixels, landmarks, _ in worn:
        middle = landmarks.points.mean(0)
        faces = detector.detect(pixels, 40)
        seen += any(f.box.x1 < middle[0] < f.box.x2 and f.box.y1 < middle[1] < f.box.y2 for f in faces)
    assert seen > 0.5 * len(worn)
