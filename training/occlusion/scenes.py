"""Faces in real masks, from photos in which only their boxes are annotated: a first map labels them.

Its labels are settled by what is known of masks: they have no holes, lie below the eyes, and end where colours change.
What stays in doubt is not learnt from.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from bareface.faces.detection.yunet import YunetDetector
from bareface.faces.occlusion.base import likeliest
from bareface.imaging import decode as images
from bareface.imaging.align import chip_to_photo
from bareface.values.face import Float32, Landmarks, UInt8
from training.occlusion.config import CHIP, MARGIN, SIDE
from training.occlusion.faces import Faces, cut, stack
from training.occlusion.labels import DARK, FACE, IGNORED, MASK, OTHER

Segment = Callable[[Sequence[UInt8]], UInt8]
_SMALLEST_FACE = 36.0
_OVERLAP = 0.35
_SPECK = 150
_CLASSES = 5
SEEN_WRONG = (
    21, 23, 26, 34, 38, 51, 56, 68, 75, 93, 97, 133, 134, 138, 142, 150, 152, 162, 164, 171, 181, 193, 213, 239, 247,
    253, 254, 255, 270, 272, 275, 296, 310, 315, 317,
)  # fmt: skip
"""Numbers of the training scenes' masked faces that the second map labelled wrongly, all 320 looked at."""
_STEPS = (0, MARGIN // 2, MARGIN, 3 * MARGIN // 2, 2 * MARGIN)
CORNERS = ((MARGIN, MARGIN), *((top, left) for top in _STEPS[::4] for left in _STEPS[::4]))
"""Middle and corners of an enlarged chip, from which it is looked at."""
EVERYWHERE = tuple((top, left) for start in (0, 1) for top in _STEPS[start::2] for left in _STEPS[start::2])
"""The same with its sides, and halfway."""


def masked_faces(folder: Path, detector: YunetDetector, segment: Segment, skipped: Sequence[int] = ()) -> Faces:
    """Load and label the masked faces of a folder with ``boxes.csv``.

    Parameters
    ----------
    folder
        The folder.
    detector
        Gives the landmarks.
    segment
        The first map: chips to classes.
    skipped
        Numbers of faces whose labels were seen to be wrong.
    """
    faces = [face for place, face in enumerate(_cut_out(folder, detector)) if place not in set(skipped)]
    labelled = []
    for pixels, points in faces:
        labelled.append((pixels, settled(votes(segment, pixels), pixels, points), points))
    return stack(labelled)


def _cut_out(folder: Path, detector: YunetDetector) -> list[tuple[UInt8, Float32]]:
    boxes: dict[str, list[list[float]]] = {}
    with (folder / "boxes.csv").open() as file:
        for row in csv.DictReader(file):
            if row["label"] != "without_mask":
                boxes.setdefault(row["file"], []).append([float(row[name]) for name in ("x1", "y1", "x2", "y2")])
    faces = []
    for name in sorted(boxes):
        pixels = images.decode(folder / name).pixels
        for found in detector.detect(pixels, _SMALLEST_FACE):
            if max(_iou(found.box, box) for box in boxes[name]) > _OVERLAP:
                chip, _, points = cut(*_reduced(pixels, found.landmarks))
                faces.append((chip, points))
    return faces


def votes(segment: Segment, pixels: UInt8, spots: Sequence[tuple[int, int]] = EVERYWHERE) -> Float32:
    """Return the share of votes for each class at each pixel of an enlarged chip, float32 [classes, SIDE, SIDE].

    Every spot votes, and its mirror image.
    """
    parts = [np.ascontiguousarray(pixels[top : top + CHIP, left : left + CHIP]) for top, left in spots]
    found = likeliest(segment(parts))
    mirrored = likeliest(segment([np.ascontiguousarray(part[:, ::-1]) for part in parts]))[:, :, ::-1]
    counts = np.zeros((_CLASSES, SIDE, SIDE), np.float32)
    for (top, left), one, two in zip(spots, found, mirrored, strict=True):
        # Near the middle a chip's own position is the usual one.
        weight = 3.0 if (top, left) == (MARGIN, MARGIN) else 1.0
        for kind in range(_CLASSES):
            counts[kind, top : top + CHIP, left : left + CHIP] += weight * (
                (one == kind).astype(np.float32) + (two == kind)
            )
    return np.asarray(counts / counts.sum(axis=0), np.float32)


def without_doubt(best: UInt8, pixels: UInt8, points: Float32) -> UInt8:
    """Return a bare face's classes with those of other occluders revised.

    On the forehead they are face, if they look like skin; round the eyes they are dark glasses; elsewhere in doubt.
    """
    apart, level = float(np.linalg.norm(points[1] - points[0])), points[:2, 1].mean()
    classes = best.copy()
    classes[best == OTHER] = IGNORED
    count, parts, stats, _ = cv2.connectedComponentsWithStats((best == OTHER).astype(np.uint8), connectivity=8)
    for part in range(1, count):
        _, top, width, height, area = stats[part]
        if area > 0.1 * apart**2 and width > height and level - 0.6 * apart < top < top + height < level + 0.7 * apart:
            classes[parts == part] = DARK
    rows = np.arange(SIDE)[:, None]
    classes[(best == OTHER) & _like_skin(pixels, best) & (rows < level - 0.2 * apart)] = FACE
    return classes


def settled(shares: Float32, pixels: UInt8, points: Float32) -> UInt8:
    """Return the classes of a masked face, `IGNORED` where they are in doubt; uint8 [SIDE, SIDE]."""
    best = shares.argmax(axis=0).astype(np.uint8)
    # The eyes of a head in profile are close together.
    apart = max(float(np.linalg.norm(points[1] - points[0])), 0.2 * CHIP)
    rows = np.arange(SIDE)[:, None]
    low = rows > points[:2, 1].mean() + 0.2 * apart
    mask = _joined((best == MASK).astype(np.uint8), ((best == OTHER) & low).astype(np.uint8))
    mask = _whole(mask, round(0.12 * apart))
    classes = best.copy()
    classes[(best == MASK) | (best > OTHER)] = IGNORED
    skin = _like_skin(pixels, best)
    classes[best == OTHER] = IGNORED
    classes[(best == OTHER) & skin & (rows < points[:2, 1].mean() - 0.2 * apart)] = FACE
    classes[mask > 0] = MASK
    classes[_doubted(mask, pixels, round(0.3 * apart))] = IGNORED
    if mask.sum() < 0.02 * SIDE * SIDE:
        classes[rows[:, 0] > points[3:, 1].mean() + 0.15 * apart] = IGNORED
    # Where the map itself wavers.
    classes[(shares.max(axis=0) < 0.6) & (classes != MASK)] = IGNORED
    return classes


def _joined(mask: UInt8, other: UInt8) -> UInt8:
    """Add to a mask what else lies before the face and touches it; drop specks."""
    count, parts, stats, _ = cv2.connectedComponentsWithStats(mask | other, connectivity=8)
    result = np.zeros_like(mask)
    for part in range(1, count):
        inside = parts == part
        if stats[part, cv2.CC_STAT_AREA] >= _SPECK and mask[inside].mean() > 0.3:
            result[inside] = 1
    return result


def _whole(mask: UInt8, radius: int) -> UInt8:
    """Close gaps up to twice a radius, and fill holes."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    closed = cv2.morphologyEx(
        cv2.copyMakeBorder(mask, radius, radius, radius, radius, cv2.BORDER_REPLICATE), cv2.MORPH_CLOSE, disc
    )
    closed = closed[radius:-radius, radius:-radius]
    contours, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(closed.copy(), contours, -1, 1, cv2.FILLED), np.uint8)


def _like_skin(pixels: UInt8, best: UInt8) -> np.ndarray:
    lab = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB).astype(np.float32)
    seen = lab[best == FACE]
    if len(seen) < 200:
        return np.zeros(best.shape, bool)
    middle = np.median(seen, axis=0)
    spread = np.maximum(np.percentile(abs(seen - middle), 80, axis=0), (12, 4, 4))
    return np.asarray((abs(lab - middle) < 2 * spread).all(axis=-1), bool)


def _doubted(mask: UInt8, pixels: UInt8, reach: int) -> np.ndarray:
    """Return where the colours along the mask's edge contradict it: GrabCut (Rother et al., 2004) in a narrow band."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    inner, outer = cv2.erode(mask, disc), cv2.dilate(mask, disc)
    if not inner.any() or outer.all():
        return np.zeros(mask.shape, bool)
    trimap = np.where(mask > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    trimap[inner > 0], trimap[outer == 0] = cv2.GC_FGD, cv2.GC_BGD
    # Its clusters start at random.
    cv2.setRNGSeed(0)
    cv2.grabCut(
        np.ascontiguousarray(pixels[..., ::-1]),
        trimap,
        None,
        np.zeros((1, 65)),
        np.zeros((1, 65)),
        2,
        cv2.GC_INIT_WITH_MASK,
    )
    cut_out = (trimap == cv2.GC_FGD) | (trimap == cv2.GC_PR_FGD)
    return np.asarray(cut_out != (mask > 0), bool)


def _reduced(pixels: UInt8, landmarks: Landmarks) -> tuple[UInt8, Landmarks]:
    """Shrink a photo whose face is much larger than a chip."""
    scale = min(1.0, 1.4 / abs(chip_to_photo(landmarks)[0]))
    if scale == 1.0:
        return pixels, landmarks
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    moved = (landmarks.points + 0.5) * np.array(
        [small.shape[1] / pixels.shape[1], small.shape[0] / pixels.shape[0]]
    ) - 0.5
    return np.asarray(small, np.uint8), Landmarks(moved.astype(np.float32), landmarks.scheme)


def _iou(a: Sequence[float], b: Sequence[float]) -> float:
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    shared = max(0.0, width) * max(0.0, height)
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)
