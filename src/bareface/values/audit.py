"""The record of one service call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, TypeAlias

DONE: Final = "done"
"""Outcome of a call that returned."""
INTERRUPTED: Final = "interrupted"
"""Outcome of a call that a signal ended."""
INTERNAL: Final = "internal"
"""Outcome of a call that ended with an exception that is not a :class:`bareface.BarefaceError`."""


EventKind: TypeAlias = Literal[
    "search", "compare", "view", "list", "enrol", "change", "delete", "case", "review", "job", "restore", "upkeep",
    "audit", "sign-in", "other",
]  # fmt: skip

_ACTIONS: Final[Mapping[EventKind, tuple[str, ...]]] = {
    "search": (
        *("Gallery.search", "Gallery.search_template", "Gallery.search_restored", "Gallery.write_report"),
        "Cases.keep",
    ),
    "compare": ("Faces.compare", "Faces.find"),
    "view": ("Gallery.crop", "Gallery.photo", "Gallery.view", "Gallery.best_reference", "Cases.face"),
    "list": (
        *("Gallery.info", "Gallery.subject", "Gallery.subjects", "Gallery.subject_page", "Gallery.reference"),
        *("Gallery.references", "Gallery.references_at", "Gallery.reference_page", "Gallery.restorations"),
        *("Gallery.restoration_page", "Gallery.calibration", "Gallery.suggestions", "Gallery.apart_page"),
        *("Gallery.evaluation", "Gallery.evaluation_report"),
        *("Cases.list", "Cases.get", "Cases.searches", "Cases.reviews", "Cases.review"),
        *("Jobs.list", "Jobs.get", "Jobs.photos", "Jobs.latest", "Models.list", "Models.show", "Models.terms"),
    ),
    "enrol": ("Gallery.enrol", "Gallery.enrol_upload", "Gallery.enrol_uploads", "Gallery.import_encodings"),
    "change": (
        *("Gallery.assign", "Gallery.merge", "Gallery.rename", "Gallery.split"),
        *("Gallery.tell_apart", "Gallery.forget_apart"),
    ),
    "delete": (
        *("Gallery.delete", "Gallery.reject", "Gallery.scrub", "Gallery.repair"),
        "Gallery.forget_restorations",
    ),
    "review": (
        *("Cases.ask", "Cases.next", "Cases.see", "Cases.answer", "Cases.outcome", "Cases.exclude", "Cases.include"),
        *("Cases.excluded", "Cases.labels", "Gallery.control_pairs"),
    ),
    "restore": (
        *("Faces.unmask", "Faces.enhance", "Gallery.enhanced", "Gallery.enhanced_probe"),
        *("Gallery.keep_restoration", "Cases.restored", "Cases.keep_restored"),
    ),
    "upkeep": (
        *("Gallery.check", "Gallery.relink", "Gallery.reembed", "Gallery.calibrate"),
        *("Gallery.evaluate", "Gallery.evenness"),
        *("Models.add", "Models.fit", "Models.remove"),
    ),
    "sign-in": ("Access.sign_in", "Access.sign_out"),
}
_KINDS: Final[Mapping[str, EventKind]] = {action: kind for kind, actions in _ACTIONS.items() for action in actions}
_OF_SERVICE: Final[Mapping[str, EventKind]] = {"Cases": "case", "Jobs": "job", "AuditTrail": "audit"}


def kind_of(action: str) -> EventKind:
    """Return the kind of an action.

    >>> kind_of("Gallery.crop"), kind_of("Cases.open"), kind_of("Demo.demonstrate")
    ('view', 'case', 'other')
    """
    return _KINDS.get(action) or _OF_SERVICE.get(action.partition(".")[0], "other")


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


def is_summed(event: AuditEvent) -> bool:
    """Tell whether an event is one of many: of what a page shows, or of a job's photos; or a token is wrong."""
    if event.outcome != DONE:
        return event.action == "Access.sign_in"
    return kind_of(event.action) in ("view", "list") or event.action in ("Gallery.enrol_uploads", "Jobs.receive")


@dataclass(frozen=True, slots=True)
class KeptEvent:
    """An event as a log keeps it, or the sum of several looks.

    Attributes
    ----------
    id
        Its number, never used twice.
    event
        The event; of a sum, its time is the first one's.
    times, last
        Number of calls, and when the last one ended.
    """

    id: int
    event: AuditEvent
    times: int
    last: datetime

    @property
    def kind(self) -> EventKind:
        """The kind of its action."""
        return kind_of(self.event.action)


@dataclass(frozen=True, slots=True)
class EventPage:
    """Some events, latest first; ``more`` says whether older ones follow."""

    events: tuple[KeptEvent, ...]
    more: bool
