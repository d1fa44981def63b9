"""Does a restored face find its person more often than the original? Counted, with an answer in words.

Every probe searches a gallery that holds its person, and the same gallery without; each system (the photo itself, a
completion, an enhancement) is given a threshold of its own for a rate of false alarms among the second searches, so
that no system wins by scoring everybody higher. Systems are compared with the original on the same draws of subjects.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bareface.errors import EvaluationError
from bareface.evaluation.bootstrap import Counted, Estimate, Plan, estimate, paired, percentiles
from bareface.evaluation.metrics import Trials, at_fmr, share, support
from bareface.evaluation.resampling import Comparisons, Replicates
from bareface.evaluation.tables import Labelling
from bareface.messages import Note
from bareface.scores.score_file import FAILED, Bool
from bareface.values.face import Float64

Int64: TypeAlias = NDArray[np.int64]
Verdict: TypeAlias = Literal["helps", "no difference shown", "harms"]

ORIGINAL: Final = "original, mask-aware"
"""Baseline of all comparisons."""
TARGETS: Final = (0.1, 0.01)
RANK_1: Final = "missed at rank 1"


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Results of one system for the probes of a condition.

    Attributes
    ----------
    tries
        One float64 [m, s] for each of its pictures: the best score of each of m probes with each of s enrolled
        subjects; ``-inf`` for a probe without a template. Rates are means over the pictures.
    limits
        By the rate of false alarms, float64 [pictures, m]: the score from which bareface's own decision, for the mask
        states it sees, says that strangers are as rare. None if no calibration says so, or if it was not requested.
    restores
        Whether the system searches with restored pictures: only those get a verdict.
    """

    tries: tuple[Float64, ...]
    limits: Mapping[float, Float64] | None = None
    restores: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """The probes of one condition, and what each system gave for them.

    Attributes
    ----------
    condition
        Its name, e.g. ``full mask, simulated``.
    subject
        int64 [m], of each probe the column of its own subject.
    systems
        By name; :data:`ORIGINAL` among them.
    restored
        bool [m]: the others could not be restored, and are searched as they are.
    values
        Measurements of single probes, by name: float64 [m], NaN where it was not.
    people
        Names of the enrolled, by their columns.
    """

    condition: str
    subject: Int64
    systems: Mapping[str, Scores]
    restored: Bool
    values: Mapping[str, Float64]
    people: tuple[str, ...] = ()

    def of(self, condition: str, kept: Bool) -> Trial:
        """Select probes by a mask, bool [m]; the gallery stays the same."""
        systems = {
            name: replace(
                scores,
                tries=tuple(table[kept] for table in scores.tries),
                limits=None if scores.limits is None else {at: limit[:, kept] for at, limit in scores.limits.items()},
            )
            for name, scores in self.systems.items()
        }
        values = {name: value[kept] for name, value in self.values.items()}
        return replace(
            self,
            condition=condition,
            subject=self.subject[kept],
            systems=systems,
            restored=self.restored[kept],
            values=values,
        )


def grouped(trial: Trial, labelling: Labelling) -> Iterator[Trial]:
    """Group the probes by the user's labels; each group searches the whole gallery.

    Raises
    ------
    EvaluationError
        ``evaluation.labels``: the labels are of photos, not of people.
    """
    if labelling.by != "subject":
        raise EvaluationError("evaluation.labels/by-photo")
    of_probe = np.array([labelling.groups.get(trial.people[column], "") for column in trial.subject])
    for group in sorted(set(of_probe.tolist()) - {""}):
        yield trial.of(f"{trial.condition}, {labelling.name} {group}", of_probe == group)


