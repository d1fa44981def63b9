"""Fit an added embedder to photos of many people: what its scores mean, and a cohort to normalise them by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bareface.calibration.calibration import Calibration
from bareface.calibration.counting import VIEWS, Int64
from bareface.calibration.of_people import calibrate_people, labelled_twice
from bareface.calibration.strangers import MIN_SUBJECTS
from bareface.errors import CalibrationError, ModelError
from bareface.evaluation.people import embed_people
from bareface.evaluation.protocols import Sample, people_in
from bareface.faces.analyser import Analyser
from bareface.matching.cohorts import cohort_of
from bareface.messages import Note
from bareface.models import fitted, registry
from bareface.system.extras import require
from bareface.values.enrolment import LeftOut
from bareface.values.gallery import Progress

MOST_SUBJECTS = 1000
"""People that are drawn from a larger folder: half a million pairs of people."""
MOST_TEMPLATES = 2000
"""Largest number of templates in a cohort."""


@dataclass(frozen=True, slots=True)
class ModelFit:
    """Result of fitting a model.

    Attributes
    ----------
    model, space
        The model and its template space.
    people, photos
        Numbers of people and photos that it was fitted on.
    lost
        Numbers of photos that could not be used, by reason.
    twice
        Pairs of people as alike as the median mated pair, who were not compared: they may be one person.
    cohort
        Number of templates stored; 0 if the space had a cohort.
    calibrations
        One for each kind of score.
    path
        File next to the model's card.
    left_out
        Files and folders that were skipped.
    """

    model: str
    space: str
    people: int
    photos: int
    lost: Mapping[str, int]
    twice: tuple[tuple[str, str], ...]
    cohort: int
    calibrations: tuple[Calibration, ...]
    path: Path
    left_out: LeftOut = field(default_factory=LeftOut)


def fit_model(
    engine: Analyser,
    folder: str | Path,
    *,
    exclude: Sequence[str] = (),
    seed: int = 0,
    progress: Progress | None = None,
) -> ModelFit:
    """Fit an added embedder, and store the result next to its card.

    Parameters
    ----------
    engine
        With the embedder.
    folder
        Photos, one folder for each person.
    exclude
        Patterns of files and folders to leave out.
    seed
        Of the draw of people and photos.
    progress
        Called with (photos done, photos in all).

    Raises
    ------
    ModelError
        ``model.name``: it is a packaged model.
    CalibrationError
        ``calibration.subjects``: too few people; ``calibration.ties``, ``calibration.scores``.
    EvaluationError, ImageError
        The folder cannot be read.
    """
    require("scipy")  # a folder may take hours first
    card = registry.card(engine.model)
    if card.packaged:
        raise ModelError("model.name/fit", model=card.id)
    found, _, left_out = people_in(folder, exclude)
    samples = _drawn(found, seed)
    _check_people({sample.subject for sample in samples})
    done = 0

    def advance() -> None:
        nonlocal done
        done += 1
        if progress:
            progress(done, len(samples))

    people = embed_people(engine, samples, advance)
    subjects = people.subjects
    count = _check_people(set(subjects.tolist()))
    length = people.sides["none"].unit.shape[1]
    cohort, own, codes = cohort_of(engine.space, length, leave_out=card.id), None, None
    if cohort is None:
        places = _cohort_places(subjects, seed)
        codes, own = fitted.coded(people.sides["none"].unit[places]), subjects[places]
        cohort = fitted.decoded(*codes)
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    basis = Note(
        "basis.people/masks" if len(people.sides) > 1 else "basis.people",
        subjects=count,
        photos=len(subjects),
        model=engine.model,
        detector=engine.detector,
        date=today,
    )
    twice = labelled_twice(people.sides["none"], subjects)
    calibrations = calibrate_people(
        people.sides,
        subjects,
        space=engine.space,
        model=engine.model,
        basis=basis,
        cohort=cohort,
        cohort_subjects=own,
        twice=twice,
    )
    path = fitted.store(card, {one.kind: one.to_json() for one in calibrations}, codes)
    return ModelFit(
        model=card.id,
        space=engine.space,
        people=count,
        photos=len(subjects),
        lost=people.lost,
        twice=tuple((people.names[one], people.names[other]) for one, other in twice),
        cohort=0 if codes is None else len(codes[0]),
        calibrations=calibrations,
        path=path,
        left_out=left_out,
    )


def _check_people(people: set[str] | set[int]) -> int:
    if len(people) < MIN_SUBJECTS:
        raise CalibrationError("calibration.subjects/people", subjects=len(people), more=MIN_SUBJECTS - len(people))
    return len(people)


def _drawn(samples: Sequence[Sample], seed: int) -> list[Sample]:
    """Choose the photos: at most ``MOST_SUBJECTS`` people, ``VIEWS`` photos of each."""
    rng = np.random.default_rng(seed)
    by_person: dict[str, list[Sample]] = {}
    for sample in samples:
        by_person.setdefault(sample.subject, []).append(sample)
    names = sorted(by_person)
    chosen = [names[place] for place in rng.permutation(len(names))[:MOST_SUBJECTS]]
    drawn: list[Sample] = []
    for name in sorted(chosen):
        photos = by_person[name]
        drawn += [photos[place] for place in np.sort(rng.permutation(len(photos))[:VIEWS])]
    return drawn


def _cohort_places(subjects: Int64, seed: int) -> Int64:
    """Choose the photos whose templates form the cohort: one of each person before a second of anyone."""
    order = np.random.default_rng(seed).permutation(len(subjects))
    by_subject = order[np.argsort(subjects[order], kind="stable")]
    _, first, inverse = np.unique(subjects[by_subject], return_index=True, return_inverse=True)
    view = np.arange(len(subjects)) - first[inverse]
    return np.sort(by_subject[np.argsort(view, kind="stable")][:MOST_TEMPLATES]).astype(np.int64)
