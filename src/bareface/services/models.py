"""Models: list, show, add and remove the networks that bareface runs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bareface.audit.port import AuditLog
from bareface.errors import ModelError
from bareface.messages import Note
from bareface.models import registry
from bareface.models.card import LONGEST_NAME, Task
from bareface.models.card import ModelCard as ModelCard
from bareface.models.presets import PRESETS as PRESETS
from bareface.models.sessions import exact_precisions
from bareface.services.deferred import DeferredEngine, EngineSource
from bareface.services.engine import Engine
from bareface.services.recorded import Recorder
from bareface.values import arguments
from bareface.values.context import Context
from bareface.values.gallery import Progress

if TYPE_CHECKING:
    from bareface.evaluation.fit_model import ModelFit


def name_for(path: str | Path) -> str:
    """Return a model's name made of a file's, where a dash stands for what a name cannot have.

    >>> name_for("w600k_r50.onnx")
    'w600k-r50'
    """
    return re.sub(r"[^0-9A-Za-z.]+", "-", Path(path).stem).strip("-.")[:LONGEST_NAME]


@dataclass(frozen=True, slots=True)
class KnownModels:
    """All registered models.

    Attributes
    ----------
    models
        Cards of the models, packaged ones first, by name.
    damaged
        Why other models cannot be read.
    precisions
        Precisions that this CPU computes exactly, the default first.
    """

    models: tuple[ModelCard, ...]
    damaged: tuple[ModelError, ...]
    precisions: tuple[str, ...]


class Models:
    """The registered models.

    Parameters
    ----------
    audit
        Takes one event for each call; see :class:`bareface.audit.port.AuditLog`.
    """

    def __init__(self, audit: AuditLog | None = None) -> None:
        self._recorder = Recorder(audit)

    def list(self, *, context: Context | None = None) -> KnownModels:
        """List all models."""
        with self._recorder.call("Models.list", context) as facts:
            models, damaged = registry.survey()
            facts.add(models=len(models))
            return KnownModels(models, damaged, tuple(exact_precisions()))

    def show(self, model: str, *, context: Context | None = None) -> ModelCard:
        """Return the card of a model.

        Raises
        ------
        ModelError
            ``model.unknown``, ``model.card``.
        """
        with self._recorder.call("Models.show", context):
            return registry.card(model)

    def terms(self, model: str, preset: str | None = None, *, context: Context | None = None) -> tuple[str, str] | None:
        """Return licence and training data of a preset, or of a model that is known by name; None for others."""
        with self._recorder.call("Models.terms", context):
            return registry.known_terms(model, preset)

    def add(
        self,
        model: str,
        path: str | Path,
        *,
        preset: str | None = None,
        task: Task | None = None,
        licence: str | None = None,
        training_data: str | None = None,
        space: str | None = None,
        input: Mapping[str, Any] | None = None,
        sha256: str | None = None,
        context: Context | None = None,
    ) -> ModelCard:
        """Register a third-party ONNX model; parameters and errors as in :func:`bareface.models.registry.add`."""
        with self._recorder.call("Models.add", context):
            return registry.add(
                model,
                path,
                preset=preset,
                task=task,
                licence=licence,
                training_data=training_data,
                space=space,
                input=input,
                sha256=sha256,
            )

    def fit(
        self,
        model: str,
        faces: str | Path,
        *,
        engine: EngineSource = None,
        exclude: Sequence[str] = (),
        progress: Progress | None = None,
        context: Context | None = None,
    ) -> ModelFit:
        """Learn from photos of at least 100 people what an added embedder's scores mean, and keep it with the model.

        Searches, comparisons and galleries of the model use the result from then on.

        Parameters
        ----------
        model
            Name of an added embedder.
        faces
            Folder of photos, one folder for each person.
        engine
            Analyses the photos with this embedder; by default the packaged detector with the model.
        exclude, progress
            See :func:`bareface.evaluation.fit_model.fit_model`.
        context
            The caller and the purpose.

        Raises
        ------
        ModelError
            ``model.unknown``, ``model.name``: not an added model; ``model.task``: not an embedder.
        CalibrationError
            ``calibration.subjects``: too few people.
        """
        from bareface.evaluation.fit_model import fit_model

        with self._recorder.call("Models.fit", context) as facts:
            arguments.called("progress", progress)
            if registry.card(model).packaged:
                raise ModelError("model.name/fit", model=model)
            analyser = DeferredEngine(engine or partial(Engine, embedder=model)).get()
            if analyser.model != model:
                raise arguments.refused("engine", engine, Note("argument.engine-of-model", model=model))
            fit = fit_model(analyser, faces, exclude=exclude, progress=progress)
            facts.add(people=fit.people, photos=fit.photos)
            return fit

    def remove(self, model: str, *, context: Context | None = None) -> None:
        """Remove an added model with its files and its fit.

        Raises
        ------
        ModelError
            ``model.unknown``; ``model.name``: a packaged model stays.
        UsageError
            ``usage.output``: its folder cannot be removed.
        """
        with self._recorder.call("Models.remove", context):
            registry.remove(model)
