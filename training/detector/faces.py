"""The library of single faces: each bare and under masks, labelled by the teacher on the bare photo."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from bareface.errors import BarefaceError
from bareface.imaging import decode as images
from bareface.synthesis.mask_specs import MaskSpec, sample_mask
from bareface.synthesis.masks import apply_mask
from bareface.values.face import Float32, Landmarks, UInt8
from training.detector.labels import FULL, NONE, PARTIAL
from training.detector.teacher import Teacher

SURE = 0.75
MARGIN = 0.8  # of the face's longer side, kept on every side of it
LARGEST = 288  # pixels of the longer side of a kept crop


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """One picture of one face: JPEG, box [4], points [5, 2] in its pixels, mask state."""

    jpeg: bytes
    box: Float32
    points: Float32
    state: int


def crops_of(path: Path, teacher: Teacher, *, padding: float = 0.0) -> Iterator[Crop]:
    """Yield a photo's only face, bare and masked; nothing unless the teacher is sure of exactly one face.

    Parameters
    ----------
    path
        The photo.
    teacher
        Labels it.
    padding
        Border to put around a tight photo first, as a share of its width.
    """
    try:
        pixels = images.decode(path).pixels
    except BarefaceError:
        return
    border = round(padding * pixels.shape[1])
    pixels = cv2.copyMakeBorder(pixels, border, border, border, border, cv2.BORDER_REPLICATE) if border else pixels
    scale = 256 / max(pixels.shape[:2])
    if scale < 1:
        size = round(pixels.shape[1] * scale), round(pixels.shape[0] * scale)
        small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    else:
        small, scale = pixels, 1.0
    rows = teacher.rows(np.ascontiguousarray(small, np.uint8))
    if len(rows) != 1 or rows[0, 14] < SURE:
        return
    row = rows[0] / scale
    pixels, row = _cut(np.ascontiguousarray(pixels, np.uint8), row)
    box, points = row[:4], row[4:14].reshape(5, 2)
    yield Crop(_jpeg(pixels), box, points, NONE)
    seed = zlib.crc32(path.name.encode())
    for spec in drawn_masks(seed):
        worn = apply_mask(pixels, Landmarks(points, "five"), spec)
        yield Crop(_jpeg(worn.pixels), box, points, PARTIAL if spec.nose == "low" else FULL)


def drawn_masks(seed: int) -> list[MaskSpec]:
    """Draw one mask or two, half of them worn incorrectly: under the nose, under the mouth, at the chin."""
    rng = np.random.default_rng(seed)
    worn = [sample_mask(seed, half="train", nose="high" if seed % 2 else "medium")]
    if rng.random() < 0.65:
        low = sample_mask(seed + 1, half="train", nose="low")
        where = rng.random()
        # Where its upper edge lies, in inter-ocular distances below the eyes: the nose ends near 0.6, the mouth
        # lies near 1.0, the chin ends near 1.6.
        top = rng.uniform(0.62, 0.9) if where < 0.7 else rng.uniform(0.9, 1.35)
        low = replace(low, top=float(top), tilt=float(rng.normal(0, 0.08)), shift=float(rng.normal(0, 0.04)))
        worn = [low] if rng.random() < 0.5 else [*worn, low]
    return worn


def _cut(pixels: UInt8, row: Float32) -> tuple[UInt8, Float32]:
    side = max(row[2] - row[0], row[3] - row[1])
    low = np.maximum(np.floor(row[:2] - MARGIN * side), 0).astype(int)
    high = np.minimum(np.ceil(row[2:4] + MARGIN * side), pixels.shape[1::-1]).astype(int)
    cut = pixels[low[1] : high[1], low[0] : high[0]]
    scale = min(1.0, LARGEST / max(cut.shape[:2]))
    if scale < 1:
        size = round(cut.shape[1] * scale), round(cut.shape[0] * scale)
        cut = cv2.resize(cut, size, interpolation=cv2.INTER_AREA)
    moved = row[:14] - np.tile(low, 7)
    return np.ascontiguousarray(cut, np.uint8), (moved * scale).astype(np.float32)


def _jpeg(pixels: UInt8) -> bytes:
    return cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 93])[1].tobytes()


@dataclass(frozen=True, slots=True, eq=False)
class Library:
    """Many crops in memory, as JPEG.

    Attributes
    ----------
    data, ends
        uint8: the files one after the other, and where each ends.
    boxes, points, states
        float32 [n, 4], float32 [n, 5, 2], int64 [n].
    """

    data: NDArray[np.uint8]
    ends: NDArray[np.int64]
    boxes: Float32
    points: Float32
    states: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ends)

    @classmethod
    def of(cls, crops: Sequence[Crop]) -> Library:
        """Pack crops."""
        return cls(
            np.frombuffer(b"".join(crop.jpeg for crop in crops), np.uint8),
            np.cumsum([len(crop.jpeg) for crop in crops]).astype(np.int64),
            np.array([crop.box for crop in crops], np.float32).reshape(-1, 4),
            np.array([crop.points for crop in crops], np.float32).reshape(-1, 5, 2),
            np.array([crop.state for crop in crops], np.int64),
        )

    def save(self, path: Path) -> None:
        """Write it; a reader never sees half a file."""
        part = path.with_suffix(".part.npz")
        np.savez(part, **{name: getattr(self, name) for name in self.__slots__})
        part.replace(path)

    @classmethod
    def load(cls, *paths: Path) -> Library:
        """Read libraries and put them together."""
        parts = []
        for path in paths:
            with np.load(path) as stored:
                parts.append({name: stored[name] for name in cls.__slots__})
        shifts = np.cumsum([0, *(len(part["data"]) for part in parts)])
        for part, shift in zip(parts, shifts[:-1], strict=True):
            part["ends"] = part["ends"] + shift
        return cls(**{name: np.concatenate([part[name] for part in parts]) for name in cls.__slots__})

    def pixels(self, index: int, reduction: int = 1) -> UInt8:
        """Crop ``index``, RGB, decoded at 1/``reduction`` (1, 2, 4) of its size."""
        flags = {
            1: cv2.IMREAD_COLOR_RGB,
            2: cv2.IMREAD_REDUCED_COLOR_2,
            4: cv2.IMREAD_REDUCED_COLOR_4,
        }
        start = self.ends[index - 1] if index else 0
        image = np.asarray(cv2.imdecode(self.data[start : self.ends[index]], flags[reduction]))
        return np.ascontiguousarray(image if reduction == 1 else image[..., ::-1], np.uint8)
