"""Accuracy of the occlusion map on masks and bare faces: ``python -m benchmarks.occlusion``.

Rendered masks with exact labels (maskseg), labelled faces that were held out of training with masks of the test half,
and CelebA's validation identities, bare and masked. Landmarks are YuNet's on the very photo that is segmented; photos
in which it finds no face are counted and left out.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bareface.faces.detection.yunet import YunetDetector
from bareface.faces.occlusion.base import CLASSES, FACE, MASK, UNCERTAIN, Segmenter, likeliest
from bareface.faces.occlusion.segmenter import SIDE, OnnxSegmenter
from bareface.faces.occlusion.visible_share import state_from, visible_fraction
from bareface.imaging import decode as images
from bareface.imaging.align import align, chip_to_photo
from bareface.restoration.base import SIDE as FILLED
from bareface.restoration.region import hidden_region
from bareface.synthesis.mask_shapes import Half, Kind
from bareface.synthesis.mask_specs import Nose
from bareface.synthesis.masks import apply_mask, sample_mask
from bareface.values.face import Landmarks, UInt8
from benchmarks.common import interleaved, print_table, write_json
from training.occlusion.faces import find, parsing_photos
from training.occlusion.labels import visible_face
from training.photos import data_folder

PAD = 40
SPECKS = 0.02
"""A bare face with more mask pixels than this share of its chip counts as a false alarm."""
KINDS: tuple[Kind, ...] = ("surgical", "cloth", "kn95", "n95")


class Faces:
    """Aligned faces with their true classes, where these are known."""

    def __init__(self, detector: YunetDetector) -> None:
        self._detector = detector
        self.chips: list[UInt8] = []
        self.truth: list[UInt8] = []
        self.missed = 0

    def add(self, pixels: UInt8, truth: UInt8 | None = None) -> Landmarks | None:
        """Find the face, align it and its classes; a border is put round the photo first."""
        found = find(self._detector, cv2.copyMakeBorder(pixels, PAD, PAD, PAD, PAD, cv2.BORDER_REPLICATE))
        if found is None:
            self.missed += 1
            return None
        landmarks = Landmarks(found.points - PAD, found.scheme)
        self.chips.append(align(pixels, landmarks))
        if truth is not None:
            self.truth.append(aligned_classes(truth, landmarks))
        return landmarks


def aligned_classes(classes: UInt8, landmarks: Landmarks) -> UInt8:
    """Cut a class map as :func:`bareface.imaging.align.align` cuts the photo; background beyond its edge."""
    a, b = chip_to_photo(landmarks)
    matrix = np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])
    flags = cv2.WARP_INVERSE_MAP | cv2.INTER_NEAREST
    return np.asarray(cv2.warpAffine(classes, matrix, (SIDE, SIDE), flags=flags), np.uint8)


def overlap(found: UInt8, truth: UInt8, kind: int) -> dict[str, float]:
    """Compute the intersection over union of one class: of all pixels together, and the mean over photos; and its
    recall.
    """
    hit = ((found == kind) & (truth == kind)).sum(axis=(1, 2)).astype(float)
    union = ((found == kind) | (truth == kind)).sum(axis=(1, 2)).astype(float)
    there = (truth == kind).sum(axis=(1, 2)) > 0
    return {
        "pooled": float(hit.sum() / max(union.sum(), 1)),
        "mean": float((hit / np.maximum(union, 1))[there].mean()) if there.any() else float("nan"),
        "recall": float(hit.sum() / max((truth == kind).sum(), 1)),
        "n": int(there.sum()),
    }


def maskseg(segmenter: Segmenter, detector: YunetDetector, folder: Path) -> dict[str, Any]:
    """Evaluate on rendered masks with exact labels, worn correctly (cwm) and incorrectly (iwm)."""
    results: dict[str, Any] = {}
    for group in ("cwm", "iwm"):
        faces = Faces(detector)
        for path in sorted((folder / "images").glob(f"{group}-*.jpg")):
            label = cv2.imread(str(folder / "labels" / f"{path.stem}.png"), cv2.IMREAD_GRAYSCALE)
            faces.add(images.decode(path).pixels, np.asarray(label, np.uint8))
        found, truth = likeliest(segmenter.segment(faces.chips)), np.stack(faces.truth)
        overlaps = {"mask": overlap(found, truth, MASK), "face": overlap(found, truth, FACE)}
        results[group] = overlaps | {"not found": faces.missed}
    return results


def held_out(segmenter: Segmenter, detector: YunetDetector, folder: Path) -> dict[str, Any]:
    """Evaluate on held-out labelled faces, bare and with masks of the test half."""
    bare, worn = Faces(detector), Faces(detector)
    for place, path in enumerate(parsing_photos(folder, held_out=True)):
        pixels = images.decode(path).pixels
        label = cv2.imread(str(folder / "labels" / f"{path.stem}.png"), cv2.IMREAD_GRAYSCALE)
        classes = visible_face(np.asarray(label, np.uint8))
        landmarks = bare.add(pixels, classes)
        for turn in range(4 if landmarks is not None else 0):
            assert landmarks is not None
            photo = apply_mask(pixels, landmarks, sample_mask(10 * place + turn, half="test", kind=KINDS[turn]))
            worn.add(photo.pixels, np.where(photo.region, np.uint8(MASK), classes))
    results: dict[str, dict[str, Any]] = {}
    for name, faces in (("bare", bare), ("masked", worn)):
        found, truth = likeliest(segmenter.segment(faces.chips)), np.stack(faces.truth)
        results[name] = {label: overlap(found, truth, kind) for kind, label in enumerate(CLASSES[: UNCERTAIN[0]])}
        results[name]["not found"] = faces.missed
    return results


def validation_photos(folder: Path) -> Iterator[UInt8]:
    """List the photos of CelebA's validation identities, whose numbers end in 0."""
    for path in sorted(folder.glob("*0/*.jpg")):
        yield images.decode(path).pixels


