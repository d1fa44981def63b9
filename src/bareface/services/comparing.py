"""Comparison of two faces: their score, and its meaning."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

import numpy as np

from bareface.calibration.calibration import Calibration
from bareface.calibration.decision import decide_by_similarity
from bareface.errors import CalibrationError, TemplateError
from bareface.gallery import same_source
from bareface.imaging.thumbnail import thumbnail
from bareface.matching import evidence
from bareface.matching.cohorts import cohort_of
from bareface.matching.normalisation import NonMatedLaw
from bareface.matching.pairs import laws_on, normalise_pairs, score_of_pairs
from bareface.matching.scoring import crosses, distance, score
from bareface.messages import Note
from bareface.models.registry import space_mean
from bareface.values import arguments
from bareface.values.defaults import MIN_VISIBLE
from bareface.values.face import Face, Template
from bareface.values.search import Comparison


def same_space(a: Template, b: Template) -> None:
    """Refuse templates that cannot be compared.

    Raises
    ------
    TemplateError
        ``template.space`` or ``template.shape``.
    """
    if a.space != b.space:
        raise TemplateError(
            "template.space/compared", space=a.space, model=a.model, other_space=b.space, other_model=b.model
        )
    if len(a.vector) != len(b.vector):
        raise TemplateError(
            "template.shape/compared",
            length=len(a.vector),
            model=a.model,
            other_length=len(b.vector),
            other_model=b.model,
        )


def compare(a: Face, b: Face, *, fmr: float = 1e-3, min_visible: float = MIN_VISIBLE) -> Comparison:
    """Compare two faces, by the calibration of their two mask states.

    Parameters
    ----------
    a, b
        Faces from one engine, or from engines that share a template space.
    fmr
        The false match rate that the decision ``match`` may have; ``possible`` may have ten times as much.
    min_visible
        Refuse a face of which a smaller share is visible; 0 refuses none.

    Returns
    -------
    Comparison
        Similarity, distance, the decision, and the FMR of its threshold.

    Raises
    ------
    TemplateError
        ``template.space`` for templates of two spaces; ``template.value`` for one that is not finite.
    FaceError
        ``face.hidden`` for a face that shows less than ``min_visible``.
    """
    for name, face in (("a", a), ("b", b)):
        arguments.instance(name, face, Face, Note("argument.face"))
    min_visible = arguments.number("min_visible", min_visible, 0, 1)
    fmr = arguments.number("fmr", fmr, code="calibration.rate")
    one, other = a.template, b.template
    same_space(one, other)
    for face in (a, b):
        length = float(np.linalg.norm(face.template.vector))
        if not (0 < length < math.inf):  # a template may come from anywhere, and NaN would read as “no match”
            raise TemplateError("template.value/index", source=face.source)
    mixed = crosses(one.mask_state, other.mask_state)
    if mixed:
        one, other = a.enrolment_template, b.enrolment_template
    _, hidden = evidence.sort_out((a, b), min_visible)
    if hidden:
        raise evidence.refusal(hidden, min_visible)
    states = one.mask_state, other.mask_state
    similarity = score(one, other)
    scale = Scale.of(one, other)
    match, possible = (scale.calibration.threshold(rate, states) for rate in (fmr, min(10 * fmr, (1 + fmr) / 2)))
    needed = scale.similarity(match.similarity)
    notes = evidence.thin(((a.source, one.visible), (b.source, other.visible)))
    if mixed and one.model != other.model:
        notes = (Note("note.other-model", model=one.model, other_model=other.model), *notes)
    notes = (*_copied(a, b), *notes)
    for source in dict.fromkeys(face.source for face in (b, a) if face.photo and face.photo.synthetic):
        notes = (Note("note.synthetic/of", name=source), *notes)
    return Comparison(
        similarity=similarity,
        distance=distance(one.vector, other.vector),
        decision=decide_by_similarity(similarity, needed, scale.similarity(possible.similarity)),
        threshold=needed,
        fmr=match.fmr,
        basis=match.basis,
        states=states,
        visible=(one.visible, other.visible),
        notes=notes,
        normalised=scale.normalised(similarity),
    )


def _copied(a: Face, b: Face) -> tuple[Note, ...]:
    """Say it if two faces are one picture, as a search marks its candidates."""
    one, other = a.template, b.template
    if not same_source.nearly_same(one.vector, other.vector[None], space_mean(one.space, len(one.vector)))[0]:
        return ()
    match same_source.copy_of(thumbnail(a.chip), thumbnail(b.chip)):
        case "re-encoding":
            return (Note("note.same-picture/again"),)
        case "mirrored copy":
            return (Note("note.same-picture/mirrored"),)
        case None:
            return ()


@dataclass(frozen=True, slots=True)
class Scale:
    """A calibration of comparisons, and the scale of its scores for two faces.

    Attributes
    ----------
    calibration
        Of normalised scores where the space has a cohort, else of similarities.
    laws
        Laws of the two faces' scores on the cohort; None where similarities themselves are calibrated.
    """

    calibration: Calibration
    laws: tuple[NonMatedLaw, NonMatedLaw] | None = None

    @classmethod
    def of(cls, a: Template, b: Template) -> Self:
        """Choose for two templates of one space.

        Raises
        ------
        CalibrationError
            ``calibration.missing`` for a space without a calibration.
        """
        cohort = cohort_of(a.space, len(a.vector))
        if cohort is not None:
            with suppress(CalibrationError):
                calibration = Calibration.packaged(a.space, a.model, "comparison")
                assert calibration.normalisation is not None
                typical = calibration.normalisation.typical
                one, other = (laws_on(cohort, each.vector[None], typical) for each in (a, b))
                return cls(calibration, (one, other))
        return cls(Calibration.packaged(a.space, a.model))

    def similarity(self, score: float) -> float:
        """Return the similarity that has this score."""
        if self.laws is None:
            return score
        return float(score_of_pairs(np.array([score]), *self.laws)[0])

    def normalised(self, similarity: float) -> float | None:
        """Return the normalised score of a similarity; None where similarities themselves are calibrated."""
        return None if self.laws is None else float(normalise_pairs(np.array([similarity]), *self.laws)[0])
