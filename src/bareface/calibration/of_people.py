"""Calibrations from templates of many people: for each pair of mask states and each kind of score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from bareface.calibration.calibration import BARE, Calibration, Kind, StateCalibration
from bareface.calibration.counting import Int64
from bareface.calibration.decision import States
from bareface.calibration.fit import fit_matrix
from bareface.calibration.normalised import NORMALISED_TOP, estimate, normalise_searches
from bareface.errors import CalibrationError
from bareface.matching.pairs import laws_on, normalise_matrix
from bareface.matching.scoring import Columns, matrix
from bareface.values.face import Float32

MIN_MATED = 10
"""Subjects with two photos that it takes to say how alike one person's photos are."""
MOST_TWICE = 0.01
"""Share of subjects who may be labelled twice. Where more look like another one, the embedder confuses people."""


def calibrate_people(
    sides: Mapping[str, Columns],
    subjects: Int64,
    *,
    space: str,
    model: str,
    basis: str,
    cohort: Float32 | None = None,
    cohort_subjects: Int64 | None = None,
    twice: Sequence[tuple[int, int]] = (),
) -> tuple[Calibration, ...]:
    """Fit calibrations of the kinds ``cosine``, ``search`` and, with a cohort, ``comparison``.

    Parameters
    ----------
    sides
        Templates [n] of the same photos by mask state; ``none`` is among them.
    subjects
        int64 [n].
    space, model, basis
        See :class:`Calibration`.
    cohort
        Unit templates float32 [m, d].
    cohort_subjects
        int64 [m], the people of the cohort if they are among `subjects`: a face is not compared with its own person.
        None if they are not.
    twice
        Pairs of `subjects` that may be one person: they are not compared.

    Raises
    ------
    CalibrationError
        ``calibration.subjects``, ``calibration.ties`` or ``calibration.scores`` of the bare faces. Pairs of mask states
        that cannot be fitted are left out.
    """
    own = None if cohort_subjects is None else subjects[:, None] == cohort_subjects[None, :]
    left_out = _pairs(subjects, twice)
    normalisation = estimate(_scores(sides["none"], sides["none"], left_out), subjects)
    kinds: tuple[Kind, ...] = ("cosine", "search") if cohort is None else ("cosine", "search", "comparison")
    entries: dict[Kind, dict[States, StateCalibration]] = {kind: {} for kind in kinds}
    laws = {}
    if cohort is not None:
        laws = {state: laws_on(cohort, side.unit, normalisation.typical, own) for state, side in sides.items()}
    for probe, reference in sorted(product(sides, repeat=2), key=lambda pair: pair != BARE):
        cosines = _scores(sides[probe], sides[reference], left_out)
        for kind in kinds:
            scores = cosines
            if kind == "search":
                scores = normalise_searches(cosines, subjects, subjects, sides[reference].unit, normalisation)
            elif kind == "comparison":
                scores = normalise_matrix(cosines, laws[probe], laws[reference])
            try:
                entries[kind][probe, reference] = fit_matrix(
                    scores,
                    subjects,
                    subjects,
                    symmetric=probe == reference and kind != "search",
                    top=1.0 if kind == "cosine" else NORMALISED_TOP,
                )
            except CalibrationError:
                if (probe, reference) == BARE:
                    raise
    return tuple(
        Calibration(space, model, basis, entries[kind], kind, None if kind == "cosine" else normalisation)
        for kind in kinds
    )


def labelled_twice(bare: Columns, subjects: Int64) -> tuple[tuple[int, int], ...]:
    """Return pairs of subjects who may be one person under two labels: as alike as the median mated pair.

    Parameters
    ----------
    bare
        Templates [n].
    subjects
        int64 [n].
    """
    scores = matrix(bare, bare)
    mated = subjects[:, None] == subjects[None, :]
    own = np.triu(mated, 1)
    if np.unique(subjects[np.nonzero(own)[0]]).size < MIN_MATED:
        return ()
    row, column = np.nonzero(np.triu(~mated & (scores >= np.median(scores[own])), 1))
    pairs = np.sort(np.stack([subjects[row], subjects[column]], axis=1), axis=1)
    if np.unique(pairs).size > max(2, MOST_TWICE * np.unique(subjects).size):
        return ()
    return tuple((int(one), int(other)) for one, other in np.unique(pairs, axis=0))


def _pairs(subjects: Int64, pairs: Sequence[tuple[int, int]]) -> NDArray[np.bool_]:
    found = np.zeros((len(subjects), len(subjects)), bool)
    for one, other in pairs:
        found[np.ix_(subjects == one, subjects == other)] = True
    return found | found.T


def _scores(probes: Columns, references: Columns, left_out: NDArray[np.bool_]) -> Float32:
    scores = matrix(probes, references)
    scores[left_out] = np.nan
    np.fill_diagonal(scores, np.nan)  # a photo says nothing about itself, masked or not
    return scores
