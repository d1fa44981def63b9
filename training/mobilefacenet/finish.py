"""Measure a run's weights on the validation pool and write the network: ``python -m training.mobilefacenet.finish``.

Each ``--shares`` value is measured: how far the weights go from those the run started with to those it ended with.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np

from training.convert_mobilefacenet import write
from training.mobilefacenet.network import between
from training.mobilefacenet.pool import build
from training.mobilefacenet.train import FROZEN, stored_weights
from training.mobilefacenet.validate import show, subject_of, table, templates, views


def main() -> None:
    """Print a table for each share; write the ONNX file of the last one where ``--out`` names it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder of the run")
    parser.add_argument("--validation", type=Path, required=True, help="pool of CelebA's validation identities")
    parser.add_argument("--shares", type=float, nargs="+", default=[1.0], help="0: as it started, 1: as it ended")
    parser.add_argument("--frozen", type=int, default=FROZEN, help="as in the run")
    parser.add_argument("--views", nargs="+", default=["bare", "masked"], help="and covered")
    parser.add_argument("--mirror", action="store_true", help="mean over chip and mirror image")
    parser.add_argument("--out", type=Path, help="ONNX file to write")
    parser.add_argument("--json", type=Path, help="file for the tables")
    options = parser.parse_args()
    with np.load(options.work / "start.npz") as stored:
        start = dict(stored)
    state = options.work / "state.pt"
    step, tuned = stored_weights(state, start, options.frozen) if state.is_file() else (0, start)
    print(f"step {step}")
    pool = build([], options.validation)
    subjects = np.array([subject_of(name) for name in pool.names])
    chips = {name: part for name, part in views(pool).items() if name in options.views}
    tables = {}
    for share in options.shares:
        weights = between(start, tuned, share)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "network.onnx"
            write(path, weights, half=True)
            found = {name: templates(path, part, mirror=options.mirror) for name, part in chips.items()}
        tables[f"{share:g}"] = table(found, subjects)
        print(f"share {share:g}\n{show(tables[f'{share:g}'])}", flush=True)
        if options.out is not None:
            write(options.out, weights, half=True)
    if options.json is not None:
        options.json.write_text(json.dumps({"step": step, "tables": tables}, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
