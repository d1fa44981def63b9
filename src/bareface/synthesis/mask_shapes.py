"""The cuts of masks: outline, bulge, folds, seams and straps, as families split into a training and a test
half.

Everything here is in the face frame of :mod:`bareface.synthesis.mask_geometry` (unit: inter-ocular
distance).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import cv2
import numpy as np

from bareface.synthesis.mask_geometry import Surface
from bareface.values.face import Float32, Float64

Kind: TypeAlias = Literal["surgical", "cloth", "n95", "kn95"]
Half: TypeAlias = Literal["train", "test"]
Breadth: TypeAlias = Literal["wide", "round"]
Strap: TypeAlias = Literal["ears", "crossed", "head"]

_MARGIN: Final = 0.06
_WRINKLE_CELLS: Final = 40
_CLOTH_RIDGE: Final = (0.1, 0.24, 0.46, 0.47, 0.45, 0.36, 0.22, 0.0)
_CLOTH_WIDTH: Final = (0.22, 0.26, 0.32, 0.5, 0.6, 0.6, 0.6, 0.6)
_CUP_RIDGE: Final = (0.1, 0.26, 0.54, 0.72, 0.72, 0.5, 0.22, 0.0)
_CUP_WIDTH: Final = (0.25, 0.35, 0.5, 0.66, 0.7, 0.64, 0.6, 0.6)


@dataclass(frozen=True, slots=True)
class Shape:
    """One family of masks.

    Attributes
    ----------
    name, kind, half, breadth
        Kind of mask; ``breadth`` is the NIST FRTE 6A distinction: ``wide`` reaches over the cheeks to the ears,
        ``round`` leaves their sides bare.
    side, corner
        Half width and height (y) of the upper corner.
    low_side, low_corner
        The same for the lower corner.
    chin
        Height (y) of the lowest point.
    rise, curve
        Exponents of the upper edge (below 1: steep next to the nose) and of the lower edge (1: straight to the
        chin).
    ridge, width, crease
        The bulge, as :meth:`bareface.synthesis.mask_geometry.Surface.over_face` takes it.
    pleats
        Number of horizontal pleats.
    panels
        Heights, as shares of the mask's height, of horizontal creases between panels.
    seams
        Half widths at which vertical seams run; 0 is one seam along the middle.
    wire, hem, ring, valve
        A nose wire's bulge, a stitched hem, an embossed ring along the edge, an exhalation valve.
    strap
        Kind of straps.
    slack
        Strength of the wrinkles.
    """

    name: str
    kind: Kind
    half: Half
    breadth: Breadth
    side: float
    corner: float
    low_side: float
    low_corner: float
    chin: float = 1.83
    rise: float = 0.7
    curve: float = 2.0
    ridge: tuple[float, ...] = _CLOTH_RIDGE
    width: tuple[float, ...] = _CLOTH_WIDTH
    crease: float = 0.5
    pleats: int = 0
    panels: tuple[float, ...] = ()
    seams: tuple[float, ...] = ()
    wire: bool = False
    hem: bool = False
    ring: bool = False
    valve: bool = False
    strap: Strap = "ears"
    slack: float = 1.0


_FAMILIES: Final = (
    Shape("three-pleat", "surgical", "train", "wide", 1.0, 0.47, 0.95, 1.14, pleats=3, wire=True),
    Shape("three-pleat-small", "surgical", "train", "round", 0.87, 0.53, 0.82, 1.2, 1.77, pleats=3, wire=True,
          slack=1.4),
    Shape("two-panel", "cloth", "train", "wide", 0.99, 0.53, 0.93, 1.02, curve=1.5, crease=0.12, seams=(0.0,),
          hem=True),
    Shape("two-panel-round", "cloth", "train", "round", 0.86, 0.59, 0.82, 1.02, 1.77, rise=0.85, curve=1.9,
          crease=0.2, seams=(0.0,), hem=True, slack=0.7),
    Shape("loose-panel", "cloth", "train", "wide", 0.96, 0.47, 0.93, 1.26, 1.89, rise=0.9, curve=2.8,
          hem=True, slack=2.2),
    Shape("cup", "n95", "train", "round", 0.78, 0.77, 0.76, 1.1, 1.81, rise=1.25, curve=2.4, ridge=_CUP_RIDGE,
          width=_CUP_WIDTH, crease=0.9, wire=True, ring=True, strap="head", slack=0.15),
    Shape("vertical-fold", "kn95", "train", "wide", 0.99, 0.59, 0.95, 0.98, 1.85, rise=0.85, curve=1.35,
          ridge=_CUP_RIDGE, width=_CUP_WIDTH, crease=0.1, seams=(0.0,), wire=True, ring=True, slack=0.35),
    Shape("two-pleat", "surgical", "test", "wide", 1.03, 0.43, 0.93, 1.2, 1.87, rise=0.6, curve=2.3, pleats=2,
          wire=True, slack=1.2),
    Shape("crossed-loops", "surgical", "test", "round", 0.88, 0.57, 0.74, 1.22, 1.79, rise=0.8, pleats=4,
          wire=True, strap="crossed", slack=1.6),
    Shape("fitted", "cloth", "test", "round", 0.88, 0.57, 0.86, 1.0, 1.79, rise=0.95, curve=1.7, crease=0.6,
          seams=(0.36,), hem=True, slack=0.8),
    Shape("pleated-cloth", "cloth", "test", "wide", 1.0, 0.49, 0.97, 1.2, 1.87, rise=0.85, curve=2.6,
          pleats=3, hem=True, slack=1.3),
    Shape("one-fold", "cloth", "test", "wide", 0.98, 0.51, 0.93, 1.1, 1.87, rise=0.8, curve=1.8,
          panels=(0.5,), hem=True, slack=1.6),
    Shape("valved-dome", "n95", "test", "round", 0.82, 0.69, 0.8, 1.04, 1.83, rise=1.0, curve=2.0,
          ridge=_CUP_RIDGE, width=_CUP_WIDTH, crease=1.2, wire=True, valve=True, strap="head", slack=0.15),
    Shape("three-panel", "kn95", "test", "wide", 1.01, 0.57, 0.93, 1.04, 1.85, rise=0.75, curve=1.7,
          ridge=_CUP_RIDGE, width=_CUP_WIDTH, crease=0.7, panels=(0.36, 0.66), wire=True, ring=True,
          slack=0.35),
)  # fmt: skip
SHAPES: Final[dict[str, Shape]] = {shape.name: shape for shape in _FAMILIES}
"""Every family by name; no family is in both halves."""


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """A mask spread over a grid of the face frame, ``fineness`` cells per inter-ocular distance.

    Attributes
    ----------
    x, y
        Coordinates: float32 [1, w] and [h, 1].
    cover
        float32 [h, w]: 1 on the mask, 0 off it, soft at the edge.
    relief
        float32 [h, w]: height of folds, seams and rims above the mask's bulge.
    dimming
        float32 [h, w]: share of the light that reaches the bottom of folds and stitches.
    """

    x: Float32
    y: Float32
    cover: Float32
    relief: Float32
    dimming: Float32


def outline(shape: Shape, top: float) -> Float64:
    """Return the mask's edge as a polygon, float64 [n, 2], clockwise from the upper left corner.

    Parameters
    ----------
    shape
        The family.
    top
        Height (y) of the upper edge at the nose.
    """
    across = np.linspace(-1, 1, 41)
    low = np.column_stack(
        [across * shape.low_side, shape.chin - (shape.chin - shape.low_corner) * abs(across) ** shape.curve]
    )
    corner = max(shape.corner, 0.5 * top + 0.32)
    # A short round-off keeps the upper edge from coming to a point on the nose.
    climb = (np.sqrt(across**2 + 0.006) - 0.006**0.5) ** shape.rise
    high = np.column_stack([across * shape.side, top + (corner - top) * climb / climb[-1]])
    return np.concatenate([high, low[::-1]])


def cut(shape: Shape, top: float, fineness: float, rng: np.random.Generator) -> Cut:
    """Lay a mask out on the face frame, with folds and wrinkles drawn from `rng`."""
    polygon = outline(shape, top)
    corner, far = polygon.min(axis=0) - _MARGIN, polygon.max(axis=0) + _MARGIN
    x, y = (np.arange(start, end, 1 / fineness, dtype=np.float32) for start, end in zip(corner, far, strict=True))
    x, y = x[None, :], y[:, None]
    solid = np.zeros((y.size, x.size), np.uint8)
    cv2.fillPoly(solid, [np.round((polygon - corner) * fineness * 16).astype(np.int32)], 255, cv2.LINE_8, shift=4)
    inset = cv2.distanceTransform(solid, cv2.DIST_L2, 5) / np.float32(fineness)
    # Blurring and steepening rounds the corners as cloth does.
    softness = 0.04 * fineness
    rounded = cv2.GaussianBlur(solid, (0, 0), softness).astype(np.float32) / 255
    cover = np.clip((rounded - np.float32(0.5)) * np.float32(softness * 2.5) + np.float32(0.5), 0, 1)
    middle = len(polygon) // 2
    upper, lower = (np.interp(x[0], part[:, 0], part[:, 1]) for part in (polygon[:middle], polygon[: middle - 1 : -1]))
    drop = ((y - upper) / (lower - upper)).astype(np.float32)

    relief, dimming = _wrinkles(shape, x, y, rng), np.ones_like(drop)
    for pleat in range(shape.pleats):
        height = 0.2 + 0.6 * (pleat + 0.5) / shape.pleats + rng.normal(0, 0.015)
        behind = drop - np.float32(height)
        bellows = np.float32(0.6 / shape.pleats)
        # The upper panel overlaps the lower: a slow rise, then a fall and the dark line under it.
        relief += np.float32(0.06) * np.clip(1 + behind / bellows, 0, 1) * (behind < 0)
        dimming *= 1 - np.float32(0.2) * np.exp(-np.maximum(behind, 0) / np.float32(0.03)) * (behind > -0.004)
    for panel in shape.panels:
        relief -= np.float32(0.3) * np.sqrt((drop - np.float32(panel)) ** 2 + np.float32(4e-4))
        dimming *= 1 - np.float32(0.14) * np.exp(-(((drop - np.float32(panel)) / np.float32(0.01)) ** 2))
    for seam in shape.seams:
        bow = np.float32(seam) * (1 + np.float32(0.35) * np.sin(np.float32(np.pi) * np.clip(drop, 0, 1)))
        aside = (abs(x) - bow) ** 2
        groove = np.exp(-aside / np.float32(0.012**2))
        relief += np.float32(0.014) * np.exp(-aside / np.float32(0.05**2)) - np.float32(0.014) * groove
        dimming *= 1 - np.float32(0.2) * groove
    _edge(shape, x, y, inset, relief, dimming)
    return Cut(x, y, cover, cv2.GaussianBlur(relief, (0, 0), 0.5 + 0.006 * fineness), dimming)


def _wrinkles(shape: Shape, x: Float32, y: Float32, rng: np.random.Generator) -> Float32:
    """Draw lumps and tension folds, float32 [h, w]; the folds start near the corners, where straps pull."""
    full = (x.size, y.size)
    # Wrinkles are smooth: they are laid out coarsely and enlarged.
    across = np.linspace(x[0, 0], x[0, -1], round(float(x[0, -1] - x[0, 0]) * _WRINKLE_CELLS), dtype=np.float32)[None]
    down = np.linspace(y[0, 0], y[-1, 0], round(float(y[-1, 0] - y[0, 0]) * _WRINKLE_CELLS), dtype=np.float32)[:, None]
    lumps = rng.normal(0, 0.032 * min(shape.slack, 1.5), (7, 8)).astype(np.float32)
    relief = cv2.resize(lumps, (across.size, down.size), interpolation=cv2.INTER_CUBIC)
    for _ in range(rng.poisson(3 + 9 * min(shape.slack, 1.6))):
        side, low = rng.choice((-1, 1)), rng.random() < 0.5
        anchor_x, anchor_y = (shape.low_side, shape.low_corner) if low else (shape.side, shape.corner)
        angle = rng.normal(-0.35 if low else 0.45, 0.3)
        reach, breadth = rng.uniform(0.2, 0.55), rng.uniform(0.025, 0.06)
        height, shift = rng.normal(0, 0.8 * breadth * shape.slack**0.5), rng.normal(0, 0.12)
        sine, cosine = np.float32(np.sin(angle)), np.float32(np.cos(angle))
        inwards, below = np.float32(anchor_x) - np.float32(side) * across, down - np.float32(anchor_y)
        along = (inwards * cosine + below * sine - np.float32(0.6 * reach)) / np.float32(reach)
        aside = (below * cosine - inwards * sine - np.float32(shift)) / np.float32(breadth)
        relief += np.float32(height) * np.exp(-aside * aside - along * along)
    enlarged: Float32 = cv2.resize(relief, full, interpolation=cv2.INTER_CUBIC)
    return enlarged


def _edge(shape: Shape, x: Float32, y: Float32, inset: Float32, relief: Float32, dimming: Float32) -> None:
    """Write the thickness of rim, nose wire, hem and stitches, ring and valve into `relief` and `dimming`."""

    def band(distance: float, breadth: float) -> Float32:
        line: Float32 = np.exp(-(((inset - np.float32(distance)) / np.float32(breadth)) ** 2))
        return line

    relief -= np.float32(0.03) * np.exp(-inset / np.float32(0.02))
    dimming *= 1 - np.float32(0.14) * np.exp(-inset / np.float32(0.1))
    if shape.wire:
        relief += np.float32(0.014) * band(0.07, 0.022) * (abs(x) < 0.38) * (y < 1.0)
    if shape.pleats:
        # The bound edge of pleated masks: a flat border with a pressed line.
        relief -= np.float32(0.008) * band(0.07, 0.012)
        dimming *= 1 - np.float32(0.1) * band(0.07, 0.009)
    if shape.hem:
        relief += np.float32(0.012) * (inset < 0.07)
        dimming *= 1 - np.float32(0.22) * band(0.055, 0.006) * (np.sin((x + y) * 150) > -0.2)
    if shape.ring:
        weld = band(0.085, 0.014) * (np.float32(0.6) + np.float32(0.4) * np.sin((x - y) * 120))
        relief -= np.float32(0.01) * weld
        dimming *= 1 - np.float32(0.16) * weld
    if shape.valve:
        radius = np.hypot(x - np.float32(0.34), y - np.float32(1.12))
        relief += np.float32(0.08) / (1 + np.exp(np.clip((radius - np.float32(0.15)) / np.float32(0.008), -30, 30)))
        slots = (radius < 0.12) * np.exp(-((np.sin(y * 60) / np.float32(0.35)) ** 2))
        dimming *= (
            1
            - np.float32(0.35) * slots
            - np.float32(0.3) * np.exp(-(((radius - np.float32(0.165)) / np.float32(0.014)) ** 2))
        )


def straps(shape: Shape, surface: Surface) -> tuple[Float64, ...]:
    """Return the straps of the right side as lines in the face frame, each float64 [n, 3]; mirror x for the left.

    They run from the mask's corners, on its surface, backwards over the cheek to the ear or round the head.
    """
    high, low = (shape.side - 0.03, shape.corner + 0.05), (shape.low_side - 0.03, shape.low_corner - 0.05)
    ear_top, ear_low = (1.07, 0.2, -1.0), (1.05, 0.7, -1.0)
    ends: dict[Strap, tuple[tuple[tuple[float, float], tuple[float, float, float]], ...]] = {
        "ears": ((high, ear_top), (low, ear_low)),
        "crossed": ((high, ear_low), (low, ear_top)),
        "head": ((high, (1.06, -0.1, -1.0)), (low, (0.9, 1.05, -1.0))),
    }
    share = np.linspace(0, 1, 12)[:, None]

    def line(start: tuple[float, float], end: tuple[float, float, float]) -> Float64:
        begin = surface.lift(np.array([start]))[0]
        points: Float64 = begin + (np.array(end) - begin) * share
        # The cheek lies outside the chord between its ends.
        points[:, 0] += 0.06 * np.sin(np.pi * share[:, 0])
        return points

    return tuple(line(start, end) for start, end in ends[shape.strap])
