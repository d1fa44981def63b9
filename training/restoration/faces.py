"""Faces to learn from and to tune on: aligned bare faces, and pairs of a masked face and the bare one below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bareface.errors import BarefaceError
from bareface.imaging import decode as images
from bareface.imaging.align import align
from bareface.restoration.base import SIDE
from bareface.services.engine import Engine
from bareface.synthesis.mask_shapes import Half
from bareface.synthesis.masks import apply_mask, sample_mask
from bareface.values.face import Face, UInt8

LEAST_VISIBLE = 0.9
"""Least visible share of a bare face to train on."""
LEAST_WIDTH = 60.0
"""Narrower faces, in pixels, are too coarse to learn from."""
_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")


def photos_in(folders: Iterable[Path], *, validation: bool = False) -> list[Path]:
    """List the photos below folders, each folder's sorted.

    CelebA's identities whose number ends in 0 are left out, or alone kept for validation; those ending in 5 are always
    left out.
    """
    found = []
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() in _SUFFIXES:
                ending = _celeba_identity(path)[-1:]
                if ending == "0" if validation else ending not in ("0", "5"):
                    found.append(path)
    return found


def _celeba_identity(path: Path) -> str:
    """Return the number of the person of a photo of CelebA; None for a photo of another set."""
    if "celeba" not in str(path.parent).lower():
        return ""
    return path.stem.split("_")[0] if "_" in path.stem else path.parent.name


def bare_faces(engine: Engine, photos: Iterable[Path]) -> Iterator[UInt8]:
    """Cut the largest face of each photo if it is bare and large enough, RGB uint8 [160, 160, 3]."""
    for path in photos:
        face = largest(engine, path)
        if face is None or face.photo is None or face.box.width < LEAST_WIDTH:
            continue
        if face.mask_state == "none" and (face.visible or 0) >= LEAST_VISIBLE:
            yield align(face.photo.pixels, face.landmarks, size=SIDE)


def largest(engine: Engine, photo: Path | UInt8) -> Face | None:
    """Return the largest face of a photo; None if there is none, or the file is damaged."""
    try:
        found = engine.faces(photo, want=["occlusion"])
    except BarefaceError:
        return None
    return max(found, key=lambda face: face.box.area, default=None)


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A face in a simulated mask, found as such, and the bare face below.

    Attributes
    ----------
    face
        The masked face; its photo is the masked one.
    truth
        The bare photo, cut as the masked one is: RGB uint8 [160, 160, 3].
    worn
        Where mask and straps are, bool [160, 160].
    """

    face: Face
    truth: UInt8
    worn: NDArray[np.bool_]


def masked_cases(engine: Engine, photos: Sequence[Path], half: Half) -> Iterator[tuple[Path, Case]]:
    """Yield each photo's largest face in a mask; skip photos whose face is not bare, or not found under the mask."""
    for seed, path in enumerate(photos):
        bare = largest(engine, path)
        if bare is None or bare.photo is None or bare.mask_state != "none" or (bare.visible or 0) < LEAST_VISIBLE:
            continue
        masked = apply_mask(bare.photo.pixels, bare.landmarks, sample_mask(seed, half=half))
        face = largest(engine, masked.pixels)
        if face is None or bare.box.iou(face.box) < 0.3:
            continue
        truth = align(bare.photo.pixels, face.landmarks, size=SIDE)
        worn = align(np.repeat(masked.region[..., None], 3, axis=2).astype(np.uint8) * 255, face.landmarks, size=SIDE)
        yield path, Case(face, truth, worn[..., 0] > 127)


def read(path: Path) -> UInt8:
    """Read a photo's pixels."""
    return images.decode(path).pixels
