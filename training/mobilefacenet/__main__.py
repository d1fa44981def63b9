"""Teach one MobileFaceNet the mean of two, masked or bare: ``python -m training.mobilefacenet --pool DIR``.

Needs no names: a network answers for a masked face as its two teachers do, together, for the bare one. ``python -m
training.mobilefacenet.pool`` makes the pool.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bareface.models import registry
from bareface.types import Float32
from training.mobilefacenet.pool import Pool, build
from training.mobilefacenet.space import Space, answers, centre, fit, joined, towards_subject
from training.mobilefacenet.train import Config, fitted_head, train
from training.mobilefacenet.validate import subject_of

TEACH_AT_ONCE = 512


def main() -> None:
    """Ask the teachers, fit the space, train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pool", type=Path, required=True, help="faces, made by training.mobilefacenet.pool")
    parser.add_argument("--weights", type=Path, required=True, help="weights to start from (.npz)")
    parser.add_argument("--second", type=Path, required=True, help="ONNX file of the second teacher")
    parser.add_argument("--space", type=Path, help="the map of an earlier run (space.npz) instead of a new one")
    parser.add_argument("--work", type=Path, default=Path("out") / "mobilefacenet", help="checkpoints and result")
    parser.add_argument("--head", type=int, default=2000, help="samples that the first last layer is fitted on")
    for field in fields(Config):
        kind = {"int": int, "float": float}[str(field.type)]
        parser.add_argument(f"--{field.name}", type=kind, default=field.default)
    options = parser.parse_args()
    config = Config(**{field.name: getattr(options, field.name) for field in fields(Config)})
    pool = build([], options.pool)
    options.work.mkdir(parents=True, exist_ok=True)
    templates = joined(taught(pool, options.pool, options.second))
    file = options.space or options.work / "space.npz"
    if not file.is_file():
        fit(templates).save(file)
    target = Space.load(file).of(templates)
    faces = trainable(pool.names)
    target = towards_subject(target, [subject_of(name) for name in pool.names])
    print(f"{len(faces)} faces to train on", flush=True)
    start = options.work / "start.npz"
    if not start.is_file():
        with np.load(options.weights) as stored:
            given = dict(stored)
        fitted = fitted_head(given, pool, faces, target, count=options.head, config=config)
        store(start, fitted)
    with np.load(start) as stored:
        weights = dict(stored)
    tuned = train(pool, faces, target, weights, config, options.work)
    store(options.work / "tuned.npz", tuned)


def store(file: Path, weights: Mapping[str, Float32]) -> None:
    """Write weights as an archive of arrays."""
    arrays: dict[str, Any] = dict(weights)
    np.savez(file, **arrays)


def taught(pool: Pool, folder: Path, second: Path) -> tuple[Float32, Float32]:
    """Unit templates of the pool's bare chips by both teachers, kept in the pool's folder."""
    networks = (registry.path_of(registry.card("mobilefacenet192")), second)
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
    """Places of the faces to train on: none of CelebA's identities that end in 0 or 5."""
    return np.array([n for n, name in enumerate(names) if (subject_of(name) or "1")[-1] not in "05"], np.int64)


if __name__ == "__main__":
    main()
