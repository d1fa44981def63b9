"""Does the calibration hold on people it was not fitted on? Predicted against realised FPIR over splits of LFW.

    python -m benchmarks.calibration --splits 100
    python -m benchmarks.calibration --splits 100 --set groups --plot out/calibration_groups.png

Each split deals the subjects of LFW, or of all groups mixed, into two halves at random and draws one photo of each. The
method is fitted on the one half (docs/calibration.md says what was settled where). In the other half, N subjects are
the gallery and *all* the others search it, each once, as strangers. At the score where the fit predicts an FPIR of 0.1,
0.03 or 0.01, the share of strangers who find anyone is compared with the prediction and with its 95 % prediction
interval, which holds the error of the fit, the chance of who is in the gallery, and the chance of who searches.

Simulated masks (of the test half) are worn by the probes; they are put on the photo, and the chip is cut, by the
landmarks found on the bare face. Templates are kept under ``out/templates``. Scores are normalised, as searches do
it, with constants of the half that is fitted on, if the embedder has calibrations of normalised scores.
"""

from __future__ import annotations

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageOps

from bareface.calibration.calibration import packaged_or_none
from bareface.calibration.counting import NonMatedScores
from bareface.calibration.normalised import NORMALISED_TOP, estimate, normalise_gallery, normalise_searches
from bareface.calibration.strangers import fit_strangers
from bareface.matching.normalisation import Normalisation
from bareface.matching.scoring import Columns, matrix
from bareface.services.engine import Engine
from bareface.system import dependencies
from bareface.values.defaults import EMBEDDER
from bareface.values.face import Float32, Float64
from benchmarks.common import print_table, write_json
from benchmarks.groups import GROUP_PAD
from training.embed import Embedded, embed_subjects
from training.photos import data_folder

SIZES = (100, 500, 1000)
TARGETS = (0.1, 0.03, 0.01)
SIDES = ("bare", "masked")
COVERAGE, RATIO, WIDTH = (0.90, 0.99), (0.67, 1.5), {0.1: 4.0, 0.03: 8.0}


class Outcome(NamedTuple):
    """One gallery of one split: how many strangers searched it, and what was predicted and seen."""

    strangers: int
    predicted: float
    low: float
    high: float
    realised: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--splits", type=int, default=100)
    parser.add_argument("--embedder", default=EMBEDDER)
    parser.add_argument("--set", choices=("lfw", "groups"), default="lfw")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--json", type=Path, default=Path("out/calibration.json"))
    parser.add_argument("--plot", type=Path, default=Path("docs/images/calibration.png"))
    arguments = parser.parse_args()

    engine = Engine(embedder=arguments.embedder)
    folders = list((data_folder() / "lfw" / "images").iterdir()) if arguments.set == "lfw" else _padded_groups()
    people = embed_subjects(engine, folders, "test")
    subjects = np.unique(people.subjects).size
    normal = packaged_or_none(engine.space, engine.model, "search") is not None
    found = f"{people.subjects.size} of {people.photos} photos with a face"
    print(f"{arguments.set}: {found}, {subjects} subjects; {engine.model}")
    with ProcessPoolExecutor(arguments.processes) as pool:
        splits = list(pool.map(partial(_split, people, normal), range(arguments.splits)))
    outcomes = {cell: np.array([split[cell] for split in splits]) for cell in splits[0]}
    rows = [_summary(cell, values) for cell, values in outcomes.items()]
    print_table(
        f"FPIR predicted on one half of the subjects, realised on the other; {arguments.splits} splits",
        ("probes", "gallery", "strangers", "predicted", "realised / predicted", "in 95 % interval", "below", "above",
         "upper / lower", "largest", "bars"),
        [tuple(row.values()) for row in rows],
    )  # fmt: skip
    _plot(outcomes, arguments.plot)
    facts = {"set": arguments.set, "splits": arguments.splits, "subjects": subjects, "normalised": normal}
    write_json(arguments.json, {**facts, "model": engine.model, "cells": rows})


def _padded_groups() -> list[Path]:
    """Return one folder a person with the photo of the groups, padded: faces fill the photos up to their edges."""
    made = Path("out") / "groups_padded"
    for path in sorted((data_folder() / "groups").glob("*/*.jpg")):
        folder = made / f"{path.parent.name} {path.stem}"
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "photo.png").is_file():
            ImageOps.expand(Image.open(path).convert("RGB"), GROUP_PAD).save(folder / "photo.png")
    return sorted(made.iterdir())


def _scores(probes: Columns, references: Columns, own: Any, normalisation: Normalisation | None) -> Float32:
    """Score probes against the references of one gallery as a search does: float32 [p, r]."""
    cosines = matrix(probes, references)
    if normalisation is None:
        return cosines
    alike = references.unit @ references.unit.T >= normalisation.alike
    return normalise_gallery(cosines, own, alike, normalisation)


