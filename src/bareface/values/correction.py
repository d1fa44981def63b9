"""Corrections made by hand, as plain values: who a face belongs to, whatever a folder's name says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bareface.values.face import Box

SAME_FACE_IOU = 0.5
"""Boxes in one photo that overlap this much are one face, also where another detector found it."""


@dataclass(frozen=True, slots=True)
class Target:
    """A subject for good: by key, which outlives the deletion of its references."""

    key: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Correction:
    """A correction of one face in a photo.

    Attributes
    ----------
    box
        Place of the face.
    target
        Whose face it is; None: it is not to be enrolled.
    """

    box: Box
    target: Target | None

    def concerns(self, box: Box) -> bool:
        """Return whether the face in this box is the one that was corrected."""
        return self.box.iou(box) >= SAME_FACE_IOU


def rejects(corrections: Iterable[Correction], box: Box) -> bool:
    """Return whether the face in this box is not to be enrolled."""
    return any(one.target is None and one.concerns(box) for one in corrections)


def assigned(corrections: Iterable[Correction], box: Box) -> Target | None:
    """Return the subject that the face in this box was assigned to; None without such a correction."""
    return next((one.target for one in corrections if one.target is not None and one.concerns(box)), None)
