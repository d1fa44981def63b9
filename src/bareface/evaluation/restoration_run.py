"""Scores that show whether restoring helps: masks rendered on photos, photos degraded, faces restored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from bareface.calibration.calibration import BARE, Calibration
from bareface.errors import BarefaceError, CalibrationError, EvaluationError, ModelError, RestorationError
from bareface.evaluation.restoration import ORIGINAL, TARGETS, Scores, Trial
from bareface.evaluation.restoration_conditions import Condition
from bareface.evaluation.run import subject_face
from bareface.faces.analyser import Analyser
from bareface.gallery.restored_candidates import union_calibration
from bareface.imaging import decode as images
from bareface.imaging.align import align
from bareface.imaging.sources import limits_of
from bareface.matching.scoring import Columns, matrix
from bareface.restoration.aligned import expected
from bareface.restoration.base import SIDE, Restored
from bareface.restoration.unmask import unmask
from bareface.system.extras import optional
from bareface.values.face import Face, Float64, Template, UInt8

DLIB: Final = "original, dlib"
EACH: Final = "each completion"
MEAN: Final = "mean of the completions"
BEST: Final = "best of original and completions"
FUSED: Final = "mean score of original and completions"
BARE_PHOTO: Final = "the photo as it was"
"""The bare, unspoilt photo, where it is known: what no restoration can be expected to beat."""

_LARGE: Final = 640

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of the evaluation.

    Attributes
    ----------
    completions
        Drawn of each masked face.
    methods
        Of enhancement; ``bareface`` is left out where its network is not there.
    people
        Maximum number of people, drawn evenly by name; None for all.
    probes
        Searches a person and condition, at most.
    photos
        Maximum number of a person's photos that are read.
    pad
        Pixels of border around each photo: tightly cropped faces are missed without it.
    """

    completions: int = 4
    methods: tuple[str, ...] = ("bareface", "wiener", "unsharp")
    people: int | None = None
    probes: int = 1
    photos: int = 6
    pad: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class _Person:
    """Roles of one person's photos: a bare reference, other bare faces, and faces in real masks."""

    reference: Face
    bare: list[Face]
    masked: list[Face]


@dataclass(slots=True, eq=False)
class _Taken:
    """Results for the probes of a condition, one entry per probe."""

    subject: list[int] = field(default_factory=list)
    templates: dict[str, list[list[Template | None]]] = field(default_factory=dict)
    dlib: list[UInt8 | None] = field(default_factory=list)
    restored: list[bool] = field(default_factory=list)
    values: dict[str, list[float]] = field(default_factory=dict)


def run(
    people: Mapping[str, Sequence[Path]],
    engine: Analyser,
    dlib: Analyser | None,
    tried: Sequence[Condition],
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> Iterator[Trial]:
    """Search with each person's photos, under each condition, as they are and restored.

    A person's first photo with one bare face is enrolled; searches are made with the others. Faces that cannot be
    restored are searched as they are by every system.

    Parameters
    ----------
    people
        Photos by person.
    engine
        Finds faces, makes templates and restores.
    dlib
        Makes the templates of dlib's descriptor on the same aligned faces; None leaves that system out.
    tried
        The conditions.
    settings
        Settings of the evaluation.
    progress
        Called with (steps done, steps in all).

    Yields
    ------
    Trial
        One for each condition that has a probe.

    Raises
    ------
    EvaluationError
        ``evaluation.empty``: fewer than two people have a photo with a bare face to enrol.
    """
    settings = settings or Settings()
    names = sorted(people)
    if settings.people is not None and settings.people < len(names):
        names = [names[place] for place in np.linspace(0, len(names) - 1, settings.people).astype(int)]
    real = any(condition.spoil is None for condition in tried)
    total, done = len(names) * (1 + len(tried)), 0

    def advance() -> None:
        nonlocal done
        done += 1
        if progress:
            progress(done, total)

    known: dict[str, _Person] = {}
    for name in names:
        person = _person(engine, people[name], settings, real)
        if person is not None:
            known[name] = person
        advance()
    if len(known) < 2:
        raise EvaluationError("evaluation.empty/bare")
    gallery = _Gallery.of(engine, dlib, {name: person.reference for name, person in known.items()})
    for condition in tried:
        taken = _Taken()
        for number, person in enumerate(known.values()):
            faces = person.masked if condition.spoil is None else person.bare
            for place, face in enumerate(faces[: settings.probes]):
                _take(engine, condition, settings, taken, number, face, seed=number * 97 + place)
            advance()
        if taken.subject:
            yield gallery.trial(condition, taken)


def _person(engine: Analyser, photos: Sequence[Path], settings: Settings, real: bool) -> _Person | None:
    bare: list[Face] = []
    masked: list[Face] = []
    for path in photos[: settings.photos]:
        if len(bare) > settings.probes and (not real or len(masked) >= settings.probes):
            break
        try:
            photo = images.decode(path, limits_of(engine))
        except BarefaceError:
            continue
        if photo.synthetic:
            continue
        pixels = photo.pixels
        if settings.pad:
            edge = settings.pad
            pixels = np.asarray(cv2.copyMakeBorder(pixels, edge, edge, edge, edge, cv2.BORDER_REPLICATE), np.uint8)
        face = _found(engine, pixels)
        if face is not None and max(pixels.shape[:2]) > _LARGE:
            face = _found(engine, _cut(pixels, face))
        if face is not None:
            (bare if face.mask_state == "none" else masked).append(face)
    return _Person(bare[0], bare[1:], masked) if bare else None


def _cut(pixels: UInt8, face: Face) -> UInt8:
    """Crop the face with its surroundings at a moderate size, so that hundreds of photos fit in memory."""
    box = face.box
    left, top = (max(0, round(edge)) for edge in (box.x1 - box.width, box.y1 - box.height))
    part = pixels[top : round(box.y2 + box.height), left : round(box.x2 + box.width)]
    small = min(1.0, _LARGE / max(part.shape[:2]))
    size = (round(part.shape[1] * small), round(part.shape[0] * small))
    return np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)


