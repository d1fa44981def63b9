"""Teach dlib's descriptor to see past masks: ``python -m training.embedding --data DIR``.

Needs no names: a network answers for a masked face as dlib's does for the bare one. Any folder of faces serves.
"""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path

import cv2
import numpy as np

from bareface.faces.detection.yunet import YunetDetector
from bareface.services.engine import Engine
from training.embedding.head import answers, fit, put_on, space_mean, unseen
from training.embedding.network import Descriptor
from training.embedding.pool import Pool, build
from training.embedding.train import Config, train
from training.photos import data_folder, redistributable
from training.quantize import quantize

PICTURES = (".jpg", ".jpeg", ".png", ".webp")
VARIANTS = ("open", "research")
TUNED = 0.7
"""Chosen on the validation identities."""
HEAD_FACES, QUANTIZED_ON = 2500, 200


def main() -> None:
    """Make the pool, train, write ``bareface128.onnx``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="your own folder of faces instead of the shared ones")
    parser.add_argument("--variant", choices=VARIANTS, default="open", help="which of the shared photos to train on")
    parser.add_argument("--extra", type=Path, nargs="*", default=(), help="more folders of faces")
    parser.add_argument("--detector", default="dlib", help="finds the faces: a name, or YuNet's ONNX file")
    parser.add_argument("--work", type=Path, default=Path("out") / "embedding", help="pool, checkpoints and result")
    parser.add_argument("--share", type=float, default=1.0, help="of the photos, for a small run")
    parser.add_argument("--invented", type=float, default=0.5, help="invented people for every photo")
    parser.add_argument("--masks", type=int, default=2, help="masks drawn for every face")
    parser.add_argument("--tuned", type=float, default=TUNED, help="how far from dlib's weights, in [0, 1]")
    parser.add_argument("--head", type=int, default=HEAD_FACES, help="samples that the last linear map is fitted on")
    parser.add_argument("--start", type=Path, help="checkpoint (state.pt) of an earlier run to start from")
    parser.add_argument("--workers", type=int, default=1, help="processes that draw masks")
    for field in fields(Config):
        if field.type in ("int", "float", "str"):
            kind = {"int": int, "float": float, "str": str}[str(field.type)]
            parser.add_argument(f"--{field.name}", type=kind, default=field.default)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    config = Config(**{field.name: getattr(options, field.name) for field in fields(Config)})
    photos = photos_of(options.data, options.variant, options.extra)
    photos = photos[:: max(1, round(1 / options.share))]
    print(f"{len(photos)} photos", flush=True)
    engine = _engine(options.detector, config.threads)
    pool = build(
        photos,
        options.work / "pool",
        engine=engine,
        invented=options.invented,
        masks=options.masks,
        seed=config.seed,
        workers=options.workers,
    )
    print(f"{len(pool.bare)} faces", flush=True)
    network = train(pool, config, options.work, start=options.start)
    network.soften(options.tuned)
    print(finish(network, pool, options.work, faces=options.head))


def finish(network: Descriptor, pool: Pool, work: Path, *, faces: int) -> Path:
    """Put the head on and write the network in float32 and in 8 bits; returns the latter.

    Both the head and the ranges of the 8-bit numbers are fitted on people invented for that alone.
    """
    bare, masked = unseen(pool, faces, network.mean, np.random.default_rng(1))
    put_on(network, fit(answers(network, masked), answers(Descriptor(0), bare), space_mean()))
    exact, quick = work / "bareface128.onnx", work / "bareface128-int8.onnx"
    network.save_onnx(exact, half=False)
    quantize(exact, quick, list(masked[:QUANTIZED_ON]))
    return quick


def photos_of(data: Path | None, variant: str, extra: tuple[Path, ...]) -> list[Path]:
    """List the photos to train on; of CelebA no identity that ends in 0 or 5."""
    folders = list(extra)
    if data is not None:
        chosen: list[Path] = []
        folders.insert(0, data)
    else:
        chosen = redistributable()
        if variant == "research":
            folders.insert(0, data_folder() / "train" / "celeba")
    for folder in folders:
        chosen += sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURES and _trainable(path))
    return chosen


def _trainable(path: Path) -> bool:
    identity = path.stem.split("_")[0] if "_" in path.stem else path.parent.name
    return not ("celeba" in str(path.parent).lower() and identity[-1:] in "05")


def _engine(detector: str, threads: int) -> Engine:
    found = YunetDetector(Path(detector)) if detector.endswith(".onnx") else detector
    return Engine(found, "dlib-resnet", threads=threads, min_face=24, segmenter=None)


if __name__ == "__main__":
    main()
