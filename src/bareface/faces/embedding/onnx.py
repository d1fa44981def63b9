"""Embedders that are ONNX files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bareface.errors import ModelError
from bareface.faces.embedding.base import MaskInfo
from bareface.faces.embedding.check_templates import checked
from bareface.imaging.align import SIZES, Geometry
from bareface.models import registry
from bareface.models.sessions import open_session
from bareface.values.face import Float32, UInt8

_OUTPUTS = ("tensor(float)", "tensor(float16)", "tensor(double)")


class OnnxEmbedder:
    """Any embedder with a card.

    Parameters
    ----------
    card
        Its model card; ``input`` says how it is fed.
    precision
        Precision of the file to load.
    providers, threads
        See :func:`bareface.models.sessions.open_session`.
    path
        The file to load; by default the one that the card names, checked.

    Raises
    ------
    ModelError
        ``model.task``, ``model.precision``, ``model.interface`` and those of opening a model.
    """

    def __init__(
        self,
        card: registry.ModelCard,
        precision: str,
        *,
        providers: Sequence[str] | None = None,
        threads: int = 1,
        path: Path | None = None,
    ) -> None:
        if card.task != "embedding" or card.space is None:
            raise ModelError("model.task/embedding", model=card.id, task=card.task)
        path = path or registry.path_of(card, precision)
        self.model = card.id
        self.space = card.space
        self.precision = precision
        self.geometry: Geometry = card.input.get("geometry", "dlib-150")
        self.dimension = registry.space_dimension(card.space)
        self._mirror = bool(card.input.get("mirror", False))
        self._planes = card.input.get("layout", "NHWC") == "NCHW"
        self._mean = np.array(card.input.get("mean", (0, 0, 0)), np.float32)
        self._std = np.array(card.input.get("std", (1, 1, 1)), np.float32)
        self._session: Any = open_session(path, providers=providers, threads=threads)
        self._input, self._output, self._one_by_one = self._interface(path)

    def embed(self, chips: Sequence[UInt8], masks: Sequence[MaskInfo] | None = None) -> Float32:
        """See :class:`bareface.faces.embedding.base.Embedder`."""
        batch = np.empty((len(chips) * (2 if self._mirror else 1), *chips[0].shape), np.uint8)
        np.stack(chips, out=batch[: len(chips)])
        if self._mirror:
            batch[len(chips) :] = batch[: len(chips), :, ::-1]
        fed: Any = batch
        if self._planes:
            fed = np.ascontiguousarray(((batch - self._mean) / self._std).transpose(0, 3, 1, 2), np.float32)
        parts = [fed[i : i + 1] for i in range(len(fed))] if self._one_by_one else [fed]
        vectors = np.concatenate([self._run(part) for part in parts])
        if self._mirror:
            vectors = (vectors[: len(chips)] + vectors[len(chips) :]) * np.float32(0.5)
        return vectors

    def _run(self, part: Any) -> Float32:
        (output,) = self._session.run([self._output], {self._input: part})
        vectors = checked(output, len(part), self.model, self.dimension)
        self.dimension = vectors.shape[1]
        return vectors

    def _interface(self, path: Path) -> tuple[str, str, bool]:
        """Return the names of the input and the output to use, and whether a run takes one face."""
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        side = SIZES[self.geometry]
        wanted = (3, side, side) if self._planes else (side, side, 3)
        kind = "tensor(float)" if self._planes else "tensor(uint8)"
        if len(inputs) != 1:
            raise ModelError("model.interface/inputs", model=self.model, inputs=len(inputs), source=str(path))
        shape = list(inputs[0].shape or ())
        if inputs[0].type != kind or len(shape) != 4 or not all(map(_fits, shape[1:], wanted)):
            stated, needed = (inputs[0].type, tuple(shape)), (kind, ("n", *wanted))
            raise ModelError("model.interface/input", model=self.model, stated=stated, needed=needed, source=str(path))
        if isinstance(shape[0], int) and shape[0] != 1:
            raise ModelError("model.interface/batch", model=self.model, faces=shape[0], source=str(path))
        if not outputs:
            raise ModelError("model.interface/no-output", model=self.model, source=str(path))
        if outputs[0].type not in _OUTPUTS or len(outputs[0].shape or (0, 0)) != 2:
            stated = (outputs[0].type, tuple(outputs[0].shape))
            raise ModelError("model.interface/output", model=self.model, stated=stated, source=str(path))
        return inputs[0].name, outputs[0].name, shape[0] == 1


def _fits(stated: object, wanted: int) -> bool:
    return not isinstance(stated, int) or stated == wanted
