"""A score file analysed: what tables, plots and reports show of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bareface.evaluation.bootstrap import Plan
from bareface.evaluation.metrics import Trials
from bareface.evaluation.open_set import Identification, Searches, identify
from bareface.evaluation.verification import Verification, verify
from bareface.messages import Note
from bareface.scores.score_file import Bool, ScoreFile, state_order
from bareface.values import arguments

if TYPE_CHECKING:
    from bareface.calibration.calibration import Calibration
    from bareface.calibration.likelihood_ratio import Reliability


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """A score file and what was counted from it.

    Attributes
    ----------
    name
        Name for the reader, e.g. the file's name.
    scores
        The score file.
    trials
        Its scores, sorted.
    verification
        One-to-one results.
    searches, identification
        One-to-many results; None for a list of pairs.
    """

    name: str
    scores: ScoreFile
    trials: Trials
    verification: Verification
    searches: Searches | None
    identification: Identification | None


def analyse(name: str, scores: ScoreFile, plan: Plan | None = None) -> Analysis:
    """Compute all metrics that a score file supports."""
    arguments.text("name", name)
    arguments.instance("scores", scores, ScoreFile, Note("argument.score-file"))
    searches = None if scores.info.kind == "pairs" else Searches.of(scores)
    return Analysis(
        name=name,
        scores=scores,
        trials=Trials.of(scores),
        verification=verify(scores, plan),
        searches=searches,
        identification=identify(scores, plan) if searches else None,
    )


def state_pairs(scores: ScoreFile) -> Mapping[str, Bool]:
    """Group rows by combination of mask states, probe first; one entry, ``all``, if none is stated.

    A cosine has no direction, so ``none`` against ``full`` and the other way round are one combination.
    """
    names = [name or "not stated" for name in scores.states]
    rows: dict[str, Bool] = {}
    for left in np.unique(scores.probe_state):
        for right in np.unique(scores.reference_state):
            of = (scores.probe_state == left) & (scores.reference_state == right)
            if of.any():
                title = " × ".join(sorted((names[left], names[right]), key=state_order))
                rows[title] = rows[title] | of if title in rows else of
    if set(rows) <= {"not stated × not stated"}:
        return {"all": np.ones(len(scores), dtype=bool)}
    return dict(sorted(rows.items(), key=lambda item: [state_order(name) for name in item[0].split(" × ")]))


def reliability_of(scores: ScoreFile, calibration: Calibration) -> Reliability | None:
    """Measure the reliability of a calibration on these scores; None if it has no likelihood ratio.

    Failures to acquire have no score and are left out.
    """
    from bareface.calibration.likelihood_ratio import reliability

    llrs = np.full(len(scores), np.nan)
    for left in np.unique(scores.probe_state):
        for right in np.unique(scores.reference_state):
            states = scores.states[left] or "none", scores.states[right] or "none"
            model = calibration.entries[calibration.nearest(states)].llr
            if model is None:
                return None
            rows = (scores.probe_state == left) & (scores.reference_state == right) & ~scores.fta
            if rows.any():
                llrs[rows] = model(scores.score[rows])
    valid = ~np.isnan(llrs)
    mated, nonmated = llrs[valid & scores.mated], llrs[valid & ~scores.mated]
    return reliability(mated, nonmated) if mated.size and nonmated.size else None
