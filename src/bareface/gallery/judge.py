"""Judge the candidates of a search: normalise their scores and look the result up in a calibration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from bareface.calibration.calibration import Calibration, packaged_or_none
from bareface.calibration.decision import Judge, Judgement, States
from bareface.gallery.normalise import normalise
from bareface.gallery.rank import Ranked
from bareface.matching.cohorts import cohort_of
from bareface.matching.normalisation import HIGHEST
from bareface.matching.pairs import laws_on, normalise_pairs
from bareface.messages import Note
from bareface.storage.index_sync import Snapshot
from bareface.values.face import Float32

MOST_LOOKED_UP = 10_000
"""References that are looked up at most, where look-alikes of a candidate fill the list."""


class Judged(NamedTuple):
    """Meaning of a candidate's score.

    Attributes
    ----------
    judgement
        Decision and rate.
    normalised
        Normalised score; None where the cosine itself was judged, or nothing could be.
    compared_with
        Number of other references of the gallery that the score was normalised by.
    """

    judgement: Judgement
    normalised: float | None = None
    compared_with: int = 0


def judge(
    now: Snapshot,
    calibration: Calibration | None,
    ranked: Ranked,
    probe: Float32,
    references: Float32,
    states: Sequence[States],
    deeper: Callable[[int], Ranked],
) -> list[Judged]:
    """Judge the best subjects of a search.

    Parameters
    ----------
    now
        The gallery.
    calibration
        Of this gallery and embedder; None where there is none: then every candidate is ``possible``.
    ranked
        The subjects, and the references that were looked up.
    probe
        float32 [d].
    references
        Templates of the subjects' best references, float32 [n, d].
    states
        Mask states of the probe and of each reference [n].
    deeper
        Looks up more references, that many: for a candidate of whom the gallery holds many unnamed photos.
    """
    similarities = [hit.similarity for hit in ranked.subjects]
    size = now.generation.subjects, now.generation.references / now.generation.subjects
    if calibration is None or calibration.normalisation is None:
        return list(map(Judged, Judge(calibration, *size)(similarities, states)))
    scores, used, others = normalise(now, calibration.normalisation, ranked, references)
    wanted = HIGHEST
    while others.min() < HIGHEST // 2 and wanted < min(now.generation.references, MOST_LOOKED_UP):
        wanted *= 4
        found = replace(deeper(wanted), subjects=ranked.subjects)
        scores, used, others = normalise(now, calibration.normalisation, found, references)
    decide, known = Judge(calibration, *size), np.isfinite(scores)
    if known.all():
        return list(map(Judged, decide(scores.tolist(), states), scores.tolist(), used.tolist()))
    places, left = known.nonzero()[0].tolist(), (~known).nonzero()[0].tolist()
    answers = decide(scores[places].tolist(), [states[place] for place in places])
    judged = dict(zip(places, map(Judged, answers, scores[places].tolist(), used[places].tolist()), strict=True))
    small = _of_small_gallery(calibration, size, ranked, probe, references, states, left)
    judged.update(zip(left, small, strict=True))
    return [judged[place] for place in range(len(scores))]


def _of_small_gallery(
    calibration: Calibration,
    size: tuple[int, float],
    ranked: Ranked,
    probe: Float32,
    references: Float32,
    states: Sequence[States],
    places: Sequence[int],
) -> list[Judged]:
    """Judge subjects of a gallery that is too small to be its own cohort, as comparisons of two faces are judged."""
    similarities = [ranked.subjects[place].similarity for place in places]
    pairs = [states[place] for place in places]
    made_by = calibration.space, calibration.model
    cohort, comparison = cohort_of(calibration.space, len(probe)), packaged_or_none(*made_by, "comparison")
    if cohort is None or comparison is None or comparison.normalisation is None:
        return [Judged(one) for one in Judge(packaged_or_none(*made_by), *size)(similarities, pairs)]
    typical = comparison.normalisation.typical
    one, other = laws_on(cohort, probe[None], typical), laws_on(cohort, references[list(places)], typical)
    scores = normalise_pairs(np.array(similarities), one, other)
    answers = Judge(comparison, *size)(scores.tolist(), pairs)
    return [Judged(answer, float(score)) for answer, score in zip(answers, scores, strict=True)]


def basis(calibration: Calibration | None, judged: Sequence[Judged], states: Sequence[States]) -> tuple[str, ...]:
    """Say where the decisions come from."""
    if calibration is None:
        return (Note("note.uncalibrated"),)
    most = max([one.compared_with for one in judged], default=0)
    by_cohort = any(one.normalised is not None and not one.compared_with for one in judged)
    return _basis(calibration, tuple(dict.fromkeys(states)), most, by_cohort)


@lru_cache(maxsize=64)
def _basis(calibration: Calibration, states: tuple[States, ...], most: int, by_cohort: bool) -> tuple[str, ...]:
    """Say so in words, which take a while to put together and are nearly always the same."""
    notes = [Note("note.decisions", basis=calibration.describe(*states))]
    if most:
        notes.append(Note("note.normalised", count=most))
    if by_cohort:
        notes.append(Note("note.normalised/cohort"))
    return tuple(notes)


def stand_in(one: Judged) -> Judged:
    """Mark a rate as one of another kind of score."""
    rate = one.judgement
    return one._replace(judgement=rate._replace(extrapolated=rate.extrapolated or rate.fpir is not None))
