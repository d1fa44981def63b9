"""Aligned faces to train and validate on: ``python -m training.mobilefacenet.pool --photos DIR ... --out DIR``.

Each face is kept once as it is and once under a simulated mask, as a *window*: the 112-pixel chip with a margin, so
that a later jitter has something to move into. The work is done in parts that a later run finds and skips.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from bareface.errors import BarefaceError
from bareface.faces.detection.bareface_detector import BarefaceDetector
from bareface.imaging import decode as images
from bareface.imaging.align import SIZES, chip_to_photo
from bareface.models import registry
from bareface.models.sessions import open_session
from bareface.synthesis.masks import apply_mask, sample_mask
from bareface.values.face import Float32, Landmarks, UInt8

CHIP = SIZES["arcface-112"]
MARGIN = 16
WINDOW = CHIP + 2 * MARGIN
SMALLEST_EYES = 14.0
"""Pixels between the eyes; smaller faces hold too little to learn from."""
BARE = 0.5
"""Least probability that a face wears no mask."""
PAD = 40
"""Pixels added around each photo: crops that are tight about the face hide it from the detector."""
LEAST, HALVE_ABOVE = 24.0, 1.5
PART = 512
PICTURES = (".jpg", ".jpeg", ".png", ".webp")


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Faces ready to be drawn.

    Attributes
    ----------
    names
        The file that each face came from.
    bare
        RGB windows, uint8 [n, 144, 144, 3].
    masked
        The same faces with a simulated mask.
    hidden
        Pixels that the mask hides, packed bits, uint8 [n, 2592].
    """

    names: list[str]
    bare: UInt8
    masked: UInt8
    hidden: UInt8

    def __len__(self) -> int:
        return len(self.names)

    def region(self, face: int) -> NDArray[np.bool_]:
        """Return the region that the mask of one face hides, bool [144, 144]."""
        return np.unpackbits(self.hidden[face]).reshape(WINDOW, WINDOW).astype(bool)


def build(photos: Sequence[Path], folder: Path, *, seed: int = 0, workers: int = 1) -> Pool:
    """Make a pool, or open the one that ``folder`` holds.

    Parameters
    ----------
    photos
        Pictures of faces; only the face nearest to the middle of each is used.
    folder
        Where the pool is kept.
    seed
        Decides which masks are drawn.
    workers
        Processes that find faces and draw masks.
    """
    if not (folder / "names.json").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        steps = range(0, len(photos), PART)
        parts = [folder / f"part{start // PART:05}.npz" for start in steps]
        # Forked children would inherit the locks of the runtime's threads.
        with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
            jobs = [
                pool.submit(_make, photos[start : start + PART], part, seed, start)
                for start, part in zip(steps, parts, strict=True)
            ]
            for number, job in enumerate(jobs):
                job.result()
                print(f"part {number + 1} of {len(jobs)}", flush=True)
        _join(parts, folder)
    names = json.loads((folder / "names.json").read_text(encoding="utf-8"))
    return Pool(names, *(np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("bare", "masked", "hidden")))


