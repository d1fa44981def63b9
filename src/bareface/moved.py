"""Modules of version 0.1 under their former names, until version 0.4: importing one warns and gives the new one."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType

MOVED = {
    "_colour": "imaging.colour",
    "_formats": "imaging.formats",
    "_jpeg": "imaging.jpeg",
    "_labels": "imaging.metadata",
    "_reading": "imaging.read_bytes",
    "_tiff": "imaging.tiff",
    "alignment": "imaging.align",
    "cli.beside": "cli.search_restored reports.json_search",
    "cli.shapes": "reports.json_plain reports.json_faces reports.json_search reports.json_enrolment",
    "demo": "services.demo",
    "demo_photos": "services.demo_photos imaging.portraits",
    "dependencies": "system.dependencies",
    "detection": "faces.detection",
    "detection.answers": "faces.detection.network_output",
    "detection.bareface_detector": "faces.detection.bareface_detector",
    "detection.base": "faces.detection.base",
    "detection.checked": "faces.detection.check_detections",
    "detection.close_ups": "faces.detection.close_ups",
    "detection.framing": "faces.detection.framing",
    "detection.mmod": "faces.detection.mmod",
    "detection.tiles": "faces.detection.tiles",
    "detection.yunet": "faces.detection.yunet",
    "drawing": "reports.drawing",
    "embedding": "faces.embedding",
    "embedding.bareface128": "faces.embedding.by_mask_state",
    "embedding.base": "faces.embedding.base",
    "embedding.checked": "faces.embedding.check_templates",
    "embedding.onnx": "faces.embedding.onnx",
    "engine": "services.engine faces.analyser",
    "evaluation.degradations": "synthesis.degradations",
    "evaluation.limits": "reports.limits",
    "evaluation.mask_geometry": "synthesis.mask_geometry",
    "evaluation.mask_light": "synthesis.mask_light",
    "evaluation.mask_shapes": "synthesis.mask_shapes",
    "evaluation.mask_specs": "synthesis.mask_specs",
    "evaluation.mask_textures": "synthesis.mask_textures",
    "evaluation.masks": "synthesis.masks",
    "evaluation.plots": "reports.plots",
    "evaluation.rates": "reports.rates",
    "evaluation.report": "reports.evaluation",
    "evaluation.restoration_report": "reports.restoration",
    "evaluation.score_formats": "scores.formats",
    "evaluation.score_tables": "scores.tables",
    "evaluation.scores": "scores.score_file",
    "evaluation.texts": "system.text_files",
    "evaluation.worst": "reports.worst",
    "files": "system.files",
    "forking": "system.forking",
    "gallery.beside": "gallery.search_restored",
    "gallery.calibrating": "gallery.calibrate",
    "gallery.catalogue": "storage.sqlite.queries",
    "gallery.columns": "storage.sqlite.columns",
    "gallery.connecting": "storage.sqlite.connection",
    "gallery.damage": "storage.sqlite.damage",
    "gallery.decision": "calibration.decision",
    "gallery.corrections": "gallery.move_faces values.correction",
    "gallery.deletion": "gallery.delete",
    "gallery.derived": "storage.index_sync",
    "gallery.editing": "services.gallery_deletion services.gallery_corrections",
    "gallery.enrolment": "gallery.enrol gallery.enrol_or_refuse",
    "gallery.faces": "storage.sqlite.rows gallery.new_references imaging.thumbnail faces.port",
    "gallery.failures": "system.sqlite_failures",
    "gallery.importing": "gallery.import_encodings",
    "gallery.imports": "gallery.encodings",
    "gallery.index": "storage.exact.index",
    "gallery.migrations": "storage.sqlite.migrations",
    "gallery.names": "values.names",
    "gallery.permissions": "storage.sqlite.permissions",
    "gallery.place": "storage.sqlite.place",
    "gallery.records": "values.gallery",
    "gallery.reembedding": "gallery.reembed",
    "gallery.rescoring": "gallery.rescore",
    "gallery.schema": "storage.sqlite.schema",
    "gallery.searching": "gallery.search",
    "gallery.segment": "storage.exact.segment",
    "gallery.store": "storage.sqlite.store",
    "gallery.upkeep": "gallery.maintenance",
    "gallery.wal": "storage.sqlite.after_a_crash",
    "gallery.walk": "imaging.folders",
    "images": "imaging.decode",
    "landmarks": "faces.landmarks",
    "landmarks.trees": "faces.landmarks.trees",
    "matching.calibration": "calibration.calibration",
    "matching.calibration_json": "calibration.json_format",
    "matching.comparison": "services.comparing matching.scoring",
    "matching.counting": "calibration.counting",
    "matching.fitting": "calibration.fit",
    "matching.fpir": "calibration.fpir",
    "matching.gallery_calibration": "calibration.of_gallery",
    "matching.llr": "calibration.likelihood_ratio",
    "matching.strangers": "calibration.strangers",
    "models.trial_run": "faces.trial_run",
    "occlusion": "faces.occlusion",
    "occlusion.base": "faces.occlusion.base",
    "occlusion.segmenter": "faces.occlusion.segmenter",
    "occlusion.state": "faces.occlusion.mask_state",
    "occlusion.visible": "faces.occlusion.visible_share",
    "opening": "faces.open_models",
    "quality": "faces.quality",
    "quality.base": "values.quality",
    "quality.components": "faces.quality.components",
    "quality.score": "faces.quality.score",
    "reading": "system.reading",
    "restoration.beside": "gallery.restored_candidates",
    "restoration.guesses": "restoration.deconvolution",
    "restoration.hopeless": "restoration.eligibility",
    "restoration.record": "gallery.restorations",
    "restoration.refusal": "restoration.recognise",
    "restoration.source": "restoration.aligned",
    "service": "services.gallery",
    "sources": "imaging.sources",
    "types": "values.face values.search values.enrolment",
    "wording": "reports.wording values.words",
}
"""Former module: the modules that hold its names now, the main one first."""

RENAMED = {
    "Beside": "RestoredSearch",
    "Hit": "CandidateScore",
    "Lead": "RestoredCandidate",
    "beside": "compare_searches",
    "beside_cells": "restored_cells",
    "beside_columns": "restored_columns",
    "beside_shape": "restored_shape",
    "print_beside": "print_restored",
    "searched_beside": "search_restored",
}
"""Former name in a former module: its name now."""


class FormerNames:
    """Finds and loads modules by the names that they had in version 0.1.

    It does not derive from the classes of ``importlib.abc``, whose import takes longer than all of ``import bareface``.
    """

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return a spec for a former name, None for any other."""
        package, _, name = fullname.partition(".")
        if package != "bareface" or name not in MOVED:
            return None
        inner = any(former.startswith(f"{name}.") for former in MOVED)
        return ModuleSpec(fullname, self, is_package=inner)  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return an empty module: its names are looked up where they are now."""
        return ModuleType(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Make the module provide the names of the modules that replaced it."""
        places = [f"bareface.{place}" for place in MOVED[module.__name__.partition(".")[2]].split()]
        warnings.warn(
            f"{module.__name__} is {' and '.join(places)} now, and goes away in version 0.4.",
            DeprecationWarning,
            stacklevel=2,
        )

        def moved(name: str) -> object:
            if name == "__all__":  # for `from … import *`
                return sorted({public for place in places for public in _public(import_module(place))})
            for place in places:
                now = import_module(place)
                for present in (name, RENAMED.get(name, name)):
                    if hasattr(now, present):
                        return getattr(now, present)
            raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")

        module.__getattr__ = moved  # type: ignore[method-assign]


def _public(module: ModuleType) -> list[str]:
    names = [name for name in vars(module) if not name.startswith("_")]
    return [*names, *(former for former, now in RENAMED.items() if now in names)]


def install() -> None:
    """Install the finder of former names, once."""
    if not any(isinstance(finder, FormerNames) for finder in sys.meta_path):
        sys.meta_path.append(FormerNames())
