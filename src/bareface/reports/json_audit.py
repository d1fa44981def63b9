"""JSON of audit events and of restorations on record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bareface.reports.json_plain import plain

if TYPE_CHECKING:
    from bareface.gallery.restorations import KeptRestoration
    from bareface.values.audit import KeptEvent


def event_json(kept: KeptEvent) -> dict[str, Any]:
    """Return an event, or the sum of several looks, without the gallery's identifier."""
    shape = {name: value for name, value in plain(kept.event).items() if name != "gallery"}
    return {**shape, "id": kept.id, "kind": kept.kind, "times": kept.times, "last": plain(kept.last)}


def restoration_json(kept: KeptRestoration) -> dict[str, Any]:
    """Return a restoration with its provenance."""
    return {**plain(kept.provenance), "id": kept.id, "references": list(kept.references)}
