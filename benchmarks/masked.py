"""Comparison of the embedder with dlib's descriptor: ``python -m benchmarks.masked``.

Four systems see the same photos: dlib's detector and descriptor; YuNet's detector, an open one that finds masked faces,
with dlib's descriptor, once YuNet is registered (see :mod:`benchmarks.accuracy`); bareface's detector with dlib's
descriptor; and bareface's detector and embedder. Failures to acquire count as errors. The last two differ in the
embedder alone, and are compared by a paired bootstrap over subjects. Identities of LFW and MFR2 can overlap with those
that the ancestors of the embedder, the detector and the segmenter learned from.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bareface.evaluation.verification import compare
from bareface.models import registry
from bareface.scores.score_file import ScoreFile
from bareface.values.defaults import EMBEDDER
from benchmarks.accuracy import System, figures, scores_of, tasks
from benchmarks.common import print_table, write_json
from training.photos import data_folder

PEER = System("dlib", "dlib-resnet")
OPEN = System("yunet", "dlib-resnet")
BASE = System("bareface", "dlib-resnet")
OURS = System("bareface", EMBEDDER)
RATE = "tar@0.01"


def verification(folder: Path, systems: Sequence[System]) -> dict[str, dict[str, Any]]:
    """Compute the rates of each system on each task, and the paired difference of ours from the base."""
    results: dict[str, dict[str, Any]] = {}
    for task in tasks(data_folder()):
        files: dict[str, ScoreFile] = {system.name: scores_of(system, task, folder) for system in systems}
        results[task.name] = {name: figures(scores) for name, scores in files.items()}
        for name, other in (("ours less base", BASE), ("ours less open", OPEN)):
            if other.name in files:
                paired = compare(files[other.name], files[OURS.name], targets=(1e-2, 1e-3))
                results[task.name][name] = {
                    found.metric: [found.difference.value, found.difference.low, found.difference.high]
                    for found in paired
                }
        results[task.name]["error ratio"] = {
            name: _error(results[task.name][OURS.name]) / _error(results[task.name][name])
            for name in files
            if name != OURS.name
        }
    return results


def _error(values: dict[str, Any]) -> float:
    accuracy = values.get("accuracy")
    return float(1 - accuracy[0]) if accuracy else float(values["eer"][0])


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("out/masked"), help="folder of the score files")
    parser.add_argument("--json", type=Path, default=Path("out/masked.json"))
    parser.add_argument("--quick", action="store_true", help="leave dlib's detector out")
    options = parser.parse_args()
    systems = [BASE, OURS] if options.quick else [PEER, BASE, OURS]
    if any(card.id == OPEN.detector for card in registry.cards()):
        systems.insert(0, OPEN)
    # Beside ours: whatever else was taught, such as a variant that is not shipped.
    added = [card.id for card in registry.cards() if card.task == "embedding" and not card.packaged]
    systems += [System(OURS.detector, name) for name in added]
    results = verification(options.out, systems)
    _print(results)
    write_json(options.json, {"results": results})


def _print(results: dict[str, dict[str, Any]]) -> None:
    rows = []
    for task, found in results.items():
        for name, values in found.items():
            if "eer" in values and "mated" in values:
                cells = [_cell(values.get(key)) for key in ("accuracy", "eer", RATE, "tar@0.001")]
                rows.append([task, name, *cells, f"{values['fta']:.3f}"])
        for name in ("ours less base", "ours less open"):
            if name in found:
                rows.append([task, name, "", "", _cell(found[name].get(RATE)), "", ""])
        ratio = ", ".join(f"{value:.2f} of {name}" for name, value in found["error ratio"].items())
        rows.append([task, f"error ratio: {ratio}", "", "", "", "", ""])
    columns = ["task", "system", "accuracy", "EER", "TAR at FMR 1e-2", "TAR at FMR 1e-3", "FTA"]
    print_table("Verification (95 % intervals)", columns, rows)


def _cell(triple: Any) -> str:
    if not isinstance(triple, list) or np.isnan(triple[0]):
        return "-"
    return f"{triple[0]:.3f} ({triple[1]:.3f}-{triple[2]:.3f})"


if __name__ == "__main__":
    main()
