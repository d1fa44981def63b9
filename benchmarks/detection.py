"""Recall of bareface's detector on masked and bare faces, compared with YuNet: ``python -m benchmarks.detection``.

Test photos only, none of which training saw: MFR2's real masks, hand-marked faces (``detection/test/masks``), photos in
the wild, and LFW with simulated masks of the test half for the landmarks. Recall on the marked faces is compared at the
same number of false detections, so that neither threshold is favoured.
"""

from __future__ import annotations

import argparse
import csv
import itertools
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias
from zlib import crc32

import cv2
import numpy as np
from numpy.typing import NDArray

from bareface.evaluation.bootstrap import clopper_pearson
from bareface.evaluation.run import subject_face
from bareface.faces.detection.bareface_detector import BarefaceDetector
from bareface.faces.detection.base import Detection, Detector
from bareface.faces.detection.close_ups import MIRRORED, SCORE
from bareface.faces.detection.yunet import YunetDetector
from bareface.imaging import decode as images
from bareface.models import registry
from bareface.models.sessions import open_session
from bareface.services.engine import Engine
from bareface.synthesis.masks import apply_mask, sample_mask
from bareface.values.face import Box, Landmarks, UInt8
from benchmarks.accuracy import MFR2_PAD, mask_states
from benchmarks.common import interleaved, print_table, write_json
from training.photos import data_folder

Marks: TypeAlias = dict[str, list[tuple[Box, str]]]
MARKED = 12.0  # pixels: the smallest marked face is not much wider
FOUND = 0.4  # overlap with the marked box: the markers drew theirs more or less tightly
STRICT = 0.5  # overlap that other benchmarks ask for
ANY = 0.02
"""A score that every answer has: all thresholds are tried."""
SURE = 0.8
STATES = {"without_mask": "none", "with_incorrect_mask": "partial", "with_mask": "full"}
LANDMARK_PHOTOS = 1000
STEADY = ", from the mean of YuNet's looks"
SCALES = (0.8, 0.9, 1.0, 1.15, 1.3)
SPEED_PHOTOS = 40


def share(hits: Sequence[bool]) -> list[float]:
    """Return the share of true ones, its exact 95 % interval, and n."""
    missed = list(hits).count(False)
    low, high = clopper_pearson(missed, len(hits))
    return [1 - missed / len(hits), 1 - high, 1 - low, len(hits)]


def mfr2(engine: Engine, folder: Path) -> dict[str, list[float]]:
    """Count photos with a detected face, and those whose mask state is right; misses count as wrong."""
    states = mask_states(folder / "mfr2_labels.txt")
    found: dict[str, list[bool]] = {"none": [], "full": []}
    right: dict[str, list[bool]] = {"none": [], "full": []}
    for path in sorted(folder.rglob("*.png")):
        state = states[path.stem][0]
        padded = bordered(images.decode(path).pixels, MFR2_PAD)
        faces = engine.faces(padded, want=["occlusion"])
        found[state].append(bool(faces))
        said = subject_face(faces, (padded.shape[1], padded.shape[0])).mask_state if faces else None
        right[state].append(said is not None and (said != "none") == (state != "none"))
    return {
        **{f"found, {state}": share(hits) for state, hits in found.items()},
        "found": share([hit for hits in found.values() for hit in hits]),
        **{f"masked or bare right, {state}": share(hits) for state, hits in right.items()},
        "masked or bare right": share([hit for hits in right.values() for hit in hits]),
    }


def bordered(pixels: UInt8, border: int) -> UInt8:
    """Pad the picture by repeating its edge."""
    sides = (border, border, border, border)
    return np.asarray(cv2.copyMakeBorder(pixels, *sides, cv2.BORDER_REPLICATE), np.uint8)


def read_marks(path: Path) -> Marks:
    """Read the marked boxes and mask states of each file."""
    marks: Marks = defaultdict(list)
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            box = Box(*(float(row[key]) for key in ("x1", "y1", "x2", "y2")))
            marks[row["file"]].append((box, STATES[row["label"]]))
    return marks


