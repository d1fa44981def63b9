"""Command line of the training."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path

import cv2
import torch

from bareface.detection.bareface_detector import BarefaceDetector
from bareface.models import registry
from bareface.models.sessions import open_session
from training.detector.prepare import prepare_scenes as prepare_photos
from training.detector.scenes import load_scenes
from training.detector.sources import face_photos
from training.detector.teacher import Teacher
from training.photos import data_folder
from training.refiner.chips import Chips
from training.refiner.config import Config
from training.refiner.export import export
from training.refiner.prepare import DOUBT, prepare_portraits, prepare_scenes
from training.refiner.train import train


def main() -> None:
    """Prepare, train, or go on where an earlier run stopped, and write ``bareface-refiner.onnx``."""
    parser = argparse.ArgumentParser(
        description="Train the network that looks at each found face again.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--data", type=Path, default=None, help="the folder that holds `train` and `detection`")
    parser.add_argument("--extra", type=Path, nargs="*", default=(), help="more folders of photos of single faces")
    parser.add_argument("--most", type=int, default=6000, help="photos used of each of those")
    parser.add_argument("--empty", type=Path, default=None, help="a folder of photos without faces")
    parser.add_argument("--teacher", type=Path, default=None, help="YuNet's ONNX file")
    parser.add_argument("--detector", type=Path, default=None, help="the first stage's ONNX file; else the packaged")
    parser.add_argument(
        "--start", type=Path, default=None, help="checkpoint.pt of the detector's training to start from"
    )
    parser.add_argument("--work", type=Path, default=Path("out") / "refiner", help="chips, checkpoint and result")
    parser.add_argument("--share", type=float, default=1.0, help="of all photos, for a small run")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--threads", type=int, default=1, help="threads of the CPU")
    for field in fields(Config):
        if field.type in ("int", "float"):
            kind = int if field.type == "int" else float
            parser.add_argument(f"--{field.name.replace('_', '-')}", type=kind, default=field.default, help=" ")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(1)
    given = {name: getattr(options, name) for name in Config.__slots__ if hasattr(options, name)}
    chips = [Chips.load(path) for path in prepared(options)]
    device = torch.device(options.device)
    start = torch.load(options.start, map_location=device, weights_only=True)["mean"] if options.start else None
    network = train(chips, Config(**given), device, options.work, start=start)
    export(network.cpu().eval(), options.work / "bareface-refiner.onnx")
    print(options.work / "bareface-refiner.onnx")


def prepared(options: argparse.Namespace) -> list[Path]:
    """Files of chips, made from the photos that the options name where they are not there yet."""
    data = options.data or data_folder()
    teacher = Teacher(options.teacher or data.parent / "models" / "yunet_n_640_640.onnx")
    file = options.detector or registry.path_of(registry.card("bareface-detector"))
    detector = BarefaceDetector(open_session(file, threads=options.threads), DOUBT, close_ups=False)
    scenes = load_scenes(prepare_photos(data, teacher, options.work, held_out=False, share=options.share))
    empty = sorted(options.empty.rglob("*.jpg")) if options.empty else []
    found = prepare_scenes(scenes, empty, teacher, detector, options.work)
    extra = [(folder, options.most, 0.0) for folder in options.extra]
    portraits = [path for path, _ in face_photos(data, extra, options.share)]
    return [*found, *prepare_portraits(portraits, teacher, options.work)]


if __name__ == "__main__":
    main()
