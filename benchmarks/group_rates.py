"""Rates of searches with intervals, and the bars that they are measured by: plain functions of plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bareface.values.search import Candidate, CandidateList

Triple: TypeAlias = list[float]
"""A rate and its 95 % interval."""
Cells: TypeAlias = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Non-mated figures by set and condition, as :func:`non_mated_cell` returns them."""

FPIRS: Final = (0.1, 0.03, 0.01)
"""Predicted FPIRs of non-mated searches."""
MISSED_AT: Final = (0.1, 0.01, 0.003)
"""Predicted FPIRs at which mated searches are counted."""
HALF: Final = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One search.

    Attributes
    ----------
    person
        Name of the person in the probe.
    acquired
        Whether a face was found in the probe and searched for.
    rate
        Lowest predicted FPIR of a candidate that counts, in [0, 1]; 1 if none does.
    match
        Whether such a candidate is a ``match``.
    """

    person: str
    acquired: bool = False
    rate: float = 1.0
    match: bool = False


def outcome(
    person: str,
    found: CandidateList | None,
    subject: int | None = None,
    left_out: frozenset[int] = frozenset(),
) -> Outcome:
    """Return the outcome of a search.

    Parameters
    ----------
    person
        Name of the person in the probe.
    found
        Candidates; None if no face was searched for.
    subject
        Number of the only subject that counts; None counts every candidate.
    left_out
        Numbers of subjects that do not count.
    """
    if found is None:
        return Outcome(person)
    counted: Sequence[Candidate] = [
        one
        for one in found.candidates
        if (subject is None or one.subject_id == subject) and one.subject_id not in left_out
    ]
    rates = [one.fpir for one in counted if one.fpir is not None]
    return Outcome(person, True, min(rates, default=1.0), any(one.decision == "match" for one in counted))


def interval(hit: Sequence[bool] | NDArray[np.bool_], people: Sequence[str]) -> Triple:
    """Return the share of hits and its 95 % interval.

    Searches of one person are not independent. Their effective number is that at which a binomial share would vary as
    much as this one does between people (Korn and Graubard 1998), and at most the number of searches; where all
    searches end alike it is the number of people. The interval is Wilson's with that number.

    Parameters
    ----------
    hit
        Outcome of each search, bool [n].
    people
        Person of each search [n].
    """
    hits = np.asarray(hit, np.float64)
    if not len(hits):
        return [float("nan"), 0.0, 1.0]
    _, person = np.unique(np.asarray(people, np.str_), return_inverse=True)
    size = np.bincount(person)
    share = float(hits.mean())
    effective = float(len(size))
    if 0 < share < 1 and len(size) > 1:
        excess = np.bincount(person, weights=hits) - share * size
        variance = len(size) / (len(size) - 1) * float(np.square(excess).sum()) / len(hits) ** 2
        effective = min(float(len(hits)), share * (1 - share) / variance) if variance else float(len(hits))
    return [share, *wilson(share, effective)]


def wilson(share: float, size: float) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share of ``size`` independent trials."""
    square = HALF**2 / size
    middle = (share + square / 2) / (1 + square)
    width = HALF * float(np.sqrt(share * (1 - share) / size + square / (4 * size))) / (1 + square)
    return max(0.0, middle - width), min(1.0, middle + width)


def non_mated_cell(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Summarise non-mated searches; probes without a face are counted apart."""
    searched = [one for one in outcomes if one.acquired]
    people = [one.person for one in searched]
    return {
        "searches": len(searched),
        "people": len(set(people)),
        "failures": len(outcomes) - len(searched),
        "realised": {f"{fpir:g}": interval([one.rate <= fpir for one in searched], people) for fpir in FPIRS},
        "match": interval([one.match for one in searched], people),
    }


def mated_cell(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Summarise mated searches; probes without a face are misses."""
    people = [one.person for one in outcomes]
    return {
        "searches": len(outcomes),
        "people": len(set(people)),
        "failures": sum(not one.acquired for one in outcomes),
        "FNIR": {
            f"{fpir:g}": interval([not one.acquired or one.rate > fpir for one in outcomes], people)
            for fpir in MISSED_AT
        },
        "match": interval([one.match for one in outcomes], people),
    }


def spread(cells: Cells, condition: str, fpir: str) -> float | None:
    """Return the largest realised FPIR of a set divided by the smallest; None if one is 0."""
    realised = [float(found[condition]["realised"][fpir][0]) for found in cells.values()]
    return max(realised) / min(realised) if min(realised) > 0 else None


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure that has to lie in a range.

    Attributes
    ----------
    name
        The figure.
    low, high
        The range.
    least, most
        Smallest and largest value, each with the set and condition that it was measured on.
    """

    name: str
    low: float
    high: float
    least: tuple[float, str]
    most: tuple[float, str]

    @property
    def held(self) -> bool:
        """Whether all values lie in the range."""
        return self.low <= self.least[0] and self.most[0] <= self.high


def bars(results: Mapping[str, Any]) -> list[Bar]:
    """Return the bars of a run: realised over predicted FPIR, matches of non-mated searches, FNIR on LFW."""
    cells: Cells = results["non-mated"]

    def bar(name: str, low: float, high: float, values: Sequence[tuple[float, str]]) -> Bar:
        return Bar(name, low, high, min(values), max(values))

    places = [(found, f"{name}, {condition}") for name, by in cells.items() for condition, found in by.items()]
    ratios = {
        fpir: [(float(found["realised"][fpir][0]) / float(fpir), place) for found, place in places]
        for fpir in ("0.1", "0.01")
    }
    checked = [(found["checked"], place) for found, place in places]
    return [
        bar("realised over predicted FPIR at 0.1", 0.4, 2.0, ratios["0.1"]),
        bar("realised over predicted FPIR at 0.01", 0.0, 5.0, ratios["0.01"]),
        bar(
            "non-mated searches that end in a match",
            0.0,
            0.015,
            [(found["match"][0], place) for found, place in places],
        ),
        bar(
            "the same at 0.01, without pairs that show one person",
            0.0,
            5.0,
            [(float(found["realised"]["0.01"][0]) / 0.01, place) for found, place in checked],
        ),
        bar(
            "matches, without pairs that show one person",
            0.0,
            0.015,
            [(found["match"][0], place) for found, place in checked],
        ),
        bar(
            "FNIR on LFW at a predicted FPIR of 0.01", 0.0, 0.08, [(results["mated"]["LFW"]["FNIR"]["0.01"][0], "LFW")]
        ),
    ]
