"""Does restoring a face help to find the person? ``python -m benchmarks.restoration``.

LFW, with simulated masks of the test half and with degradations; MFR2, with the masks that its people really wear. The
photo itself with dlib's descriptor and with the mask-aware template, each completion, their mean, the best of all, and
enhancements; whatever comes out. Each system has a threshold of its own; differences are paired over people.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import cv2

from bareface.evaluation.bootstrap import Plan
from bareface.evaluation.restoration import ConditionResult, judged
from bareface.evaluation.restoration_conditions import REAL, conditions, people_of
from bareface.evaluation.restoration_run import Settings, run, usable
from bareface.reports.json_plain import finite, plain
from bareface.restoration.enhance import MODEL as ENHANCER
from bareface.restoration.unmask import MODEL
from bareface.services.engine import Engine
from benchmarks.accuracy import MFR2_PAD
from benchmarks.common import print_table, write_json
from benchmarks.digests import DETECTOR, SEGMENTER, digests
from training.photos import data_folder


def main() -> None:
    """Print the tables and keep them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=200, help="Of LFW, with two photos at least.")
    parser.add_argument("--levels", type=int, nargs="*", default=[2, 4], help="Of each degradation, 1 to 5.")
    parser.add_argument("--methods", nargs="*", default=Settings().methods, help="Of enhancement; none: masks only.")
    parser.add_argument("--replicates", type=int, default=1000)
    parser.add_argument("--json", type=Path, default=Path("out/restoration.json"))
    options = parser.parse_args()
    cv2.setNumThreads(1)
    data, plan = data_folder(), Plan(options.replicates)
    methods = usable(options.methods)
    engine, dlib = Engine(threads=1), Engine(embedder="dlib-resnet", threads=1)
    several = {name: photos for name, photos in people_of(data / "lfw" / "images").items() if len(photos) > 1}
    mfr2 = people_of(data / "mfr2")
    tried = [condition for condition in conditions(options.levels) if condition.masks or methods]
    sets = {
        "LFW": (several, [c for c in tried if c.name != REAL], Settings(methods=methods, people=options.people)),
        "MFR2": (mfr2, [c for c in tried if c.name == REAL], Settings(methods=methods, pad=MFR2_PAD)),
    }
    results: dict[str, dict[str, Any]] = {}
    for name, (people, wanted, settings) in sets.items():
        results[name] = {}
        for trial in run(people, engine, dlib, wanted, settings):
            found = judged(trial, plan)
            results[name][found.condition] = finite(plain(found))
            _print(name, found)
    models = (DETECTOR, SEGMENTER, MODEL, *([ENHANCER] if "bareface" in methods else []))
    write_json(options.json, {"weights": digests(engine, *models), "results": results})


def _print(name: str, found: ConditionResult) -> None:
    rows = []
    for system in found.systems:
        cells = [f"{rate.value.value:.3f}" for rate in system.rates]
        less = [f"{r.less.value:+.3f} ({r.less.low:+.3f} to {r.less.high:+.3f})" for r in system.rates[:1] if r.less]
        alarms = [f"{one.realised.value:.3f} for {one.promised:g}" for one in system.alarms]
        created = [f"{one.created:g} / {one.any}" for one in system.alarms if one.created is not None]
        said = system.verdict or ""
        rows.append([system.system, *cells, *(less or [""]), said, ", ".join(alarms), ", ".join(created)])
    columns = [
        *(rate.metric for rate in found.systems[0].rates),
        "less the original's",
        "verdict",
        "false alarms",
        "created",
    ]
    print_table(f"{name}, {found.condition}", ["system", *columns], rows)
    print(found.sentence)
    print(f"{found.probes} probes, {found.lost} lost, {found.restored} restored, {found.gallery} enrolled")
    for what, value in found.values.items():
        print(f"{what}: {value.value:.3f} ({value.low:.3f} to {value.high:.3f})", flush=True)


if __name__ == "__main__":
    main()
