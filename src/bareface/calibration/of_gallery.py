"""A calibration from a gallery's own references, and what may be wrong with them.

Named subjects only: who an unnamed face belongs to is not known, so no comparison with it is known to be non-mated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product

import numpy as np
from numpy.typing import NDArray

from bareface.calibration.calibration import BARE, Calibration, StateCalibration, packaged_or_none
from bareface.calibration.counting import VIEWS, Int64
from bareface.calibration.decision import States
from bareface.calibration.evenness import Cluster, evenness
from bareface.calibration.fit import fit_matrix
from bareface.calibration.normalised import NORMALISED_TOP, estimate, normalise_searches
from bareface.calibration.strangers import MIN_SUBJECTS
from bareface.errors import CalibrationError
from bareface.matching.normalisation import Normalisation
from bareface.matching.scoring import Columns, at_unit_length, matrix
from bareface.messages import Note
from bareface.values.face import Float32

MOST_SUBJECTS = 1000
"""Subjects that are drawn from a larger gallery: half a million pairs of people."""
MOST_SUSPICIOUS = 50
MIN_MATED = 10
"""Subjects with two photos that it takes to say how alike one person's photos are."""


@dataclass(frozen=True, slots=True, eq=False)
class GalleryReferences:
    """Data to calibrate a gallery from; one entry per reference.

    Attributes
    ----------
    ids, subject_ids
        int64 [n].
    names
        Of each reference's subject; None where unnamed.
    templates
        float32 [n, d], of one space.
    states
        Mask state of each reference; None: all ``none``.
    upper_face
        float32 [n, d], which masked faces are also compared with; NaN if missing, None if no reference has one.
        Where some have one, comparisons across a mask with those that have none are left out: they are of another kind.
    """

    ids: Int64
    subject_ids: Int64
    names: Sequence[str | None]
    templates: Float32
    states: Sequence[str] | None = None
    upper_face: Float32 | None = None


@dataclass(frozen=True, slots=True)
class SuspiciousPair:
    """Two subjects so alike that they may be one person.

    Attributes
    ----------
    subjects, names, references
        Numbers and names of the subjects, and numbers of their two most similar references.
    similarity
        Cosine of those two.
    """

    subjects: tuple[int, int]
    names: tuple[str, str]
    references: tuple[int, int]
    similarity: float


@dataclass(frozen=True, slots=True, eq=False)
class GalleryCalibration:
    """Result of a gallery's calibration.

    Attributes
    ----------
    calibration
        Fitted on every named subject, or the packaged one where ``missing`` is not 0; None where that, too, is missing.
    without_suspicious
        Fitted without the comparisons of the suspicious pairs; None where there are none, or nothing was fitted.
    suspicious
        Most alike first: at least as alike as half of the gallery's mated comparisons, at most 50.
    subjects, references
        Named subjects and their references.
    unnamed
        References of unnamed subjects, which were left out.
    missing
        Number of additional named subjects that a calibration needs.
    notes
        Notes for the reader.
    search
        Calibration of normalised scores, which searches use; None where nothing was fitted.
    clusters
        Evenness of the promise over look-alike subjects; empty where nothing was fitted.
    """

    calibration: Calibration | None
    without_suspicious: Calibration | None
    suspicious: tuple[SuspiciousPair, ...]
    subjects: int
    references: int
    unnamed: int
    missing: int
    notes: tuple[str, ...]
    search: Calibration | None = None
    clusters: tuple[Cluster, ...] = ()


