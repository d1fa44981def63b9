"""Masked faces missed by the detectors, on MFR2's real masks: ``python -m benchmarks.detection_mfr2``.

MFR2's photos show one face each and are cropped tightly, so a border is put around them first. A photo counts as found
when any face is found in it. Registered detectors take part; ``--dlib`` adds dlib's own two, which take minutes.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from rich.progress import track

from bareface.evaluation.bootstrap import clopper_pearson
from bareface.imaging import decode as images
from bareface.models import registry
from bareface.services.engine import Engine
from bareface.values.face import UInt8
from benchmarks import dlib_path
from benchmarks.accuracy import MFR2_PAD, mask_states
from benchmarks.common import print_table, write_json
from training.photos import data_folder

Finder = Callable[[UInt8], int]


def finders(*, dlib: bool) -> dict[str, Finder]:
    """Return functions that count each detector's faces in a photo."""

    def ours(engine: Engine, pixels: UInt8) -> int:
        return len(engine.faces(pixels, want=()))

    def theirs(detector: dlib_path.Detector, pixels: UInt8) -> int:
        return len(dlib_path.locate(detector, pixels, 1))

    names = [
        "bareface",
        "dlib",
        *(card.id for card in registry.cards() if card.task == "detection" and not card.packaged),
    ]
    found: dict[str, Finder] = {f"bareface --detector {name}": partial(ours, Engine(detector=name)) for name in names}
    if dlib:
        found["dlib's own HOG, upsampled once"] = partial(theirs, "hog")
        found["dlib's own CNN, upsampled once"] = partial(theirs, "cnn")
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dlib", action="store_true", help="measure dlib's own detectors, too")
    parser.add_argument("--json", type=Path, default=Path("out/detection_mfr2.json"))
    options = parser.parse_args()
    folder = data_folder() / "mfr2"
    states = mask_states(folder / "mfr2_labels.txt")
    photos = {path: states[path.stem][0] for path in sorted(folder.rglob("*.png"))}
    rows, results = [], {}
    for name, finder in finders(dlib=options.dlib).items():
        hits: dict[str, list[bool]] = {"none": [], "full": []}
        for path, state in track(photos.items(), name):
            pixels = images.decode(path).pixels
            padded = cv2.copyMakeBorder(pixels, MFR2_PAD, MFR2_PAD, MFR2_PAD, MFR2_PAD, cv2.BORDER_REPLICATE)
            hits[state].append(finder(np.ascontiguousarray(padded, np.uint8)) > 0)
        results[name] = {state: _share(found) for state, found in hits.items()}
        rows.append([name, *(_cell(results[name][state]) for state in ("full", "none"))])
    print_table("MFR2: photos in which a face is found (95 %)", ["detector", "masked", "bare"], rows)
    write_json(options.json, {"results": results})


def _share(found: list[bool]) -> list[float]:
    """Return the share, its exact interval, and n."""
    missed = found.count(False)
    low, high = clopper_pearson(missed, len(found))
    return [1 - missed / len(found), 1 - high, 1 - low, len(found)]


def _cell(share: list[float]) -> str:
    return f"{share[0]:.3f} ({share[1]:.3f}-{share[2]:.3f}), n = {share[3]:.0f}"


if __name__ == "__main__":
    main()