def judged(
    found: Sequence[Detection], marked: Sequence[Box], overlap: float = FOUND
) -> tuple[list[tuple[float, bool]], list[int | None]]:
    """Return (score, true or false) of detections, best first, and which mark each met: one detection a mark."""
    free, verdicts, met = set(range(len(marked))), [], []
    for one in sorted(found, key=lambda each: -each.score):
        best = max(free, key=lambda place: one.box.iou(marked[place]), default=None)
        hit = best is not None and one.box.iou(marked[best]) >= overlap
        verdicts.append((one.score, hit))
        met.append(best if hit else None)
        if hit and best is not None:
            free.remove(best)
    return verdicts, met


def found_in(detector: Detector, folder: Path, marks: Marks) -> dict[str, list[Detection]]:
    """Detect the faces of every photo."""
    return {name: detector.detect(images.decode(folder / name).pixels, MARKED) for name in marks}


def verdicts_of(found: dict[str, list[Detection]], marks: Marks, overlap: float) -> list[tuple[float, bool]]:
    """Return (score, true or false) of all detections of all photos, best first."""
    verdicts = [judged(found[name], [box for box, _ in marked], overlap)[0] for name, marked in marks.items()]
    return sorted(itertools.chain.from_iterable(verdicts), key=lambda pair: -pair[0])


def marked_faces(ours: Detector, yunet: Detector, folder: Path, overlaps: Sequence[float]) -> list[dict[str, Any]]:
    """Compute the recall of hand-marked faces at as many false detections as YuNet makes, for each least overlap."""
    marks = read_marks(folder / "boxes.csv")
    found, peers = (found_in(detector, folder, marks) for detector in (ours, yunet))
    return [_held(verdicts_of(found, marks, least), verdicts_of(peers, marks, least), marks) for least in overlaps]


def _held(ours: list[tuple[float, bool]], yunet: list[tuple[float, bool]], marks: Marks) -> dict[str, Any]:
    total = sum(len(marked) for marked in marks.values())
    hits, false = (sum(hit == kind for _, hit in yunet) for kind in (True, False))
    wrong = np.cumsum([not hit for _, hit in ours])
    within = int(np.searchsorted(wrong, false, side="right"))
    at_own = [pair for pair in ours if pair[0] >= SCORE]
    return {
        "photos": len(marks),
        "marks": total,
        "yunet": {"recall": hits / total, "false": false},
        "ours at the same": {"recall": sum(hit for _, hit in ours[:within]) / total, "false": int(wrong[within - 1])},
        "ours at its threshold": {
            "recall": sum(hit for _, hit in at_own) / total,
            "false": sum(not hit for _, hit in at_own),
        },
    }


def marked_states(engine: Engine, folder: Path) -> dict[str, Any]:
    """Count the mask states of the marked faces that are found; a missed one counts as wrong."""
    taken: dict[str, dict[str, int]] = {state: defaultdict(int) for state in STATES.values()}
    for name, marked in read_marks(folder / "boxes.csv").items():
        faces = engine.faces(images.decode(folder / name).pixels, want=["occlusion"])
        free = set(range(len(faces)))
        for box, state in marked:
            best = max(free, key=lambda place: faces[place].box.iou(box), default=None)
            if best is None or faces[best].box.iou(box) < FOUND:
                taken[state]["not found"] += 1
                continue
            free.remove(best)
            taken[state][faces[best].mask_state] += 1
    return {
        state: {"right": share([kind == state for kind, n in kinds.items() for _ in range(n)]), "taken for": kinds}
        for state, kinds in taken.items()
        if kinds
    }


def wild(ours: Detector, yunet: Detector, folder: Path) -> list[float]:
    """Compute the share of YuNet's confident detections that ours finds too."""
    hits = []
    for path in sorted(folder.glob("wild/*")):
        pixels = images.decode(path).pixels
        found = ours.detect(pixels, MARKED)
        for one in yunet.detect(pixels, MARKED):
            if one.score >= SURE:
                hits.append(any(face.box.iou(one.box) >= FOUND for face in found))
    return share(hits)


