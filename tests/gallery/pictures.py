"""Pictures and an engine for tests that need no network: each 48-pixel tile of a picture that is not black is
a face.

The template is a smooth function of the tile's colour, so near colours are near templates and the same
picture saved anew is nearly the same template; the template's values carry the colour, nothing else is looked
at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bareface.errors import BarefaceError
from bareface.faces.quality import Measures, Quality
from bareface.imaging import decode as images
from bareface.services.engine import Analysis
from bareface.values.face import (
    EVERYTHING,
    Box,
    Computed,
    Face,
    Float32,
    Landmarks,
    MaskState,
    Photo,
    Source,
    Template,
    UInt8,
    Want,
)

TILE = 48
DIMENSION = 16
_RNG = np.random.default_rng(7)
_WEIGHTS = _RNG.normal(size=(3, DIMENSION)) * 3
_PHASES = _RNG.uniform(0, 2 * np.pi, DIMENSION)

Colour = tuple[int, int, int]


def colours(count: int, seed: int = 0) -> list[Colour]:
    """Return distinct colours, no two alike and none near black."""
    rng = np.random.default_rng(seed)
    found: dict[Colour, None] = {}
    while len(found) < count:
        red, green, blue = (int(value) for value in rng.integers(40, 256, 3))
        found[red, green, blue] = None
    return list(found)


def picture(*faces: Colour, tick: int = 0) -> UInt8:
    """Return RGB [56, 48 n, 3], a face for each colour; ``tick`` changes a few black pixels, so the file's hash."""
    pixels = np.zeros((TILE + 8, TILE * max(1, len(faces)), 3), np.uint8)
    for place, colour in enumerate(faces):
        pixels[:TILE, place * TILE : (place + 1) * TILE] = colour
    pixels[-1, :3] = (tick % 32, tick // 32 % 32, tick // 1024)
    return pixels


def save(path: Path, *faces: Colour, tick: int = 0) -> Path:
    """Write a picture; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(images.encode(picture(*faces, tick=tick), images.format_for(path)))  # need not last
    return path


def vector_of(colour: Sequence[float], dimension: int = DIMENSION) -> np.ndarray:
    """Return the template that a colour has."""
    values = np.cos(np.asarray(colour, np.float64) / 128 @ _WEIGHTS + _PHASES) + 0.2
    return np.resize(values, dimension).astype(np.float32)


class TileEngine:
    """An engine for such pictures, a :class:`bareface.faces.port.FaceEngine`."""

    def __init__(self, space: str = "tiles", model: str = "tiler", precision: str = "float32") -> None:
        self.space, self.model, self.precision = space, model, precision
        self.analysed: list[str] = []

    makes_upper_face = sees_masks = False

    def stream(
        self, sources: Iterable[Source], batch: int = 32, want: Iterable[Want] = EVERYTHING
    ) -> Iterator[Analysis]:
        for source in sources:
            try:
                photo = images.decode(source)
            except BarefaceError as error:
                yield Analysis(str(source)[:99], None, (), error)
                continue
            self.analysed.append(photo.source)
            yield Analysis(
                photo.source,
                replace(photo, pixels=photo.pixels[:0]),
                tuple(self.complete(list(self._faces(photo)), want)),
            )

    def _faces(self, photo: Photo) -> Iterator[Face]:
        for left in range(0, photo.pixels.shape[1], TILE):
            tile = photo.pixels[4 : TILE - 4, left + 4 : left + TILE - 4]
            if tile.mean() > 16:
                box = Box(left, 0, left + TILE, TILE)
                points = Landmarks(np.full((5, 2), left, np.float32), "five")
                chip = np.resize(tile, (150, 150, 3))
                yield Face(box, points, 1 - left / 1e4, chip, np.resize(tile, (160, 160, 3)), photo.source)

    def complete(self, faces: Sequence[Face], want: Iterable[Want]) -> list[Face]:
        return [replace(face, computed=self._computed(face, {"occlusion", "template", *want})) for face in faces]

    def _computed(self, face: Face, want: set[Want]) -> Computed:
        (template,) = self._embed([face])
        if "upper_face" in want and self.makes_upper_face and template.mask_state == "none":
            template = replace(template, upper_face=self.embed_upper_faces([face.chip])[0])
        return replace(Computed.of(template, self._quality(face)), known=frozenset(want))

    def _quality(self, face: Face) -> Quality | None:
        return None

    def embed_upper_faces(self, chips: Sequence[UInt8]) -> Float32:
        raise NotImplementedError("this engine makes no second templates")

    def _embed(self, faces: Sequence[Face]) -> list[Template]:
        return [
            Template(vector_of(face.chip.reshape(-1, 3).mean(axis=0)), self.model, self.space, self.precision)
            for face in faces
        ]


@dataclass(frozen=True)
class Look:
    """Output of a fake engine for the faces of a colour."""

    mask_state: MaskState = "none"
    visible: float | None = 1.0
    quality: float = 90.0


class LookEngine(TileEngine):
    """Sees each colour's look; its templates are in a space for which bareface has a calibration."""

    def __init__(self, looks: Mapping[Colour, Look], model: str = "dlib-resnet") -> None:
        super().__init__(space="dlib-128", model=model)
        self.looks = looks

    def _look(self, face: Face) -> Look:
        red, green, blue = face.chip[0, 0].tolist()
        return self.looks.get((red, green, blue), Look())

    def _quality(self, face: Face) -> Quality:
        score = self._look(face).quality
        return Quality(score, score, 99, 99, 99, 99, None, None, Measures(0, 0, 0, 0, 0, 0, 0, 0, 0))

    def _embed(self, faces: Sequence[Face]) -> list[Template]:
        return [
            replace(
                made,
                vector=np.resize(made.vector, 128),
                mask_state=self._look(face).mask_state,
                visible=self._look(face).visible,
            )
            for face, made in zip(faces, super()._embed(faces), strict=True)
        ]


class UpperFaceEngine(LookEngine):
    """A mask-aware engine: the second template of a colour is the template of another one, as given."""

    makes_upper_face = sees_masks = True

    def __init__(self, looks: Mapping[Colour, Look], seconds: Mapping[Colour, Colour]) -> None:
        super().__init__(looks, model="bareface128")
        self.seconds = seconds
        self.upper_face = 0

    def embed_upper_faces(self, chips: Sequence[UInt8]) -> Float32:
        self.upper_face += len(chips)
        seen = [tuple(chip[0, 0].tolist()) for chip in chips]
        return np.stack([np.resize(vector_of(self.seconds.get(colour, colour)), 128) for colour in seen])


def people(folder: Path, count: int, photos: int = 2) -> list[Colour]:
    """Make a folder for each person, ``p0``, ``p1``, ..., with a number of photos each; return their colours."""
    made = colours(count)
    for number, colour in enumerate(made):
        for tick in range(photos):
            save(folder / f"p{number}" / f"{tick}.png", colour, tick=tick)
    return made
