"""Specification of a mask: all its parameters, by name and number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bareface.synthesis.mask_shapes import SHAPES, Half, Kind
from bareface.synthesis.mask_textures import COLOURS, PATTERNS, Rgb
from bareface.values.face import Float64

Nose: TypeAlias = Literal["low", "medium", "high"]
"""Height of a mask on the nose: ``low`` leaves the nose bare, ``high`` ends near the eyes."""

_TOPS: Final[dict[Nose, tuple[float, float]]] = {
    "low": (0.7, 0.84),
    "medium": (0.26, 0.42),
    "high": (0.12, 0.26),
}
_NOSES: Final[tuple[tuple[Nose, float], ...]] = (("high", 0.42), ("medium", 0.45), ("low", 0.13))
_KINDS: Final[tuple[tuple[Kind, float], ...]] = (
    ("surgical", 0.42),
    ("cloth", 0.36),
    ("kn95", 0.13),
    ("n95", 0.09),
)
_PRINTED: Final[dict[Kind, float]] = {"surgical": 0.06, "cloth": 0.6, "kn95": 0.0, "n95": 0.0}

_CORDS: Final[dict[Half, tuple[Rgb, Rgb]]] = {
    "train": ((236, 238, 241), (224, 190, 58)),
    "test": ((214, 212, 206), (198, 152, 36)),
}


@dataclass(frozen=True, slots=True)
class MaskSpec:
    """Everything that decides how a mask looks; JSON-able through :func:`dataclasses.asdict`.

    Attributes
    ----------
    seed
        Draws the folds, the print and the noise.
    half, kind, shape, nose, colour, pattern
        The variant by name; ``pattern`` is None for plain cloth.
    top
        Height of the upper edge at the nose, in inter-ocular distances below the eyes.
    stretch
        Width relative to the family's.
    tilt
        Turn of the mask on the face, in radians.
    shift
        Sideways displacement, in inter-ocular distances.
    palette
        sRGB of the cloth, of two prints and of the straps.
    """

    seed: int
    half: Half
    kind: Kind
    shape: str
    nose: Nose
    colour: str
    pattern: str | None
    top: float
    stretch: float
    tilt: float
    shift: float
    palette: tuple[Rgb, Rgb, Rgb, Rgb]

    @property
    def state(self) -> Literal["partial", "full"]:
        """The mask state it puts a face in: ``partial`` if the nose stays visible."""
        return "partial" if self.nose == "low" else "full"


def sample_mask(seed: int, *, half: Half, kind: Kind | None = None, nose: Nose | None = None) -> MaskSpec:
    """Draw a mask.

    Parameters
    ----------
    seed
        The same seed and arguments give the same mask.
    half
        ``train`` or ``test``: disjoint shapes, prints and colours.
    kind
        ``surgical``, ``cloth``, ``n95`` or ``kn95``; drawn by how common they are if None.
    nose
        ``low``, ``medium`` or ``high``; drawn (13 % low) if None.
    """
    rng = np.random.default_rng([seed, 0])
    # Every draw is made whether or not it is overruled, so that one argument changes one thing.
    drawn_kind = rng.choice([name for name, _ in _KINDS], p=[share for _, share in _KINDS])
    drawn_nose = rng.choice([name for name, _ in _NOSES], p=[share for _, share in _NOSES])
    kind, nose = kind or drawn_kind.item(), nose or drawn_nose.item()
    families = [shape for shape in SHAPES.values() if shape.half == half and shape.kind == kind]
    shape = families[rng.integers(len(families))]
    cloths = COLOURS[half][kind]
    colour = str(rng.choice(list(cloths), p=_preference(len(cloths))))
    printed = rng.random() < _PRINTED[kind]
    pattern = str(rng.choice(list(PATTERNS[half])))
    others = [value for name, value in COLOURS[half]["cloth"].items() if name != colour]
    first, second = (others[index] for index in rng.permutation(len(others))[:2])
    strap = cloths[colour] if kind == "cloth" else _strap_colour(kind, half, rng)
    jitter = rng.integers(-5, 6, (4, 1)) + rng.integers(-2, 3, (4, 3))
    ground, print_one, print_two, cord = (
        _shifted(value, change) for value, change in zip((cloths[colour], first, second, strap), jitter, strict=True)
    )
    return MaskSpec(
        seed=seed,
        half=half,
        kind=kind,
        shape=shape.name,
        nose=nose,
        colour=colour,
        pattern=pattern if printed else None,
        top=float(rng.uniform(*_TOPS[nose])),
        stretch=float(rng.uniform(0.95, 1.05)),
        tilt=float(rng.normal(0, 0.025)),
        shift=float(rng.normal(0, 0.015)),
        palette=(ground, print_one, print_two, cord),
    )


def _preference(count: int) -> Float64:
    """Return the probability of each colour; the first of each list are the common ones."""
    weight: Float64 = 1 / (1 + 0.5 * np.arange(count))
    weight /= weight.sum()
    return weight


def _shifted(colour: Rgb, change: NDArray[np.int64]) -> Rgb:
    red, green, blue = np.clip(np.array(colour) + change, 0, 255).tolist()
    return red, green, blue


def _strap_colour(kind: Kind, half: Half, rng: np.random.Generator) -> Rgb:
    plain, yellow = _CORDS[half]
    return yellow if kind == "n95" and rng.random() < 0.6 else plain
