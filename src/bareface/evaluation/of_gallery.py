"""A gallery measured on its own named people, from the templates that it has: no photo is read."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np

from bareface.calibration.calibration import Calibration
from bareface.calibration.counting import Int64
from bareface.calibration.evenness import look_alikes, promise_by_person
from bareface.calibration.of_gallery import GalleryReferences, drawn_scores
from bareface.evaluation.analysis import Analysis, analyse
from bareface.evaluation.bootstrap import Estimate, Plan
from bareface.matching.scoring import at_unit_length
from bareface.messages import Note
from bareface.scores.score_file import ScoreFile, ScoreInfo
from bareface.values.face import Float32
from bareface.values.gallery_evaluation import Figure, PromiseGroup

MOST_SUBJECTS = 400
"""Named subjects that are drawn from a larger gallery: 80,000 pairs of people."""
FEWEST = 20
"""Named people without whom the promise is not checked."""
_STATISTICS = "scipy"


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """References of named people, all compared.

    Attributes
    ----------
    drawn
        Places in the gallery's references, int64 [n].
    people
        Number of each one's subject, int64 [n].
    scores
        float32 [n, n], NaN on the diagonal.
    unit
        Unit templates float32 [n, d].
    """

    drawn: Int64
    people: Int64
    scores: Float32
    unit: Float32


def compared(references: GalleryReferences) -> Compared:
    """Draw references of a gallery and compare all of them."""
    drawn, scores = drawn_scores(references, MOST_SUBJECTS)
    return Compared(drawn, references.subject_ids[drawn], scores, at_unit_length(references.templates[drawn]))


def lacking() -> str | None:
    """Return the package that figures with intervals need, if it is not installed."""
    return None if find_spec(_STATISTICS) else _STATISTICS


def analysed(references: GalleryReferences, some: Compared, model: str, space: str, plan: Plan) -> Analysis:
    """Count errors over all pairs; samples and subjects are called by number."""
    row, column = np.triu_indices(len(some.drawn), 1)
    subjects, of = np.unique(some.people, return_inverse=True)
    states = [references.states[place] if references.states is not None else "none" for place in some.drawn]
    named, state = np.unique(np.array(states), return_inverse=True)
    one, worn = of.astype(np.int32), state.astype(np.int16)
    blank = np.zeros(len(row), np.int16)
    scores = ScoreFile(
        samples=tuple(f"reference-{references.ids[place]}" for place in some.drawn),
        subjects=tuple(f"subject-{number}" for number in subjects),
        states=tuple(map(str, named)),
        conditions=("",),
        probe=row.astype(np.int32),
        reference=column.astype(np.int32),
        probe_subject=one[row],
        reference_subject=one[column],
        probe_state=worn[row],
        reference_state=worn[column],
        probe_condition=blank,
        reference_condition=blank,
        score=some.scores[row, column].astype(np.float64),
        fta=np.zeros(len(row), bool),
        fold=blank,
        info=ScoreInfo("gallery", "all pairs", model, space, notes=(Note("note.own-gallery"),)),
    )
    return analyse("gallery", scores, plan)


def figures_of(analysis: Analysis) -> tuple[Figure, ...]:
    """Return the rates of an analysis that a page shows."""
    verification, identification = analysis.verification, analysis.identification
    found = []
    if verification.mated and verification.nonmated:
        found.append(_figure("eer", None, verification.eer, "enough"))
        found += [_figure("tar", one.target, one.tar, one.support) for one in verification.tar]
    if identification is not None and identification.mated and identification.nonmated:
        found += [_figure("fnir", one.target, one.fnir, one.support) for one in identification.identification]
    return tuple(found)


def _figure(kind: object, target: float | None, rate: Estimate, support: str) -> Figure:
    shown = support != "too small" and math.isfinite(rate.value)
    sure = shown and math.isfinite(rate.low) and math.isfinite(rate.high)
    return Figure(
        kind,  # type: ignore[arg-type]
        target,
        float(rate.value) if shown else None,
        float(rate.low) if sure else None,
        float(rate.high) if sure else None,
        support,  # type: ignore[arg-type]
    )


def promise(some: Compared, calibration: Calibration) -> tuple[PromiseGroup | None, tuple[PromiseGroup, ...]]:
    """Check how a calibration keeps its promise: for everybody, and for groups of look-alikes if scipy is installed."""
    if np.unique(some.people).size < FEWEST:
        return None, ()
    first, ratios = promise_by_person(some.scores, some.people, some.unit, calibration)
    overall = PromiseGroup("", len(first), float(ratios.mean()))
    cluster = None if lacking() else look_alikes(some.unit[first])
    if cluster is None:
        return overall, ()
    groups = [PromiseGroup("", int(own.sum()), float(ratios[own].mean())) for own in _members(cluster.tolist())]
    return overall, tuple(sorted(groups, key=lambda one: -one.ratio))


def promise_by_label(
    some: Compared, calibration: Calibration, groups: Mapping[int, str]
) -> tuple[tuple[PromiseGroup, ...], int]:
    """Check the promise for the groups that a user named.

    Parameters
    ----------
    some
        The gallery's people.
    calibration
        The calibration that searches use.
    groups
        Group by number of subject.

    Returns
    -------
    tuple
        The groups, largest ratio first, and the number of people without one.
    """
    first, ratios = promise_by_person(some.scores, some.people, some.unit, calibration)
    of = [groups.get(int(number), "") for number in some.people[first]]
    found = [
        PromiseGroup(of[int(np.flatnonzero(own)[0])], int(own.sum()), float(ratios[own].mean())) for own in _members(of)
    ]
    named = sorted((one for one in found if one.name), key=lambda one: -one.ratio)
    return tuple(named), of.count("")


def _members(of: Sequence[object]) -> list[np.ndarray]:
    values = dict.fromkeys(of)
    return [np.array([one == value for one in of], bool) for value in values]