def validation(segmenter: Segmenter, detector: YunetDetector, folder: Path) -> dict[str, Any]:
    """Measure visible fractions, false alarms and mask states."""
    bare = Faces(detector)
    photos = [(pixels, landmarks) for pixels in validation_photos(folder) if (landmarks := bare.add(pixels))]
    found = segmenter.segment(bare.chips)
    mask_share = (found == MASK).mean(axis=(1, 2))
    results: dict[str, Any] = {
        "bare": {"visible": _spread(found), "false alarms": float((mask_share > SPECKS).mean()), "n": len(found)}
        | {"not found": bare.missed, "right": _right(found, "none"), "any mask pixel": float((mask_share > 0).mean())}
        | {"to be filled": _to_be_filled(found, photos)}
    }
    halves: tuple[Half, ...] = ("train", "test")
    noses: tuple[Nose, ...] = ("low", "medium", "high")
    for half in halves:
        for nose in noses:
            results[f"{half} half, {nose}"] = _worn(segmenter, detector, photos, half, nose)
    return results


def _to_be_filled(found: UInt8, photos: Sequence[tuple[UInt8, Landmarks]]) -> float:
    """Return the share of faces on which something would be filled."""
    regions = [
        hidden_region(classes, align(pixels, landmarks, size=FILLED))
        for classes, (pixels, landmarks) in zip(found, photos, strict=True)
    ]
    return float(np.mean([region.any() for region in regions]))


def _worn(
    segmenter: Segmenter, detector: YunetDetector, photos: Sequence[tuple[UInt8, Landmarks]], half: Half, nose: Nose
) -> dict[str, Any]:
    faces = Faces(detector)
    for seed, (pixels, landmarks) in enumerate(photos[::2]):
        faces.add(apply_mask(pixels, landmarks, sample_mask(seed, half=half, nose=nose)).pixels)
    found = segmenter.segment(faces.chips)
    state = "partial" if nose == "low" else "full"
    opinions = [state_from(classes) for classes in found]
    taken_for = {name: sum(opinion.state == name for opinion in opinions) for name in ("none", "partial", "full")}
    return {"visible": _spread(found), "right": _right(found, state), "n": len(found), "not found": faces.missed} | {
        "taken for": taken_for
    }


def _spread(found: UInt8) -> dict[str, float]:
    visible = [visible_fraction(classes) for classes in found]
    return {name: float(np.quantile(visible, q)) for name, q in (("p5", 0.05), ("median", 0.5), ("p95", 0.95))}


def _right(found: UInt8, state: str) -> float:
    return float(np.mean([state_from(classes).state == state for classes in found]))


def speed(segmenter: Segmenter, chips: Sequence[UInt8]) -> dict[str, float]:
    """Measure milliseconds per face on one thread, alone and in batches."""
    taken = interleaved({"1": lambda: segmenter.segment(chips[:1]), "16": lambda: segmenter.segment(chips[:16])}, 40)
    return {f"batch {n}": 1000 * seconds / int(n) for n, seconds in taken.items()}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=None, help="another ONNX file than the packaged one")
    parser.add_argument("--json", type=Path, default=Path("out/occlusion.json"))
    options = parser.parse_args()
    folder = data_folder()
    segmenter = OnnxSegmenter(options.model)
    detector = YunetDetector(folder.parent / "models" / "yunet_n_640_640.onnx")
    results = {
        "maskseg": maskseg(segmenter, detector, folder / "maskseg"),
        "held out": held_out(segmenter, detector, folder / "parsing"),
        "validation": validation(segmenter, detector, folder / "train" / "celeba"),
    }
    chips: list[NDArray[np.uint8]] = [align(p, mark) for p, mark in _first(detector, folder / "train" / "celeba")]
    results["milliseconds"] = speed(segmenter, chips)
    _print(results)
    write_json(options.json, {"results": results})


def _first(detector: YunetDetector, folder: Path, count: int = 16) -> Iterator[tuple[UInt8, Landmarks]]:
    for pixels in validation_photos(folder):
        landmarks = find(detector, pixels)
        if landmarks is not None and count > 0:
            count -= 1
            yield pixels, landmarks


def _print(results: dict[str, Any]) -> None:
    rows = [
        [f"{where}, {group}: {name}", cell["pooled"], cell["mean"], cell["recall"], cell["n"], values["not found"]]
        for where in ("maskseg", "held out")
        for group, values in results[where].items()
        for name, cell in values.items()
        if isinstance(cell, dict) and cell["n"]
    ]
    columns = ["", "IoU, pooled", "IoU, mean", "recall, pooled", "photos", "no face found"]
    print_table("Overlap of the classes", columns, rows)
    rows = [
        [
            name,
            *(values["visible"][q] for q in ("p5", "median", "p95")),
            values["right"],
            values["n"],
            values["not found"],
        ]
        for name, values in results["validation"].items()
    ]
    columns = ["masks", "p5", "median", "p95", "state right", "photos", "no face found"]
    print_table("CelebA validation: visible fraction and mask state", columns, rows)
    bare = results["validation"]["bare"]
    print(f"bare faces with more than {SPECKS:.0%} mask pixels: {bare['false alarms']:.2%} of {bare['n']}")
    print(f"bare faces on which something would be filled: {bare['to be filled']:.2%}")
    print(", ".join(f"{name}: {value:.2f} ms a face" for name, value in results["milliseconds"].items()))


if __name__ == "__main__":
    main()
