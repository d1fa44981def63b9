"""An audit log in memory, for tests and for programs that forward events themselves."""

from __future__ import annotations

from threading import Lock

from bareface.values.audit import AuditEvent


class MemoryAuditLog:
    """Keeps all events of this process.

    Examples
    --------
    >>> log = MemoryAuditLog()
    >>> gallery = bareface.Gallery.open("people.bareface", audit=log)  # doctest: +SKIP
    >>> log.events
    ()
    """

    def __init__(self) -> None:
        self._events: list[AuditEvent] = []
        self._lock = Lock()

    def append(self, event: AuditEvent) -> None:
        """Add an event after all others."""
        with self._lock:
            self._events.append(event)

    @property
    def events(self) -> tuple[AuditEvent, ...]:
        """All events, oldest first."""
        with self._lock:
            return tuple(self._events)
