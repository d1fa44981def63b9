"""Templates of a pool's faces by the teachers, and the selection of training faces."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bareface.values.face import Float32
from training.convert_mobilefacenet import ancestor
from training.mobilefacenet.pool import Pool
from training.mobilefacenet.space import answers, centre
from training.mobilefacenet.validate import subject_of

TEACH_AT_ONCE = 512
HELD_OUT = 20
"""One face in this many is held out."""


def store(file: Path, weights: Mapping[str, Float32]) -> None:
    """Write weights as an archive of arrays."""
    arrays: dict[str, Any] = dict(weights)
    np.savez(file, **arrays)


def taught(pool: Pool, folder: Path, second: Path) -> tuple[Float32, Float32]:
    """Compute unit templates of the pool's bare chips by both teachers, cached in the pool's folder."""
    networks = (ancestor(), second)
    columns = []
    for number, network in enumerate(networks):
        file = folder / f"teacher{number}.npy"
        done = np.load(file) if file.is_file() else None
        while done is None or len(done) < len(pool):
            first = 0 if done is None else len(done)
            more = answers(network, centre(np.asarray(pool.bare[first : first + TEACH_AT_ONCE])))
            done = more if done is None else np.concatenate([done, more])
            np.save(file, done)
            print(f"teacher {number}: {len(done)} of {len(pool)} faces", flush=True)
        columns.append(done)
    return columns[0], columns[1]


def trainable(names: list[str]) -> NDArray[np.int64]:
    """Return the indices of the faces to train on: no CelebA identity ending in 0 or 5, and none held out."""
    return np.array([place for place in _allowed(names) if place % HELD_OUT], np.int64)


def held_out(names: list[str]) -> NDArray[np.int64]:
    """Return the indices of the faces that training leaves out, for what is fitted after it."""
    return np.array([place for place in _allowed(names) if place % HELD_OUT == 0], np.int64)


def _allowed(names: list[str]) -> list[int]:
    return [place for place, name in enumerate(names) if (subject_of(name) or "1")[-1] not in "05"]
