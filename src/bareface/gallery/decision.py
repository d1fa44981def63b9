"""How much a similarity means in the gallery that was searched, from the calibration of its space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bareface.errors import CalibrationError
from bareface.types import Decision

if TYPE_CHECKING:
    from bareface.matching.calibration import Calibration

MATCH_FPIR = 0.003
"""A ``match`` is a score that a stranger reaches in at most this share of searches of this gallery."""

POSSIBLE_FPIR = 0.1


@dataclass(frozen=True, slots=True)
class Judge:
    """Decides on similarities found in one gallery.

    Attributes
    ----------
    calibration
        Of the gallery's space; None where there is none.
    subjects
        How many were searched.
    references
        How many references a subject has, on average.
    """

    calibration: Calibration | None
    subjects: int
    references: float

    @property
    def notes(self) -> tuple[str, ...]:
        """What its decisions rest on."""
        if self.calibration is None:
            return ("no calibration covers this model: every candidate is only possible, and no rate is known",)
        return ()

    def __call__(self, similarity: float) -> tuple[Decision, float | None]:
        """The decision, and the share of strangers' searches that would score this high (FPIR) if known."""
        if self.calibration is None:
            return "possible", None
        fpir = self.calibration.fpir(similarity, subjects=self.subjects, references=self.references).fpir
        if fpir <= MATCH_FPIR:
            return "match", fpir
        return ("possible" if fpir <= POSSIBLE_FPIR else "no match"), fpir


def judge_for(space: str, subjects: int, references: int) -> Judge:
    """The judge for a gallery of this space and size."""
    calibration: Calibration | None = None
    try:
        from bareface.matching.calibration import Calibration

        calibration = Calibration.packaged(space)
    except (CalibrationError, ModuleNotFoundError):
        calibration = None
    return Judge(calibration, subjects, references / max(1, subjects))
