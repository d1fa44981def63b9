"""Does brightening underexposed faces bring their light back? ``python -m benchmarks.brightening``.

LFW, one photo a person, in low light of every level. Each face is enhanced and brightened as ``enhance`` shows it. It
is compared with the good photo: the difference of the mean luminance over the face, in grey levels, and the centred
cosine of the templates. Differences to the dark face are paired by person, with 95 % intervals of a bootstrap over
people. Photos as they are say how often a photo is taken for underexposed that is not known to be: LFW's, and those of
each group of people.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from bareface.restoration.aligned import apart, expected, for_embedder
from bareface.restoration.enhance import MODEL, apply, blended
from bareface.restoration.exposure import brightened, gain
from bareface.restoration.hidden_mark import marked
from bareface.services.engine import Engine
from bareface.values.face import UInt8
from benchmarks.common import print_table, write_json
from benchmarks.digests import DETECTOR, SEGMENTER, digests
from benchmarks.enhance import FIDELITY, interval
from training.photos import data_folder
from training.restoration.enhance.cases import CELLS, Case, cases, one_each
from training.restoration.faces import read

DARK: Final = {cell: step for cell, step in CELLS.items() if cell[0] == "low light"}


def measure(engine: Engine, photos: list[Path]) -> dict[str, dict[str, Any]]:
    """Measure each level of low light; one value a person."""
    values: dict[tuple[str, int], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for case in cases(engine, photos, DARK):
        if not isinstance(case, Case) or not case.cell[1]:
            continue
        longer = gain(case.cut.photo.pixels)
        clearer = marked(blended(case.cut.pixels, apply("bareface", case.cut), FIDELITY))
        shown = brightened(clearer, longer)
        chips = [for_embedder(image, case.face, engine.geometry) for image in (clearer, shown)]
        templates = engine.embed_chips(chips)
        found = values[case.cell]
        found["gain"].append(longer)
        found["error, dark"].append(abs(_mean(case.cut.pixels) - _mean(case.truth)))
        found["error, brightened"].append(abs(_mean(shown) - _mean(case.truth)))
        found["cosine, dark"].append(1 - apart(case.face.template, case.template))
        for name, template in zip(("enhanced", "brightened"), templates, strict=True):
            found[f"cosine, {name}"].append(1 - apart(template, case.template))
    return {f"{kind} {level}": _summary(found) for (kind, level), found in values.items()}


def _mean(image: UInt8) -> float:
    """Return the mean luminance over the face, in grey levels."""
    return float(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[expected()].mean())


def _summary(found: dict[str, list[float]]) -> dict[str, Any]:
    cosines = np.array(found["cosine, brightened"]) - np.array(found["cosine, dark"])
    ratio = np.mean(found["error, brightened"]) / np.mean(found["error, dark"])
    return {
        "n": len(cosines),
        "gain, median": float(np.median(found["gain"])),
        "share brightened": float(np.mean(np.array(found["gain"]) > 1)),
        **{name: float(np.mean(each)) for name, each in found.items() if name != "gain"},
        "error, ratio": float(ratio),
        "cosine, difference": [float(cosines.mean()), *interval(cosines)],
    }


def as_they_are(folders: dict[str, list[Path]]) -> dict[str, dict[str, float]]:
    """Measure how often photos that nobody darkened are brightened, and how much these are."""
    found = {name: np.array([gain(read(path)) for path in paths]) for name, paths in folders.items()}
    return {
        name: {
            "n": len(gains),
            "share brightened": float((gains > 1).mean()),
            "gain of these, median": float(np.median(gains[gains > 1])) if (gains > 1).any() else 1.0,
        }
        for name, gains in found.items()
    }


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=120, help="one photo a person, of so many people")
    parser.add_argument("--json", type=Path, default=Path("out/brightening.json"))
    options = parser.parse_args()
    cv2.setNumThreads(1)
    data, engine = data_folder(), Engine(threads=1)
    levels = measure(engine, one_each(data / "lfw" / "images", options.photos, "", 0))
    rows = [
        [
            name,
            row["n"],
            f"{row['gain, median']:.1f}",
            f"{row['error, dark']:.1f}",
            f"{row['error, brightened']:.1f}",
            f"{row['cosine, dark']:.3f}",
            f"{row['cosine, enhanced']:.3f}",
            f"{row['cosine, brightened']:.3f}",
            "{:+.3f} ({:+.3f} to {:+.3f})".format(*row["cosine, difference"]),
        ]
        for name, row in levels.items()
    ]
    columns = ["", "n", "gain", "error, dark", "brightened", "cosine, dark", "enhanced", "brightened", "difference"]
    print_table("Mean luminance of the face, and identity", columns, rows)
    groups = {folder.name: sorted(folder.rglob("*.jpg")) for folder in sorted((data / "groups").iterdir())}
    plain = as_they_are(
        {"LFW": one_each(data / "lfw" / "images", 400, "", 0), **{k: v for k, v in groups.items() if v}}
    )
    print_table(
        "Photos as they are",
        ["", "n", "brightened", "gain of these"],
        [
            [name, row["n"], f"{100 * row['share brightened']:.1f} %", f"{row['gain of these, median']:.1f}"]
            for name, row in plain.items()
        ],
    )
    used = digests(engine, DETECTOR, SEGMENTER, MODEL)
    write_json(options.json, {"weights": used, "photos": options.photos, "low light": levels, "as they are": plain})


if __name__ == "__main__":
    main()
