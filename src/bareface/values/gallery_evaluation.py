"""Evaluation of a gallery on its own people: frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

FigureKind: TypeAlias = Literal["eer", "tar", "fnir"]
Support: TypeAlias = Literal["enough", "few", "too small"]

FEW = 30
"""People below whom a group's figure is marked: one person then moves it by several points."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A rate with its interval.

    Attributes
    ----------
    kind
        ``eer``; ``tar``: the true accept rate at a false match rate; ``fnir``: the share of searches that miss, at a
        false positive identification rate.
    target
        That rate; None for the equal error rate.
    value, low, high
        The figure and its 95 % interval; None if too few comparisons can show it, or without an interval.
    support
        Whether there are enough comparisons.
    """

    kind: FigureKind
    target: float | None
    value: float | None
    low: float | None
    high: float | None
    support: Support


@dataclass(frozen=True, slots=True)
class PromiseGroup:
    """People as probes who are not in the gallery.

    Attributes
    ----------
    name
        The user's group; empty for look-alikes, which have no name, and for everybody.
    subjects
        Their number.
    ratio
        Realised over predicted share of searches in which somebody reaches a score promised to 1 in 10: 1 keeps the
        promise, 2 is twice as many.
    """

    name: str
    subjects: int
    ratio: float

    @property
    def few(self) -> bool:
        """Whether they are so few that the ratio says little."""
        return self.subjects < FEW


@dataclass(frozen=True, slots=True)
class GalleryEvaluation:
    """A gallery measured on its own named people; it holds no name and no number of anybody.

    Attributes
    ----------
    made, made_by
        When, in UTC, and by whom.
    model
        The model of the templates.
    subjects, references, mated_subjects
        Named subjects and references that were compared, and subjects with several photos.
    figures
        Rates; empty without the packages that they need.
    overall
        Everybody; None without a calibration, or with too few people.
    look_alikes
        Groups of look-alike people, found without labels, largest ratio first; empty if too few people.
    calibration
        Basis of the promise; None without one.
    own
        Whether it was fitted on this gallery's own people, which then keep it better than others would.
    lacks
        Package that is not installed, for which figures are left out; None if none lacks.
    """

    made: datetime
    made_by: str
    model: str
    subjects: int
    references: int
    mated_subjects: int
    figures: tuple[Figure, ...]
    overall: PromiseGroup | None
    look_alikes: tuple[PromiseGroup, ...]
    calibration: str | None
    own: bool
    lacks: str | None = None


@dataclass(frozen=True, slots=True)
class LabelledPromise:
    """The promise by groups that a user named; nothing of it is stored.

    Attributes
    ----------
    label
        The label's name.
    groups
        The groups, largest ratio first.
    unlabelled
        Named people of the gallery without this label.
    """

    label: str
    groups: tuple[PromiseGroup, ...]
    unlabelled: int
