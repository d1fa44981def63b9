"""Calibration of scores: thresholds, the expected FPIR of a search, likelihood ratios, decisions.

A :class:`Calibration` holds one :class:`StateCalibration` for each pair of mask states (probe's, reference's) that its
identities covered. Asked for another pair it answers with the nearest it has, marks the answer as extrapolated and
names what it used.

There are calibrations of three kinds of scores: ``cosine``, the similarity itself; ``search``, the similarity
normalised by the probe's other scores in the gallery; ``comparison``, the mean of the similarity normalised by either
face's scores on the space's cohort (:mod:`bareface.matching.normalisation`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Literal, TypeAlias

from numpy.typing import ArrayLike

from bareface.calibration.decision import TARGETS, States, decide_by_rate
from bareface.calibration.fpir import RULE_OF_THREE, StrangerModel
from bareface.calibration.likelihood_ratio import LlrModel
from bareface.errors import CalibrationError, ModelError
from bareface.matching.normalisation import Normalisation
from bareface.messages import Note
from bareface.models.fitted import Fitted, fitted_of
from bareface.values import arguments
from bareface.values.search import Decision

if TYPE_CHECKING:
    from bareface.scores.score_file import ScoreFile

BARE: States = ("none", "none")
Kind: TypeAlias = Literal["cosine", "search", "comparison"]
"""Kind of the calibrated scores."""


@dataclass(frozen=True, slots=True)
class FpirEstimate:
    """Expected FPIR at a similarity.

    Attributes
    ----------
    value, low, high
        Expected share in [0, 1] and its 95 % interval: error of the calibration and chance of who is in the gallery.
    extrapolated
        Whether it lies beyond what was counted (below 3/n), or stands in for mask states that were not calibrated.
    """

    value: float
    low: float
    high: float
    extrapolated: bool


@dataclass(frozen=True, slots=True)
class Threshold:
    """The similarity that non-mated comparisons reach at a given rate.

    Attributes
    ----------
    similarity
        Cosine, in [-1, 1].
    fmr
        The false match rate asked for.
    extrapolated
        Whether that rate lies below 3/n of the pairs of people counted, or stands in for other mask states.
    basis
        Source of the figures, in words.
    """

    similarity: float
    fmr: float
    extrapolated: bool
    basis: str


@dataclass(frozen=True, slots=True, eq=False)
class StateCalibration:
    """Fitted models of one pair of mask states; ``llr`` is None if no subject had two photos."""

    strangers: StrangerModel
    llr: LlrModel | None


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Calibration of the similarities in one template space.

    Attributes
    ----------
    space, model
        The templates it was fitted on.
    basis
        Description of the people, the number of photos and the date.
    entries
        Fitted models by mask states.
    kind
        Kind of the scores. Where a method speaks of a similarity, it means such a score.
    normalisation
        Constants that scores are normalised with; None for ``cosine``.

    Examples
    --------
    >>> calibration = Calibration.packaged("dlib-128")
    >>> estimate = calibration.fpir(0.95, subjects=1000)
    >>> estimate.low <= estimate.value <= estimate.high
    True
    """

    space: str
    model: str
    basis: str
    entries: Mapping[States, StateCalibration]
    kind: Kind = "cosine"
    normalisation: Normalisation | None = None

    @classmethod
    def packaged(cls, space: str, model: str | None = None, kind: Kind = "cosine") -> Calibration:
        """Load the calibration that comes with a model: a packaged one, or that of `bareface models fit`.

        Parameters
        ----------
        space
            Template space.
        model
            Its embedder; by default, or where that has none of its own, any embedder's of the space.
        kind
            Kind of its scores.

        Raises
        ------
        CalibrationError
            ``calibration.missing`` for a space without one.
        ModelError
            ``model.fitted``: an added model's fit is damaged.
        """
        arguments.text("space", space)
        if model is not None:
            arguments.text("model", model)
        known = [calibration for calibration in _packaged() if (calibration.space, calibration.kind) == (space, kind)]
        if all(calibration.model != model for calibration in known):
            fits = (_of_fit(fitted, space, kind) for fitted in fitted_of(space))
            known += [calibration for calibration in fits if calibration is not None]
        if not known:
            raise CalibrationError("calibration.missing", space=space)
        return next((calibration for calibration in known if calibration.model == model), known[0])

    @classmethod
    def fit(cls, scores: ScoreFile, *, basis: str, seed: int = 0) -> Calibration:
        """Fit on a score file: every pair of its mask states that has enough subjects.

        Parameters
        ----------
        scores
            Of a protocol that compares every probe with every reference, or all pairs.
        basis
            Description of the people photographed; it is shown with every figure.
        seed
            Of the jackknife's and the cross-validation's groups.

        Raises
        ------
        CalibrationError
            ``calibration.subjects``, ``calibration.sparse``, ``calibration.ties``, ``calibration.scores``.
        """
        from bareface.calibration.fit import fit_score_file

        return cls(scores.info.space, scores.info.model, basis, fit_score_file(scores, seed))

    @classmethod
    def from_json(cls, text: str) -> Calibration:
        """Read what :meth:`to_json` wrote; ``calibration.format`` where it is not that."""
        from bareface.calibration.json_format import read

        arguments.text("text", text)
        return read(text)

    def to_json(self) -> str:
        """Serialise the calibration as JSON text."""
        from bareface.calibration.json_format import write

        return write(self)

    def nearest(self, states: States = BARE) -> States:
        """Return the pair of mask states whose figures are used for ``states``.

        The pair itself; else the mirrored one (a cosine has no direction); else one that agrees on more sides, bare
        before masked.
        """
        if not (isinstance(states, tuple) and len(states) == 2 and all(isinstance(one, str) for one in states)):
            raise arguments.refused("states", states, Note("argument.states"))
        if states in self.entries:
            return states
        mirrored = (states[1], states[0])
        return min(
            self.entries,
            key=lambda have: (have != mirrored, (have[0] != states[0]) + (have[1] != states[1]), have != BARE, have),
        )

    def describe(self, *pairs: States) -> str:
        """Describe in words the source of the figures for these pairs of mask states; without pairs, of all figures."""
        parts: list[str] = [self.basis]
        for states in dict.fromkeys(pairs):
            used = self.nearest(states)
            here = {"probe": states[0], "reference": states[1]}
            if used == states:
                parts.append(Note("reason.states", **here))
            else:
                parts.append(Note("reason.other-states", **here, used_probe=used[0], used_reference=used[1]))
        return Note("note.basis", parts=parts)

    def threshold(self, fmr: float, states: States = BARE) -> Threshold:
        """Return the similarity that non-mated comparisons reach at a rate.

        Parameters
        ----------
        fmr
            False match rate, in (0, 1).
        states
            Mask states of probe and reference.

        Raises
        ------
        CalibrationError
            ``calibration.rate`` for a rate outside (0, 1).
        """
        if not 0.0 < arguments.number("fmr", fmr, 0, 1, code="calibration.rate") < 1.0:
            raise arguments.refused("fmr", fmr, Note("argument.open-share"), "calibration.rate")
        model = self._strangers(states)
        return Threshold(
            similarity=model.similarity_at_rate(fmr),
            fmr=fmr,
            extrapolated=fmr < RULE_OF_THREE / model.pairs or states not in self.entries,
            basis=self.describe(states),
        )

    def fpir(self, similarity: float, subjects: float, references: float = 1.0, states: States = BARE) -> FpirEstimate:
        """Estimate how often a non-mated search of a gallery would reach a similarity.

        Parameters
        ----------
        similarity
            Cosine, in [-1, 1].
        subjects
            Size of the gallery, at least 1.
        references
            Mean number of references a subject, at least 1.
        states
            Mask states of probe and references.

        Raises
        ------
        CalibrationError
            ``calibration.gallery`` for a gallery of less than one subject or reference, ``calibration.scores`` for a
            similarity that is not finite.
        """
        return self.fpirs(
            [arguments.number("similarity", similarity, code="calibration.scores")], subjects, references, states
        )[0]

    def fpirs(
        self, similarities: ArrayLike, subjects: float, references: float = 1.0, states: States = BARE
    ) -> tuple[FpirEstimate, ...]:
        """Compute :meth:`fpir` of many similarities, float [n], at once."""
        subjects = arguments.number("subjects", subjects, 1, code="calibration.gallery")
        references = arguments.number("references", references, 1, code="calibration.gallery")
        value, low, high, extrapolated = self._strangers(states).fpir(similarities, subjects, references)
        stands_in = states not in self.entries
        return tuple(
            FpirEstimate(float(middle), float(least), float(most), bool(beyond) or stands_in)
            for middle, least, most, beyond in zip(value, low, high, extrapolated, strict=True)
        )

    def rates(
        self, similarities: ArrayLike, subjects: float, references: float = 1.0, states: States = BARE
    ) -> list[tuple[float, bool]]:
        """Return ``value`` and ``extrapolated`` of :meth:`fpirs`, without the work of intervals."""
        subjects = arguments.number("subjects", subjects, 1, code="calibration.gallery")
        references = arguments.number("references", references, 1, code="calibration.gallery")
        used = self.nearest(states)
        values, beyond = self.entries[used].strangers.expected(similarities, subjects, references)
        return list(zip(values.tolist(), (beyond | (used != states)).tolist(), strict=True))

    def decide(
        self,
        similarity: float,
        subjects: float,
        references: float = 1.0,
        states: States = BARE,
        targets: tuple[float, float] = TARGETS,
    ) -> Decision:
        """Decide on a similarity by its FPIR, as :func:`bareface.calibration.decision.decide_by_rate` does.

        Parameters
        ----------
        similarity, subjects, references, states
            As in :meth:`fpir`.
        targets
            The two FPIRs, rising.
        """
        value = self.fpir(similarity, subjects, references, states).value
        if not (isinstance(targets, Sequence) and len(targets) == 2):
            raise arguments.refused("targets", targets, Note("argument.two-rates"), "calibration.rate")
        for one in targets:
            arguments.number("targets", one, 0, 1, code="calibration.rate")
        return decide_by_rate(value, targets)

    def llr(self, similarity: float, states: States = BARE) -> float:
        """Return log10 of how much more likely this similarity is if both photos show one person (ENFSI's scale).

        Raises
        ------
        CalibrationError
            ``calibration.llr`` where the calibration had no mated comparisons.
        """
        similarity = arguments.number("similarity", similarity, code="calibration.scores")
        model = self.entries[self.nearest(states)].llr
        if model is None:
            raise CalibrationError("calibration.llr")
        return float(model(similarity))

    def _strangers(self, states: States) -> StrangerModel:
        return self.entries[self.nearest(states)].strangers