def _make(photos: Sequence[Path], part: Path, seed: int, first: int) -> None:
    if part.is_file():
        return
    cv2.setNumThreads(1)
    names: list[str] = []
    bare: list[UInt8] = []
    masked: list[UInt8] = []
    hidden: list[UInt8] = []
    for number, path in enumerate(photos, first):
        face = _window(path)
        if face is None:
            continue
        window, points = face
        try:
            worn = apply_mask(window, Landmarks(points, "five"), sample_mask(seed * 10_000_019 + number, half="train"))
        except BarefaceError:
            continue
        names.append(str(path))
        bare.append(window)
        masked.append(worn.pixels)
        hidden.append(np.packbits(worn.region))
    # A part without any face keeps its shape.
    pixels = (0, WINDOW, WINDOW, 3)
    temporary = part.with_suffix(".tmp.npz")
    np.savez(
        temporary,
        names=np.array(names),
        bare=np.array(bare, np.uint8).reshape(len(bare), *pixels[1:]),
        masked=np.array(masked, np.uint8).reshape(len(bare), *pixels[1:]),
        hidden=np.array(hidden, np.uint8).reshape(len(bare), WINDOW * WINDOW // 8),
    )
    temporary.replace(part)


def _window(path: Path) -> tuple[UInt8, Float32] | None:
    """Cut a photo's face as a window; return it with its landmarks."""
    try:
        pixels = images.decode(path).pixels
    except BarefaceError:
        return None
    pixels = cv2.copyMakeBorder(pixels, PAD, PAD, PAD, PAD, cv2.BORDER_CONSTANT)
    faces = _detector().detect(pixels, LEAST)
    if not faces:
        return None
    height, width = pixels.shape[:2]
    # The subject of a portrait stands in its middle; others may look in from the side.
    face = min(faces, key=lambda f: abs(f.box.x1 + f.box.x2 - width) + abs(f.box.y1 + f.box.y2 - height))
    points = face.landmarks.points
    worn = face.mask is not None and face.mask[0] < BARE
    return None if worn or np.linalg.norm(points[1] - points[0]) < SMALLEST_EYES else cut(pixels, face.landmarks)


@cache
def _detector() -> BarefaceDetector:
    return BarefaceDetector(open_session(registry.path_of(registry.card("bareface-detector"))))


def cut(pixels: UInt8, landmarks: Landmarks) -> tuple[UInt8, Float32]:
    """Cut a face's window, RGB [144, 144, 3], and its landmarks there; black beyond the picture's edge."""
    a, b = chip_to_photo(landmarks, "arcface-112")
    points = landmarks.points[:, 0] + 1j * landmarks.points[:, 1]
    while abs(a) > HALVE_ABOVE:
        half = (max(1, pixels.shape[1] // 2), max(1, pixels.shape[0] // 2))
        ratio = half[0] / pixels.shape[1]
        pixels = cv2.resize(pixels, half, interpolation=cv2.INTER_AREA)
        a, b, points = a * ratio, *((each + (0.5 + 0.5j)) * ratio - (0.5 + 0.5j) for each in (b, points))
    b -= a * complex(MARGIN, MARGIN)
    matrix = np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])
    window: UInt8 = cv2.warpAffine(pixels, matrix, (WINDOW, WINDOW), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    moved = (points - b) / a
    return window, np.stack([moved.real, moved.imag], 1).astype(np.float32)


def _join(parts: Sequence[Path], folder: Path) -> None:
    """Join the parts of each column to one array."""
    counts = []
    for part in parts:
        with np.load(part) as stored:
            counts.append(len(stored["names"]))
    names: list[str] = []
    shapes = {"bare": (WINDOW, WINDOW, 3), "masked": (WINDOW, WINDOW, 3), "hidden": (WINDOW * WINDOW // 8,)}
    columns = {
        name: np.lib.format.open_memmap(folder / f"{name}.npy", "w+", np.uint8, (sum(counts), *shape))
        for name, shape in shapes.items()
    }
    for part, count in zip(parts, counts, strict=True):
        with np.load(part) as stored:
            for name, column in columns.items():
                column[len(names) : len(names) + count] = stored[name]
            names += stored["names"].tolist()
    for column in columns.values():
        column.flush()
    (folder / "names.json").write_text(json.dumps(names), encoding="utf-8")
    for part in parts:
        part.unlink()


def main() -> None:
    """Make a pool of all photos in some folders."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, nargs="+", required=True, help="folders of faces")
    parser.add_argument("--without", type=Path, nargs="*", default=(), help="leave out photos that lie here, too")
    parser.add_argument("--out", type=Path, required=True, help="folder for the pool")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--most", type=int, help="use at most N photos")
    parser.add_argument("--seed", type=int, default=0, help="decides the order of photos and which masks are drawn")
    options = parser.parse_args()
    excluded = {_digest(path) for path in pictures(options.without)}
    photos = [path for path in pictures(options.photos) if not excluded or _digest(path) not in excluded]
    photos = [photos[place] for place in np.random.default_rng(options.seed).permutation(len(photos))[: options.most]]
    print(f"{len(photos)} photos", flush=True)
    print(f"{len(build(photos, options.out, seed=options.seed, workers=options.workers))} faces")


def pictures(folders: Sequence[Path]) -> list[Path]:
    """List all pictures under some folders, in a fixed order."""
    return [path for folder in folders for path in sorted(folder.rglob("*")) if path.suffix.lower() in PICTURES]


def _digest(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


if __name__ == "__main__":
    main()
