"""Verification (one-to-one) results of a score file, with intervals, and of two files compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bareface.errors import EvaluationError
from bareface.evaluation import metrics
from bareface.evaluation.bootstrap import Counted, Estimate, Plan, estimate, paired
from bareface.evaluation.metrics import FMR_TARGETS, Trials
from bareface.evaluation.resampling import Resampler, Weights, distinct, distinct_pairs, present_subjects
from bareface.messages import Note
from bareface.scores.score_file import Int32, ScoreFile
from bareface.values import arguments
from bareface.values.face import Float64

DET_GRID = tuple(float(f) for f in np.round(np.logspace(-6, np.log10(0.5), 58), 9))
"""False match rates at which a DET curve gets its confidence band: ten a decade."""


@dataclass(frozen=True, slots=True)
class TarAtFmr:
    """True accept rate at a false match rate, as :class:`metrics.OperatingPoint` with an interval."""

    target: float
    support: metrics.Support
    threshold: float
    fmr: float
    tar: Estimate


@dataclass(frozen=True, slots=True)
class Band:
    """FNMR with its interval at a false match rate: one point of a DET curve's confidence band."""

    fmr: float
    fnmr: Estimate


@dataclass(frozen=True, slots=True)
class Verification:
    """One-to-one results.

    Attributes
    ----------
    mated, nonmated
        Comparisons.
    subjects, mated_subjects, subject_pairs
        Different subjects in the file, with a mated comparison, and pairs of them with a non-mated one.
    fta
        Share of comparisons lost to failures to acquire; counted as errors in everything else.
    eer, eer_threshold
        Equal error rate and its threshold.
    auc
        Area under the ROC.
    tar
        True accept rate at each target.
    accuracy
        Ten-fold accuracy, where the file has folds; the interval is of the whole procedure, thresholds
        included.
    accuracy_error
        Standard error over the folds, as LFW reports it; NaN without folds.
    band
        The DET curve's confidence band, where n allows; empty without intervals.
    """

    mated: int
    nonmated: int
    subjects: int
    mated_subjects: int
    subject_pairs: int
    fta: float
    eer: Estimate
    eer_threshold: float
    auc: float
    tar: tuple[TarAtFmr, ...]
    accuracy: Estimate | None
    accuracy_error: float
    band: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """A metric of two files on the same draws of subjects.

    Attributes
    ----------
    metric
        ``eer``, ``accuracy`` or ``tar@0.01``.
    a, b
        Its value in each file.
    difference
        ``b - a`` with its interval.
    """

    metric: str
    a: float
    b: float
    difference: Estimate


@dataclass(frozen=True, slots=True, eq=False)
class _Drawn:
    """Error rates in every replicate, float64 [replicates] each."""

    eer: Float64
    fnmr: dict[float, Float64]
    inaccuracy: Float64


def verify(scores: ScoreFile, plan: Plan | None = None, targets: Sequence[float] = FMR_TARGETS) -> Verification:
    """Compute one-to-one error rates with their intervals.

    Parameters
    ----------
    scores
        Any score file.
    plan
        Method of the intervals; 1,000 replicates by default, ``Plan(replicates=0)`` for none.
    targets
        False match rates to report the true accept rate at.
    """
    arguments.instance("scores", scores, ScoreFile, Note("argument.score-file"))
    plan = Plan() if plan is None else plan
    arguments.instance("plan", plan, Plan, Note("argument.plan"))
    trials, mated = Trials.of(scores), scores.mated
    mated_subjects = distinct(scores.probe_subject[mated])
    subject_pairs = distinct_pairs(scores.probe_subject[~mated], scores.reference_subject[~mated])
    measurable = [f for f in DET_GRID if metrics.support(f, trials.nonmated.size) != "too small"]
    band = measurable if plan.replicates and trials.mated.size else []
    drawn = _draw(scores, [*targets, *band], plan)

    def at_fmr(target: float) -> TarAtFmr:
        point = metrics.at_fmr(trials, target)
        fnmr = estimate(point.fnmr, drawn.fnmr[target], mated_subjects, plan)
        return TarAtFmr(target, point.support, point.threshold, point.fmr, fnmr.complement())

    eer, eer_threshold = metrics.eer(trials)
    folds = metrics.ten_fold(scores) if has_folds(scores) else None
    return Verification(
        mated=trials.mated.size,
        nonmated=trials.nonmated.size,
        subjects=len(present_subjects(scores)),
        mated_subjects=mated_subjects,
        subject_pairs=subject_pairs,
        fta=trials.fta,
        eer=estimate(eer, drawn.eer, mated_subjects, plan),
        eer_threshold=eer_threshold,
        auc=metrics.auc(trials),
        tar=tuple(at_fmr(target) for target in targets),
        accuracy=estimate(1 - folds.accuracy, drawn.inaccuracy, mated_subjects + subject_pairs, plan).complement()
        if folds
        else None,
        accuracy_error=folds.standard_error if folds else float("nan"),
        band=tuple(Band(target, at_fmr(target).tar.complement()) for target in band),
    )


