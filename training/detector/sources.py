"""Training pictures in the data folder, and those that are held out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

# Sets by folder, how many photos of each are used, and the border that a tight photo needs.
FACES: tuple[tuple[str, int, float], ...] = (
    ("train/celeba", 1500, 0.0),
    ("train/public-domain/civil-service", 585, 0.0),
    ("train/public-domain/congress", 813, 0.0),
    ("train/synthetic", 1200, 0.0),
)
PICTURES = (".jpg", ".jpeg", ".png", ".webp")
HELD_OUT = 8
"""Every eighth scene is for validation."""


def face_photos(data: Path, extra: Sequence[tuple[Path, int, float]], share: float) -> list[tuple[Path, float]]:
    """List photos of single faces with the border that each needs; of CelebA no identity that ends in 0 or 5.

    Parameters
    ----------
    data
        The data folder.
    extra
        More folders: path, how many photos, border.
    share
        Of all photos, in (0, 1]: the same evenly spaced ones for the same share.
    """
    chosen: list[tuple[Path, float]] = []
    for folder, count, padding in [*((data / name, n, p) for name, n, p in FACES), *extra]:
        found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURES and _trainable(path))
        wanted = max(1, round(share * min(count, len(found))))
        steps = np.linspace(0, max(0, len(found) - 1), min(wanted, len(found))).astype(int)
        chosen += [(found[step], padding) for step in steps.tolist()]
    return chosen


def _trainable(path: Path) -> bool:
    """Return whether a photo may be trained on: CelebA's identities ending in 0 validate, those in 5 calibrate."""
    identity = path.parent.name if path.parent.parent.name == "celeba" else path.name.split("_")[0]
    celeba = path.parent.parent.name == "celeba" or "celeba" in path.parent.name.lower()
    return not (celeba and identity[-1:] in "05")


def scene_photos(data: Path, *, held_out: bool) -> list[Path]:
    """List the scenes of ``detection/train``: those to train on, or every eighth to validate on."""
    chosen = []
    for name in ("masks", "wild"):
        found = sorted((data / "detection" / "train" / name).glob("*.jpg"))
        chosen += [path for index, path in enumerate(found) if (index % HELD_OUT == HELD_OUT - 1) == held_out]
    return chosen