@lru_cache(maxsize=16)
def _parsed(text: str) -> Calibration:
    return Calibration.from_json(text)


def _of_fit(fitted: Fitted, space: str, kind: Kind) -> Calibration | None:
    """Return the calibration of a kind in an added model's fit, which may come from elsewhere."""
    text = fitted.calibrations.get(kind)
    if text is None:
        return None
    try:
        calibration = _parsed(text)
    except CalibrationError as error:
        raise ModelError("model.fitted", model=fitted.model, reason=error.message, source=str(fitted.path)) from error
    if (calibration.space, calibration.model, calibration.kind) != (space, fitted.model, kind):
        reason = Note("reason.other-layout")
        raise ModelError("model.fitted", model=fitted.model, reason=reason, source=str(fitted.path))
    return calibration


def packaged_or_none(space: str, model: str, kind: Kind = "cosine") -> Calibration | None:
    """Load a calibration as :meth:`Calibration.packaged` does; None for a space without one."""
    try:
        return Calibration.packaged(space, model, kind)
    except CalibrationError:
        return None


@lru_cache(maxsize=1)
def _packaged() -> tuple[Calibration, ...]:
    folder = resources.files("bareface.calibration") / "packaged"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".json")), key=lambda file: file.name)
    return tuple(Calibration.from_json(file.read_text(encoding="utf-8")) for file in files)
