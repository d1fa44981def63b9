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
        self._blue_first = card.input.get("colours", "RGB") == "BGR"
        self._most: int | None = card.input.get("batch")
        self._floats = self._planes or "mean" in card.input
        self._mean = np.array(card.input.get("mean", (0, 0, 0)), np.float32)
        self._std = np.array(card.input.get("std", (1, 1, 1)), np.float32)
        self._session: Any = open_session(path, providers=providers, threads=threads)
        self._input, self._output = self._interface(path)

    def embed(self, chips: Sequence[UInt8], masks: Sequence[MaskInfo] | None = None) -> Float32:
        """See :class:`bareface.faces.embedding.base.Embedder`."""
        batch = np.empty((len(chips) * (2 if self._mirror else 1), *chips[0].shape), np.uint8)
        np.stack(chips, out=batch[: len(chips)])
        if self._mirror:
            batch[len(chips) :] = batch[: len(chips), :, ::-1]
        fed: Any = batch
        if self._floats:
            fed = (batch - self._mean) / self._std
        if self._blue_first:
            fed = fed[..., ::-1]
        fed = np.ascontiguousarray(fed.transpose(0, 3, 1, 2) if self._planes else fed)
        most = self._most or len(fed)
        vectors = np.concatenate([self._run(fed[start : start + most]) for start in range(0, len(fed), most)])
        if self._mirror:
            vectors = (vectors[: len(chips)] + vectors[len(chips) :]) * np.float32(0.5)
        return vectors

    def _run(self, part: Any) -> Float32:
        (output,) = self._session.run([self._output], {self._input: part})
        vectors = checked(output, len(part), self.model, self.dimension)
        self.dimension = vectors.shape[1]
        return vectors

    def _interface(self, path: Path) -> tuple[str, str]:
        """Return the names of the input and the output to use."""
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        side = SIZES[self.geometry]
        wanted = (3, side, side) if self._planes else (side, side, 3)
        if len(inputs) != 1:
            raise ModelError("model.interface/inputs", model=self.model, inputs=len(inputs), source=str(path))
        self._floats = self._planes or (self._floats and inputs[0].type != "tensor(uint8)")
        kind = "tensor(float)" if self._floats else "tensor(uint8)"
        shape = list(inputs[0].shape or ())
        if inputs[0].type != kind or len(shape) != 4 or not all(map(_fits, shape[1:], wanted)):
            stated, needed = (inputs[0].type, tuple(shape)), (kind, ("n", *wanted))
            raise ModelError("model.interface/input", model=self.model, stated=stated, needed=needed, source=str(path))
        if isinstance(shape[0], int):
            if shape[0] != 1:
                raise ModelError("model.interface/batch", model=self.model, faces=shape[0], source=str(path))
            self._most = 1
        if not outputs:
            raise ModelError("model.interface/no-output", model=self.model, source=str(path))
        if outputs[0].type not in _OUTPUTS or len(outputs[0].shape or (0, 0)) != 2:
            stated = (outputs[0].type, tuple(outputs[0].shape))
            raise ModelError("model.interface/output", model=self.model, stated=stated, source=str(path))
        return inputs[0].name, outputs[0].name


def _fits(stated: object, wanted: int) -> bool:
    return not isinstance(stated, int) or stated == wanted
