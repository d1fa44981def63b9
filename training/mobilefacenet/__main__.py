"""Teach one MobileFaceNet the mean of two, masked or bare: ``python -m training.mobilefacenet --pool DIR``.

Needs no names: a network answers for a masked face, or a spoilt photo, as its two teachers do, together, for the clean
photo of the bare one. ``python -m training.mobilefacenet.pool`` makes the pool. With ``--bare`` above a half the
network for bare faces is trained, and starts from one whose last layer was fitted on them; else the one for masked.
"""

from __future__ import annotations

import argparse
from dataclasses import fields
from itertools import islice
from pathlib import Path

import numpy as np

from training.mobilefacenet.draw import batches
from training.mobilefacenet.head import features, with_head
from training.mobilefacenet.pool import build
from training.mobilefacenet.space import Space, centre, fit, joined, towards_subject
from training.mobilefacenet.teach import store, taught, trainable
from training.mobilefacenet.train import Config, train
from training.mobilefacenet.validate import subject_of

HEAD_SEED = 1_000_003


def main() -> None:
    """Ask the teachers, fit the space, train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pool", type=Path, required=True, help="faces, made by training.mobilefacenet.pool")
    parser.add_argument("--weights", type=Path, required=True, help="weights to start from (.npz)")
    parser.add_argument("--second", type=Path, required=True, help="ONNX file of the second teacher")
    parser.add_argument("--space", type=Path, help="the map of an earlier run (space.npz) instead of a new one")
    parser.add_argument("--work", type=Path, default=Path("out") / "mobilefacenet", help="checkpoints and result")
    parser.add_argument("--leave-out", type=Path, help="names of faces that are not trained on, one a line")
    parser.add_argument("--head", type=int, default=3000, help="samples that the first last layer is fitted on")
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
    space = Space.load(file)
    target = space.of(templates)
    left = set(options.leave_out.read_text(encoding="utf-8").splitlines()) if options.leave_out else set()
    faces = np.array([place for place in trainable(pool.names) if pool.names[place] not in left], np.int64)
    subjects = [subject_of(name) for name in pool.names]
    print(f"{len(faces)} faces to train on", flush=True)
    moved = towards_subject(target, subjects)
    start, bare = options.work / "start.npz", options.work / "bare.npz"
    if not (start.is_file() and bare.is_file()):
        with np.load(options.weights) as stored:
            given = dict(stored)
        samples = batches(pool, config.batch, HEAD_SEED, faces=faces, shares=config.shares)
        drawn = list(islice(samples, -(-options.head // config.batch)))
        found = np.concatenate([features(given, chips) for chips, _ in drawn])
        store(start, with_head(given, found, moved[np.concatenate([numbers for _, numbers in drawn])], space))
        found = features(given, centre(np.asarray(pool.bare)[faces]))
        store(bare, with_head(given, found, target[faces], space))
    with np.load(bare if config.bare > 0.5 else start) as stored:
        weights = dict(stored)
    tuned = train(pool, faces, moved, weights, config, options.work)
    store(options.work / "tuned.npz", tuned)


if __name__ == "__main__":
    main()