def _found(engine: Analyser, pixels: UInt8) -> Face | None:
    """Return the main face of a photo, None without a face."""
    faces = engine.faces(pixels, want=["upper_face"])
    return subject_face(faces, (pixels.shape[1], pixels.shape[0])) if faces else None


def _take(
    engine: Analyser, condition: Condition, settings: Settings, taken: _Taken, subject: int, before: Face, seed: int
) -> None:
    """Spoil a photo, find its face, restore it and keep the templates."""
    assert before.photo is not None
    face: Face | None = before
    if condition.spoil is not None:
        face = _found(engine, condition.spoil(before.photo.pixels, before.landmarks, seed))
        if face is not None and face.box.iou(before.box) < 0.2:
            face = None
    taken.subject.append(subject)
    taken.dlib.append(None if face is None else face.chip)
    own = None if face is None else face.enrolment_template
    systems: dict[str, list[Template | None]] = {ORIGINAL: [own]}
    values: dict[str, float] = {}
    restored = False
    truth = None if face is None or condition.spoil is None else align(before.photo.pixels, face.landmarks, size=SIDE)
    if condition.masks:
        result = None if face is None else _tried(unmask, engine, face, settings.completions, seed)
        restored = result is not None
        each = [own] * settings.completions if result is None else [one.template for one in result.completions]
        systems |= {EACH: list(each), MEAN: [_middle(each)], BEST: [own, *each]}
        _measure(values, "", result, truth)
    else:
        for method in settings.methods:
            result = None if face is None else _tried(_enhance, engine, face, method)
            restored = restored or result is not None
            systems[f"enhanced, {method}"] = [own if result is None else result.completions[0].template]
            _measure(values, f", {method}", result, truth)
    if condition.spoil is not None:
        systems[BARE_PHOTO] = [before.template]
    for name, templates in systems.items():
        taken.templates.setdefault(name, []).append(templates)
    taken.restored.append(restored)
    known = taken.values
    for name in {**known, **values}:
        known.setdefault(name, [np.nan] * (len(taken.subject) - 1)).append(values.get(name, np.nan))


def _tried(restore: Callable[..., Restored], *given: object) -> Restored | None:
    try:
        return restore(*given)
    except RestorationError:
        return None


def _enhance(engine: Analyser, face: Face, method: str) -> Restored:
    from bareface.restoration.enhance import METHODS, enhance

    return enhance(engine, face, next(known for known in METHODS if known == method))


def usable(methods: Sequence[str]) -> tuple[str, ...]:
    """Return the available methods of enhancement; the network's only if its weights are installed."""
    from bareface.models import registry
    from bareface.restoration.enhance import MODEL

    try:
        registry.card(MODEL)
    except ModelError:
        return tuple(method for method in methods if method != "bareface")
    return tuple(methods)


def _middle(templates: Sequence[Template | None]) -> Template | None:
    """Return the mean direction."""
    known = [one for one in templates if one is not None]
    if not known:
        return None
    unit = np.mean([one.vector / np.linalg.norm(one.vector) for one in known], axis=0)
    return replace(known[0], vector=np.asarray(unit, np.float32), upper_face=None)


