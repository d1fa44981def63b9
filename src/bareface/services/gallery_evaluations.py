"""Evaluation of an open gallery on its own named people: kept as figures, without anybody's name or number."""

from __future__ import annotations

import csv
import json
import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bareface.calibration.calibration import Calibration
from bareface.errors import EvaluationError, GalleryError
from bareface.gallery import calibrate as calibrating
from bareface.gallery import subjects
from bareface.messages import Note
from bareface.services.opened import OpenGallery
from bareface.storage.ports import GalleryReader
from bareface.storage.sqlite.store import Store
from bareface.system.extras import require
from bareface.system.files import write_atomically
from bareface.system.json_text import parse
from bareface.system.reading import read_regular
from bareface.system.text_files import decoded, delimiter_of
from bareface.system.typed import made
from bareface.values import arguments, names
from bareface.values.context import Context
from bareface.values.gallery import Progress
from bareface.values.gallery_evaluation import GalleryEvaluation, LabelledPromise

if TYPE_CHECKING:
    from bareface.evaluation.analysis import Analysis

REPLICATES = 500
"""Bootstrap replicates of the intervals."""
_MOST_LABELS = 8
_DIGITS = 19
_STEPS = 3
"""Comparisons; figures with intervals; the promise."""
_SEPARATED_BY = "sep="
"""Start of the first line, in which Excel names its separator."""


@dataclass(frozen=True, slots=True)
class Evaluations:
    """Measures an open gallery."""

    opened: OpenGallery

    def evaluate(self, progress: Progress | None = None, *, context: Context | None = None) -> GalleryEvaluation:
        """Measure errors and the evenness of the promise on the gallery's named people, and keep the figures.

        The templates that are stored are compared; no photo is read. ``<path>-evaluation`` next to the gallery keeps
        the figures.

        Parameters
        ----------
        progress
            Called with how many of the steps are done, and how many there are. An exception from it ends the work, and
            the figures that were kept before stay.
        context
            The caller and the purpose.

        Raises
        ------
        GalleryError
            ``gallery.empty``.
        CalibrationError
            ``calibration.format``: the calibration kept for this gallery is damaged.
        """
        from bareface.evaluation import of_gallery as measuring

        with self.opened.recorder.call("Gallery.evaluate", context) as facts:
            arguments.called("progress", progress)
            step = progress or (lambda done, total: None)
            step(0, _STEPS)
            uuid, space, model, references = calibrating.references_in(self.opened.store)
            some = measuring.compared(references)
            step(1, _STEPS)
            calibration = calibrating.calibration_of(self.opened.store, space, model)
            lacks = measuring.lacking()
            analysis = None if lacks else self._analysed(references, some, model, space)
            step(2, _STEPS)
            overall, look_alikes = (None, ()) if calibration is None else measuring.promise(some, calibration)
            step(3, _STEPS)
            photos = Counter(some.people.tolist())
            result = GalleryEvaluation(
                made=datetime.now(UTC),
                made_by=(context or Context()).actor,
                model=model,
                subjects=len(photos),
                references=len(some.drawn),
                mated_subjects=sum(count > 1 for count in photos.values()),
                figures=() if analysis is None else measuring.figures_of(analysis),
                overall=overall,
                look_alikes=look_alikes,
                calibration=None if calibration is None else calibration.describe(),
                own=calibrating.is_own(self.opened.store, calibration),
                lacks=lacks,
            )
            facts.add(used_subjects=result.subjects, used_references=result.references)
            content = {"gallery": uuid, "evaluation": asdict(result) | {"made": result.made.isoformat()}}
            write_atomically(_path(self.opened.store), json.dumps(content).encode())
            return result

    def evaluation(self, *, context: Context | None = None) -> GalleryEvaluation | None:
        """Return the figures that were kept last; None if there are none of this gallery.

        Raises
        ------
        GalleryError
            ``gallery.corrupt``: the file of them is damaged.
        """
        with self.opened.recorder.call("Gallery.evaluation", context):
            return kept_evaluation(self.opened.store)

    def evaluation_report(self, *, context: Context | None = None) -> bytes:
        """Return the evaluation report of the gallery's named people: one HTML page with plots, without photos.

        Raises
        ------
        UsageError
            ``usage.extra``: the packages that it needs are not installed.
        GalleryError
            ``gallery.empty``.
        """
        require("matplotlib", "scipy")
        from bareface.evaluation import of_gallery as measuring
        from bareface.evaluation.bootstrap import Plan
        from bareface.reports.evaluation import report

        with self.opened.recorder.call("Gallery.evaluation_report", context):
            _, space, model, references = calibrating.references_in(self.opened.store)
            analysis = self._analysed(references, measuring.compared(references), model, space)
            calibration = calibrating.calibration_of(self.opened.store, space, model)
            judged = calibration if calibration is not None and calibration.kind == "cosine" else None
            return report([analysis], plan=Plan(REPLICATES), calibration=judged)

    def evenness(self, labels: bytes, *, context: Context | None = None) -> tuple[LabelledPromise, ...]:
        """Check how even the promise is over groups that the caller names; nothing of it is kept.

        Parameters
        ----------
        labels
            CSV with a column ``subject``, names or numbers as ``#7``, and one column for each label.
        context
            The caller.

        Raises
        ------
        EvaluationError
            ``evaluation.columns``, ``evaluation.labels``: nobody of the gallery has a label.
        GalleryError
            ``gallery.empty``.
        """
        from bareface.evaluation import of_gallery as measuring

        with self.opened.recorder.call("Gallery.evenness", context) as facts:
            with self.opened.store.reading() as reader:
                known = {names.key(name): number for number, name in reader.subject_names()}
                tables = _labels(labels, partial(_number, reader, known))
            _, space, model, references = calibrating.references_in(self.opened.store)
            some = measuring.compared(references)
            calibration = self._calibration(space, model)
            found = []
            for label, groups in tables.items():
                shown, unlabelled = measuring.promise_by_label(some, calibration, groups)
                found.append(LabelledPromise(label, shown, unlabelled))
            facts.add(labels=len(found))
            return tuple(found)

    def _calibration(self, space: str, model: str) -> Calibration:
        calibration = calibrating.calibration_of(self.opened.store, space, model)
        if calibration is None:
            raise EvaluationError("evaluation.labels/no-calibration", model=model)
        return calibration

    def _analysed(self, references: Any, some: Any, model: str, space: str) -> Analysis:
        from bareface.evaluation import of_gallery as measuring
        from bareface.evaluation.bootstrap import Plan

        return measuring.analysed(references, some, model, space, Plan(REPLICATES))


