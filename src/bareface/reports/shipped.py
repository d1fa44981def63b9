"""Figures of the packaged networks, measured before release: the evenness of the promise over groups of people."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class ShippedGroup:
    """People of one test set.

    Attributes
    ----------
    people
        Name of the set.
    searches
        Searches by strangers.
    promised_tenth, promised_hundredth, match
        Share of searches in which somebody reached a score promised to 1 in 10 and to 1 in 100, and in which somebody
        was called a match, each with its 95 % interval.
    """

    people: str
    searches: int
    promised_tenth: tuple[float, float, float]
    promised_hundredth: tuple[float, float, float]
    match: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Shipped:
    """A measurement.

    Attributes
    ----------
    model
        The embedder.
    date
        Day of the measurement.
    gallery
        Subjects in the galleries that were searched.
    groups
        The test sets, photos as they are; pairs that show one person count as right.
    """

    model: str
    date: str
    gallery: int
    groups: tuple[ShippedGroup, ...]


@cache
def shipped() -> Shipped:
    """Return the figures of this version; ``python -m benchmarks.readme`` writes them."""
    text = resources.files("bareface.reports").joinpath("shipped_groups.json").read_text("utf-8")
    values = json.loads(text)
    groups = tuple(
        ShippedGroup(
            one["people"],
            one["searches"],
            tuple(one["promised_tenth"]),
            tuple(one["promised_hundredth"]),
            tuple(one["match"]),
        )
        for one in values["groups"]
    )
    return Shipped(values["model"], values["date"], values["gallery"], groups)