def calibrate_references(given: GalleryReferences, space: str, model: str, *, seed: int = 0) -> GalleryCalibration:
    """Calibrate on a gallery's references.

    Parameters
    ----------
    given
        The references.
    space, model
        Their template space, and the model whose packaged calibration stands in where they are too few.
    seed
        Of the draw from a large gallery and of the groups of subjects.

    Raises
    ------
    CalibrationError
        ``calibration.scores`` for a template that is not finite or zero, ``calibration.ties`` for templates that
        hardly differ.
    """
    named = np.array([name is not None for name in given.names], bool)
    subjects = np.unique(given.subject_ids[named])
    missing = max(0, MIN_SUBJECTS - subjects.size)
    drawn = _drawn(given, named, seed, MOST_SUBJECTS)
    scores = _similarities(given, drawn)
    people = given.subject_ids[drawn]
    median = _mated_median(scores, people)
    suspicious = () if median is None else _suspicious(given, drawn, scores, median)
    notes = [] if median is not None else [Note("note.few-mated", least=MIN_MATED)]
    if subjects.size > MOST_SUBJECTS:
        notes.append(Note("note.subjects-drawn", drawn=MOST_SUBJECTS, subjects=subjects.size))

    fitted: list[Calibration | None] = [None, None]
    search: Calibration | None = None
    clusters: tuple[Cluster, ...] = ()
    if missing:
        fitted[0] = packaged_or_none(space, model)
        notes.append(Note("note.few-subjects/packaged" if fitted[0] else "note.few-subjects/none", missing=missing))
    else:
        today = f"{datetime.now(UTC):%Y-%m-%d}"
        basis = Note("basis.gallery", subjects=np.unique(people).size, references=drawn.size, date=today)
        states = np.array(["none"] * drawn.size if given.states is None else [given.states[i] for i in drawn])
        single = np.zeros(drawn.size, bool) if given.upper_face is None else np.isnan(given.upper_face[drawn]).any(1)
        single &= states == "none"
        cosines = Calibration(space, model, basis, _fit(scores, people, states, single, seed))
        fitted[0] = cosines
        unit = at_unit_length(given.templates[drawn])
        search = _search(unit, cosines, scores, people, states, single, seed)
        bare = states == "none"
        if np.unique(people[bare]).size >= MIN_SUBJECTS:
            clusters = evenness(scores[np.ix_(bare, bare)], people[bare], unit[bare], cosines, search, seed=seed)
        if suspicious:
            cleared = _without(scores, people, suspicious)
            basis = Note("basis.gallery/without", pairs=len(suspicious), **basis.params)
            fitted[1] = Calibration(space, model, basis, _fit(cleared, people, states, single, seed))
    return GalleryCalibration(
        calibration=fitted[0],
        without_suspicious=fitted[1],
        suspicious=suspicious,
        subjects=subjects.size,
        references=int(named.sum()),
        unnamed=int((~named).sum()),
        missing=missing,
        notes=tuple(notes),
        search=search,
        clusters=clusters,
    )


def drawn_scores(references: GalleryReferences, most: int, seed: int = 0) -> tuple[Int64, Float32]:
    """Draw references of named subjects, and compare all of them.

    Parameters
    ----------
    references
        The gallery's.
    most
        Number of subjects to draw from a larger gallery.
    seed
        Of the draw.

    Returns
    -------
    tuple
        Places of the drawn references, int64 [n], and the scores of all pairs, float32 [n, n]; NaN on the diagonal.

    Raises
    ------
    CalibrationError
        ``calibration.scores`` for a template that is not finite or zero.
    """
    named = np.array([name is not None for name in references.names], bool)
    drawn = _drawn(references, named, seed, most)
    return drawn, _similarities(references, drawn)


def _drawn(
    references: GalleryReferences,
    named: np.ndarray[tuple[int], np.dtype[np.bool_]],
    seed: int,
    most: int,
) -> Int64:
    """Choose the references to compare: at most ``most`` named subjects, ``VIEWS`` references of each."""
    order = np.random.default_rng(seed).permutation(np.flatnonzero(named))
    unique = np.unique(references.subject_ids[order])
    if unique.size > most:
        chosen = np.random.default_rng(seed).choice(unique, most, replace=False)
        order = order[np.isin(references.subject_ids[order], chosen)]
    order = order[np.argsort(references.subject_ids[order], kind="stable")]
    _, first, inverse = np.unique(references.subject_ids[order], return_index=True, return_inverse=True)
    return np.sort(order[np.arange(order.size) - first[inverse] < VIEWS]).astype(np.int64)


def _similarities(references: GalleryReferences, drawn: Int64) -> Float32:
    """Compute the scores of all pairs, float32 [n, n]; NaN on the diagonal."""
    templates = references.templates[drawn]
    lengths = np.linalg.norm(templates, axis=1)
    if not np.isfinite(lengths).all() or (lengths == 0).any():
        raise CalibrationError("calibration.scores/template")
    masked = np.array([references.states is not None and references.states[number] != "none" for number in drawn], bool)
    upper_face = None if references.upper_face is None else references.upper_face[drawn]
    people = Columns.of(templates, masked, upper_face)
    scores = matrix(people, people)
    np.fill_diagonal(scores, np.nan)
    return scores