def landmarks(ours: Detector, yunet: Detector, paths: Sequence[Path]) -> dict[str, Any]:
    """Compute the mean distance, in inter-ocular distances, of landmarks under a mask from YuNet's on the bare photo.

    ``yunet, bare`` is how far YuNet's own move when the bare photo is shrunk by a tenth: what it is sure of. The rows
    ``... from the mean`` are measured from the mean of YuNet's looks at the bare photo at several scales and mirrored.
    """
    names = ("ours", "yunet", "yunet, bare")
    errors: dict[str, list[NDArray[np.float64]]] = {name + how: [] for how in ("", STEADY) for name in names}
    missed = dict.fromkeys(errors, 0)
    for path in paths:
        pixels = images.decode(path).pixels
        bare = _subject(yunet.detect(pixels, 20), pixels)
        if bare is None:
            continue
        truth = bare.landmarks.points
        steady = _steady(yunet, pixels, truth)
        worn = apply_mask(pixels, Landmarks(truth, "five"), sample_mask(crc32(path.name.encode()), half="test")).pixels
        small = np.asarray(cv2.resize(pixels, None, fx=0.9, fy=0.9, interpolation=cv2.INTER_AREA), np.uint8)
        stretch = np.array(pixels.shape[1::-1]) / small.shape[1::-1]
        looks: tuple[tuple[str, Detector, UInt8, NDArray[np.float64]], ...] = (
            ("ours", ours, worn, np.ones(2)),
            ("yunet", yunet, worn, np.ones(2)),
            ("yunet, bare", yunet, small, stretch),
        )
        for name, detector, photo, scale in looks:
            seen = _subject(detector.detect(photo, 18), photo)
            points = None if seen is None else (seen.landmarks.points + 0.5) * scale - 0.5
            # Another face than the subject's.
            if points is None or np.linalg.norm(points.mean(0) - truth.mean(0)) > np.linalg.norm(truth[1] - truth[0]):
                missed[name] += 1
                missed[name + STEADY] += 1
                continue
            for how, origin in (("", truth), (STEADY, steady)):
                off = np.linalg.norm(points - origin, axis=1)
                errors[name + how].append(off / np.linalg.norm(truth[1] - truth[0]))
    return {
        name: {
            "eyes": float(np.mean([each[:2] for each in found])),
            "all five": float(np.mean(found)),
            "faces": len(found),
            "missed": missed[name],
        }
        for name, found in errors.items()
    }


def _steady(yunet: Detector, pixels: UInt8, near: NDArray[np.float32]) -> NDArray[np.float64]:
    """Compute the mean of YuNet's landmarks [5, 2] of the face that lies ``near``, over scales and mirror images."""
    seen = [near.astype(np.float64)]
    for scale, mirrored in itertools.product(SCALES, (False, True)):
        photo = np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
        stretch = np.array(pixels.shape[1::-1]) / photo.shape[1::-1]
        face = _subject(yunet.detect(np.ascontiguousarray(photo[:, ::-1]) if mirrored else photo, 18), photo)
        if face is None:
            continue
        points = np.asarray(face.landmarks.points[MIRRORED if mirrored else slice(None)], np.float64)
        if mirrored:
            points[:, 0] = photo.shape[1] - 1 - points[:, 0]
        points = (points + 0.5) * stretch - 0.5
        if np.linalg.norm(points.mean(0) - near.mean(0)) < np.linalg.norm(near[1] - near[0]) / 2:
            seen.append(points)
    return np.asarray(np.mean(seen, axis=0), np.float64)


def _subject(found: Sequence[Detection], pixels: UInt8) -> Detection | None:
    middle = np.array(pixels.shape[1::-1]) / 2

    def remoteness(one: Detection) -> float:
        centre = np.array([one.box.x1 + one.box.x2, one.box.y1 + one.box.y2]) / 2
        return float(np.linalg.norm(centre - middle) / np.sqrt(max(one.box.area, 1.0)))

    return min(found, key=remoteness, default=None)


