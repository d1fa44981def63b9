"""Command line of the training."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import cv2
import numpy as np
import torch

from bareface.values.face import UInt8
from training.detector.compose import Composer
from training.detector.config import Config
from training.detector.export import export
from training.detector.faces import Library
from training.detector.labels import Labels, overlaps
from training.detector.model import FaceNet
from training.detector.prepare import prepare_faces, prepare_scenes
from training.detector.scenes import Scene, load_scenes
from training.detector.sources import face_photos
from training.detector.teacher import Teacher
from training.detector.train import train
from training.photos import data_folder

SMALLEST, LARGEST = 120, 640  # pixels of photos without faces: the shorter side, and what the longer one is brought to
TRIES = 4  # crops drawn from each scene for the backgrounds


def main() -> None:
    """Prepare, train, or go on where an earlier run stopped, and write ``bareface-detector.onnx``."""
    parser = argparse.ArgumentParser(
        description="Train bareface's face detector from scratch.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--data", type=Path, default=None, help="the folder that holds `train` and `detection`")
    parser.add_argument("--extra", type=Path, nargs="*", default=(), help="more folders of photos of single faces")
    parser.add_argument("--nothing", type=Path, default=None, help="a folder of photos without any face")
    parser.add_argument("--start", type=Path, default=None, help="checkpoint of an earlier run to begin with")
    parser.add_argument("--halfway", action="store_true", help="keep the mean of the weights begun and ended with")
    parser.add_argument("--teacher", type=Path, default=None, help="YuNet's ONNX file")
    parser.add_argument("--work", type=Path, default=Path("out") / "detector", help="library, checkpoint and result")
    parser.add_argument("--share", type=float, default=1.0, help="of all photos, for a small run")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--threads", type=int, default=1, help="threads of the CPU")
    for field in fields(Config):
        if field.type in ("int", "float"):
            kind = int if field.type == "int" else float
            parser.add_argument(f"--{field.name.replace('_', '-')}", type=kind, default=field.default, help=" ")
    options = parser.parse_args()
    if options.halfway and options.start is None:
        parser.error("--halfway needs --start: the weights to go half-way back to")
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(1)
    given = {name: getattr(options, name) for name in Config.__slots__ if hasattr(options, name)}
    composer = composer_of(options, Config(**given).size)
    network = train(composer, Config(**given), torch.device(options.device), options.work, start=options.start)
    if options.halfway:
        soften(network, options.start)
    export(network.cpu().eval(), options.work / "bareface-detector.onnx")
    print(options.work / "bareface-detector.onnx")


def soften(network: FaceNet, start: Path) -> None:
    """Go half-way back to an earlier run's mean weights (Wortsman et al., "Model soups", 2022)."""
    before = torch.load(start, map_location="cpu", weights_only=True)["mean"]
    after = network.cpu().state_dict()
    network.load_state_dict(
        {
            name: value.lerp(before[name].to(value.dtype), 0.5) if value.dtype.is_floating_point else value
            for name, value in after.items()
        }
    )


def composer_of(options: argparse.Namespace, size: int) -> Composer:
    """Build the composer of pictures from the photos that the options name."""
    data = options.data or data_folder()
    teacher = Teacher(options.teacher or data.parent / "models" / "yunet_n_640_640.onnx")
    extra = [(folder, 10**6, 0.0) for folder in options.extra]
    scenes = load_scenes(prepare_scenes(data, teacher, options.work, held_out=False, share=options.share))
    shards = prepare_faces(face_photos(data, extra, options.share), teacher, options.work)
    backgrounds = backgrounds_of(scenes, np.random.default_rng(0))
    if options.nothing is not None:
        photos = faceless(options.nothing, teacher)
        backgrounds += photos
        # Whole, too: more places where nothing is.
        scenes += [Scene(photo, Labels.none()) for photo in photos[::2]]
    return Composer(Library.load(*shards), scenes, backgrounds, size)


def faceless(folder: Path, teacher: Teacher) -> list[UInt8]:
    """Load the photos of a folder in which the teacher detects no face, at most ``LARGEST`` pixels long."""
    found = []
    for path in sorted(folder.rglob("*")):
        pixels = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB) if path.is_file() else None
        if pixels is None or min(pixels.shape[:2]) <= SMALLEST or len(teacher.rows(pixels)):
            continue
        scale = min(1.0, LARGEST / max(pixels.shape[:2]))
        found.append(np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8))
    return found


def backgrounds_of(scenes: Sequence[Scene], rng: np.random.Generator) -> list[UInt8]:
    """Cut the parts of the scenes without a face."""
    found = []
    for scene in scenes:
        height, width = scene.pixels.shape[:2]
        for _ in range(TRIES):
            side = int(rng.uniform(0.25, 0.6) * min(height, width))
            left, top = int(rng.integers(0, width - side + 1)), int(rng.integers(0, height - side + 1))
            place = np.array([[left, top, left + side, top + side]], np.float32)
            if not len(scene.labels) or overlaps(place, scene.labels.boxes).max() == 0:
                found.append(scene.pixels[top : top + side, left : left + side])
    return found


if __name__ == "__main__":
    main()
