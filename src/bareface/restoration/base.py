"""Restorations: pictures, the synthetic region, its spread, and provenance."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bareface.values.face import Float32, Template, UInt8

SIDE: Final = 160
"""Side in pixels of the aligned face that is restored: the ``dlib-150`` geometry, scaled."""

Kind: TypeAlias = Literal["unmask", "enhance"]
Bool: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Provenance of a restored picture; all of it is saved with the picture.

    Attributes
    ----------
    kind
        ``unmask`` or ``enhance``.
    method
        Name of the method, e.g. ``eigenface`` or ``wiener``.
    model, model_sha256
        Identifier of the network or statistics used and the digest of its file; None for a method that has none.
    seed
        Random seed; None for a deterministic method.
    source_sha256
        Digest of the photo's file that was restored.
    synthetic
        Share of the face's pixels that were made up, in [0, 1]: of the expected face area of the aligned face.
    settings
        Names and values of what else was chosen, e.g. ``(("fidelity", "0.5"),)``.
    version
        Of bareface.
    created
        ISO 8601, UTC.
    """

    kind: Kind
    method: str
    model: str | None
    model_sha256: str | None
    seed: int | None
    source_sha256: str
    synthetic: float
    settings: tuple[tuple[str, str], ...]
    version: str
    created: str


@dataclass(frozen=True, slots=True, eq=False)
class Completion:
    """One plausible picture.

    Attributes
    ----------
    image
        The aligned face, RGB [160, 160, 3] uint8; outside the region it equals the source bit for bit.
    template
        Its template, as a bare face's.
    """

    image: UInt8 = field(repr=False)
    template: Template = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Restored:
    """A viewing aid; not evidence.

    Attributes
    ----------
    source
        The aligned face as it is in the photo, RGB [160, 160, 3] uint8.
    region
        Pixels that may be changed, bool [160, 160]: all of them for an enhancement.
    completions
        Plausible pictures that differ where the evidence leaves room: k for ``unmask``, one for ``enhance``.
    spread
        Spread of the completions at each pixel, float32 [160, 160] in grey levels (standard deviation over the
        completions of the luminance); zero outside the region.
    provenance
        Provenance, saved with each picture.
    placement
        The similarity from aligned to photo pixels as complex (a, b): photo = a * aligned + b, for pixel centres.
    drift
        Distance of each completion's template from the source's own: 1 - centred cosine, in [0, 2].
    identity_spread
        Mean distance, 1 - centred cosine, between the templates of two completions, in [0, 2]; 0 for one.
    """

    source: UInt8 = field(repr=False)
    region: Bool = field(repr=False)
    completions: tuple[Completion, ...]
    spread: Float32 = field(repr=False)
    provenance: Provenance
    placement: tuple[complex, complex]
    drift: tuple[float, ...]
    identity_spread: float
