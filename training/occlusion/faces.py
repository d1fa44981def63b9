"""Aligned faces with a margin, cut from photos and kept in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from bareface.faces.detection.yunet import YunetDetector
from bareface.imaging import decode as images
from bareface.imaging.align import chip_to_photo
from bareface.values.face import Float32, Landmarks, UInt8
from training.occlusion.config import HELD_OUT, MARGIN, SIDE
from training.occlusion.labels import visible_face

_LONGEST = 288
_SMALLEST_FACE = 40.0


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """Enlarged chips.

    Attributes
    ----------
    pixels
        RGB uint8 [n, SIDE, SIDE, 3]: the dlib-150 chip and `MARGIN` pixels round it.
    classes
        uint8 [n, SIDE, SIDE].
    points
        The five landmarks in them, float32 [n, 5, 2].
    """

    pixels: UInt8
    classes: UInt8
    points: Float32

    def __len__(self) -> int:
        return len(self.pixels)


def stack(faces: Sequence[tuple[UInt8, UInt8, Float32]]) -> Faces:
    """Stack faces as arrays."""
    pixels, classes, points = zip(*faces, strict=True)
    return Faces(np.stack(pixels), np.stack(classes), np.stack(points))


def kept(file: Path, make: Callable[[], Faces]) -> Faces:
    """Load faces from a file of an earlier run, or compute and save them."""
    if not file.is_file():
        faces = make()
        part = file.with_suffix(".part.npz")
        np.savez(part, **{name: getattr(faces, name) for name in Faces.__slots__})
        part.replace(file)
    with np.load(file) as arrays:
        return Faces(**arrays)


def cut(pixels: UInt8, landmarks: Landmarks, classes: UInt8 | None = None) -> tuple[UInt8, UInt8, Float32]:
    """Cut one enlarged chip with its classes (zeros where there are none) and its landmarks."""
    a, b = chip_to_photo(landmarks)
    b -= a * complex(MARGIN, MARGIN)
    matrix = np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])
    flags = cv2.WARP_INVERSE_MAP
    chip = cv2.warpAffine(pixels, matrix, (SIDE, SIDE), flags=flags | cv2.INTER_LINEAR)
    if classes is None:
        classes = np.zeros(pixels.shape[:2], np.uint8)
    cut_classes = cv2.warpAffine(classes, matrix, (SIDE, SIDE), flags=flags | cv2.INTER_NEAREST)
    points = (landmarks.points[:, 0] + 1j * landmarks.points[:, 1] - b) / a
    return chip, cut_classes, np.column_stack([points.real, points.imag]).astype(np.float32)


def find(detector: YunetDetector, pixels: UInt8) -> Landmarks | None:
    """Find the landmarks of the largest face, by YuNet."""
    found = detector.detect(pixels, _SMALLEST_FACE)
    return max(found, key=lambda face: face.box.area).landmarks if found else None


def parsing_photos(folder: Path, *, held_out: bool) -> list[Path]:
    """List the labelled photos to train on, or those held out."""
    photos = sorted((folder / "images").glob("*.jpg"))
    return [path for place, path in enumerate(photos) if (place % HELD_OUT == HELD_OUT - 1) == held_out]


def labelled(photos: Iterable[Path], detector: YunetDetector) -> Faces:
    """Load the faces of `parsing` with their classes."""
    faces = []
    for path in photos:
        pixels = images.decode(path).pixels
        parsing = cv2.imread(str(path.parents[1] / "labels" / f"{path.stem}.png"), cv2.IMREAD_GRAYSCALE)
        landmarks = find(detector, pixels)
        if landmarks is not None:
            faces.append(cut(pixels, landmarks, visible_face(np.asarray(parsing, np.uint8))))
    return stack(faces)


def trainable(path: Path) -> bool:
    """Return whether a photo may be trained on: CelebA's identities ending in 0 and 5 are not."""
    in_celeba = "celeba" in str(path.parent).lower()
    identity = path.stem.split("_")[0] if "_" in path.stem else path.parent.name
    return not (in_celeba and identity[-1] in "05")


def unlabelled(folders: Sequence[Path], detector: YunetDetector, count: int, seed: int) -> Faces:
    """Load faces of other photos, about as many from every folder; their classes are zeros."""
    rng = np.random.default_rng([seed, 7])
    faces = []
    for folder in folders:
        paths = sorted(path for path in folder.rglob("*") if path.suffix in (".jpg", ".png") and trainable(path))
        for index in rng.permutation(len(paths))[: count // len(folders)]:
            pixels = _reduced(images.decode(paths[index]).pixels)
            landmarks = find(detector, pixels)
            if landmarks is not None:
                faces.append(cut(pixels, landmarks))
    return stack(faces)


def _reduced(pixels: UInt8) -> UInt8:
    longer = max(pixels.shape[:2])
    if longer <= _LONGEST:
        return pixels
    size = (round(pixels.shape[1] * _LONGEST / longer), round(pixels.shape[0] * _LONGEST / longer))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
