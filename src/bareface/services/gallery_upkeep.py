"""Upkeep of a gallery: check, moved photos, new templates, calibration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from bareface.calibration.calibration import Calibration as Calibration
from bareface.calibration.of_gallery import GalleryCalibration as GalleryCalibration
from bareface.errors import BarefaceError, CalibrationError
from bareface.gallery import calibrate as calibrating
from bareface.gallery import maintenance
from bareface.gallery import reembed as reembedding
from bareface.services.access import check_access
from bareface.services.audit import AuditTrail
from bareface.services.gallery_evaluations import kept_evaluation
from bareface.services.opened import OpenGallery
from bareface.storage.casebook import book_of
from bareface.storage.job_book import jobs_of
from bareface.values import arguments
from bareface.values.context import Context
from bareface.values.gallery import CheckReport, Problem, Progress, ReembedReport, RelinkReport


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Keeps an open gallery in order."""

    opened: OpenGallery

    def calibrate(self, *, context: Context | None = None) -> GalleryCalibration:
        """Learn from the named subjects how often strangers score high; searches use it from then on.

        With too few of them nothing changes: the result says how many are missing, and what serves instead.

        Raises
        ------
        GalleryError
            ``gallery.empty``.
        CalibrationError
            ``calibration.scores``, ``calibration.ties``: templates are damaged, or hardly differ.
        """
        with self.opened.recorder.call("Gallery.calibrate", context) as facts:
            report = calibrating.calibrate(self.opened.store)
            facts.add(used_subjects=report.subjects, used_references=report.references)
            return report

    def calibration(self, *, context: Context | None = None) -> Calibration | None:
        """Return the calibration that searches use: the gallery's own or the packaged one; None without either.

        Raises
        ------
        CalibrationError
            ``calibration.format``: the gallery's own is damaged.
        """
        with self.opened.recorder.call("Gallery.calibration", context):
            engine = self.opened.engine
            return calibrating.calibration_of(self.opened.store, engine.space, engine.model)

    def relink(self, old_root: str | Path, new_root: str | Path, *, context: Context | None = None) -> RelinkReport:
        """Point photos to their new paths after their folder was moved, if the same content lies there.

        Raises
        ------
        UsageError
            ``usage.relink``: no photo of the gallery lies below the old folder.
        """
        with self.opened.recorder.call("Gallery.relink", context) as facts:
            old_root, new_root = arguments.path("old_root", old_root), arguments.path("new_root", new_root)
            report = maintenance.relink(self.opened.store, old_root, new_root)
            facts.add(relinked_photos=report.relinked)
            return report

    def reembed(
        self, progress: Progress | None = None, *, batch: int = 32, context: Context | None = None
    ) -> ReembedReport:
        """Compute every reference's template again with this gallery's engine, from its photo, unless it is complete.

        Templates of an earlier version are incomplete: they lack a mask state, or the second template that masked faces
        are compared with. Fit the gallery's own calibration again afterwards.

        After an interruption the same call does the rest. If the engine has another space, the gallery changes to it
        when every reference has its template: find the photos of unresolved references (:meth:`relink`) or delete them.

        Parameters
        ----------
        progress
            Called with how many references are done, and how many there are. An exception from it ends the work.
        batch
            Number of photos that are stored together, between two calls of ``progress``.
        context
            The caller and the purpose.
        """
        with self.opened.recorder.call("Gallery.reembed", context) as facts:
            arguments.called("progress", progress)
            batch = arguments.count("batch", batch, 1)
            report = reembedding.reembed(self.opened.store, self.opened.photos, self.opened.engine, progress, batch)
            self.opened.index.save()
            with suppress(CalibrationError):  # a damaged one is named by the next search
                report = replace(report, recalibrate=calibrating.is_outdated(self.opened.store))
            facts.add(reembedded_references=report.references, unresolved_references=len(report.unresolved))
            return report

    def check(self, *, context: Context | None = None) -> CheckReport:
        """Check database, templates, index and the files kept with them for damage; list photos that are gone.

        The index is repaired.
        """
        with self.opened.recorder.call("Gallery.check", context) as facts:
            report = maintenance.check(self.opened.store, self.opened.photos, self.opened.index)
            report = replace(report, problems=(*report.problems, *self._beside(sound=report.ok)))
            facts.add(checked_references=report.references, problems=len(report.problems))
            return report

    def _beside(self, *, sound: bool) -> Iterator[Problem]:
        """Yield the damage of the files that are kept with the gallery; of some only if that is sound itself."""
        store = self.opened.store
        checks: list[Callable[[], object]] = [
            book_of(store.path).check,
            jobs_of(store.path).check,
            AuditTrail.of(store.path).check,
            partial(check_access, store.path),
        ]
        if sound:
            checks += [partial(kept_evaluation, store), partial(calibrating.is_outdated, store)]
        for check in checks:
            try:
                check()
            except BarefaceError as error:
                if error.code not in ("gallery.read-only", "gallery.locked"):
                    yield Problem(error.code, f"{error.message} {error.remedy or ''}".rstrip())
