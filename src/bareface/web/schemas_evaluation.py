"""Bodies of answers about evaluation, as :mod:`bareface.web.schemas` has the others."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from bareface.values.gallery_evaluation import FigureKind, Support
from bareface.web.schemas import Answer


class Figure(Answer):
    """A rate with its 95 % interval."""

    kind: FigureKind
    target: float | None = Field(description="FMR of `tar`, FPIR of `fnir`.")
    value: float | None = Field(description="Null if too few comparisons can show it.")
    low: float | None
    high: float | None
    support: Support


class PromiseGroup(Answer):
    """People as probes who are not in the gallery."""

    name: str = Field(description="The user's group; empty for look-alikes and for everybody.")
    subjects: int
    ratio: float = Field(description="Realised over predicted share of searches at 1 in 10: 1 keeps the promise.")


class GalleryEvaluation(Answer):
    """The gallery measured on its own named people."""

    made: datetime
    made_by: str
    model: str
    subjects: int
    references: int
    mated_subjects: int
    figures: list[Figure]
    overall: PromiseGroup | None
    look_alikes: list[PromiseGroup]
    calibration: str | None
    own: bool = Field(description="Whether the calibration was fitted on this gallery's own people.")
    lacks: str | None = Field(description="Package that is not installed, for which figures are left out.")


class Evaluation(Answer):
    """The figures that were kept last; null before the first job of the kind `evaluation`."""

    evaluation: GalleryEvaluation | None


class LabelledPromise(Answer):
    """The promise by groups that the caller named."""

    label: str
    groups: list[PromiseGroup]
    unlabelled: int


class Evenness(Answer):
    """The promise by each label; nothing of it is stored."""

    labels: list[LabelledPromise]
