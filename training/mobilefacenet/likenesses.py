"""Find faces of a pool that look like people of test sets: ``python -m training.mobilefacenet.likenesses``.

Omitting the files of a test set is not enough: other photos of the same people may be in the pool. ``python -m
benchmarks.embedders`` cuts the test sets' chips; training omits the faces listed here with ``--leave-out``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bareface.values.face import Float32
from training.convert_mobilefacenet import ancestor
from training.mobilefacenet.pool import build
from training.mobilefacenet.space import answers

LIMIT = 0.7
"""Cosine of the first teacher's templates above which two faces may show one person."""


def nearest(pool: Float32, others: Float32) -> NDArray[np.float32]:
    """Return the highest cosine of each unit template of a pool to any of the others, float32 [n]."""
    highest = np.full(len(pool), -1, np.float32)
    for start in range(0, len(others), 1024):
        np.maximum(highest, (pool @ others[start : start + 1024].T).max(axis=1), out=highest)
    return highest


def main() -> None:
    """Write the names of the faces, one a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pool", type=Path, required=True, help="with the first teacher's templates (teacher0.npy)")
    parser.add_argument("--chips", type=Path, nargs="+", required=True, help="archives made by benchmarks.embedders")
    parser.add_argument("--limit", type=float, default=LIMIT)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    names, templates = build([], options.pool).names, np.load(options.pool / "teacher0.npy")
    left: set[str] = set()
    for file in options.chips:
        with np.load(file) as stored:
            others = answers(ancestor(), stored["pixels"])
        found = np.flatnonzero(nearest(templates, others) > options.limit)
        left.update(names[place] for place in found)
        print(f"{file.stem}: {len(found)} faces of the pool", flush=True)
    options.out.write_text("".join(f"{name}\n" for name in sorted(left)), encoding="utf-8")
    print(f"{len(left)} of {len(names)} faces left out")


if __name__ == "__main__":
    main()
