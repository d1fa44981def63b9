"""JSON of a search: candidate lists, and what searches with restored faces add to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bareface.reports.json_faces import face_shape
from bareface.reports.json_plain import plain

if TYPE_CHECKING:
    from bareface.gallery.restored_candidates import RestoredCandidate, RestoredSearch
    from bareface.reports.search_answer import SearchAnswer
    from bareface.values.search import CandidateList


def answer_json(answer: SearchAnswer) -> dict[str, Any]:
    """Return the answer to one search."""
    return {
        "probes": [str(probe) for probe in answer.probes],
        "notes": list(answer.result.notes) if answer.result else [],
        "lists": [list_shape(entry) for entry in answer.lists],
        "beside": [restored_shape(one) for one in answer.restored],
        "error": answer.error.as_dict() if answer.error else None,
    }


def list_shape(entry: CandidateList) -> dict[str, Any]:
    """Return a candidate list with the probe faces it answers."""
    return {
        "probe": [face_shape(face) for face in entry.probe],
        "subjects": entry.subjects,
        "references": entry.references,
        "notes": list(entry.notes),
        "candidates": plain(entry.candidates),
    }


def restored_shape(one: RestoredSearch) -> dict[str, Any]:
    """Return candidates with what each restored face says of them, without pictures and templates."""
    restored = one.restored
    return {
        "provenance": None if restored is None else plain(restored.provenance),
        "drift": None if restored is None else list(restored.drift),
        "leads": [_lead(lead) for lead in one.candidates],
        "brought_up": [_lead(lead) for lead in one.added],
        "notes": list(one.notes),
    }


def _lead(lead: RestoredCandidate) -> dict[str, Any]:
    agreement = {**plain(lead.agreement), "depends_on_the_guess": lead.agreement.depends}
    return {**plain(lead), "agreement": agreement}
