"""Models: list, show, add and remove the networks that bareface runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bareface.audit.port import AuditLog
from bareface.errors import ModelError
from bareface.models import registry
from bareface.models.card import LONGEST_NAME, Task
from bareface.models.card import ModelCard as ModelCard
from bareface.models.presets import PRESETS as PRESETS
from bareface.models.sessions import exact_precisions
from bareface.services.recorded import Recorder
from bareface.values.context import Context


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

    def remove(self, model: str, *, context: Context | None = None) -> None:
        """Remove an added model with its files.

        Raises
        ------
        ModelError
            ``model.unknown``; ``model.name``: a packaged model stays.
        UsageError
            ``usage.output``: its folder cannot be removed.
        """
        with self._recorder.call("Models.remove", context):
            registry.remove(model)
