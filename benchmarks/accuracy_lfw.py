"""Ten-fold accuracy on LFW's 6,000 pairs, bareface beside dlib's own path: ``python -m benchmarks.accuracy_lfw``.

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

from bareface.engine import Engine
from bareface.types import Box, Float32
from benchmarks import dlib_path
from benchmarks.common import print_table, write_json
from training.photos import data_folder

MIDDLE = 88.0
FOLDS = 10


def nearest_middle(boxes: Iterable[Box]) -> int:
    """Number of the box whose centre is nearest to the middle of a 176-pixel photo."""
    offsets = [((b.x1 + b.x2) / 2 - MIDDLE) ** 2 + ((b.y1 + b.y2) / 2 - MIDDLE) ** 2 for b in boxes]
    return int(np.argmin(offsets))


def read_pairs(folder: Path) -> list[tuple[str, str, bool, int]]:
    """(photo, photo, mated, fold) of each pair of ``pairs.txt``."""
    lines = (folder / "pairs.txt").read_text().splitlines()
    folds, each = (int(value) for value in lines[0].split())
    pairs = []
    for number, line in enumerate(lines[1:]):
        parts = line.split()
        mated = len(parts) == 3
        first, second = (parts[0], parts[1]), (parts[0], parts[2]) if mated else (parts[2], parts[3])
        pairs.append((_photo(*first), _photo(*second), mated, number // (2 * each)))
    if len(pairs) != folds * 2 * each:
        raise SystemExit(f"{folder}/pairs.txt has {len(pairs)} pairs, not {folds * 2 * each}")
    return pairs


def _photo(name: str, number: str) -> str:
    return f"{name}/{name}_{int(number):04d}.jpg"


def ten_fold(scores: Float32, mated: np.ndarray, fold: np.ndarray) -> Float32:
    """Accuracy in each fold, its threshold chosen on the other nine; a NaN score is an error of either kind."""
    accuracies = []
    for held_out in range(FOLDS):
        rest = (fold != held_out) & ~np.isnan(scores)
        candidates = np.unique(scores[rest])
        # Accuracy at threshold t: mated at or above, non-mated below; both from sorted arrays.
        above = np.sort(scores[rest & mated])
        below = np.sort(scores[rest & ~mated])
        right = len(above) - np.searchsorted(above, candidates) + np.searchsorted(below, candidates)
        threshold = candidates[int(np.argmax(right))]
        own = fold == held_out
        with np.errstate(invalid="ignore"):
            correct = np.where(mated, scores >= threshold, scores < threshold)[own]
        accuracies.append(correct.mean())
    return np.array(accuracies, np.float32)


def bareface_templates(photos: list[str], images: Path, engine: Engine) -> dict[str, Float32]:
    """Template of each photo's middle face."""
    found = {}
    stream = engine.stream(images / name for name in photos)
    for name, analysis in track(zip(photos, stream, strict=True), "bareface", total=len(photos)):
        if analysis.faces:
            face = analysis.faces[nearest_middle(face.box for face in analysis.faces)]
            found[name] = face.template.vector
    return found


def dlib_templates(photos: list[str], images: Path, detector: dlib_path.Detector, upsample: int) -> dict[str, Float32]:
    """The same through dlib itself."""
    path = dlib_path.whole_path(detector, upsample)
    found = {}
    for name in track(photos, f"dlib {detector}"):
        rectangles, vectors = path(images / name)
        if vectors:
            boxes = (Box(r.left(), r.top(), r.right(), r.bottom()) for r in rectangles)
            found[name] = vectors[nearest_middle(boxes)]
    return found


def kept(path: Path, make: Callable[[], dict[str, Float32]]) -> dict[str, Float32]:
    """Templates from ``path``, made first where it is absent."""
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
    parser.add_argument("--skip-bareface", action="store_true", help="only make dlib's templates")
    options = parser.parse_args()
    folder = data_folder() / "lfw"
    pairs, images = read_pairs(folder), folder / "images"
    photos = sorted({name for pair in pairs for name in pair[:2]})
    mated, fold = np.array([p[2] for p in pairs]), np.array([p[3] for p in pairs])

    systems: dict[str, dict[str, Float32]] = {}
    if not options.skip_bareface:
        for precision in ("float32", "int8"):
            systems[f"bareface {precision}"] = bareface_templates(photos, images, Engine(precision=precision))
    for entry in options.detectors:
        name, upsample = entry.split(":")
        detector: dlib_path.Detector = "hog" if name == "hog" else "cnn"
        systems[f"dlib {detector}, upsampled {upsample}x"] = kept(
            options.out / f"dlib-{detector}-{upsample}.npz",
            partial(dlib_templates, photos, images, detector, int(upsample)),
        )
    rows, results = [], {}
    for name, found in systems.items():
        scores = np.array([_cosine(found.get(a), found.get(b)) for a, b, *_ in pairs], np.float32)
        accuracy = ten_fold(scores, mated, fold)
        error = accuracy.std(ddof=1) / np.sqrt(FOLDS)
        failures = len(photos) - len(found)
        rows.append([name, f"{accuracy.mean():.4f} ± {1.96 * error:.4f}", failures, int(np.isnan(scores).sum())])
        results[name] = {
            "accuracy": float(accuracy.mean()),
            "standard_error": float(error),
            "failures_to_acquire": failures,
            "pairs_lost": int(np.isnan(scores).sum()),
        }
    print_table(
        f"LFW, {len(pairs)} pairs, ten folds (95 % interval from the folds); identities may overlap with training",
        ["system", "accuracy", "photos without a face", "pairs lost"],
        rows,
    )
    write_json(options.out / "accuracy_lfw.json", results)


def _cosine(a: Float32 | None, b: Float32 | None) -> float:
    if a is None or b is None:
        return float("nan")
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


if __name__ == "__main__":
    main()
