"""What is made once, before training: chips of portraits, of scenes and of what only looks like a face."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from bareface import images
from bareface.detection.bareface_detector import BarefaceDetector
from bareface.detection.cutouts import cut_out
from bareface.errors import BarefaceError
from bareface.evaluation.masks import apply_mask
from bareface.types import Float32, Landmarks, UInt8
from training.detector.faces import drawn_masks
from training.detector.labels import FULL, MIRRORED, NONE, PARTIAL, UNKNOWN, overlaps
from training.detector.scenes import Scene
from training.detector.teacher import Teacher
from training.refiner.chips import NOTHING, PORTRAIT, SCENE, Chips, chip

SURE = 0.7
LOOKS = (120, 144, 168, 200, 232)
"""Sides in pixels at which the teacher sees a face again, every other one mirrored: its single looks err by 3 % of the
eye distance."""
SHARD = 500  # photos
LARGEST = 512  # pixels of a portrait's longer side
DRAWN = 4  # times that masks are drawn on each bare face of a scene
DOUBT = 0.1  # the least score of what the detector takes for a face


def portrait_chips(path: Path, teacher: Teacher) -> Iterator[Chips]:
    """The one face of a portrait, bare and masked; nothing where the teacher is not sure of exactly one."""
    try:
        pixels = _smaller(images.decode(path).pixels)
    except BarefaceError:
        return
    rows = teacher.rows(pixels)
    if len(rows) != 1 or rows[0, 14] < SURE:
        return
    box, points = looked_at(pixels, rows[0], teacher)
    yield chip(pixels, box, points, NONE, PORTRAIT)
    for spec in drawn_masks(zlib.crc32(path.name.encode())):
        worn = apply_mask(pixels, Landmarks(points, "five"), spec).pixels
        yield chip(worn, box, points, PARTIAL if spec.nose == "low" else FULL, PORTRAIT)


def looked_at(pixels: UInt8, row: Float32, teacher: Teacher) -> tuple[Float32, Float32]:
    """Box [4] and landmarks [5, 2]: the median of the teacher's first answer and of several looks from close by."""
    answers = [row[:14]]
    rng = np.random.default_rng(zlib.crc32(row.tobytes()))
    for place, side in enumerate(LOOKS):
        extent = max(row[2] - row[0], row[3] - row[1])
        shifted = row[:4] + np.tile(rng.uniform(-0.1, 0.1, 2) * extent, 2)
        cut = cut_out(pixels, shifted, 2.0, side)
        mirrored = place % 2 == 1
        found = teacher.look(np.ascontiguousarray(cut.pixels[:, ::-1] if mirrored else cut.pixels))
        if not len(found):
            continue
        best = found[found[:, 14].argmax(), :14]
        if mirrored:
            best = _unmirrored(best, side)
        best = best * cut.scale + np.tile(cut.corner, 7)
        if overlaps(best[None, :4].astype(np.float32), row[None, :4])[0, 0] > 0.5:
            answers.append(best)
    middle = np.median(answers, axis=0).astype(np.float32)
    return middle[:4], middle[4:].reshape(5, 2)


def _unmirrored(row: Float32, width: int) -> Float32:
    x1, y1, x2, y2 = row[:4]
    points = row[4:].reshape(5, 2)[MIRRORED].copy()
    points[:, 0] = width - points[:, 0]
    return np.concatenate([[width - x2, y1, width - x1, y2], points.reshape(-1)]).astype(np.float32)


def _smaller(pixels: UInt8) -> UInt8:
    scale = LARGEST / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    size = round(pixels.shape[1] * scale), round(pixels.shape[0] * scale)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def scene_chips(scene: Scene, seed: int) -> Iterator[Chips]:
    """The sure faces of a scene, and its bare ones under several masks."""
    labels, rng = scene.labels, np.random.default_rng(seed)
    for face in np.flatnonzero(~labels.doubtful):
        box, points, state = labels.boxes[face], labels.points[face], int(labels.states[face])
        known = bool(np.isfinite(points).all())
        yield chip(scene.pixels, box, points if known else None, state, SCENE)
        if state != NONE or not known or box[2] - box[0] < 16:
            continue
        for _ in range(DRAWN):
            spec = drawn_masks(int(rng.integers(2**31)))[-1]
            worn = apply_mask(scene.pixels, Landmarks(points, "five"), spec).pixels
            yield chip(worn, box, points, PARTIAL if spec.nose == "low" else FULL, SCENE)