def kept_evaluation(store: Store) -> GalleryEvaluation | None:
    """Return the figures that were kept last, as :meth:`Evaluations.evaluation` does; this leaves no event."""
    state, path = store.state(), _path(store)
    if not path.exists():
        return None
    try:
        content = parse(read_regular(path))
        values: dict[str, Any] = content["evaluation"]
        kept = made(GalleryEvaluation, **{**values, "made": datetime.fromisoformat(values["made"])})
        rates = [(one.target, one.value, one.low, one.high) for one in kept.figures]
        if not all(rate is None or 0 <= rate <= 1 for several in rates for rate in several):
            raise ValueError
        return kept if content["gallery"] == state.uuid else None
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        first = Note("damage.values")
        raise GalleryError("gallery.corrupt/kept", name=path.name, first=first, source=str(path)) from error


def _path(store: Store) -> Path:
    return Path(os.path.realpath(store.path) + "-evaluation")


def _number(reader: GalleryReader, known: Mapping[str, int], called: str) -> int | None:
    """Return the number of a subject by its number, name or alias; None if the gallery has none of it."""
    if called.startswith("#") and called[1:].isdecimal() and len(called) < _DIGITS:
        plain = int(called[1:])
        if reader.has_subject(plain):
            return plain
    key = names.key(called)
    return (known.get(key) or subjects.meant(reader, called).number) if key else None


def _labels(content: bytes, number_of: Callable[[str], int | None]) -> dict[str, dict[int, str]]:
    """Return the groups of subjects by label."""
    try:
        text = decoded(content)
        text = text[text.find("\n") + 1 :] if text.startswith(_SEPARATED_BY) else text
        delimiter = delimiter_of(text.partition("\n")[0], {"subject"})
        lines = StringIO(text, newline="")
        rows = list(csv.DictReader(lines, delimiter=delimiter, strict=True, skipinitialspace=True))
    except EvaluationError as error:
        raise error.at("labels") from None
    except csv.Error as error:
        raise EvaluationError("evaluation.columns/labels", source="labels") from error
    labels = [name for name in (rows[0] if rows else {}) if name and name != "subject"][:_MOST_LABELS]
    if not labels or "subject" not in rows[0]:
        raise EvaluationError("evaluation.columns/labels", source="labels")
    tables: dict[str, dict[int, str]] = {label: {} for label in labels}
    for row in rows:
        number = number_of((row["subject"] or "").strip())
        for label in labels:
            value = (row[label] or "").strip()
            if number is not None and value:
                tables[label][number] = value[:100]
    if not any(tables.values()):
        raise EvaluationError("evaluation.labels/nobody", source="labels")
    return {label: groups for label, groups in tables.items() if groups}