@dataclass(frozen=True, slots=True)
class Rate:
    """An error rate of one system.

    Attributes
    ----------
    metric
        ``FNIR at FPIR 0.1`` or ``missed at rank 1``.
    value
        The rate, with its interval.
    less
        It less the original's, on the same draws of subjects; None for the original.
    verdict
        ``helps`` or ``harms`` where that interval is clear of zero; None where nothing is restored.
    """

    metric: str
    value: Estimate
    less: Estimate | None
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Alarms:
    """False alarms at bareface's own threshold, and those that only the restored picture makes.

    Attributes
    ----------
    promised
        The FPIR that the calibration says this threshold has.
    realised
        The share of searches without a mate that reach it; a mean where the system has several pictures.
    created
        Such searches with a restored picture that the original keeps below its own threshold: false matches created by
        restoration. A mean where the system has several pictures; None where nothing is restored.
    any
        Such searches with at least one of the pictures.
    searches
        All searches without a mate.
    """

    promised: float
    realised: Estimate
    created: float | None
    any: int | None
    searches: int


@dataclass(frozen=True, slots=True)
class SystemResult:
    """One system under one condition; ``alarms`` is empty where no calibration covers it."""

    system: str
    rates: tuple[Rate, ...]
    alarms: tuple[Alarms, ...]

    @property
    def verdict(self) -> Verdict | None:
        """By the first rate: FNIR at the highest FPIR; None where nothing is restored."""
        return self.rates[0].verdict


@dataclass(frozen=True, slots=True)
class ConditionResult:
    """All systems under one condition.

    Attributes
    ----------
    condition
        Its name.
    probes, subjects, gallery
        Searches, the people searched for, and the people enrolled.
    lost
        Probes without a template: no face was found.
    restored
        Probes that were restored.
    values
        Means of what was measured of single probes, with a bootstrap interval over subjects.
    systems
        One a system, in the order in which they were tried.
    """

    condition: str
    probes: int
    subjects: int
    gallery: int
    lost: int
    restored: int
    values: Mapping[str, Estimate]
    systems: tuple[SystemResult, ...]

    @property
    def sentence(self) -> str:
        """The condition's verdicts in words."""
        said = [_said(one) for one in self.systems if one.verdict is not None] or [Note("note.no-verdict")]
        return Note("note.verdicts", condition=self.condition, subjects=self.subjects, verdicts=said)


def verdict(less: Estimate) -> Verdict:
    """Classify a difference of error rates.

    >>> verdict(Estimate(-0.05, -0.08, -0.02)), verdict(Estimate(0.05, -0.01, 0.1)), verdict(Estimate(0.1, 0.02, 0.2))
    ('helps', 'no difference shown', 'harms')
    """
    if less.high < 0:
        return "helps"
    return "harms" if less.low > 0 else "no difference shown"


def judged(trial: Trial, plan: Plan | None = None, targets: Sequence[float] = TARGETS) -> ConditionResult:
    """Count a condition's errors.

    Rates at an FPIR are left out where the probes are too few to show it: fewer than one false alarm expected.

    Parameters
    ----------
    trial
        The probes and their scores.
    plan
        Method of the intervals.
    targets
        FPIRs, the one that gives the verdict first.
    """
    plan = plan or Plan()
    people, code = np.unique(trial.subject, return_inverse=True)
    supported = [target for target in targets if support(target, code.size) != "too small"]
    counted = {
        name: _counted(scores, trial.subject, code.astype(np.int32), supported, plan)
        for name, scores in trial.systems.items()
    }
    base = counted[ORIGINAL]
    results = []
    for name, rates in counted.items():
        rows = []
        for metric, rate in rates.items():
            less = None if name == ORIGINAL else paired(base[metric], rate, plan)
            value = estimate(rate.value, rate.drawn, rate.units, plan)
            said = verdict(less) if less is not None and trial.systems[name].restores else None
            rows.append(Rate(metric, value, less, said))
        results.append(SystemResult(name, tuple(rows), _alarms(trial, name, supported, plan)))
    original = trial.systems[ORIGINAL].tries[0]
    return ConditionResult(
        condition=trial.condition,
        probes=code.size,
        subjects=people.size,
        gallery=original.shape[1],
        lost=int((original.max(axis=1) == FAILED).sum()),
        restored=int(trial.restored.sum()),
        values={name: _mean(values, code.astype(np.int32), plan) for name, values in trial.values.items()},
        systems=tuple(results),
    )


