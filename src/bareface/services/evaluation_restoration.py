"""Evaluation of restoration: is a person found more often with a restored face than with the photo itself?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bareface.audit.port import AuditLog
from bareface.errors import UsageError
from bareface.evaluation.bootstrap import Plan as Plan
from bareface.evaluation.restoration import ConditionResult as ConditionResult
from bareface.evaluation.restoration_conditions import Condition
from bareface.services.deferred import DeferredEngine, EngineSource
from bareface.services.recorded import Recorder
from bareface.system.extras import require
from bareface.system.files import check_page, write_atomically
from bareface.values import arguments
from bareface.values.context import Context
from bareface.values.defaults import MOST_PAD
from bareface.values.enrolment import LeftOut
from bareface.values.gallery import Progress


@dataclass(frozen=True, slots=True)
class RestorationMeasured:
    """Verdicts on restoration.

    Attributes
    ----------
    conditions
        One result for each condition, and for each group of people in it.
    left_out
        Files and folders that were skipped.
    """

    conditions: tuple[ConditionResult, ...]
    left_out: LeftOut


class RestorationEvaluation:
    """Measures whether restoring helps, on the user's own photos.

    Parameters
    ----------
    engine
        Analyses and restores photos: an engine, a function that makes one when it is first needed, or None for the
        packaged one.
    second
        Another engine that judges the restored faces; used if its chips have the geometry ``dlib-150``.
    audit
        Takes one event for each call; see :class:`bareface.audit.port.AuditLog`.
    """

    def __init__(self, engine: EngineSource = None, second: EngineSource = None, audit: AuditLog | None = None) -> None:
        self._engine = DeferredEngine(engine)
        self._second = None if second is None else DeferredEngine(second)
        self._recorder = Recorder(audit)

    def measure(
        self,
        source: str | Path,
        plan: Plan,
        *,
        only: Sequence[str] = (),
        severity: Sequence[int] = (),
        completions: int = 4,
        people: int | None = None,
        probes: int = 1,
        groups: str | Path | None = None,
        report: str | Path | None = None,
        exclude: Sequence[str] = (),
        pad: int = 0,
        progress: Progress | None = None,
        shown: Callable[[ConditionResult], None] = lambda _: None,
        context: Context | None = None,
    ) -> RestorationMeasured:
        """Search with photos as they are and restored, and judge every condition.

        Parameters
        ----------
        source
            A folder with a folder for each person, or a gallery with names.
        plan
            Replicates, seed and level of the intervals.
        only
            Words; conditions whose name holds none of them are left out.
        severity
            Severities of degradations, 1 to 5; 2 and 4 by default.
        completions
            Number of completions of each masked face to search with.
        people
            Use at most this many subjects.
        probes
            Number of searches for each subject and condition.
        groups
            CSV file of labels, as in :meth:`bareface.services.evaluation.Evaluation.measure`.
        report
            Page to write.
        exclude, pad
            As in :meth:`bareface.services.evaluation.Evaluation.run`.
        progress
            Called after each search.
        shown
            Called with each result as soon as it is there.
        context
            The caller and the purpose.
        """
        from bareface.evaluation.restoration import grouped, judged
        from bareface.evaluation.restoration_conditions import SHOWN, conditions, people_of
        from bareface.evaluation.restoration_run import Settings, run, usable
        from bareface.evaluation.tables import read_labels
        from bareface.imaging.folders import Skipped
        from bareface.reports.restoration import page

        with self._recorder.call("RestorationEvaluation.measure", context) as facts:
            require("scipy", "skimage")
            source = arguments.file_path("source", source)
            groups = None if groups is None else arguments.file_path("groups", groups)
            report = None if report is None else arguments.file_path("report", report)
            if report:
                check_page(report)
            labels = read_labels(groups) if groups else ()
            tried = _chosen(conditions(sorted(set(severity)) if severity else SHOWN), only)
            pad = arguments.count("pad", pad, 0, MOST_PAD)
            settings = Settings(completions, usable(Settings().methods), people, probes, pad=pad)
            skipped = Skipped()
            subjects = people_of(source, exclude, skipped)
            engine = self._engine.get()
            other = self._second.get() if self._second else None
            if other and (other.geometry != "dlib-150" or engine.model == other.model):
                other = None
            results: list[ConditionResult] = []
            for trial in run(subjects, engine, other, tried, settings, progress or (lambda *_: None)):
                for part in (trial, *(part for labelling in labels for part in grouped(trial, labelling))):
                    results.append(judged(part, plan))
                    shown(results[-1])
            if report:
                write_atomically(report, page(results, str(source)))
            facts.add(conditions=len(results))
            return RestorationMeasured(tuple(results), skipped.report())


def _chosen(conditions: list[Condition], only: Sequence[str]) -> list[Condition]:
    """Return the conditions whose name holds one of the words; all without words."""
    if not only:
        return conditions
    chosen = [one for one in conditions if any(word.lower() in one.name.lower() for word in only)]
    if not chosen:
        raise UsageError("usage.condition", only=tuple(only), known=tuple(one.name for one in conditions))
    return chosen
