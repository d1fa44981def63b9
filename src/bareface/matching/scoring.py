"""The score of two templates: a cosine, or the mean of two where a masked face meets a bare one.

A masked face's template knows half a face, a bare one's all of it. So that like meets like, too, a bare face keeps a
second template, made by the network for masked faces from its upper half alone (``Template.upper_face``). A masked face
is compared with both: an error of one comparison counts half. Two bare faces, two masked ones, and
faces without a second template are compared by the plain cosine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from bareface.values.face import Float32, Float64, MaskState, Template

_ROWS = 1 << 16


def similarity(a: Float32, b: Float32) -> float:
    """Compute the cosine of two vectors float32 [d], in [-1, 1].

    Raw cosine separated mated from non-mated pairs better at low FMR than Euclidean distance or the cosine of centred
    templates; it is what every threshold and calibration of bareface refers to.
    """
    return float(np.dot(a, b) / (np.linalg.norm(a) * np.linalg.norm(b)))


def crosses(a: MaskState, b: MaskState) -> bool:
    """Return whether just one of two faces wears a mask."""
    return (a == "none") != (b == "none")


def is_fused(a: Template, b: Template) -> bool:
    """Return whether :func:`score` takes the mean of two cosines: only within one model is the second template
    comparable.
    """
    bare = a if a.mask_state == "none" else b
    return crosses(a.mask_state, b.mask_state) and a.model == b.model and bare.upper_face is not None


def score(a: Template, b: Template) -> float:
    """Score the similarity of two templates, in [-1, 1]; the order does not matter.

    The cosine of their vectors; where just one face wears a mask and the other's ``upper_face`` is known, the mean of
    that cosine and of the masked face's with ``upper_face``.
    """
    plain = similarity(a.vector, b.vector)
    bare, masked = (a, b) if a.mask_state == "none" else (b, a)
    if not is_fused(a, b) or bare.upper_face is None:
        return plain
    return (plain + similarity(masked.vector, bare.upper_face)) / 2


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Many templates of one model, ready to be scored.

    The mean of a masked template's two cosines is its inner product with the mean of two unit vectors, so that each
    template needs one vector for either kind of comparison.

    Attributes
    ----------
    unit
        float32 [n, d], templates at length 1; all zero where there is none, which scores 0.
    crossed
        float32 [n, d], what is multiplied where just one face wears a mask: the unit template of a masked face, and of
        a bare one the mean of its unit template and its unit upper-face template.
    masked
        bool [n].
    """

    unit: Float32
    crossed: Float32
    masked: NDArray[np.bool_]

    @classmethod
    def of(cls, vectors: Float32, masked: NDArray[np.bool_], upper_face: Float32 | None = None) -> Self:
        """Build from templates float32 [n, d] as the network returns them; ``upper_face`` is NaN if missing."""
        unit = at_unit_length(vectors)
        if upper_face is None:
            return cls(unit, unit, masked)
        second = np.where(np.isnan(upper_face) | masked[:, None], unit, at_unit_length(upper_face))
        return cls(unit, np.asarray((unit + second) / 2, np.float32), masked)

    def __getitem__(self, rows: NDArray[np.integer]) -> Columns:
        """Select the templates at these indices."""
        return Columns(self.unit[rows], self.crossed[rows], self.masked[rows])

    @classmethod
    def of_templates(cls, templates: Sequence[Template | None]) -> Self:
        """Build from templates of one model; entries may be None."""
        width = next((len(template.vector) for template in templates if template is not None), 1)
        vectors = np.zeros((len(templates), width), np.float32)
        upper_face = np.full((len(templates), width), np.nan, np.float32)
        masked = np.zeros(len(templates), bool)
        for row, template in enumerate(templates):
            if template is not None:
                vectors[row], masked[row] = template.vector, template.mask_state != "none"
                if template.upper_face is not None:
                    upper_face[row] = template.upper_face
        return cls.of(vectors, masked, upper_face)


def scores(left: Columns, right: Columns, rows: NDArray[np.integer], columns: NDArray[np.integer]) -> Float64:
    """Compute the scores float64 [n] of pairs given by two index arrays [n]."""
    result = np.empty(len(rows))
    for start in range(0, len(rows), _ROWS):
        one, other = rows[start : start + _ROWS], columns[start : start + _ROWS]
        across = (left.masked[one] != right.masked[other])[:, None]
        a = np.where(across, left.crossed[one], left.unit[one])
        b = np.where(across, right.crossed[other], right.unit[other])
        np.einsum("nd,nd->n", a, b, out=result[start : start + _ROWS], dtype=np.float64)
    return result


def matrix(left: Columns, right: Columns) -> Float32:
    """Compute the scores float32 [n, m] of all pairs."""
    plain = left.unit @ right.unit.T
    across = left.masked[:, None] != right.masked[None]
    if across.any():
        plain = np.where(across, left.crossed @ right.crossed.T, plain)
    return np.asarray(plain, np.float32)


def at_unit_length(vectors: Float32) -> Float32:
    """Scale templates float32 [n, d] to length 1; one that is all zero stays so."""
    lengths = np.sqrt(np.add.reduce(vectors * vectors, axis=1, keepdims=True))
    lengths[lengths == 0] = 1
    return np.asarray(vectors / lengths, np.float32)


def distance(a: Float32, b: Float32) -> float:
    """Compute the Euclidean distance of two raw vectors; dlib's threshold of 0.6 holds in dlib's space only."""
    return float(np.linalg.norm(a - b))


def distances(a: Float32, others: Float32) -> list[float]:
    """Compute :func:`distance` of a vector [d] to each of others [n, d], to the last bit."""
    apart = a - others
    squares = apart[:, None, :] @ apart[:, :, None]  # a dot product for each row, as of one vector
    return [float(one) for one in np.sqrt(squares.ravel())]