def searches(scores: Float64, subject: Int64) -> tuple[Float64, Float64, Int64]:
    """Return the mate's score [m], the highest of any other subject [m] and the mate's rank [m], 0 where there is no
    template.

    Ties count against the system, as in :mod:`bareface.evaluation.open_set`.
    """
    rows = np.arange(subject.size)
    mate = scores[rows, subject]
    others = scores.copy()
    others[rows, subject] = FAILED
    rank = np.where(mate > FAILED, 1 + (others >= mate[:, None]).sum(axis=1), 0)
    return mate, others.max(axis=1), rank.astype(np.int64)


def _counted(
    scores: Scores, subject: Int64, code: NDArray[np.int32], targets: Sequence[float], plan: Plan
) -> dict[str, Counted]:
    """Compute a system's rates by metric, each the mean over its pictures."""
    each: dict[str, list[tuple[float, Float64]]] = {}
    for table in scores.tries:
        mate, stranger, rank = searches(table, subject)
        trials = Trials(np.sort(mate), np.sort(stranger))
        missed = rank != 1
        sides = [Comparisons(side[order], code[order], None) for side in (mate, stranger) for order in [side.argsort()]]
        drawn: dict[str, list[Float64]] = {metric: [np.empty(0)] for metric in (*map(_at, targets), RANK_1)}
        for weights in plan.batches(int(code.max()) + 1):
            replicates = Replicates(trials, *(side.weigh(weights) for side in sides))
            for target in targets:
                drawn[_at(target)].append(replicates.fnmr_at_fmr(target))
            of_probe = weights[code]
            drawn[RANK_1].append(share(missed @ of_probe, of_probe.sum(axis=0)))
        for target in targets:
            each.setdefault(_at(target), []).append((at_fmr(trials, target).fnmr, np.concatenate(drawn[_at(target)])))
        each.setdefault(RANK_1, []).append((float(missed.mean()), np.concatenate(drawn[RANK_1])))
    units = np.unique(code).size
    return {
        metric: Counted(float(np.mean([v for v, _ in tries])), np.mean([d for _, d in tries], axis=0), units)
        for metric, tries in each.items()
    }


def _at(target: float) -> str:
    return f"FNIR at FPIR {target:g}"


def _alarms(trial: Trial, name: str, targets: Sequence[float], plan: Plan) -> tuple[Alarms, ...]:
    base, system = trial.systems[ORIGINAL], trial.systems[name]
    if system.limits is None:
        return ()
    first = searches(base.tries[0], trial.subject)[1]
    strangers = np.stack([searches(table, trial.subject)[1] for table in system.tries])
    code = np.unique(trial.subject, return_inverse=True)[1].astype(np.int32)
    alarms = []
    for target in targets:
        over = strangers >= system.limits[target]
        realised = _mean(over.mean(axis=0), code, plan)
        created, any_of = None, None
        if system.restores and base.limits is not None:
            new = over & (first < base.limits[target][0]) & trial.restored
            created, any_of = float(new.sum(axis=1).mean()), int(new.any(axis=0).sum())
        alarms.append(Alarms(target, realised, created, any_of, first.size))
    return tuple(alarms)


def _mean(values: Float64, code: NDArray[np.int32], plan: Plan) -> Estimate:
    """Return the mean of the finite values, NaN if there are none."""
    known = ~np.isnan(values)
    if not known.any():
        return Estimate(float("nan"))
    sums = [np.empty(0)]
    for weights in plan.batches(int(code.max()) + 1):
        of_probe = weights[code[known]]
        sums.append(share(values[known] @ of_probe, of_probe.sum(axis=0)))
    low, high = percentiles(np.concatenate(sums), plan.level)
    return Estimate(float(values[known].mean()), low, high, "bootstrap" if plan.replicates else "none")


def _said(result: SystemResult) -> Note:
    first = result.rates[0]
    assert first.less is not None
    low, high = 100 * first.less.low, 100 * first.less.high
    return Note(
        "note.verdict",
        system=result.system,
        verdict=first.verdict,
        points=100 * first.less.value,
        metric=first.metric,
        low=low,
        high=high,
    )
