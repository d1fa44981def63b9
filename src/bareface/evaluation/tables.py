"""Error rates by group: labels that the user supplies for people or photos, mask states, conditions.

Nothing here guesses a label. All groups are judged at one threshold, since that is how a system is used; a
group's rates then show what that threshold means for its people.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from bareface.errors import EvaluationError
from bareface.evaluation.bootstrap import Estimate, Plan, clopper_pearson, estimate
from bareface.evaluation.metrics import Trials, at_fmr
from bareface.evaluation.pair_lists import csv_rows
from bareface.evaluation.resampling import Resampler, distinct, present_subjects
from bareface.scores.score_file import Bool, Int32, ScoreFile, state_order
from bareface.values import arguments
from bareface.values.face import Float64

FEW_SUBJECTS = 30
"""Below this many subjects a group's rates are marked: one person's photos then move them by several points."""
MOST_GROUPS = 50
MOST_COMBINATIONS = 12


@dataclass(frozen=True, slots=True, eq=False)
class Labelling:
    """A user's grouping of subjects or photos.

    Attributes
    ----------
    name
        The column it comes from, e.g. ``age``.
    by
        Whether keys are subjects' names or photos' names, as the score file has them.
    groups
        Key to group.
    """

    name: str
    by: Literal["subject", "file"]
    groups: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group's errors; ``few`` where it has fewer than :data:`FEW_SUBJECTS` subjects."""

    group: str
    subjects: int
    mated: int
    nonmated: int
    fnmr: Estimate
    fmr: Estimate
    few: bool


@dataclass(frozen=True, slots=True)
class Ratio:
    """The largest ratio of a rate between two groups.

    Attributes
    ----------
    highest, lowest
        The groups with the highest and the lowest rate.
    value
        Their ratio as counted; ``inf`` where the lowest made no error.
    at_least
        The lower end of its confidence interval. Where the lowest made no error: the highest rate over the
        exact binomial upper bound of the lowest.
    at_most
        The upper end; ``inf`` where the lowest rate may be 0.
    """

    highest: str
    lowest: str
    value: float
    at_least: float
    at_most: float


@dataclass(frozen=True, slots=True)
class GroupTable:
    """Error rates by group at one threshold.

    Attributes
    ----------
    label
        Kind of the groups.
    fmr_target, threshold
        The false match rate over the whole file that the threshold was chosen for, and that threshold.
    rows
        By name. Where sides may differ, ``a × b`` holds the comparisons of a with b.
    fnmr_ratio, fmr_ratio
        Between the groups that are not ``few``, or between all if fewer than two are not; None with fewer than two
        groups, or if there are no errors.
    left_out
        Comparisons in no row: a side has no label, or the sides differ where rows are of one group each.
    """

    label: str
    fmr_target: float
    threshold: float
    rows: tuple[GroupRow, ...]
    fnmr_ratio: Ratio | None
    fmr_ratio: Ratio | None
    left_out: int


def read_labels(path: str | Path) -> tuple[Labelling, ...]:
    """Read the user's labels: CSV with a first column ``subject`` or ``file`` and one column per label.

    Raises
    ------
    EvaluationError
        ``evaluation.columns``, ``evaluation.line``, ``evaluation.file``.
    """
    path = Path(arguments.path("path", path))
    rows = list(csv_rows(path, required=set()))
    by = next((name for name in ("subject", "file") if rows and name in rows[0][1]), None)
    labels = [name for name in rows[0][1] if name != by] if rows else []
    if by is None or not labels:
        raise EvaluationError("evaluation.columns/labels", source=str(path))
    seen: dict[str, int] = {}
    for line, row in rows:
        if not row[by] or row[by] in seen:
            if row[by]:
                raise EvaluationError("evaluation.line/repeats", line=line, first=seen[row[by]], source=str(path))
            raise EvaluationError("evaluation.line/names-no", line=line, column=by, source=str(path))
        seen[row[by]] = line
    return tuple(
        Labelling(name, "subject" if by == "subject" else "file", {row[by]: row[name] for _, row in rows if row[name]})
        for name in labels
    )


def by_labels(scores: ScoreFile, labelling: Labelling, fmr: float = 1e-2, plan: Plan | None = None) -> GroupTable:
    """Compute error rates of the user's groups: comparisons within a group for labelled subjects, of any two for
    photos.

    Parameters
    ----------
    scores
        Any score file.
    labelling
        From :func:`read_labels`.
    fmr
        The false match rate over the whole file that the common threshold is chosen for.
    plan
        Method of the intervals.

    Raises
    ------
    EvaluationError
        ``evaluation.n`` if the file has too few non-mated comparisons for that threshold;
        ``evaluation.labels`` if no comparison is labelled, or there are too many groups.
    """
    names = scores.subjects if labelling.by == "subject" else scores.samples
    groups = sorted(set(labelling.groups.values()))
    position = {group: i for i, group in enumerate(groups)}
    of = np.array([position.get(labelling.groups.get(name, ""), -1) for name in names], dtype=np.int32)
    if labelling.by == "subject":
        sides = of[scores.probe_subject], of[scores.reference_subject]
    else:
        sides = of[scores.probe], of[scores.reference]
    return _table(scores, labelling.name, groups, *sides, labelling.by == "file", fmr, plan or Plan())


def by_state(scores: ScoreFile, fmr: float = 1e-2, plan: Plan | None = None) -> GroupTable | None:
    """Compute error rates by the two sides' mask states; None if the file states fewer than two combinations."""
    return _built_in(scores, "mask state", scores.states, scores.probe_state, scores.reference_state, fmr, plan)


