"""Speed of the whole path, file to templates, against face_recognition's: ``python -m benchmarks.speed_pipeline``.

The same photos in the same run, blocks of them in turn, medians over the blocks. Both look for faces of the same
size: dlib upsamples once, which is bareface's default smallest face of 40 pixels. face_recognition works photo by
photo; bareface both as a stream, as enrolment does, and photo by photo.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from bareface.faces.embedding.base import MaskInfo
from bareface.services.engine import Engine
from benchmarks import dlib_path
from benchmarks.common import interleaved, print_table, write_json
from training.photos import data_folder

UPSAMPLE = 1
BATCH = 16
MIN_FACE = 40.0
HOG, CNN = "face_recognition, HOG", "face_recognition, CNN"
FORMER = "bareface128"  # the default embedder before


def whole_path(photos: Sequence[Path], repeats: int) -> dict[str, float]:
    """Measure the median seconds per photo of each system."""
    engines = {"bareface": Engine(min_face=MIN_FACE), FORMER: Engine(embedder=FORMER, min_face=MIN_FACE)}
    tasks: dict[str, Callable[[], object]] = {
        HOG: lambda: [dlib_path.whole_path("hog", UPSAMPLE)(path) for path in photos],
        CNN: lambda: [dlib_path.whole_path("cnn", UPSAMPLE)(path) for path in photos],
    }
    for name, engine in engines.items():
        tasks[f"{name}, stream"] = partial(_as_stream, engine, photos)
        tasks[f"{name}, one by one"] = partial(_one_by_one, engine, photos)
    return {name: seconds / len(photos) for name, seconds in interleaved(tasks, repeats).items()}


def _as_stream(engine: Engine, photos: Sequence[Path]) -> None:
    for _analysis in engine.stream(photos, want=["template"]):
        pass


def _one_by_one(engine: Engine, photos: Sequence[Path]) -> None:
    for path in photos:
        engine.faces(path, want=["template"])


def descriptor(photos: Sequence[Path], repeats: int) -> dict[str, float]:
    """Measure the median seconds per face of the descriptor alone, on the same chips."""
    engine, former = Engine(), Engine(embedder=FORMER)
    faces = [face for analysis in engine.stream(photos, want=["occlusion"]) for face in analysis.faces][:BATCH]
    chips, own = [face.chip for face in faces], [face.for_embedder for face in faces]
    masked = [MaskInfo("full", face.occlusion) for face in faces]
    tasks: dict[str, Callable[[], object]] = {
        "dlib": lambda: [dlib_path.descriptor().compute_face_descriptor(chip) for chip in chips],
        "bareface": lambda: engine.embed_chips(own),
        "bareface, masked": lambda: engine.embed_chips(own, masked),
        FORMER: lambda: former.embed_chips(chips),
        f"{FORMER}, masked": lambda: former.embed_chips(chips, masked),
    }
    return {name: seconds / len(chips) for name, seconds in interleaved(tasks, repeats).items()}


def main() -> None:
    """Print both tables and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="photos to use; LFW's by default")
    parser.add_argument("--photos", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path, default=Path("out/speed_pipeline.json"))
    options = parser.parse_args()
    found = sorted(p for p in (options.folder or data_folder() / "lfw" / "images").rglob("*") if p.is_file())
    photos = found[:: max(1, len(found) // options.photos)][: options.photos]

    path = whole_path(photos, options.repeats)
    print_table(
        f"Whole path, {len(photos)} photos, medians of {options.repeats} rounds",
        ["system", "ms a photo", "times HOG's speed", "times CNN's speed"],
        [[name, 1e3 * s, path[HOG] / s, path[CNN] / s] for name, s in path.items()],
    )
    alone = descriptor(photos, 3 * options.repeats)
    print_table(
        f"Descriptor alone, {BATCH} faces in a batch (dlib: one by one, its own fastest here)",
        ["system", "ms a face", "times dlib's speed"],
        [[name, 1e3 * s, alone["dlib"] / s] for name, s in alone.items()],
    )
    write_json(options.json, {"photos": len(photos), "whole_path_s": path, "descriptor_s": alone})


if __name__ == "__main__":
    main()
