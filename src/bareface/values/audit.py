"""The record of one service call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

DONE: Final = "done"
"""Outcome of a call that returned."""
INTERRUPTED: Final = "interrupted"
"""Outcome of a call that a signal ended."""
INTERNAL: Final = "internal"
"""Outcome of a call that ended with an exception that is not a :class:`bareface.BarefaceError`."""


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """The record of one service call; it holds numbers of people and photos, never names, paths or pictures.

    Attributes
    ----------
    time
        When the call ended, in UTC.
    actor, purpose, case
        As in the call's :class:`bareface.values.context.Context`.
    action
        The service and its method, e.g. ``Gallery.search``.
    outcome
        ``done``, the code of the error that the call raised, ``interrupted`` or ``internal``.
    gallery
        Identifier of the gallery, which its file keeps; None for calls that need none.
    subjects, references
        Numbers of the subjects and references that were named, shown or changed.
    counts
        Numbers of photos, faces, ... that the call worked on, by name.
    """

    time: datetime
    actor: str
    purpose: str | None
    case: str | None
    action: str
    outcome: str
    gallery: str | None = None
    subjects: tuple[int, ...] = ()
    references: tuple[int, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