def _measure(values: dict[str, float], of: str, result: Restored | None, truth: UInt8 | None) -> None:
    """Measure the drift of identity and, if the true face is known, the similarity to it inside the region."""
    if result is None:
        return
    values[f"identity drift{of}"] = float(np.mean(result.drift))
    if len(result.completions) > 1:
        values["identity spread"] = result.identity_spread
    if truth is None:
        return
    drawn = np.mean([one.image.astype(np.float32) for one in result.completions], axis=0)
    picture: UInt8 = np.asarray(np.round(drawn), np.uint8)
    region = result.region & expected()
    for name, image in ((f"restored{of}", picture), ("original", result.source)):
        values[f"SSIM in the region, {name}"], values[f"PSNR in the region, {name}"] = fidelity(image, truth, region)


def fidelity(
    image: UInt8, truth: UInt8, region: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
) -> tuple[float, float]:
    """Compute SSIM (Wang et al. 2004, luminance) and PSNR in dB inside a region, bool [H, W], of RGB pictures."""
    if not region.any():
        return float("nan"), float("nan")
    grey = [cv2.cvtColor(one, cv2.COLOR_RGB2GRAY).astype(np.float32) for one in (image, truth)]
    _, local = optional("skimage.metrics").structural_similarity(*grey, data_range=255, full=True)
    error = float(np.mean(np.square(image[region].astype(np.float64) - truth[region])))
    return float(local[region].mean()), float(10 * np.log10(255**2 / max(error, 1e-3)))


@dataclass(frozen=True, slots=True, eq=False)
class _Gallery:
    """The references, for either descriptor."""

    people: tuple[str, ...]
    ours: Columns
    theirs: Columns | None
    dlib: Analyser | None
    model: str
    calibration: Calibration | None

    @classmethod
    def of(cls, engine: Analyser, dlib: Analyser | None, faces: Mapping[str, Face]) -> _Gallery:
        ours = Columns.of_templates([face.enrolment_template for face in faces.values()])
        chips = [face.chip for face in faces.values()]
        theirs = None if dlib is None else Columns.of_templates(dlib.embed_chips(chips))
        people = tuple(faces)
        try:
            calibration = Calibration.packaged(engine.space, engine.model)
        except CalibrationError:
            return cls(people, ours, theirs, dlib, engine.model, None)
        return cls(people, ours, theirs, dlib, engine.model, calibration if calibration.model == engine.model else None)

    def trial(self, condition: Condition, taken: _Taken) -> Trial:
        systems: dict[str, Scores] = {}
        if self.dlib is not None and self.theirs is not None:
            vectors = iter(self.dlib.embed_chips([chip for chip in taken.dlib if chip is not None]))
            systems[DLIB] = Scores((_table([None if c is None else next(vectors) for c in taken.dlib], self.theirs),))
        for name, rows in taken.templates.items():
            pictures = [list(column) for column in zip(*rows, strict=True)]
            tables = tuple(_table(column, self.ours) for column in pictures)
            if name == BEST:
                union = union_calibration(self.model, len(pictures) - 1)
                limits = self._limits(union, pictures[:1])
                systems[name] = Scores((np.max(tables, axis=0),), limits, restores=True)
                # Half the photo's, half the guesses': if they knew anything else, this should show it.
                systems[FUSED] = Scores(((tables[0] + np.mean(tables[1:], axis=0)) / 2,), restores=True)
            else:
                restores = name not in (ORIGINAL, BARE_PHOTO)
                systems[name] = Scores(tables, self._limits(self.calibration, pictures), restores)
        return Trial(
            condition=condition.name,
            subject=np.array(taken.subject, np.int64),
            systems=systems,
            restored=np.array(taken.restored, bool),
            values={name: np.array(values) for name, values in taken.values.items()},
            people=self.people,
        )

    def _limits(
        self, calibration: Calibration | None, pictures: Sequence[Sequence[Template | None]]
    ) -> dict[float, Float64] | None:
        """Return bareface's decision threshold for each probe's mask state, by the rate that it promises."""
        if calibration is None:
            return None
        size = max(1, len(self.ours.unit) - 1)
        limits: dict[float, Float64] = {}
        for target in TARGETS:
            at = {
                states: entry.strangers.similarity_at_fpir(target, size)
                for states, entry in calibration.entries.items()
            }
            limits[target] = np.array(
                [
                    [at[calibration.nearest(BARE if m is None else (m.mask_state, "none"))] for m in column]
                    for column in pictures
                ]
            )
        return limits


def _table(templates: Sequence[Template | None], references: Columns) -> Float64:
    """Return scores [m, s], ``-inf`` for probes without a template."""
    if all(one is None for one in templates):
        return np.full((len(templates), len(references.unit)), -np.inf)
    table = matrix(Columns.of_templates(templates), references).astype(np.float64)
    table[[one is None for one in templates]] = -np.inf
    return table
