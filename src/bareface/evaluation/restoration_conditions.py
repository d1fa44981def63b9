"""Conditions of the probes: real masks, synthetic masks and degradations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bareface.errors import EvaluationError
from bareface.evaluation.protocols import one_form
from bareface.imaging.folders import Skipped, entries
from bareface.synthesis.degradations import LEVELS, Target, degrade
from bareface.synthesis.mask_specs import Nose, sample_mask
from bareface.synthesis.masks import apply_mask
from bareface.values.face import Landmarks, UInt8

REAL: Final = "real mask"
MASKS: Final[dict[str, tuple[Nose, ...]]] = {
    "partial mask, simulated": ("low",),
    "full mask, simulated": ("medium", "high"),
}
DEGRADED: Final = ("defocus", "motion", "downsample", "jpeg", "low light")
SHOWN: Final = (2, 4)
"""Default levels, of five, of each degradation."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Transformation of a photo of a bare face before the search; :data:`REAL` does nothing.

    Attributes
    ----------
    name
        As results call it.
    spoil
        Given RGB pixels, landmarks in pixels and a seed, the new pixels; None for masks that are really worn.
    masks
        Whether faces are completed, rather than enhanced.
    """

    name: str
    spoil: Callable[[UInt8, Landmarks, int], UInt8] | None
    masks: bool


def conditions(levels: Sequence[int] = SHOWN) -> list[Condition]:
    """Return real and simulated masks, then each degradation at these levels, 1 to 5."""
    result = [Condition(REAL, None, True)]
    result += [Condition(name, _wearing(noses), True) for name, noses in MASKS.items()]
    for name in DEGRADED:
        result += [Condition(f"{name}, level {level}", _spoiling(name, level), False) for level in levels]
    return result


def people_of(source: Path, exclude: Sequence[str] = (), skipped: Skipped | None = None) -> dict[str, list[Path]]:
    """Return photos by person, from a folder with one folder per person or from a gallery's named subjects.

    Parameters
    ----------
    source
        The folder or the gallery.
    exclude, skipped
        As :func:`bareface.imaging.folders.entries` takes them.

    Raises
    ------
    EvaluationError
        ``evaluation.empty``: fewer than two people.
    GalleryError
        The file is not a gallery.
    """
    people: dict[str, list[Path]] = {}
    forms: dict[str, str] = {}
    if source.is_dir():
        for entry in entries(source, exclude=exclude, skipped=skipped):
            if entry.error is None and entry.subject is not None:
                people.setdefault(one_form(forms, entry.subject), []).append(Path(entry.name))
    else:
        from bareface.storage.sqlite import queries
        from bareface.storage.sqlite.store import Store

        store = Store(source, create=False)
        try:
            with store.read() as connection:
                references = tuple(queries.references(connection))
        finally:
            store.close()
        for one in references:
            if one.subject is not None:
                photos = people.setdefault(one.subject, [])
                photos += [Path(one.source)] * (Path(one.source) not in photos)
    people = {name: photos for name, photos in people.items() if photos}
    if len(people) < 2:
        raise EvaluationError("evaluation.empty/people", source=str(source))
    return people


def _wearing(noses: tuple[Nose, ...]) -> Callable[[UInt8, Landmarks, int], UInt8]:
    def wear(pixels: UInt8, landmarks: Landmarks, seed: int) -> UInt8:
        spec = sample_mask(seed, half="test", nose=noses[seed % len(noses)])
        return apply_mask(pixels, landmarks, spec).pixels

    return wear


def _spoiling(name: str, level: int) -> Callable[[UInt8, Landmarks, int], UInt8]:
    step = LEVELS[name][level - 1]
    return lambda pixels, landmarks, seed: degrade(pixels, Target.of(landmarks), [step], seed)
