"""Refit the calibrations that ship with a model: ``python -m training.calibrate [MODEL] [--photos FOLDER]``.

Only calibration identities serve (CelebA ids ending in 5, which nothing is trained on): each photo bare, with a
simulated mask that leaves the nose bare, and with one that covers it; masks of the training half. Masks are put on the
bare photo's landmarks and the chip is cut by them. Two identities as alike as half of the mated pairs are taken for one
person under two labels, as `bareface calibrate` takes them, and are not compared.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bareface.calibration.calibration import Calibration
from bareface.calibration.of_people import calibrate_people, labelled_twice
from bareface.matching.cohorts import cohort_of
from bareface.matching.scoring import Columns
from bareface.services.engine import Engine
from bareface.values.defaults import EMBEDDER
from training.embed import embed_subjects
from training.photos import data_folder

PACKAGED = Path("src") / "bareface" / "calibration" / "packaged"


def main() -> None:
    """Write ``packaged/<model>[-<kind>].json`` and print what they say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("embedder", nargs="?", default=EMBEDDER)
    parser.add_argument("--photos", type=Path, help="one folder a subject; by default those of the shared data")
    options = parser.parse_args()
    shared = data_folder() / "train" / "celeba"
    PACKAGED.mkdir(exist_ok=True)
    folders = [folder for folder in (options.photos or shared).iterdir() if options.photos or folder.name.endswith("5")]
    for calibration in calibrate(Engine(embedder=options.embedder), folders):
        kind = "" if calibration.kind == "cosine" else f"-{calibration.kind}"
        path = PACKAGED / f"{calibration.model}{kind}.json"
        path.write_text(calibration.to_json(), encoding="utf-8")
        print(f"{calibration.kind}: {calibration.basis} {calibration.normalisation or ''}")
        for states, entry in sorted(calibration.entries.items()):
            threshold, llr = calibration.threshold(1e-3, states), entry.llr
            costs = f"Cllr {llr.cllr_logistic:.3f} (minimum {llr.cllr_min:.3f})" if llr else "no mated comparisons"
            print(f"probe {states[0]:8} reference {states[1]:8} score {threshold.similarity:.4f} at FMR 1e-3; {costs}")
        print(f"written: {path}")


def calibrate(engine: Engine, folders: Sequence[Path]) -> tuple[Calibration, ...]:
    """Fit all nine pairs of mask states on the calibration identities, one calibration for each kind of score."""
    full = embed_subjects(engine, folders, "train", state="full")
    partial = embed_subjects(engine, folders, "train", state="partial")
    people = full.subjects.size
    sides = {
        "none": Columns.of(full.bare, np.zeros(people, bool), full.covered),
        "partial": Columns.of(partial.masked, np.ones(people, bool)),
        "full": Columns.of(full.masked, np.ones(people, bool)),
    }
    basis = (
        f"{np.unique(full.subjects).size} CelebA calibration identities, {full.subjects.size} photos "
        f"(masks simulated), {engine.model}, {engine.detector} detector, fitted {datetime.now(UTC):%Y-%m-%d}"
    )
    twice = labelled_twice(sides["none"], full.subjects)
    print(f"{len(twice)} pairs of identities look like one person")
    return calibrate_people(
        sides,
        full.subjects,
        space=engine.space,
        model=engine.model,
        basis=basis,
        cohort=cohort_of(engine.space, sides["none"].unit.shape[1]),
        twice=twice,
    )


if __name__ == "__main__":
    main()
