"""Whole photos with all their faces: what the sets' makers marked, what the teacher adds, some faces under masks."""

from __future__ import annotations

import csv
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from bareface.imaging import decode as images
from bareface.synthesis.masks import apply_mask
from bareface.values.face import Float32, Landmarks, UInt8
from training.detector.faces import drawn_masks
from training.detector.labels import FULL, NONE, PARTIAL, UNKNOWN, Labels, overlaps
from training.detector.teacher import Teacher, as_labels

SCALES = (0.6, 1.0, 1.7)
SURE = 0.6
STATES: Mapping[str, int] = {"without_mask": NONE, "with_incorrect_mask": PARTIAL, "with_mask": FULL}
Marks = Mapping[str, tuple[Float32, NDArray[np.int64]]]


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A photo, RGB [H, W, 3] uint8, and its faces."""

    pixels: UInt8
    labels: Labels


def read_marks(path: Path) -> Marks:
    """Read hand-made boxes [n, 4] and mask states [n] of each file in ``boxes.csv``."""
    boxes: dict[str, list[list[float]]] = defaultdict(list)
    states: dict[str, list[int]] = defaultdict(list)
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            boxes[row["file"]].append([float(row[key]) for key in ("x1", "y1", "x2", "y2")])
            states[row["file"]].append(STATES[row["label"]])
    return {name: (np.array(boxes[name], np.float32), np.array(states[name])) for name in boxes}


def scenes_of(paths: Sequence[Path], marks: Marks, teacher: Teacher, *, masked: bool) -> Iterator[Scene]:
    """Yield each photo with its labels, and (``masked``) once more with masks on some of its bare faces."""
    for path in paths:
        pixels = images.decode(path).pixels
        rows = teacher.rows(pixels, SCALES)
        name = f"{path.parent.name}/{path.name}"
        labels = as_labels(rows, SURE)
        if name in marks:
            labels = _merged(labels, rows[:, 14], *marks[name])
        yield Scene(pixels, labels)
        # Without labels of masks, hardly anyone wears one.
        bare = NONE if name in marks else UNKNOWN
        if masked and (worn := _masked(pixels, labels, bare, zlib.crc32(name.encode()))):
            yield worn


def _merged(taught: Labels, scores: Float32, boxes: Float32, states: NDArray[np.int64]) -> Labels:
    """Merge marked faces with the teacher's landmarks, if it found them; what it alone saw is doubtful unless it is
    sure.
    """
    points = np.full((len(boxes), 5, 2), np.nan, np.float32)
    boxes, shared = boxes.copy(), overlaps(boxes, taught.boxes)
    free = np.ones(len(taught), bool)
    for index in range(len(boxes)):
        if not len(taught) or shared[index].max() < 0.4:
            continue
        best = int(shared[index].argmax())
        free[best] = False
        if scores[best] > 0.45:
            points[index] = taught.points[best]
            boxes[index] = (boxes[index] + taught.boxes[best]) / 2
    # A weaker box around the same face is not a second face.
    free &= shared.max(0, initial=0) < 0.3
    rest = taught.chosen(free)
    rest = Labels(rest.boxes, rest.points, rest.states, scores[free] < 0.8)
    return Labels.joined([Labels(boxes, points, states, np.zeros(len(boxes), bool)), rest])


def _masked(pixels: UInt8, labels: Labels, bare: int, seed: int) -> Scene | None:
    """Put masks on about half of the scene's faces in the state ``bare``; None if there are none."""
    rng = np.random.default_rng(seed)
    states, worn = labels.states.copy(), pixels
    for index, box in enumerate(labels.boxes):
        known = not labels.doubtful[index] and np.isfinite(labels.points[index]).all()
        if states[index] != bare or not known or box[2] - box[0] < 20 or rng.random() < 0.4:
            continue
        spec = drawn_masks(int(rng.integers(2**31)))[-1]
        worn = apply_mask(worn, Landmarks(labels.points[index], "five"), spec).pixels
        states[index] = PARTIAL if spec.nose == "low" else FULL
    if worn is pixels:
        return None
    return Scene(worn, Labels(labels.boxes, labels.points, states, labels.doubtful))


def save_scenes(path: Path, scenes: Sequence[Scene]) -> None:
    """Write scenes as JPEG with their labels."""
    files = [
        cv2.imencode(".jpg", cv2.cvtColor(s.pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
        for s in scenes
    ]
    labels = Labels.joined([scene.labels for scene in scenes])
    part = path.with_suffix(".part.npz")
    np.savez(
        part,
        data=np.frombuffer(b"".join(files), np.uint8),
        lengths=np.array([len(file) for file in files]),
        counts=np.array([len(scene.labels) for scene in scenes]),
        **{name: getattr(labels, name) for name in Labels.__slots__},
    )
    part.replace(path)


def load_scenes(path: Path) -> list[Scene]:
    """Read and decode scenes."""
    with np.load(path) as stored:
        labels = Labels(**{name: stored[name] for name in Labels.__slots__})
        files = np.split(stored["data"], np.cumsum(stored["lengths"])[:-1])
        places = np.split(np.arange(len(labels)), np.cumsum(stored["counts"])[:-1])
    return [
        Scene(np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR_RGB), np.uint8), labels.chosen(place))
        for file, place in zip(files, places, strict=True)
    ]
