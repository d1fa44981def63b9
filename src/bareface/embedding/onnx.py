"""Embedders that are ONNX files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bareface.alignment import Geometry
from bareface.embedding.base import Cover
from bareface.errors import ModelError
from bareface.models import registry
from bareface.models.sessions import open_session
from bareface.types import Float32, UInt8


class OnnxEmbedder:
    """Any embedder with a card.

    Parameters
    ----------
    card
        Its model card; ``input`` says how it is fed.
    precision
        Which of its files to load.
    providers, threads
        See :func:`bareface.models.sessions.open_session`.
    """

    def __init__(
        self,
        card: registry.ModelCard,
        precision: str,
        *,
        providers: Sequence[str] | None = None,
        threads: int = 1,
    ) -> None:
        if card.task != "embedding" or card.space is None:
            raise ModelError("model.task", f"{card.id} is a model for {card.task}, not for embedding.")
        self.model = card.id
        self.space = card.space
        self.precision = precision
        self.geometry: Geometry = card.input.get("geometry", "dlib-150")
        self._mirror = bool(card.input.get("mirror", False))
        self._planes = card.input.get("layout", "NHWC") == "NCHW"
        self._mean = np.array(card.input.get("mean", (0, 0, 0)), np.float32)
        self._std = np.array(card.input.get("std", (1, 1, 1)), np.float32)
        self._session: Any = open_session(registry.path_of(card, precision), providers=providers, threads=threads)
        first = self._session.get_inputs()[0]
        self._input = first.name
        self._one_by_one = first.shape[0] == 1

    def embed(self, chips: Sequence[UInt8], covers: Sequence[Cover] | None = None) -> Float32:
        """See :class:`bareface.embedding.base.Embedder`."""
        batch = np.empty((len(chips) * (2 if self._mirror else 1), *chips[0].shape), np.uint8)
        np.stack(chips, out=batch[: len(chips)])
        if self._mirror:
            batch[len(chips) :] = batch[: len(chips), :, ::-1]
        fed: Any = batch
        if self._planes:
            fed = np.ascontiguousarray(((batch - self._mean) / self._std).transpose(0, 3, 1, 2), np.float32)
        parts = [fed[i : i + 1] for i in range(len(fed))] if self._one_by_one else [fed]
        vectors = [self._session.run(None, {self._input: part})[0] for part in parts]
        found: Float32 = np.concatenate(vectors).astype(np.float32, copy=False)
        if self._mirror:
            found = (found[: len(chips)] + found[len(chips) :]) * np.float32(0.5)
        return found
