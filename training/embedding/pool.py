"""The faces that training draws from: windows round aligned faces, some of them of people who do not exist.

A *window* is the aligned chip with a margin, so that a later jitter has something to move into. New people are made
of two faces in equal parts and of gentle warps: the teacher's answer for any face-like picture is a valid target, so
no identity labels are needed and the pool is not bound to the few thousand people whose photos may be used.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from bareface.errors import BarefaceError, ImageError
from bareface.imaging import decode as images
from bareface.imaging.align import SIZES, chip_to_photo
from bareface.services.engine import Engine
from bareface.synthesis.masks import apply_mask, sample_mask
from bareface.values.face import Face, Float32, Landmarks, UInt8

CHIP = SIZES["dlib-150"]
MARGIN = 25
WINDOW = CHIP + 2 * MARGIN
SMALLEST_EYES = 18.0  # pixels between the eyes: smaller faces hold too little to learn from


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Faces ready to be drawn.

    Attributes
    ----------
    bare
        RGB windows, uint8 [n, 200, 200, 3].
    points
        Landmarks in window pixels, float32 [n, 5, 2], scheme ``five``.
    masked
        The same faces with simulated masks, uint8 [n, m, 200, 200, 3].
    hidden
        Pixels that the masks hide, bool [n, m, 200, 200].
    target
        The teacher's template of the bare chip, float32 [n, 128].
    """

    bare: UInt8
    points: Float32
    masked: UInt8
    hidden: NDArray[np.bool_]
    target: Float32


def build(
    photos: Sequence[Path], folder: Path, *, engine: Engine, invented: float, masks: int, seed: int, workers: int
) -> Pool:
    """Make a pool, or open the one that ``folder`` holds.

    Parameters
    ----------
    photos
        Pictures of faces; only the largest face of each is used.
    folder
        Where the pool is kept.
    engine
        Finds the faces; its embedder on bare chips is the teacher.
    invented
        Number of synthetic people per real face.
    masks
        Masked versions of each face.
    seed
        Of everything drawn.
    workers
        Processes that draw masks.
    """
    names = ("bare", "points", "masked", "hidden", "target")
    if not (folder / "done").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        found = list(_windows(engine, photos))
        bare, points = (np.stack(column) for column in zip(*found, strict=True))
        rng = np.random.default_rng([seed, 1])
        more = [new_person(bare, points, rng) for _ in range(round(len(bare) * invented))]
        if more:
            bare = np.concatenate([bare, np.stack([window for window, _ in more])])
            points = np.concatenate([points, np.stack([new for _, new in more])])
        np.save(folder / "bare.npy", bare)
        np.save(folder / "points.npy", points)
        np.save(folder / "target.npy", _teach(engine, bare))
        _wear(folder, len(bare), masks, seed, workers)
        (folder / "done").touch()
    return Pool(*(np.load(folder / f"{name}.npy", mmap_mode="r") for name in names))


def _windows(engine: Engine, photos: Sequence[Path]) -> Iterator[tuple[UInt8, Float32]]:
    for path in photos:
        try:
            photo = images.decode(path)
        except (BarefaceError, ImageError):
            continue
        faces = engine.detect(photo, want=())
        if not faces:
            continue
        face = max(faces, key=lambda each: each.box.area)
        if np.linalg.norm(face.landmarks.points[1] - face.landmarks.points[0]) >= SMALLEST_EYES:
            yield window_of(photo.pixels, face)


def window_of(pixels: UInt8, face: Face) -> tuple[UInt8, Float32]:
    """Cut a face's window; return it with its landmarks."""
    a, b = chip_to_photo(face.landmarks)
    while abs(a) > 1.5:
        half = (max(1, pixels.shape[1] // 2), max(1, pixels.shape[0] // 2))
        ratio = half[0] / pixels.shape[1]
        pixels = cv2.resize(pixels, half, interpolation=cv2.INTER_AREA)
        a, b = a * ratio, (b + (0.5 + 0.5j)) * ratio - (0.5 + 0.5j)
        face = _scaled(face, ratio)
    b -= a * complex(MARGIN, MARGIN)
    matrix = np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    window = cv2.warpAffine(pixels, matrix, (WINDOW, WINDOW), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    moved = ((face.landmarks.points[:, 0] + 1j * face.landmarks.points[:, 1]) - b) / a
    return window, np.stack([moved.real, moved.imag], 1).astype(np.float32)


def _scaled(face: Face, ratio: float) -> Face:
    from dataclasses import replace

    points = ((face.landmarks.points + 0.5) * ratio - 0.5).astype(np.float32)
    return replace(face, landmarks=Landmarks(points, face.landmarks.scheme))


def new_person(bare: UInt8, points: Float32, rng: np.random.Generator) -> tuple[UInt8, Float32]:
    """Synthesise a new person: two faces mixed, or one, gently warped."""
    one, two = rng.integers(len(bare), size=2)
    share = rng.uniform(0.35, 0.65) if rng.random() < 0.6 else 1.0
    second = bare[two][:, ::-1] if rng.random() < 0.5 else bare[two]
    window = cv2.addWeighted(bare[one], share, np.ascontiguousarray(second), 1 - share, 0)
    coarse = rng.normal(0, 3.5, (5, 5, 2)).astype(np.float32)
    shift = cv2.resize(coarse, (WINDOW, WINDOW), interpolation=cv2.INTER_CUBIC)
    grid = np.stack(np.meshgrid(np.arange(WINDOW), np.arange(WINDOW)), -1).astype(np.float32)
    warped = cv2.remap(window, grid + shift, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    rounded = points[one].round().astype(int).clip(0, WINDOW - 1)
    moved = points[one] - shift[rounded[:, 1], rounded[:, 0]]
    return warped, moved.astype(np.float32)


def _teach(engine: Engine, bare: UInt8) -> Float32:
    chips = bare[:, MARGIN : MARGIN + CHIP, MARGIN : MARGIN + CHIP]
    steps = (list(islice(chips, start, start + 32)) for start in range(0, len(chips), 32))
    return np.stack([template.vector for step in steps for template in engine.embed_chips(step)])


def _wear(folder: Path, faces: int, masks: int, seed: int, workers: int) -> None:
    shape = (faces, masks, WINDOW, WINDOW)
    np.lib.format.open_memmap(folder / "masked.npy", "w+", np.uint8, (*shape, 3)).flush()
    np.lib.format.open_memmap(folder / "hidden.npy", "w+", np.bool_, shape).flush()
    parts = [(folder, start, min(start + 256, faces), seed) for start in range(0, faces, 256)]
    # Forked children would inherit the locks of the runtime's threads.
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        for _ in pool.map(_wear_part, parts):
            pass


def _wear_part(part: tuple[Path, int, int, int]) -> None:
    folder, start, stop, seed = part
    cv2.setNumThreads(1)
    bare, points = np.load(folder / "bare.npy", mmap_mode="r"), np.load(folder / "points.npy", mmap_mode="r")
    masked, hidden = np.load(folder / "masked.npy", mmap_mode="r+"), np.load(folder / "hidden.npy", mmap_mode="r+")
    for face in range(start, stop):
        for number in range(masked.shape[1]):
            drawn = sample_mask(seed * 10_000_019 + face * masked.shape[1] + number, half="train")
            try:
                worn = apply_mask(np.array(bare[face]), Landmarks(np.array(points[face]), "five"), drawn)
            except BarefaceError:
                masked[face, number], hidden[face, number] = bare[face], False
                continue
            masked[face, number], hidden[face, number] = worn.pixels, worn.region