def compare(
    a: ScoreFile, b: ScoreFile, plan: Plan | None = None, targets: Sequence[float] = FMR_TARGETS
) -> tuple[Difference, ...]:
    """Compare the metrics of two score files; ``b - a`` by paired bootstrap.

    Both files are counted on the same draws of subjects, so what makes a subject easy or hard for both
    cancels.

    Raises
    ------
    EvaluationError
        ``evaluation.unpaired`` if the files do not hold the same subjects.
    """
    plan = plan or Plan()
    subjects = present_subjects(a)
    if subjects != present_subjects(b):
        raise EvaluationError("evaluation.unpaired")
    errors_a, errors_b = (_error_rates(scores, targets, plan) for scores in (a, b))
    shared = [metric for metric in errors_a if metric in errors_b]
    return tuple(_difference(metric, errors_a[metric], errors_b[metric], plan) for metric in shared)


def _error_rates(scores: ScoreFile, targets: Sequence[float], plan: Plan) -> dict[str, Counted]:
    counted = verify(scores, replace(plan, replicates=0), targets)
    drawn = _draw(scores, targets, plan)
    units = counted.mated_subjects
    rates = {"eer": Counted(counted.eer.value, drawn.eer, units)}
    for point in counted.tar:
        if point.support != "too small":
            rates[f"tar@{point.target:g}"] = Counted(1 - point.tar.value, drawn.fnmr[point.target], units)
    if counted.accuracy:
        rates["accuracy"] = Counted(1 - counted.accuracy.value, drawn.inaccuracy, units)
    return rates


def _difference(metric: str, a: Counted, b: Counted, plan: Plan) -> Difference:
    difference = paired(a, b, plan)
    if metric == "eer":
        return Difference(metric, a.value, b.value, difference)
    less = Estimate(a.value - b.value, -difference.high, -difference.low, difference.method)
    return Difference(metric, 1 - a.value, 1 - b.value, less)


def _draw(scores: ScoreFile, targets: Sequence[float], plan: Plan) -> _Drawn:
    if not plan.replicates:
        return _Drawn(np.empty(0), dict.fromkeys(targets, np.empty(0)), np.empty(0))
    resampler = Resampler.of(scores)
    eer, inaccuracy = [np.empty(0)], [np.empty(0)]
    fnmr: dict[float, list[Float64]] = {target: [np.empty(0)] for target in targets}
    folded = _Folded.of(scores, resampler) if has_folds(scores) else None
    for weights in plan.batches(len(resampler.subjects)):
        replicates = resampler.replicate(weights)
        eer.append(replicates.eer())
        for target in targets:
            fnmr[target].append(replicates.fnmr_at_fmr(target))
        if folded:
            inaccuracy.append(folded.inaccuracy(weights))
    together = {target: np.concatenate(parts) for target, parts in fnmr.items()}
    return _Drawn(np.concatenate(eer), together, np.concatenate(inaccuracy))


def has_folds(scores: ScoreFile) -> bool:
    """Return whether accuracy over folds can be counted."""
    highest = scores.fold.max(initial=0)
    return bool(highest > 1) and np.unique(scores.fold[scores.fold > 0]).size > 1


@dataclass(frozen=True, slots=True, eq=False)
class _Folded:
    """Comparisons of both kinds by score, for accuracy over folds under weights."""

    scores: ScoreFile
    first: Int32
    second: Int32

    @classmethod
    def of(cls, scores: ScoreFile, resampler: Resampler) -> _Folded:
        ordered = scores.select(np.argsort(scores.score, kind="stable"))
        position = {name: i for i, name in enumerate(resampler.subjects)}
        recode = np.array([position.get(name, -1) for name in scores.subjects], dtype=np.int32)
        return cls(ordered, recode[ordered.probe_subject], recode[ordered.reference_subject])

    def inaccuracy(self, weights: Weights) -> Float64:
        mated = self.scores.mated
        rates = []
        for weight in weights.T:
            of_row = np.where(mated, weight[self.first], weight[self.first] * weight[self.second])
            result = metrics.folded_accuracy(self.scores.score, mated, self.scores.fold, of_row)
            rates.append(1 - result.accuracy)
        return np.array(rates)
