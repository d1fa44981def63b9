"""Refit the calibrations that ship with a model: ``python -m training.calibrate [MODEL] [--photos FOLDER]``.

Only calibration identities serve (CelebA ids ending in 5, which nothing is trained on): each photo bare, with a
simulated mask that leaves the nose bare, and with one that covers it; masks of the training half. Masks are put on the
bare photo's landmarks and the chip is cut by them. Two identities as alike as half of the mated pairs are taken for one
person under two labels, as `bareface calibrate` takes them, and are not compared.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bareface.calibration.calibration import BARE, Calibration, Kind, StateCalibration
from bareface.calibration.decision import States
from bareface.calibration.fit import fit_matrix
from bareface.calibration.normalised import NORMALISED_TOP, estimate, normalise_searches
from bareface.matching.cohorts import cohort_of
from bareface.matching.pairs import laws_on, normalise_matrix
from bareface.matching.scoring import Columns, matrix
from bareface.services.engine import Engine
from bareface.values.defaults import EMBEDDER
from bareface.values.face import Float32
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


def calibrate(engine: Engine, folders: Sequence[Path]) -> Iterator[Calibration]:
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
    cells = {(a, b): _scores(sides[a], sides[b]) for a, b in product(sides, repeat=2)}
    twice = labelled_twice(cells[BARE], full.subjects)
    print(f"{np.unique(full.subjects[np.nonzero(twice)[0]]).size} identities look like another one")
    for scores in cells.values():
        scores[twice] = np.nan
    normalisation = estimate(cells[BARE], full.subjects)
    cohort = cohort_of(engine.space)
    kinds: tuple[Kind, ...] = ("cosine", "search") if cohort is None else ("cosine", "search", "comparison")
    for kind in kinds:
        entries: dict[States, StateCalibration] = {}
        for (probe, reference), cosines in cells.items():
            scores = cosines
            if kind == "search":
                scores = normalise_searches(cosines, full.subjects, full.subjects, sides[reference].unit, normalisation)
            elif kind == "comparison" and cohort is not None:
                one, other = (laws_on(cohort, sides[side].unit, normalisation.typical) for side in (probe, reference))
                scores = normalise_matrix(cosines, one, other)
            entries[probe, reference] = fit_matrix(
                scores,
                full.subjects,
                full.subjects,
                symmetric=probe == reference and kind != "search",
                top=1.0 if kind == "cosine" else NORMALISED_TOP,
            )
        constants = None if kind == "cosine" else normalisation
        yield Calibration(engine.space, engine.model, basis, entries, kind, constants)


def labelled_twice(scores: Float32, subjects: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which pairs, bool [n, n], belong to identities as alike as the median mated pair."""
    mated = subjects[:, None] == subjects[None, :]
    row, column = np.nonzero(~mated & (scores >= np.nanmedian(scores[mated])))
    pairs = {tuple(sorted(pair)) for pair in zip(subjects[row].tolist(), subjects[column].tolist(), strict=True)}
    found = np.zeros(scores.shape, bool)
    for one, other in pairs:
        found[np.ix_(subjects == one, subjects == other)] = True
    return found | found.T


def _scores(probes: Columns, references: Columns) -> Float32:
    scores = matrix(probes, references)
    np.fill_diagonal(scores, np.nan)  # a photo says nothing about itself, masked or not
    return scores


if __name__ == "__main__":
    main()
