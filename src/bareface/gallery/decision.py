"""How much a similarity means in the gallery that was searched, from the calibration of its space."""

from __future__ import annotations

from dataclasses import dataclass

from bareface.matching.calibration import Calibration
from bareface.types import Decision


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
    def note(self) -> str:
        """What its decisions rest on."""
        if self.calibration is None:
            return "no calibration covers this model: every candidate is only possible, and no rate is known"
        return f"rates and decisions: {self.calibration.describe()}"

    def __call__(self, similarity: float) -> tuple[Decision, float | None, bool]:
        """The decision, the share of strangers' searches that would score this high (FPIR) if known, and whether
        that share is extrapolated.
        """
        if self.calibration is None:
            return "possible", None, False
        gallery = self.subjects, self.references
        estimate = self.calibration.fpir(similarity, *gallery)
        return self.calibration.decide(similarity, *gallery), estimate.value, estimate.extrapolated
