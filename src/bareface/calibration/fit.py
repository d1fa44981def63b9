"""From scores to calibrations: a matrix of one pair of mask states, or a whole score file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from bareface.calibration.calibration import StateCalibration
from bareface.calibration.counting import Int64, NonMatedScores
from bareface.calibration.decision import States
from bareface.calibration.likelihood_ratio import fit_llr
from bareface.calibration.strangers import fit_strangers
from bareface.errors import CalibrationError
from bareface.scores.score_file import CODES, ScoreFile
from bareface.values.face import Float32

MOST_NONMATED = 500_000
"""Non-mated comparisons used for likelihood ratios: more would not move two parameters."""


def fit_matrix(
    scores: Float32,
    probe_subjects: Int64,
    reference_subjects: Int64,
    *,
    symmetric: bool,
    seed: int = 0,
    top: float = 1.0,
) -> StateCalibration:
    """Fit one pair of mask states.

    Parameters
    ----------
    scores
        float32 [P, R], every probe photo against every reference photo; NaN where not compared, as of a photo with
        itself.
    probe_subjects, reference_subjects
        int64 [P] and [R], one numbering for both sides.
    symmetric
        Whether both sides are the same photos in the same mask state.
    seed
        Of the groups of subjects.
    top
        A score that hardly any comparison exceeds: 1 for cosines.

    Raises
    ------
    CalibrationError
        ``calibration.subjects``, ``calibration.sparse``, ``calibration.ties``, ``calibration.scores``.
    """
    data = NonMatedScores.of(scores, probe_subjects, reference_subjects, symmetric=symmetric, top=top)
    strangers = fit_strangers(data, seed)
    known = np.isfinite(scores)
    if symmetric:
        known = np.triu(known, 1)
    mated = known & (probe_subjects[:, None] == reference_subjects[None, :])
    if np.unique(probe_subjects[mated.any(axis=1)]).size < 10:
        return StateCalibration(strangers, None)
    nonmated = np.flatnonzero(known & ~mated)
    row, column = np.divmod(nonmated[:: -(-nonmated.size // MOST_NONMATED)], scores.shape[1])
    mated_row, mated_column = np.nonzero(mated)
    row, column = np.concatenate([row, mated_row]), np.concatenate([column, mated_column])
    return StateCalibration(
        strangers, fit_llr(scores[row, column], probe_subjects[row], reference_subjects[column], seed=seed)
    )


def fit_score_file(scores: ScoreFile, seed: int = 0) -> dict[States, StateCalibration]:
    """Fit every pair of mask states that has enough subjects; a state that is not stated counts as ``none``.

    Failures to acquire are left out: a probe without a template is never searched.

    Raises
    ------
    CalibrationError
        The error of :func:`fit_matrix`, if no pair of states could be fitted.
    """
    rows = scores.select(~scores.fta)
    if scores.info.kind == "all pairs":
        rows = _both_ways(rows)
    names = np.array([state or "none" for state in scores.states])
    probe_state, reference_state = names[rows.probe_state], names[rows.reference_state]
    entries: dict[States, StateCalibration] = {}
    refusal = CalibrationError("calibration.scores/none")
    for probe, reference in sorted(set(zip(probe_state.tolist(), reference_state.tolist(), strict=True))):
        chosen = rows.select((probe_state == probe) & (reference_state == reference))
        symmetric = scores.info.kind == "all pairs" and probe == reference
        try:
            entries[probe, reference] = fit_matrix(*_matrix(chosen), symmetric=symmetric, seed=seed)
        except CalibrationError as error:
            refusal = error
    if not entries:
        raise refusal
    return entries


def _both_ways(scores: ScoreFile) -> ScoreFile:
    """Add each comparison of two photos with the roles exchanged: a cosine has no direction."""
    sides = {name: name.replace("probe", "reference") for name in CODES if name.startswith("probe")}
    exchanged = {left: getattr(scores, right) for left, right in sides.items()}
    exchanged |= {right: getattr(scores, left) for left, right in sides.items()}
    columns = ("score", *CODES)
    other = replace(scores, **exchanged)
    joined: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in (scores, other)]) for name in columns
    }
    return replace(scores, **joined)


def _matrix(scores: ScoreFile) -> tuple[Float32, Int64, Int64]:
    """Return scores [P, R] with NaN where not compared, and the subjects of both sides."""
    probes, row, first = _numbered(scores.probe)
    references, column, second = _numbered(scores.reference)
    matrix = np.full((probes.size, references.size), np.nan, np.float32)
    matrix[row, column] = scores.score
    return matrix, scores.probe_subject[first].astype(np.int64), scores.reference_subject[second].astype(np.int64)


def _numbered(samples: np.ndarray[tuple[int], np.dtype[np.int32]]) -> tuple[Int64, Int64, Int64]:
    unique, first, inverse = np.unique(samples, return_index=True, return_inverse=True)
    return unique.astype(np.int64), inverse.astype(np.int64), first.astype(np.int64)