def _mated_median(scores: Float32, people: Int64) -> float | None:
    row, column = np.nonzero(np.triu(people[:, None] == people[None, :], 1))
    if np.unique(people[row]).size < MIN_MATED:
        return None
    return float(np.median(scores[row, column]))


def _suspicious(
    references: GalleryReferences, drawn: Int64, scores: Float32, least: float
) -> tuple[SuspiciousPair, ...]:
    """Return each pair of subjects once, by its most similar references."""
    people = references.subject_ids[drawn]
    row, column = np.nonzero(np.triu(scores >= least, 1) & (people[:, None] != people[None, :]))
    order = np.argsort(-scores[row, column], kind="stable")
    pairs: dict[tuple[int, int], SuspiciousPair] = {}
    for first, second in zip(row[order], column[order], strict=True):
        pair = (int(people[first]), int(people[second]))
        if len(pairs) == MOST_SUSPICIOUS:
            break
        if pair not in pairs and pair[::-1] not in pairs:
            left, right = int(drawn[first]), int(drawn[second])
            pairs[pair] = SuspiciousPair(
                subjects=pair,
                names=(str(references.names[left]), str(references.names[right])),
                references=(int(references.ids[left]), int(references.ids[right])),
                similarity=float(scores[first, second]),
            )
    return tuple(pairs.values())


def _without(scores: Float32, people: Int64, suspicious: tuple[SuspiciousPair, ...]) -> Float32:
    cleared = scores.copy()
    for pair in suspicious:
        first, second = (people == subject for subject in pair.subjects)
        cleared[np.ix_(first, second)] = cleared[np.ix_(second, first)] = np.nan
    return cleared


def _search(
    unit: Float32,
    cosines: Calibration,
    scores: Float32,
    people: Int64,
    states: np.ndarray[tuple[int], np.dtype[np.str_]],
    single: NDArray[np.bool_],
    seed: int,
) -> Calibration | None:
    """Fit normalised scores; None where they cannot be fitted, or the space is one that they do not suit.

    That is a space whose packaged calibration is one of similarities only: in dlib's, normalised scores lose more mated
    candidates than they spare strangers (``python -m benchmarks.groups``).
    """
    space, model = cosines.space, cosines.model
    packaged, bare = packaged_or_none(space, model, "search"), states == "none"
    if packaged is not None and packaged.normalisation is not None:
        normalisation = packaged.normalisation
    elif packaged_or_none(space, model) is None and np.unique(people[bare]).size >= MIN_SUBJECTS:
        normalisation = estimate(scores[np.ix_(bare, bare)], people[bare])
    else:
        return None
    try:
        entries = _fit(scores, people, states, single, seed, (normalisation, unit))
    except CalibrationError:
        return None
    return Calibration(space, model, cosines.basis, entries, "search", normalisation)


def _fit(
    scores: Float32,
    people: Int64,
    states: np.ndarray[tuple[int], np.dtype[np.str_]],
    single: NDArray[np.bool_],
    seed: int,
    normalised_by: tuple[Normalisation, Float32] | None = None,
) -> dict[States, StateCalibration]:
    """Fit every pair of mask states with enough subjects; bare pairs first, because the others depend on them.

    ``single`` marks those that are left out of comparisons across a mask. With the constants of the space and the unit
    templates, scores are normalised first.
    """
    entries: dict[States, StateCalibration] = {}
    refusal: CalibrationError | None = None
    for probe, reference in sorted(product(np.unique(states).tolist(), repeat=2), key=lambda pair: pair != BARE):
        left_out = single & (probe != reference and "none" in (probe, reference))
        rows, columns = (states == probe) & ~left_out, (states == reference) & ~left_out
        cell, top, symmetric = scores[np.ix_(rows, columns)], 1.0, probe == reference
        if normalised_by is not None:
            normalisation, unit = normalised_by
            cell = normalise_searches(cell, people[rows], people[columns], unit[columns], normalisation, seed=seed)
            top, symmetric = NORMALISED_TOP, False
        try:
            entries[probe, reference] = fit_matrix(
                cell, people[rows], people[columns], symmetric=symmetric, seed=seed, top=top
            )
        except CalibrationError as error:
            refusal = refusal or error
    if not entries and refusal is not None:
        raise refusal
    return entries