def false_chips(scene: Scene, detector: BarefaceDetector) -> Iterator[Chips]:
    """What the detector takes for a face, with a score of at least ``DOUBT``, where nobody saw one."""
    width = scene.pixels.shape[1]
    turned = np.ascontiguousarray(scene.pixels[::-1, ::-1])
    limits = np.array([width, scene.pixels.shape[0]] * 2, np.float32)
    upside_down = limits - scene.labels.boxes[:, [2, 3, 0, 1]]
    for pixels, boxes in ((scene.pixels, scene.labels.boxes), (turned, upside_down)):
        for face in detector.detect(pixels, 12.0):
            box = np.array(face.box, np.float32)
            if not len(boxes) or overlaps(box[None], boxes).max() < 0.05:
                yield chip(pixels, box, None, UNKNOWN, NOTHING)


def no_face_chips(path: Path, teacher: Teacher, detector: BarefaceDetector, share: int = 3) -> Iterator[Chips]:
    """Of a photo without faces: what the detector takes for one, and some squares at random."""
    try:
        pixels = _smaller(images.decode(path).pixels)
    except BarefaceError:
        return
    rows = teacher.rows(pixels, (1.0, 0.6))
    if len(rows) and rows[0, 14] > 0.3:
        return
    for face in detector.detect(pixels, 16.0):
        yield chip(pixels, np.array(face.box, np.float32), None, UNKNOWN, NOTHING)
    rng = np.random.default_rng(zlib.crc32(path.name.encode()))
    for _ in range(share):
        side = float(np.exp(rng.uniform(np.log(16), np.log(0.5 * min(pixels.shape[:2])))))
        low = rng.uniform(0, np.array(pixels.shape[1::-1]) - side)
        yield chip(pixels, np.concatenate([low, low + side]).astype(np.float32), None, UNKNOWN, NOTHING)


def prepare_portraits(photos: Sequence[Path], teacher: Teacher, work: Path) -> list[Path]:
    """Write chips of portraits in shards, each as soon as it is made; those that are there are kept."""
    work.mkdir(parents=True, exist_ok=True)
    shards = []
    # Shuffled, so that the first shard is already a fair sample of all.
    order = np.random.default_rng(0).permutation(len(photos))
    for start in range(0, len(order), SHARD):
        shard = work / f"chips-portraits-{start // SHARD:03}.npz"
        shards.append(shard)
        if not shard.is_file():
            chosen = [photos[index] for index in order[start : start + SHARD]]
            _write(shard, [made for path in chosen for made in portrait_chips(path, teacher)])
    return shards


def prepare_scenes(
    scenes: Sequence[Scene], empty: Sequence[Path], teacher: Teacher, detector: BarefaceDetector, work: Path
) -> list[Path]:
    """Write chips of scenes and of what is no face; what is there is kept.

    Parameters
    ----------
    scenes
        With their faces.
    empty
        Photos without faces.
    teacher
        Says whether they are.
    detector
        Without close-ups, of the least score ``DOUBT``.
    work
        Folder for the files.
    """
    work.mkdir(parents=True, exist_ok=True)
    faces, false, nothing = (work / f"chips-{name}.npz" for name in ("scenes", "false", "nothing"))
    if not faces.is_file():
        _write(faces, [made for number, scene in enumerate(scenes) for made in scene_chips(scene, number)])
    if not false.is_file():
        _write(false, [made for scene in scenes for made in false_chips(scene, detector)])
    if not nothing.is_file() and empty:
        _write(nothing, [made for path in empty for made in no_face_chips(path, teacher, detector)])
    return [path for path in (faces, false, nothing) if path.is_file()]


def _write(path: Path, chips: list[Chips]) -> None:
    if chips:
        Chips.joined(chips).save(path)
    print(f"{path.name}: {len(chips)} chips", flush=True)
