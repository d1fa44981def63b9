"""The audit log of a single user, who asks for none."""

from __future__ import annotations

from bareface.values.audit import AuditEvent


class NoAuditLog:
    """Keeps nothing."""

    def append(self, event: AuditEvent) -> None:
        """Drop the event."""
