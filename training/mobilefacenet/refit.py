"""Fit the last layers of both trained networks to the space: ``python -m training.mobilefacenet.refit``.

The layers below stay as training left them. That of the network for bare faces is fitted to clean and degraded photos,
that of the network for masked ones to masked (blanked) and painted-over ones; the target is always the space's template
of the clean photo. Prints the comparisons of validation people before and after.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bareface.values.face import Float32, Float64, UInt8
from training.convert_mobilefacenet import write
from training.mobilefacenet.draw import degraded
from training.mobilefacenet.head import features, last_map, prior, ridge_map, with_map, with_one
from training.mobilefacenet.pool import Pool, build
from training.mobilefacenet.space import Space, fit, joined, unit
from training.mobilefacenet.teach import held_out, taught, trainable
from training.mobilefacenet.validate import answers_of, show, subject_of, table, views

BARE_RIDGE, MASKED_RIDGE = 0.1, 0.01
SPOILT, COVERED = 0.3, 0.2
"""Weights of degraded faces beside clean ones, and of painted-over faces beside masked ones."""
POWER = 0.3
"""Of the map by which what a mask leaves uncertain counts less."""
AT_ONCE = 512


def main() -> None:
    """Fit, validate and write both networks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pool", type=Path, required=True, help="faces to fit the layers on")
    parser.add_argument("--leave-out", type=Path, help="names of faces that are not used, one a line")
    parser.add_argument("--space-pool", type=Path, required=True, help="faces, of all ages, to fit the space on")
    parser.add_argument("--second", type=Path, required=True, help="ONNX file of the second teacher")
    parser.add_argument("--first", type=Path, required=True, help="weights of the first teacher (.npz)")
    parser.add_argument("--bare", type=Path, required=True, help="weights for bare faces (.npz)")
    parser.add_argument("--masked", type=Path, required=True, help="weights for masked faces (.npz)")
    parser.add_argument("--validation", type=Path, required=True, help="pool of CelebA's validation identities")
    parser.add_argument("--work", type=Path, required=True, help="folder for features, which a second run reads")
    parser.add_argument("--out", type=Path, required=True, help="folder for the networks")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    space = fit(joined(taught(build([], options.space_pool), options.space_pool, options.second)))
    space.save(options.work / "space.npz")
    pool = build([], options.pool)
    left = set(options.leave_out.read_text(encoding="utf-8").splitlines()) if options.leave_out else set()
    fitted, rest = ([int(p) for p in each(pool.names) if pool.names[p] not in left] for each in (trainable, held_out))
    target = space.of(joined(taught(pool, options.pool, options.second)))
    first, bare, masked = (_weights(file) for file in (options.first, options.bare, options.masked))

    def found(
        name: str, weights: dict[str, Float32], places: list[int], chips: Callable[[list[int]], UInt8]
    ) -> Float64:
        file = options.work / f"{name}.npy"
        if not file.is_file():
            parts = [places[start : start + AT_ONCE] for start in range(0, len(places), AT_ONCE)]
            np.save(file, np.concatenate([features(weights, chips(part), threads=options.threads) for part in parts]))
        return with_one(np.load(file))

    def seen(kind: str) -> Callable[[list[int]], UInt8]:
        return lambda places: views(some(pool, places))[kind]

    y = target[fitted].astype(np.float64)
    x = found("bare", bare, fitted, seen("bare"))
    spoilt = found("spoilt", bare, fitted, lambda places: degraded(pool, places))
    heads = {"bare": bare_head(first, x, spoilt, y, space)}
    under = found("masked", masked, fitted, seen("masked"))
    covered = found("covered", masked, fitted, seen("covered"))
    matrix = weighted_ridge([under, covered], [1.0, COVERED], y, MASKED_RIDGE)
    errors = unit(found("held_out", masked, rest, seen("masked")) @ matrix) - target[rest]
    heads["masked"] = matrix @ last_map(errors, POWER)

    validation = build([], options.validation)
    subjects, shown = np.array([subject_of(name) for name in validation.names]), views(validation)
    networks = {"bare": with_map(bare, heads["bare"]), "masked": with_map(masked, heads["masked"])}
    answers = {
        kind: answers_of(networks["bare" if kind == "bare" else "masked"], shown[kind], mirror=False) for kind in shown
    }
    rows = table(answers, subjects)
    print(show(rows))
    (options.work / "refit.json").write_text(json.dumps(rows, indent=2), encoding="utf-8")
    write(options.out / "bareface-mobile.onnx", networks["masked"], half=True)
    write(options.out / "bareface-mobile-bare.onnx", networks["bare"], half=True)


def bare_head(first: dict[str, Float32], clean: Float64, spoilt: Float64, target: Float64, space: Space) -> Float64:
    """Fit what the first teacher's own last layer leaves over, on clean and degraded faces: float64 [513, d]."""
    start = prior(first, clean, target, space)
    x, y = np.concatenate([clean, spoilt * SPOILT**0.5]), np.concatenate([target, target * SPOILT**0.5])
    return np.asarray(start + ridge_map(x, y - x @ start, BARE_RIDGE))


def weighted_ridge(found: list[Float64], weights: list[float], target: Float64, ridge: float) -> Float64:
    """Fit one map to several views of the same faces, each with its weight."""
    roots = np.sqrt(weights)
    x = np.concatenate([each * root for each, root in zip(found, roots, strict=True)])
    return ridge_map(x, np.concatenate([target * root for root in roots]), ridge)


def some(pool: Pool, places: list[int]) -> Pool:
    """Select faces of a pool."""
    columns = (np.asarray(column[places]) for column in (pool.bare, pool.masked, pool.hidden))
    return Pool([pool.names[place] for place in places], *columns)


def _weights(file: Path) -> dict[str, Float32]:
    with np.load(file) as stored:
        return dict(stored)


if __name__ == "__main__":
    main()
