"""Visible share of a face as evidence: a low share is noted, and a face that shows too little is refused.

Similarities are calibrated by mask state, and within a state a face that shows less says less. Faces of which no one
knows how much shows (no occlusion map, imported templates) pass without a word.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from bareface.errors import FaceError
from bareface.messages import Note
from bareface.values.defaults import MIN_VISIBLE as MIN_VISIBLE

if TYPE_CHECKING:
    from bareface.values.face import Face

THIN_VISIBLE: Final = 0.5
"""A comparison with a face that shows less is called thin evidence: about a third, or more, of the mated pairs
that bare faces win at a false match rate of 1e-3 are lost (``python -m benchmarks.evidence``)."""


def is_thin(share: float | None) -> bool:
    """Return whether so small a share of a face is visible that it is thin evidence; False where not known."""
    return share is not None and share < THIN_VISIBLE


def thin(shown: Iterable[tuple[str, float | None]]) -> tuple[str, ...]:
    """Return one note that names the faces that show little; an empty tuple if none do.

    Parameters
    ----------
    shown
        Names of photos or candidates, and the share of the face that each shows, in [0, 1]; None where not known.

    Examples
    --------
    >>> thin([("a.jpg", 0.31), ("candidate 2", 0.98), ("candidate 3", 0.42)])
    ('thin evidence: 31 % of the face visible in a.jpg, 42 % in candidate 3',)
    """
    little = [(name, share) for name, share in shown if share is not None and is_thin(share)]
    if not little:
        return ()
    (first, most), *others = little
    if not others:
        return (Note("note.thin-evidence", share=most, name=first),)
    rest = [Note("reason.share-in", share=share, name=name) for name, share in others]
    return (Note("note.thin-evidence/several", share=most, name=first, others=rest),)


def sort_out(faces: Iterable[Face], min_visible: float) -> tuple[tuple[Face, ...], tuple[Face, ...]]:
    """Split faces into those that show enough and those that do not, in order; a limit of 0 lets all pass."""
    enough: list[Face] = []
    hidden: list[Face] = []
    for face in faces:
        visible = face.template.visible
        (hidden if visible is not None and visible < min_visible else enough).append(face)
    return tuple(enough), tuple(hidden)


def refusal(hidden: Sequence[Face], min_visible: float) -> FaceError:
    """Return the refusal of these faces (at least one): ``face.hidden``; its text also serves as a note."""
    shares = [face.template.visible or 0.0 for face in hidden]
    return refusal_of(shares, ", ".join(dict.fromkeys(face.source for face in hidden)), min_visible)


def refusal_of(shares: Sequence[float], source: str, min_visible: float) -> FaceError:
    """Return the refusal of faces of which these shares are visible."""
    return FaceError(
        "face.hidden",
        shares=shares,
        min_visible=min_visible,
        source=source,
    )
