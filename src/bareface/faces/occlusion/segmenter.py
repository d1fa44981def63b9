"""The packaged segmenter."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bareface.models import registry
from bareface.models.sessions import open_session
from bareface.values.face import UInt8

SIDE = 150
# Larger batches gain nothing and their activations leave the cache.
_BATCH = 16


class OnnxSegmenter:
    """A segmenter that is an ONNX file: uint8 [n, 150, 150, 3] in, uint8 [n, 150, 150] out.

    Parameters
    ----------
    path
        The file; None for the packaged one, checked against its card.
    providers, threads
        See :func:`bareface.models.sessions.open_session`.
    """

    name = "bareface-occlusion"

    def __init__(self, path: Path | None = None, *, providers: Sequence[str] | None = None, threads: int = 1) -> None:
        path = path or registry.path_of(registry.card(self.name))
        self._session: Any = open_session(path, providers=providers, threads=threads)

    def segment(self, chips: Sequence[UInt8]) -> UInt8:
        """See :class:`bareface.faces.occlusion.base.Segmenter`."""
        classes = np.empty((len(chips), SIDE, SIDE), np.uint8)
        for start in range(0, len(chips), _BATCH):
            part = np.stack(chips[start : start + _BATCH])
            classes[start : start + len(part)] = self._session.run(None, {"pixels": part})[0]
        return classes
