"""When a candidate is a match: the one rule, for rates and for similarities, and its use on one search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from bareface.values.search import Decision

if TYPE_CHECKING:
    from bareface.calibration.calibration import Calibration

States: TypeAlias = tuple[str, str]
"""Mask state of the probe and of the references: ``none``, ``partial`` or ``full``."""

TARGETS: Final = (0.003, 0.1)
"""FPIR up to which a candidate is a ``match``, and up to which it is ``possible``."""


def decide_by_similarity(similarity: float, match: float, possible: float) -> Decision:
    """Return ``match`` from the first threshold up, ``possible`` from the second, lower one up, else ``no match``."""
    if similarity >= match:
        return "match"
    return "possible" if similarity >= possible else "no match"


def decide_by_rate(rate: float, targets: tuple[float, float] = TARGETS) -> Decision:
    """Return ``match`` up to ``targets[0]``, ``possible`` up to ``targets[1]``, else ``no match``.

    Parameters
    ----------
    rate
        Share of non-mated searches that reach the candidate's similarity (FPIR), in [0, 1].
    targets
        Two rates, rising.
    """
    return decide_by_similarity(-rate, -targets[0], -targets[1])


class Judgement(NamedTuple):
    """The meaning of a similarity in the gallery that was searched.

    Attributes
    ----------
    decision, fpir, extrapolated
        As in :class:`bareface.values.search.Candidate`.
    """

    decision: Decision
    fpir: float | None
    extrapolated: bool


@dataclass(frozen=True, slots=True)
class Judge:
    """Decides on similarities found in one gallery.

    Attributes
    ----------
    calibration
        Of the gallery's space; None where there is none: then every candidate is ``possible``.
    subjects
        Number of subjects searched.
    references
        Mean number of references a subject.
    """

    calibration: Calibration | None
    subjects: int
    references: float

    def __call__(self, similarities: Sequence[float], states: Sequence[States]) -> list[Judgement]:
        """Judge similarities [n], each for its pair of mask states [n]."""
        if self.calibration is None:
            return [Judgement("possible", None, False)] * len(similarities)
        rates: dict[int, tuple[float, bool]] = {}
        for pair in dict.fromkeys(states):
            places = [place for place, own in enumerate(states) if own == pair]
            values = [similarities[place] for place in places]
            found = self.calibration.rates(values, self.subjects, self.references, pair)
            rates.update(zip(places, found, strict=True))
        in_order = [rates[place] for place in range(len(states))]
        return [Judgement(decide_by_rate(rate), rate, extrapolated) for rate, extrapolated in in_order]
