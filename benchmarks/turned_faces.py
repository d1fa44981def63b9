"""Faces at every angle, each detector against its own upright view: ``python -m benchmarks.turned_faces``.

Photos of people that nothing is trained on (CelebA's validation ids), turned about their middle with a grey surround.
*Right* is a face with its landmarks within a quarter of the eyes' distance and a template with a cosine of at least 0.7
to the upright one's, after the space's mean is subtracted; any other face in its place is *wrong*.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bareface.faces.detection.yunet import YunetDetector
from bareface.imaging import decode as images
from bareface.models import registry
from bareface.services.engine import Engine
from bareface.values.face import Face, UInt8
from benchmarks.common import print_table, write_json
from training.photos import data_folder

STEP = 15
PAD = 40
NEAR, CLOSE, ALIKE = 1.5, 0.25, 0.7
COLOUR = (127, 127, 127)
GROUPS = {"upright, to 30": (0, 30), "45 to 90": (45, 90), "105 and 120": (105, 120), "135 to 180": (135, 180)}


def turned(pixels: UInt8, degrees: float) -> tuple[UInt8, NDArray[np.float64]]:
    """Turn the picture anticlockwise without losing a corner; also return the map [2, 3] of its pixels."""
    height, width = pixels.shape[:2]
    side = int(np.hypot(height, width)) + 1
    matrix = np.asarray(cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1), np.float64)
    matrix[:, 2] += [(side - width) / 2, (side - height) / 2]
    return np.asarray(cv2.warpAffine(pixels, matrix, (side, side), borderValue=COLOUR), np.uint8), matrix


def verdicts(engine: Engine, pixels: UInt8, upright: Face, degrees: int, mean: NDArray[np.float32]) -> dict[str, Any]:
    """Judge the detections of a face at an angle: whether they are right, and by how much they differ."""
    photo, matrix = turned(pixels, degrees)
    # Landmarks count from a picture's corner, a warp from the middle of its first pixel.
    wanted = (upright.landmarks.points - 0.5) @ matrix[:, :2].T + matrix[:, 2] + 0.5
    eyes = float(np.linalg.norm(upright.landmarks.points[1] - upright.landmarks.points[0]))
    faces = engine.faces(photo, want=["template"])
    near = [one for one in faces if np.linalg.norm(one.landmarks.points.mean(0) - wanted.mean(0)) < NEAR * eyes]
    if not near:
        return {"kind": "missed", "others": len(faces)}
    error = float(np.linalg.norm(near[0].landmarks.points - wanted, axis=1).mean() / eyes)
    a, b = near[0].template.vector - mean, upright.template.vector - mean
    cosine = float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))
    return {
        "kind": "right" if error < CLOSE and cosine >= ALIKE else "wrong",
        "landmarks": error,
        "cosine": cosine,
        "other mask state": near[0].mask_state != upright.mask_state,
        "others": len(faces) - 1,
    }


def measure(engine: Engine, photos: Sequence[UInt8]) -> dict[int, dict[str, float]]:
    """Measure counts and medians at each angle."""
    mean = registry.space_mean(engine.space)
    seen: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for pixels in photos:
        faces = engine.faces(pixels, want=["template"])
        if not faces:
            continue
        upright = max(faces, key=lambda face: face.box.area)
        for degrees in range(0, 360, STEP):
            seen[degrees].append(verdicts(engine, pixels, upright, degrees, mean))
    return {degrees: _summary(rows) for degrees, rows in seen.items()}


def _summary(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    there = [row for row in rows if row["kind"] != "missed"]
    counts: dict[str, float] = {kind: sum(row["kind"] == kind for row in rows) for kind in ("right", "wrong", "missed")}
    counts["others"] = sum(row["others"] for row in rows)
    counts["other mask state"] = sum(row["other mask state"] for row in there)
    for name in ("landmarks", "cosine"):
        counts[name] = float(np.median([row[name] for row in there])) if there else float("nan")
    return counts


def grouped(angles: dict[int, dict[str, float]]) -> dict[str, dict[str, float]]:
    """Sum over angles that lean equally far to either side; medians are averaged."""
    groups = {}
    for name, (low, high) in GROUPS.items():
        rows = [row for degrees, row in angles.items() if low <= min(degrees, 360 - degrees) <= high]
        groups[name] = {
            key: float(
                np.nanmean([row[key] for row in rows])
                if key in ("landmarks", "cosine")
                else sum(row[key] for row in rows)
            )
            for key in rows[0]
        }
    return groups


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=60)
    parser.add_argument("--detectors", nargs="+", default=["bareface", "yunet", "dlib"])
    parser.add_argument("--json", type=Path, default=Path("out/turned_faces.json"))
    options = parser.parse_args()
    data = data_folder()
    paths = sorted((data / "train" / "celeba").glob("*0/*.jpg"))
    sides = (PAD, PAD, PAD, PAD)
    photos = [
        np.asarray(cv2.copyMakeBorder(images.decode(path).pixels, *sides, cv2.BORDER_REPLICATE), np.uint8)
        for path in paths[:: max(1, len(paths) // options.photos)][: options.photos]
    ]
    results = {}
    for name in options.detectors:
        detector = YunetDetector(data.parent / "models" / "yunet_n_640_640.onnx") if name == "yunet" else name
        results[name] = measure(Engine(detector=detector, threads=1), photos)
        rows = [[group, *row.values()] for group, row in grouped(results[name]).items()]
        print_table(
            f"{name}: {len(photos)} faces at each angle", ["degrees", *next(iter(results[name].values()))], rows
        )
    write_json(options.json, {"photos": len(photos), "results": results})


if __name__ == "__main__":
    main()
