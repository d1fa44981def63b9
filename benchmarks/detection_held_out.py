"""Detectors on the marked scenes that training leaves out: ``python -m benchmarks.detection_held_out NAME=FILE...``.

What is shipped is chosen here, not on the test photos: the network by its recall at several numbers of detections that
nobody marked, for two least overlaps, and its least score by what it finds at several of them. The last rows are the
packaged network and YuNet.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bareface.faces.detection.bareface_detector import BarefaceDetector
from bareface.faces.detection.base import Detector
from bareface.faces.detection.yunet import YunetDetector
from bareface.models import registry
from bareface.models.sessions import open_session
from benchmarks.common import print_table, write_json
from benchmarks.detection import ANY, FOUND, STRICT, found_in, read_marks, verdicts_of
from training.detector.sources import scene_photos
from training.photos import data_folder

FALSE = (8, 16, 24)
SCORES = (0.65, 0.7, 0.75, 0.8, 0.85)


def recall(verdicts: Sequence[tuple[float, bool]], total: int) -> list[float]:
    """Return the recall of marked faces at each of ``FALSE`` false detections."""
    hits = np.array([hit for _, hit in verdicts])
    wrong = np.cumsum(~hits)
    return [float(hits[: np.searchsorted(wrong, most, side="right")].sum() / total) for most in FALSE]


def at_scores(verdicts: Sequence[tuple[float, bool]]) -> list[list[int]]:
    """Count marked faces found and other detections at each of ``SCORES``."""
    return [
        [sum(hit == kind for score, hit in verdicts if score >= least) for kind in (True, False)] for least in SCORES
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", help="NAME=FILE")
    parser.add_argument("--json", type=Path, default=Path("out/detection_held_out.json"))
    options = parser.parse_args()
    data = data_folder()
    folder = data / "detection" / "train"
    held_out = {f"{path.parent.name}/{path.name}" for path in scene_photos(data, held_out=True)}
    marks = {name: marked for name, marked in read_marks(folder / "boxes.csv").items() if name in held_out}
    files = {name: Path(file) for name, _, file in (entry.partition("=") for entry in options.networks)}
    files["as shipped"] = registry.path_of(registry.card("bareface-detector"))
    detectors: dict[str, Detector] = {
        name: BarefaceDetector(open_session(file, threads=1), score=ANY) for name, file in files.items()
    }
    detectors["YuNet"] = YunetDetector(data.parent / "models" / "yunet_n_640_640.onnx")
    faces = sum(len(marked) for marked in marks.values())
    rows, scores = {}, {}
    for name, detector in detectors.items():
        found = found_in(detector, folder, marks)
        verdicts = {overlap: verdicts_of(found, marks, overlap) for overlap in (FOUND, STRICT)}
        rows[name] = {str(overlap): recall(pairs, faces) for overlap, pairs in verdicts.items()}
        scores[name] = at_scores(verdicts[FOUND])
    title = f"{faces} marked faces of {len(marks)} photos, recall at {', '.join(map(str, FALSE))} others"
    print_table(
        title, ["", *next(iter(rows.values()))], [[name, *map(_cell, row.values())] for name, row in rows.items()]
    )
    table = [[name, *(f"{hits} / {others}" for hits, others in row)] for name, row in scores.items()]
    print_table(f"Found / others at a score of at least, overlap {FOUND}", ["", *map(str, SCORES)], table)
    results = {"rows": rows, "least scores": SCORES, "found and others": scores}
    write_json(options.json, {"faces": faces, "photos": len(marks), "false": FALSE, **results})


def _cell(shares: Sequence[float]) -> str:
    return ", ".join(f"{share:.3f}" for share in shares)


if __name__ == "__main__":
    main()