def by_condition(scores: ScoreFile, fmr: float = 1e-2, plan: Plan | None = None) -> GroupTable | None:
    """Compute error rates by the two sides' conditions; None if the file states fewer than two combinations.

    With many conditions, only comparisons within one condition are shown.
    """
    sides = scores.probe_condition, scores.reference_condition
    return _built_in(scores, "condition", scores.conditions, *sides, fmr, plan)


def _built_in(
    scores: ScoreFile,
    label: str,
    names: tuple[str, ...],
    probe: Sequence[int] | np.ndarray,
    reference: Sequence[int] | np.ndarray,
    fmr: float,
    plan: Plan | None,
) -> GroupTable | None:
    groups = sorted({name for name in names if name}, key=state_order)
    position = {group: i for i, group in enumerate(groups)}
    of = np.array([position.get(name, -1) for name in names], dtype=np.int32)
    left, right = of[probe], of[reference]
    combinations = distinct(_pairs(left, right, len(groups))[(left >= 0) & (right >= 0)])
    if combinations < 2:
        return None
    return _table(scores, label, groups, left, right, combinations <= MOST_COMBINATIONS, fmr, plan or Plan())


def _pairs(left: Int32, right: Int32, groups: int) -> Int32:
    """Assign one number to each unordered pair of groups."""
    return (np.minimum(left, right) * groups + np.maximum(left, right)).astype(np.int32)


def _table(
    scores: ScoreFile,
    label: str,
    groups: Sequence[str],
    left: Int32,
    right: Int32,
    across: bool,
    fmr: float,
    plan: Plan,
) -> GroupTable:
    point = at_fmr(Trials.of(scores), fmr)
    if point.support == "too small":
        raise EvaluationError("evaluation.n", comparisons=int((~scores.mated).sum()), fmr=fmr)
    labelled = (left >= 0) & (right >= 0)
    cell = _pairs(left, right, len(groups))
    cells = [
        int(c) for c in np.flatnonzero(np.bincount(cell[labelled])) if across or c // len(groups) == c % len(groups)
    ]
    if not cells or len(cells) > MOST_GROUPS:
        raise EvaluationError("evaluation.labels/groups", label=label, groups=len(cells), most=MOST_GROUPS)
    counted = [
        _group(_name(groups, c), scores, labelled & (cell == c), point.threshold, present_subjects(scores), plan)
        for c in cells
    ]
    # The extremes of tiny groups say nothing: they only take part where there is no choice.
    large = [group for group in counted if not group.row.few]
    compared = large if len(large) > 1 else counted
    return GroupTable(
        label=label,
        fmr_target=fmr,
        threshold=point.threshold,
        rows=tuple(group.row for group in counted),
        fnmr_ratio=_ratio([(g.row, g.row.fnmr, g.fnmr, g.mated_units) for g in compared], plan),
        fmr_ratio=_ratio([(g.row, g.row.fmr, g.fmr, g.nonmated_units) for g in compared], plan),
        left_out=len(scores) - sum(group.row.mated + group.row.nonmated for group in counted),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Counted:
    row: GroupRow
    fnmr: Float64
    fmr: Float64
    mated_units: int
    nonmated_units: int


def _group(
    name: str, scores: ScoreFile, rows: Bool, threshold: float, subjects: tuple[str, ...], plan: Plan
) -> _Counted:
    part = scores.select(rows)
    # The whole file's subjects: all groups see the same draws, so that ratios are paired.
    resampler = Resampler.of(part, subjects)
    trials = resampler.trials
    fnmr, fmr = [np.empty(0)], [np.empty(0)]
    for weights in plan.batches(len(subjects)):
        replicates = resampler.replicate(weights)
        fnmr.append(replicates.fnmr(threshold))
        fmr.append(replicates.fmr(threshold))
    units = resampler.mated.units(), resampler.nonmated.units()
    rates = np.concatenate(fnmr), np.concatenate(fmr)
    present = len(present_subjects(part))
    row = GroupRow(
        group=name,
        subjects=present,
        mated=trials.mated.size,
        nonmated=trials.nonmated.size,
        fnmr=estimate(float(trials.fnmr(threshold)), rates[0], units[0], plan),
        fmr=estimate(float(trials.fmr(threshold)), rates[1], units[1], plan),
        few=present < FEW_SUBJECTS,
    )
    return _Counted(row, *rates, *units)


def _ratio(groups: Sequence[tuple[GroupRow, Estimate, Float64, int]], plan: Plan) -> Ratio | None:
    known = [group for group in groups if not math.isnan(group[1].value)]
    if len(known) < 2:
        return None
    highest, lowest = (pick(known, key=lambda group: group[1].value) for pick in (max, min))
    high, low = highest[1].value, lowest[1].value
    if high == 0:
        return None
    names = highest[0].group, lowest[0].group
    if low == 0:
        bound = clopper_pearson(0, lowest[3], plan.level)[1]
        return Ratio(*names, math.inf, high / bound, math.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = highest[2] / lowest[2]
    drawn = drawn[~np.isnan(drawn)]
    if not drawn.size:
        return Ratio(*names, high / low, math.nan, math.nan)
    tail = (1 - plan.level) / 2
    ends = np.quantile(drawn, [tail, 1 - tail], method="inverted_cdf")
    return Ratio(*names, high / low, float(ends[0]), float(ends[1]))


def _name(groups: Sequence[str], cell: int) -> str:
    a, b = divmod(cell, len(groups))
    return groups[a] if a == b else f"{groups[a]} × {groups[b]}"
