"""Ten-fold accuracy on LFW's 6,000 pairs, bareface next to dlib's own path: ``python -m benchmarks.accuracy_lfw``.

Every photo goes through the whole pipeline; where several faces are found, the one nearest the photo's middle counts
(the people named are in the middle). A photo without a face is a failure to acquire, and each pair it belongs to
counts as an error. dlib's path takes about a quarter of an hour a detector; its templates are kept under ``out/``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import numpy as np
from rich.progress import track

from bareface.evaluation.metrics import TenFold, folded_accuracy
from bareface.evaluation.pair_lists import read_pairs
from bareface.evaluation.protocols import Protocol
from bareface.scores.score_file import FAILED
from bareface.services.engine import Engine
from bareface.values.face import Box, Float32, Float64
from benchmarks import dlib_path
from benchmarks.common import print_table, write_json
from training.photos import data_folder

MIDDLE = 88.0


def nearest_middle(boxes: Iterable[Box]) -> int:
    """Return the number of the box whose centre is nearest to the middle of a 176-pixel photo."""
    offsets = [((b.x1 + b.x2) / 2 - MIDDLE) ** 2 + ((b.y1 + b.y2) / 2 - MIDDLE) ** 2 for b in boxes]
    return int(np.argmin(offsets))


def ten_fold(scores: Float64, protocol: Protocol) -> TenFold:
    """Compute accuracy over the protocol's folds; a score of ``FAILED`` is a wrong answer of either kind."""
    subjects = np.array([sample.subject for sample in protocol.samples])
    mated = subjects[protocol.probe] == subjects[protocol.reference]
    order = np.argsort(scores, kind="stable")
    return folded_accuracy(scores[order], mated[order], protocol.fold[order], np.ones(scores.size))


def bareface_templates(photos: list[str], images: Path, engine: Engine) -> dict[str, Float32]:
    """Compute the template of each photo's middle face."""
    found = {}
    stream = engine.stream((images / name for name in photos), want=["template"])
    for name, analysis in track(zip(photos, stream, strict=True), "bareface", total=len(photos)):
        if analysis.faces:
            face = analysis.faces[nearest_middle(face.box for face in analysis.faces)]
            found[name] = face.template.vector
    return found


def dlib_templates(photos: list[str], images: Path, detector: dlib_path.Detector, upsample: int) -> dict[str, Float32]:
    """Compute the same through dlib itself."""
    path = dlib_path.whole_path(detector, upsample)
    found = {}
    for name in track(photos, f"dlib {detector}"):
        rectangles, vectors = path(images / name)
        if vectors:
            boxes = (Box(r.left(), r.top(), r.right(), r.bottom()) for r in rectangles)
            found[name] = vectors[nearest_middle(boxes)]
    return found


def kept(path: Path, make: Callable[[], dict[str, Float32]]) -> dict[str, Float32]:
    """Load templates from ``path``; compute them first if it is absent."""
    if not path.is_file():
        found = make()
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, names=np.array(list(found)), vectors=np.stack(list(found.values())))
    with np.load(path, allow_pickle=False) as stored:
        return dict(zip(stored["names"].tolist(), stored["vectors"], strict=True))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("out/lfw"))
    parser.add_argument("--detectors", nargs="*", default=["hog:1", "cnn:0"], help="dlib's, with upsampling")
    parser.add_argument("--json", type=Path, default=Path("out/accuracy_lfw.json"))
    parser.add_argument("--skip-bareface", action="store_true", help="only make dlib's templates")
    options = parser.parse_args()
    images = data_folder() / "lfw" / "images"
    protocol = read_pairs(images.parent / "pairs.txt", images)
    photos = sorted(sample.name for sample in protocol.samples)

    systems: dict[str, dict[str, Float32]] = {}
    if not options.skip_bareface:
        for precision in ("float32", "int8"):
            engine = Engine("dlib", "dlib-resnet", precision)
            systems[f"bareface {precision}"] = bareface_templates(photos, images, engine)
    for entry in options.detectors:
        name, upsample = entry.split(":")
        detector: dlib_path.Detector = "hog" if name == "hog" else "cnn"
        systems[f"dlib {detector}, upsampled {upsample}x"] = kept(
            options.out / f"dlib-{detector}-{upsample}.npz",
            partial(dlib_templates, photos, images, detector, int(upsample)),
        )
    rows, results = [], {}
    for name, found in systems.items():
        vectors = [found.get(sample.name) for sample in protocol.samples]
        scores = np.array(
            [_cosine(vectors[a], vectors[b]) for a, b in zip(protocol.probe, protocol.reference, strict=True)]
        )
        folds = ten_fold(scores, protocol)
        failures, lost = len(photos) - len(found), int((scores == FAILED).sum())
        rows.append([name, f"{folds.accuracy:.4f} ± {1.96 * folds.standard_error:.4f}", failures, lost])
        results[name] = {
            "accuracy": folds.accuracy,
            "standard_error": folds.standard_error,
            "failures_to_acquire": failures,
            "pairs_lost": lost,
        }
    print_table(
        f"LFW, {protocol.probe.size} pairs, ten folds (95 % from the folds); identities may overlap",
        ["system", "accuracy", "photos without a face", "pairs lost"],
        rows,
    )
    write_json(options.json, {"results": results})


def _cosine(a: Float32 | None, b: Float32 | None) -> float:
    if a is None or b is None:
        return FAILED
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


if __name__ == "__main__":
    main()
