"""Photos degraded as in the evaluations: to choose checkpoints and limits on validation faces, and to test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bareface.evaluation.run import subject_face
from bareface.imaging.align import align
from bareface.restoration.aligned import Aligned, aligned
from bareface.restoration.base import SIDE
from bareface.services.engine import Engine
from bareface.synthesis.degradations import LEVELS, Degradation, Target, degrade
from bareface.values.face import Face, Landmarks, Template, UInt8
from training.restoration.faces import read

KINDS: Final = ("defocus", "motion", "downsample", "jpeg", "low light")
"""Degradations that an enhancement treats; occlusion is not among them."""
CELLS: Final[dict[tuple[str, int], Degradation]] = {
    (kind, level): step for kind in KINDS for level, step in enumerate(LEVELS[kind], start=1)
}


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A degraded photo of one person.

    Attributes
    ----------
    number
        Of the photo, and of its person: one photo each.
    cell
        Degradation and level; ("clean", 0) for the photo as it is.
    face, cut
        The face as detected in the degraded photo.
    truth
        The good photo, cut as the degraded one is, RGB uint8 [160, 160, 3].
    template
        The good photo's own.
    """

    number: int
    cell: tuple[str, int]
    face: Face
    cut: Aligned
    truth: UInt8
    template: Template


def cases(
    engine: Engine, photos: Sequence[Path], cells: Mapping[tuple[str, int], Degradation]
) -> Iterator[Case | tuple[str, int]]:
    """Yield each photo in each cell, and clean; only the cell if no face is found in the degraded photo.

    Photos in which none is found even before that are passed over.
    """
    for number, path in enumerate(photos):
        pixels = read(path)
        good = _face(engine, pixels)
        if good is None:
            continue
        target = Target.of(good.landmarks)
        for place, (cell, step) in enumerate({("clean", 0): None, **cells}.items()):
            spoilt = pixels if step is None else degrade(pixels, target, [step], seed=1000 * number + place)
            face = good if step is None else _face(engine, spoilt)
            if face is None:
                yield cell
                continue
            # Were the picture made smaller, the good one would not be aligned with the degraded one.
            points = face.landmarks.points * (pixels.shape[1] / spoilt.shape[1])
            truth = align(pixels, Landmarks(points, face.landmarks.scheme), size=SIDE)
            yield Case(number, cell, face, aligned(face), truth, good.template)


def _face(engine: Engine, pixels: UInt8) -> Face | None:
    """Return the person's face."""
    found = engine.faces(pixels, want=["quality", "template"])
    return subject_face(found, (pixels.shape[1], pixels.shape[0])) if found else None


def one_each(folder: Path, count: int, ending: str = "", first: int = 0) -> list[Path]:
    """Return the first photo of people spread evenly over the names, of those whose name ends so, from the ``first``
    on.
    """
    people = sorted(place for place in folder.iterdir() if place.is_dir() and place.name.endswith(ending))
    step = max(1, len(people) // count)
    return [sorted(person.iterdir())[0] for person in people[first::step][:count]]
