"""Preparation before training: the library of faces and the labelled scenes, kept in the work folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from training.detector.faces import Library, crops_of
from training.detector.scenes import read_marks, save_scenes, scenes_of
from training.detector.sources import scene_photos
from training.detector.teacher import Teacher

SHARD = 1000  # photos


def prepare_faces(photos: Sequence[tuple[Path, float]], teacher: Teacher, work: Path) -> list[Path]:
    """Write the library in shards, each as soon as it is made; those that are there are kept.

    Parameters
    ----------
    photos
        Photos of single faces, each with the border it needs as a share of its width.
    teacher
        Labels them.
    work
        Folder for the shards.
    """
    work.mkdir(parents=True, exist_ok=True)
    shards = []
    # Shuffled, so that the first shard is already a fair sample of all.
    order = np.random.default_rng(0).permutation(len(photos))
    for start in range(0, len(order), SHARD):
        shard = work / f"faces-{start // SHARD:03}.npz"
        shards.append(shard)
        if shard.is_file():
            continue
        chosen = [photos[index] for index in order[start : start + SHARD]]
        crops = [crop for path, padding in chosen for crop in crops_of(path, teacher, padding=padding)]
        Library.of(crops).save(shard)
        print(f"{shard.name}: {len(crops)} pictures of faces", flush=True)
    return shards


def prepare_scenes(data: Path, teacher: Teacher, work: Path, *, held_out: bool, share: float = 1.0) -> Path:
    """Write the labelled scenes of ``detection/train``: those to train on, or those held out."""
    # A pack of fewer scenes must not pass for that of all.
    part = "" if share == 1 else f"-{share:g}"
    kept = work / (f"scenes-held-out{part}.npz" if held_out else f"scenes{part}.npz")
    if not kept.is_file():
        work.mkdir(parents=True, exist_ok=True)
        paths = scene_photos(data, held_out=held_out)[:: round(1 / share)]
        marks = read_marks(data / "detection" / "train" / "boxes.csv")
        scenes = list(scenes_of(paths, marks, teacher, masked=not held_out))
        save_scenes(kept, scenes)
        print(f"{kept.name}: {len(scenes)} scenes", flush=True)
    return kept
