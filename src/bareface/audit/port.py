"""The port of an audit log."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from bareface.values.audit import AuditEvent


@runtime_checkable
class AuditLog(Protocol):
    """Takes one event for each service call, from any thread.

    There is no method to change or remove an event.
    """

    def append(self, event: AuditEvent) -> None:
        """Add an event after all others.

        An exception reaches the caller of the service in place of the result: what cannot be recorded is not given out.
        """