def _split(people: Embedded, normal: bool, seed: int) -> dict[tuple[str, int, float], Outcome]:
    rng = np.random.default_rng(seed)
    chosen = _one_photo_each(people.subjects, rng)
    half = chosen.size // 2
    fitted, tested = chosen[:half], chosen[half:]
    outcomes: dict[tuple[str, int, float], Outcome] = {}
    everyone = people.subjects.size
    bare = Columns.of(people.bare, np.zeros(everyone, bool), people.covered)
    masked = Columns.of(people.masked, np.ones(everyone, bool))
    known = people.subjects[fitted]
    normalisation = estimate(_off_diagonal(matrix(bare[fitted], bare[fitted])), known) if normal else None
    for side, probes in zip(SIDES, (bare, masked), strict=True):
        cosines = matrix(probes[fitted], bare[fitted])
        if normalisation is not None:
            scores = normalise_searches(
                _off_diagonal(cosines), known, known, bare[fitted].unit, normalisation, seed=seed
            )
            strangers = NonMatedScores.of(scores, known, known, symmetric=False, top=NORMALISED_TOP)
        else:
            strangers = NonMatedScores.of(cosines, known, known, symmetric=side == "bare")
        model = fit_strangers(strangers, seed)
        for size in SIZES:
            if size > tested.size // 2:
                continue
            searching, gallery = probes[tested[size:]], bare[tested[:size]]
            nobody = np.zeros((tested.size - size, size), bool)
            best = _scores(searching, gallery, nobody, normalisation).max(axis=1)
            for target in TARGETS:
                similarity = model.similarity_at_fpir(target, size)
                value, low, high, _ = model.fpir(similarity, size, probes=best.size)
                realised = float((best >= similarity).mean())
                outcomes[side, size, target] = Outcome(best.size, float(value), float(low), float(high), realised)
    return outcomes


def _off_diagonal(scores: Float32) -> Float32:
    np.fill_diagonal(scores, np.nan)  # a photo says nothing about itself
    return scores


def _one_photo_each(subjects: np.ndarray[Any, np.dtype[np.int64]], rng: np.random.Generator) -> Any:
    """Return the index of one random photo of each subject, the subjects in random order."""
    shuffled = rng.permutation(subjects.size)
    _, first = np.unique(subjects[shuffled], return_index=True)
    return shuffled[rng.permutation(first)]


def _summary(cell: tuple[str, int, float], values: Float64) -> dict[str, Any]:
    side, size, target = cell
    strangers, predicted, low, high, realised = values.T
    inside = float(((realised >= low) & (realised <= high)).mean())
    ratio, width, widest = float((realised / predicted).mean()), float(np.median(high / low)), float((high / low).max())
    held = COVERAGE[0] <= inside <= COVERAGE[1] and RATIO[0] <= ratio <= RATIO[1]
    bars = "reported"
    if target in WIDTH:
        bars = "met" if held and widest <= WIDTH[target] else "missed"
    return {
        "probes": side,
        "gallery": size,
        "strangers": int(strangers[0]),
        "predicted": target,
        "ratio": ratio,
        "inside": inside,
        "below": float((realised < low).mean()),
        "above": float((realised > high).mean()),
        "width": width,
        "widest": widest,
        "bars": bars,
    }


def _plot(outcomes: dict[tuple[str, int, float], Float64], path: Path) -> None:
    """Plot realised over predicted FPIR of every split, and the median prediction interval, by gallery size."""
    dependencies.matplotlib()
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(1, len(SIDES), figsize=(10, 4.2), sharey=True, layout="constrained")
    colours = dict(zip(TARGETS, plt.get_cmap("viridis")(np.linspace(0.15, 0.8, len(TARGETS))), strict=True))
    sizes = sorted({size for _, size, _ in outcomes})
    for panel, side in zip(panels, SIDES, strict=True):
        panel.axhline(1, color="0.6", linewidth=1)
        for (place, size), target in product(enumerate(sizes), TARGETS):
            _, predicted, low, high, realised = outcomes[side, size, target].T
            centre = place + 0.27 * (TARGETS.index(target) - 1)
            jitter = np.random.default_rng(0).uniform(-0.08, 0.08, realised.size)
            least, most = np.median(low / predicted), np.median(high / predicted)
            panel.fill_between(
                [centre - 0.11, centre + 0.11], least, most, color=colours[target], alpha=0.2, linewidth=0
            )
            seen = np.maximum(realised / predicted, 0.05)
            panel.scatter(centre + jitter, seen, s=7, color=colours[target], linewidths=0,
                          label=f"predicted FPIR {target:g}" if place == 0 else None)  # fmt: skip
        panel.set(title=f"{side} probes", yscale="log", xticks=range(len(sizes)), xlabel="subjects in the gallery")
        panel.set_xticklabels([f"{size:,}" for size in sizes])
        panel.set_yticks([0.1, 0.25, 0.5, 1, 2, 4], ["0.1", "0.25", "0.5", "1", "2", "4"])
        panel.minorticks_off()
    panels[0].set_ylabel("realised FPIR / predicted FPIR")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(TARGETS), frameon=False)
    figure.suptitle("Each point: one split of the subjects. Bands: median 95 % prediction interval.", fontsize=10)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    main()
