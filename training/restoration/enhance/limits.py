"""Limits of enhancement: ``python -m training.restoration.enhance.limits``, on CelebA's validation identities.

Photos are degraded far beyond the evaluations. For each condition: how many faces are still found, how near the
templates of the face as it is and enhanced are to the good photo's (cosine about the space's mean), how many enhanced
ones are nearer to their own person's good photo than 95 % of other people's are, and what
:mod:`bareface.restoration.eligibility` measures.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from bareface.models import registry
from bareface.restoration.aligned import chip_of
from bareface.restoration.base import SIDE
from bareface.restoration.eligibility import Gauges, gauges, why_hopeless
from bareface.restoration.enhance import MODEL, POWER, apply, blended
from bareface.services.engine import Engine
from bareface.synthesis.degradations import Defocus, Degradation, Downsample, Jpeg, LowLight, MotionBlur
from bareface.values.face import Float32, UInt8
from benchmarks.common import print_table, write_json
from training.photos import data_folder
from training.restoration.enhance.cases import Case, cases, one_each

CONDITIONS: Final[dict[str, Sequence[Degradation]]] = {
    "defocus": [Defocus(radius) for radius in (0.15, 0.25, 0.35, 0.5)],
    "motion": [MotionBlur(length) for length in (0.5, 0.8, 1.2, 1.8)],
    "small": [Downsample(factor, enlarge=False) for factor in (3, 4, 5, 6, 8)],
    "downsample": [Downsample(factor) for factor in (4, 6, 8, 11)],
    "jpeg": [Jpeg(quality) for quality in (8, 5, 3, 1)],
    "low light": [LowLight(electrons, brightness=light) for electrons, light in ((60, 0.25), (20, 0.2), (8, 0.2))],
}
_TYPICAL: Final = 0.95


@dataclass
class Row:
    """Results under one condition, one entry per face."""

    lost: int = 0
    before: list[UInt8] = field(default_factory=list)
    after: list[UInt8] = field(default_factory=list)
    number: list[int] = field(default_factory=list)
    refused: list[bool] = field(default_factory=list)
    measured: list[Gauges] = field(default_factory=list)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=100)
    parser.add_argument("--json", type=Path, default=Path("out/enhance-limits.json"))
    options = parser.parse_args()
    cv2.setNumThreads(1)
    engine = Engine(threads=1, min_face=8)
    photos = one_each(data_folder() / "train" / "celeba", options.photos, ending="0")
    cells = {(kind, place): step for kind, steps in CONDITIONS.items() for place, step in enumerate(steps, start=1)}
    rows = {cell: Row() for cell in (("clean", 0), *cells)}
    templates: dict[int, Float32] = {}
    for case in cases(engine, photos, cells):
        if not isinstance(case, Case):
            rows[case].lost += 1
            continue
        templates.setdefault(case.number, case.template.vector)
        row = rows[case.cell]
        row.before.append(case.cut.pixels)
        row.after.append(blended(case.cut.pixels, apply("bareface", case.cut), 0.5))
        row.number.append(case.number)
        row.refused.append(why_hopeless(case.face, case.cut) is not None)
        row.measured.append(gauges(case.face, case.cut))
    people = list(templates)
    good = _centred(np.stack([templates[number] for number in people]), engine.space)
    found = {cell: _summary(row, engine, good, people) for cell, row in rows.items() if row.before}
    lines = [[f"{kind} {place or ''}".strip(), *values.values()] for (kind, place), values in found.items()]
    title = f"{len(people)} people, {MODEL}, fidelity 0.5 (power {POWER:g}), {SIDE} px"
    print_table(title, ["", *next(iter(found.values()))], lines)
    steps = {f"{kind} {place}": str(step) for (kind, place), step in cells.items()}
    write_json(options.json, {"title": title, "steps": steps, "rows": {line[0]: line[1:] for line in lines}})


def _summary(row: Row, engine: Engine, good: Float32, people: list[int]) -> dict[str, float]:
    own = np.array([people.index(number) for number in row.number])
    before, after = (_centred(_vectors(engine, images), engine.space) @ good.T for images in (row.before, row.after))
    places = np.arange(len(own))
    return {
        "n": len(own),
        "lost": row.lost,
        "cosine as it is": float(before[places, own].mean()),
        "enhanced": float(after[places, own].mean()),
        "above 95 % as it is": _share_told_apart(before, own),
        "enhanced ": _share_told_apart(after, own),
        "refused": float(np.mean(row.refused)),
        "eyes": float(np.median([found.eyes for found in row.measured])),
        "quality": float(np.median([found.quality for found in row.measured if found.quality is not None])),
        "noise": float(np.median([found.noise for found in row.measured])),
    }


def _share_told_apart(scores: Float32, own: NDArray[np.intp]) -> float:
    """Return the share of rows whose own person's score is above 95 % of the others', scores float32 [n, people]."""
    told = [
        line[person] > np.quantile(np.delete(line, person), _TYPICAL) for line, person in zip(scores, own, strict=True)
    ]
    return float(np.mean(told))


def _vectors(engine: Engine, images: Sequence[UInt8]) -> Float32:
    chips = [chip_of(image) for image in images]
    parts = [chips[start : start + 32] for start in range(0, len(chips), 32)]
    return np.stack([made.vector for part in parts for made in engine.embed_chips(part)])


def _centred(vectors: Float32, space: str) -> Float32:
    off = vectors - registry.space_mean(space, vectors.shape[1])
    return np.asarray(off / np.linalg.norm(off, axis=1, keepdims=True), np.float32)


if __name__ == "__main__":
    main()