def speed(ours: Detector, yunet: Detector, folder: Path, lfw: Sequence[Path]) -> dict[str, dict[str, float]]:
    """Measure the median milliseconds a photo on one thread, each photo for both detectors in turn, and the ratio."""
    groups = {
        "wild": sorted(folder.glob("wild/*"))[:SPEED_PHOTOS],
        "masks": sorted(folder.glob("masks/*"))[:SPEED_PHOTOS],
        "LFW": list(lfw[:SPEED_PHOTOS]),
    }
    return {name: _times(ours, yunet, [images.decode(path).pixels for path in paths]) for name, paths in groups.items()}


def _times(ours: Detector, yunet: Detector, photos: Sequence[UInt8]) -> dict[str, float]:
    def all_of(detector: Detector) -> Callable[[], None]:
        def run() -> None:
            for pixels in photos:
                detector.detect(pixels, max(40.0, max(pixels.shape[:2]) / 40))

        return run

    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    taken = interleaved({"ours": all_of(ours), "yunet": all_of(yunet)}, 7)
    cv2.setNumThreads(threads)
    each = {name: 1000 * seconds / len(photos) for name, seconds in taken.items()}
    return {**each, "ratio": each["ours"] / each["yunet"]}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="another ONNX file than the packaged one")
    parser.add_argument("--json", type=Path, default=Path("out/detection.json"))
    options = parser.parse_args()
    data = data_folder()
    test, lfw = data / "detection" / "test", sorted((data / "lfw" / "images").rglob("*.jpg"))
    model = options.model or registry.path_of(registry.card("bareface-detector"))
    session = open_session(model, threads=1)
    ours, yunet = BarefaceDetector(session), YunetDetector(data.parent / "models" / "yunet_n_640_640.onnx")
    engine, small = Engine(detector=ours), Engine(detector=ours, min_face=MARKED)
    chosen = lfw[:: max(1, len(lfw) // LANDMARK_PHOTOS)]
    marked, strictly = marked_faces(BarefaceDetector(session, score=ANY), yunet, test, (FOUND, STRICT))
    results = {
        "MFR2": mfr2(engine, data / "mfr2"),
        "marked": marked,
        "marked, strictly": strictly,
        "mask states": marked_states(small, test),
        "wild": wild(ours, yunet, test),
        "landmarks under a mask": landmarks(ours, yunet, chosen),
        "milliseconds": speed(ours, yunet, test, chosen),
    }
    _print(results)
    write_json(options.json, {"results": results})


def _print(results: dict[str, Any]) -> None:
    rows = [[f"MFR2, {name}", _cell(values)] for name, values in results["MFR2"].items()]
    rows.append([f"wild: of YuNet's at {SURE} found", _cell(results["wild"])])
    rows += [
        [f"marked {state}: right", f"{_cell(found['right'])} {dict(found['taken for'])}"]
        for state, found in results["mask states"].items()
    ]
    for overlap, marked in ((FOUND, results["marked"]), (STRICT, results["marked, strictly"])):
        rows += [
            [
                f"marked faces, overlap {overlap}, {name}",
                f"recall {marked[name]['recall']:.3f} of {marked['marks']}, {marked[name]['false']} false",
            ]
            for name in ("yunet", "ours at the same", "ours at its threshold")
        ]
    for name, found in results["landmarks under a mask"].items():
        words = (
            f"eyes {found['eyes']:.3f}, all five {found['all five']:.3f} of {found['faces']}, {found['missed']} missed"
        )
        rows.append([f"landmarks under a mask, {name}", words])
    for name, found in results["milliseconds"].items():
        words = f"{found['ours']:.2f} ms, YuNet {found['yunet']:.2f} ms, ratio {found['ratio']:.2f}"
        rows.append([f"a photo, {name}", words])
    print_table("Detection (95 % intervals)", ["", ""], rows)


def _cell(values: Sequence[float]) -> str:
    return f"{values[0]:.3f} ({values[1]:.3f}-{values[2]:.3f}), n = {values[3]:.0f}"


if __name__ == "__main__":
    main()
