"""Is an enhanced face nearer to the good photo? ``python -m benchmarks.enhance``.

LFW, one photo a person, each spoilt by every degradation at every level of ``bareface.synthesis.degradations``. In
each cell the network at its default fidelity is held against the best of the classical methods, which is chosen in
that very cell, on two measures against the good photo: distance in MobileFaceNet's layers, a network that had no part
in training, and the cosine of the default embedder's templates. Differences are paired by person, with 95 %
intervals of a bootstrap over people. Faces are compared as bareface gives them, with the mark that every enhanced one
carries, whatever the method. All faces that are found count, also those that ``enhance`` refuses; how many those are,
and in how many spoilt photos no face is found, is counted apart. No checkpoint or limit was chosen on LFW, but cells
printed for an earlier network on the default 120 people prompted the soft good photos in training: ``--first`` takes
people who had no part in that.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from bareface.imaging.align import align
from bareface.restoration.aligned import apart, for_embedder
from bareface.restoration.eligibility import why_hopeless
from bareface.restoration.enhance import METHODS, MODEL, Method, apply, blended
from bareface.restoration.hidden_mark import marked
from bareface.services.engine import Engine
from bareface.values.face import Float64, Landmarks, UInt8
from benchmarks.common import print_table, write_json
from benchmarks.digests import DETECTOR, SEGMENTER, digests
from benchmarks.picture_metrics import Features
from training.photos import data_folder
from training.restoration.enhance.cases import CELLS, Case, cases, one_each

OURS: Final = "bareface"
CLASSICAL: Final = tuple(method for method in METHODS if method != OURS)
AS_IS: Final = "as it is"
FIDELITY: Final = 0.5
MEASURES: Final = ("features", "identity")
"""The first is better where it is less, the second where it is more."""
_REPLICATES: Final = 2000
_EVERYWHERE: Final = np.ones((112, 112), bool)

Values = dict[str, dict[str, list[float]]]


def measure(engine: Engine, features: Features, photos: list[Path]) -> tuple[dict[tuple[str, int], Values], Any]:
    """Measure every method in every cell, one value a person; also return the counts."""
    values: dict[tuple[str, int], Values] = defaultdict(lambda: {name: defaultdict(list) for name in MEASURES})
    counts: dict[str, dict[str, int]] = {"lost": defaultdict(int), "refused": defaultdict(int)}
    seconds = []
    for case in cases(engine, photos, CELLS):
        if not isinstance(case, Case):
            counts["lost"][_name(case)] += 1
            continue
        began = time.perf_counter()
        made = {OURS: _by(OURS, case)}
        seconds.append(time.perf_counter() - began)
        made |= {AS_IS: case.cut.pixels}
        made |= {method: _by(method, case) for method in CLASSICAL if case.cell[1]}
        counts["refused"][_name(case.cell)] += why_hopeless(case.face, case.cut) is not None
        landmarks = _inside(case)
        truth = features.of(align(case.truth, landmarks, "arcface-112"))
        templates = engine.embed_chips([for_embedder(image, case.face, engine.geometry) for image in made.values()])
        for (name, image), template in zip(made.items(), templates, strict=True):
            chip = align(image, landmarks, "arcface-112")
            values[case.cell]["features"][name].append(features.distance(features.of(chip), truth, _EVERYWHERE))
            values[case.cell]["identity"][name].append(1 - apart(template, case.template))
    return values, {**counts, "seconds a face, median": float(np.median(seconds))}


def _by(method: Method, case: Case) -> UInt8:
    return marked(blended(case.cut.pixels, apply(method, case.cut), FIDELITY if method == OURS else 0.0))


def _inside(case: Case) -> Landmarks:
    """Map the landmarks to the aligned face."""
    a, b = case.cut.placement
    points = case.face.landmarks.points * case.cut.photo.scale
    place = (points[:, 0] + 1j * points[:, 1] - b) / a
    return Landmarks(np.column_stack([place.real, place.imag]).astype(np.float32), case.face.landmarks.scheme)


def _name(cell: tuple[str, int]) -> str:
    return f"{cell[0]} {cell[1]}" if cell[1] else cell[0]


def held(values: dict[str, list[float]], sign: int) -> dict[str, Any]:
    """Compare ours with the best classical method of one cell.

    Parameters
    ----------
    values
        By method, one value a person.
    sign
        1 where more is better, -1 where less is.
    """
    best = max(CLASSICAL, key=lambda method: sign * float(np.mean(values[method])))
    gain = sign * (np.array(values[OURS]) - np.array(values[best]))
    low, high = interval(gain)
    return {
        "n": len(gain),
        OURS: float(np.mean(values[OURS])),
        "best": best,
        "its": float(np.mean(values[best])),
        AS_IS: float(np.mean(values[AS_IS])),
        "gain": [float(gain.mean()), low, high],
        "better": bool(gain.mean() > 0),
        "significantly better": low > 0,
        "significantly worse": high < 0,
    }


def interval(values: Float64) -> tuple[float, float]:
    """Compute the 95 % bootstrap interval of the mean over people, each of whom has one value."""
    rng = np.random.default_rng(0)
    means = values[rng.integers(0, len(values), (_REPLICATES, len(values)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975]).tolist()
    return low, high


def summary(values: dict[tuple[str, int], Values]) -> dict[str, Any]:
    """Summarise all cells, and the aims: shares of cells, and the clean photo's cosine."""
    cells = {
        _name(cell): {name: held(found[name], sign) for name, sign in zip(MEASURES, (-1, 1), strict=True)}
        for cell, found in values.items()
        if cell[1]
    }
    clean = np.array(values["clean", 0]["identity"][OURS])
    bars = {
        name: {
            word: sum(found[name][word] for found in cells.values())
            for word in ("better", "significantly better", "significantly worse")
        }
        for name in MEASURES
    }
    both = sum(found["features"]["better"] and found["identity"]["better"] for found in cells.values())
    return {
        "cells": cells,
        "bars": {"cells": len(cells), "better on both": both, **bars},
        "clean, identity": [float(clean.mean()), *interval(clean), float(np.quantile(clean, 0.05))],
    }


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=120, help="one photo a person, of so many people")
    parser.add_argument("--first", type=int, default=0, help="place of the first of them: other people for others")
    parser.add_argument("--validation", action="store_true", help="CelebA's validation identities instead of LFW")
    parser.add_argument("--json", type=Path, default=Path("out/enhance.json"))
    options = parser.parse_args()
    cv2.setNumThreads(1)
    folder = data_folder()
    where, ending = (folder / "train" / "celeba", "0") if options.validation else (folder / "lfw" / "images", "")
    features = Features(folder.parent / "models" / "mobilefacenet_foamliu.onnx")
    photos = one_each(where, options.photos, ending, options.first)
    engine = Engine(threads=1)
    values, counts = measure(engine, features, photos)
    results = summary(values)
    for name in MEASURES:
        rows = [
            [cell, f["n"], f[OURS], f["its"], f["best"], f[AS_IS], "{:.3f} ({:.3f} to {:.3f})".format(*f["gain"])]
            for cell, found in results["cells"].items()
            for f in [found[name]]
        ]
        print_table(name, ["", "n", OURS, "best classical", "which", AS_IS, "gain"], rows)
    print("bars:", results["bars"])
    print("clean, identity cosine, interval, 5 % quantile:", results["clean, identity"])
    print("counts:", {name: dict(value) if isinstance(value, dict) else value for name, value in counts.items()})
    used = digests(engine, DETECTOR, SEGMENTER, MODEL)
    write_json(options.json, {"weights": used, "photos": len(photos), "counts": counts, "results": results})


if __name__ == "__main__":
    main()
