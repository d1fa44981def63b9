"""Measure a run's weights on the validation pool and write both networks: ``python -m training.mobilefacenet.finish``.

Each of ``--shares`` is measured: how far the weights for masked faces go from those the run started with to those it
ended with; and each of ``--powers`` of the last linear map, by which what a mask leaves uncertain counts less (Hatch et
al., "Within-class covariance normalization", 2006). It is fitted on faces that training left out.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from bareface.values.face import Float32
from training.convert_mobilefacenet import write
from training.mobilefacenet.head import last_map
from training.mobilefacenet.network import between
from training.mobilefacenet.pool import Pool, build
from training.mobilefacenet.space import Space, joined, unit
from training.mobilefacenet.teach import held_out, taught
from training.mobilefacenet.train import FROZEN, stored_weights
from training.mobilefacenet.validate import answers_of, show, subject_of, table, views


def main() -> None:
    """Print a table for each share and power; write the last one's networks where ``--out`` says so."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder of the run")
    parser.add_argument("--pool", type=Path, required=True, help="its pool")
    parser.add_argument("--second", type=Path, required=True, help="ONNX file of the second teacher")
    parser.add_argument("--validation", type=Path, required=True, help="pool of CelebA's validation identities")
    parser.add_argument("--shares", type=float, nargs="+", default=[1.0], help="0: as it started, 1: as it ended")
    parser.add_argument("--powers", type=float, nargs="+", default=[0.0], help="of the last map; 0: none")
    parser.add_argument("--frozen", type=int, default=FROZEN, help="as in the run")
    parser.add_argument("--bare-work", type=Path, help="folder of a run for bare faces; else their fitted last layer")
    parser.add_argument("--bare-frozen", type=int, default=FROZEN, help="as in that run")
    parser.add_argument("--bare-share", type=float, default=1.0, help="like --shares, for that run")
    parser.add_argument("--quick", action="store_true", help="no mirror images, no second templates")
    parser.add_argument("--out", type=Path, help="folder for the networks")
    parser.add_argument("--json", type=Path, help="file for the tables")
    options = parser.parse_args()
    start, bare = (_weights(options.work / f"{name}.npz") for name in ("start", "bare"))
    step, tuned = stored_weights(options.work / "state.pt", start, options.frozen)
    print(f"step {step}")
    if options.bare_work is not None:
        start_of_bare = _weights(options.bare_work / "bare.npz")
        step_of_bare, ended = stored_weights(options.bare_work / "state.pt", start_of_bare, options.bare_frozen)
        bare = between(start_of_bare, ended, options.bare_share)
        print(f"step of the network for bare faces {step_of_bare}")
    validation, pool = build([], options.validation), build([], options.pool)
    subjects = np.array([subject_of(name) for name in validation.names])
    seen = views(validation)
    names = ("bare", "masked") if options.quick else ("bare", "masked", "covered")
    target = Space.load(options.work / "space.npz").of(joined(taught(pool, options.pool, options.second)))
    references = answers_of(bare, seen["bare"], mirror=not options.quick)
    tables = {}
    for share in options.shares:
        weights = between(start, tuned, share)
        found = {name: answers_of(weights, seen[name], mirror=not options.quick) for name in names[1:]}
        errors = errors_of(weights, pool, target) if any(options.powers) else None
        for power in options.powers:
            matrix = np.eye(target.shape[1], dtype=np.float32) if errors is None else last_map(errors, power)
            mapped = {"bare": references, **{name: unit(each @ matrix) for name, each in found.items()}}
            tables[f"share {share:g}, power {power:g}"] = rows = table(mapped, subjects)
            print(f"share {share:g}, power {power:g}\n{show(rows)}", flush=True)
            if options.out is not None:
                last = {"out.weight": matrix.T @ weights["out.weight"], "out.bias": weights["out.bias"] @ matrix}
                write(options.out / "bareface-mobile.onnx", {**weights, **last}, half=True)
                write(options.out / "bareface-mobile-bare.onnx", bare, half=True)
    if options.json is not None:
        options.json.write_text(json.dumps({"step": step, "tables": tables}, indent=2), encoding="utf-8")


def _weights(file: Path) -> dict[str, Float32]:
    with np.load(file) as stored:
        return dict(stored)


def errors_of(weights: dict[str, Float32], pool: Pool, target: Float32) -> Float32:
    """Compute the errors of unit templates of held-out masked faces to their targets, float32 [n, d]."""
    places = held_out(pool.names)
    columns = (np.asarray(column[places]) for column in (pool.bare, pool.masked, pool.hidden))
    some = Pool([pool.names[place] for place in places], *columns)
    return answers_of(weights, views(some)["masked"], mirror=False) - target[places]


if __name__ == "__main__":
    main()
