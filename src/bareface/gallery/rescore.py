"""Score candidates again where a masked face is compared with a bare one: the index knows the plain cosine only.

The rule is :func:`bareface.matching.scoring.score`, for one probe and many references.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field

import numpy as np

from bareface.matching.scoring import similarity
from bareface.storage.ports import Int64
from bareface.storage.sqlite import lookups
from bareface.values.face import Float32

DEEPER = 10
SHORTEST = 500
"""References to score again: ``DEEPER`` times the length of the list, but at least ``SHORTEST``."""


def depth(top: int) -> int:
    """Return how many references to take from the index for a list of ``top`` subjects."""
    return max(DEEPER * top, SHORTEST)


@dataclass(frozen=True, slots=True, eq=False)
class Rescorer:
    """Scores references again for one probe.

    Attributes
    ----------
    connection
        The gallery.
    model
        Model of the probe's template: only references of the same model are scored again.
    vector
        float32 [d] of a masked probe; the covered one of a bare probe.
    masked
        Whether the probe wears a mask, so that bare references count twice; otherwise masked ones do.
    fused
        Numbers of the references that were scored again so far.
    """

    connection: sqlite3.Connection
    model: str
    vector: Float32
    masked: bool
    fused: set[int] = field(default_factory=set)

    def __call__(self, similarities: Float32, numbers: Int64) -> Float32:
        """Return scores float32 [k] of references by their cosines and numbers [k], in the same order."""
        ask = lookups.upper_faces if self.masked else lookups.masked_faces
        found = ask(self.connection, numbers, self.model, len(self.vector))
        self.fused.update(found)
        again = [
            (plain + similarity(self.vector, found[number])) / 2 if number in found else plain
            for plain, number in zip(similarities.tolist(), numbers.tolist(), strict=True)
        ]
        return np.array(again, np.float32)
