"""Refit the calibration that ships with a model: ``python -m training.calibrate [MODEL]``.

Only the calibration identities serve (CelebA ids ending in 5, which nothing is trained on): each photo bare, with a
simulated mask that leaves the nose bare, and with one that covers it; masks of the training half. Masks are put on the
bare photo's landmarks and the chip is cut by them.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import numpy as np

from bareface.calibration.calibration import Calibration, StateCalibration
from bareface.calibration.decision import States
from bareface.calibration.fit import fit_matrix
from bareface.matching.scoring import Columns, matrix
from bareface.services.engine import Engine
from training.embed import embed_subjects
from training.photos import data_folder

PACKAGED = Path("src") / "bareface" / "calibration" / "packaged"


def main() -> None:
    """Write ``packaged/<model>.json`` and print what it says."""
    engine = Engine(embedder=sys.argv[1] if len(sys.argv) > 1 else "dlib-resnet")
    calibration = calibrate(engine)
    PACKAGED.mkdir(exist_ok=True)
    path = PACKAGED / f"{calibration.model}.json"
    path.write_text(calibration.to_json(), encoding="utf-8")
    print(calibration.basis)
    for states, entry in sorted(calibration.entries.items()):
        threshold, llr = calibration.threshold(1e-3, states), entry.llr
        costs = f"Cllr {llr.cllr_logistic:.3f} (minimum {llr.cllr_min:.3f})" if llr else "no mated comparisons"
        print(f"probe {states[0]:8} reference {states[1]:8} similarity {threshold.similarity:.4f} at FMR 1e-3; {costs}")
    print(f"written: {path}")


def calibrate(engine: Engine) -> Calibration:
    """Fit all nine pairs of mask states on the calibration identities."""
    folders = [folder for folder in (data_folder() / "train" / "celeba").iterdir() if folder.name.endswith("5")]
    full = embed_subjects(engine, folders, "train", state="full")
    partial = embed_subjects(engine, folders, "train", state="partial")
    people = full.subjects.size
    sides = {
        "none": Columns.of(full.bare, np.zeros(people, bool), full.covered),
        "partial": Columns.of(partial.masked, np.ones(people, bool)),
        "full": Columns.of(full.masked, np.ones(people, bool)),
    }
    entries: dict[States, StateCalibration] = {}
    for probe, reference in product(sides, repeat=2):
        scores = matrix(sides[probe], sides[reference])
        np.fill_diagonal(scores, np.nan)  # a photo says nothing about itself, masked or not
        entries[probe, reference] = fit_matrix(scores, full.subjects, full.subjects, symmetric=probe == reference)
    basis = (
        f"{np.unique(full.subjects).size} CelebA calibration identities, {full.subjects.size} photos "
        f"(masks simulated), {engine.model}, {engine.detector} detector, fitted {datetime.now(UTC):%Y-%m-%d}"
    )
    return Calibration(engine.space, engine.model, basis, entries)


if __name__ == "__main__":
    main()
