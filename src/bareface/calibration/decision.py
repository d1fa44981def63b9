"""How much a similarity means in the gallery that was searched, from the calibration of its space."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bareface.calibration.calibration import Calibration, States
from bareface.messages import Note
from bareface.values.search import Decision


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

    def note(self, pairs: Iterable[States]) -> str:
        """What its decisions for these pairs of mask states (probe's, reference's) rest on."""
        if self.calibration is None:
            return Note("note.uncalibrated")
        return Note("note.decisions", basis=self.calibration.describe(*pairs))

    def __call__(self, similarity: float, states: States) -> tuple[Decision, float | None, bool]:
        """The decision, the share of strangers' searches that would score this high (FPIR) if known, and whether
        that share is extrapolated; all for the mask states of probe and reference.
        """
        if self.calibration is None:
            return "possible", None, False
        given = similarity, self.subjects, self.references, states
        estimate = self.calibration.fpir(*given)
        return self.calibration.decide(*given), estimate.value, estimate.extrapolated
