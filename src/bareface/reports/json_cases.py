"""JSON of cases, kept searches and reviews."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bareface.reports.json_plain import plain

if TYPE_CHECKING:
    from bareface.values.cases import Answer, KeptFace, KeptSearch, Outcome, Review

_FACE = ("id", "number", "box", "mask_state", "visible", "quality", "candidates", "notes")
_SEARCH = ("id", "case_id", "name", "made", "made_by", "subjects", "references", "again", "since")
_REVIEW = ("id", "case_id", "search_id", "face_id", "asked", "asked_by", "two_person", "checklist", "complete")


def kept_search_json(kept: KeptSearch) -> dict[str, Any]:
    """Return a kept search with its candidates, without pictures."""
    shape = {name: plain(getattr(kept, name)) for name in _SEARCH}
    return {**shape, "faces": [_face(face) for face in kept.faces]}


def kept_summary_json(kept: KeptSearch) -> dict[str, Any]:
    """Return a kept search without its candidates."""
    shape = {name: plain(getattr(kept, name)) for name in ("id", "name", "made", "made_by", "again", "since")}
    return {**shape, "faces": [face.id for face in kept.faces]}


def review_json(review: Review) -> dict[str, Any]:
    """Return a review; in what order the candidates are shown stays out."""
    shape = {name: plain(getattr(review, name)) for name in _REVIEW}
    reviewers = [{"name": name, "answers": count} for name, count in review.reviewers]
    counts = {"items": len(review.items), "controls": len(review.controls)}
    return {**shape, **counts, "reviewers": reviewers}


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """Return the answers of a review, candidate by candidate."""
    items = []
    for candidate, answers in zip(outcome.candidates, outcome.answers, strict=True):
        given = [_answer(one) for one in answers]
        agreed = len({one.verdict for one in answers}) == 1
        excluded = candidate.reference_id in outcome.excluded
        items.append({"candidate": plain(candidate), "agreed": agreed, "excluded": excluded, "answers": given})
    controls = [
        {"probe_reference_id": one.probe_id, "reference_id": one.reference_id, "same": one.same}
        | {"answers": [_answer(answer) for answer in answers]}
        for one, answers in outcome.controls
    ]
    return {
        "review": review_json(outcome.review),
        "items": items,
        "knew": list(outcome.knew),
        "controls": controls,
        "measures": plain(outcome.measures),
    }


def _answer(answer: Answer) -> dict[str, Any]:
    shape = {key: value for key, value in plain(answer).items() if key != "item"}
    aids = [{"what": what, "at": plain(at)} for what, at in answer.aids]
    return {**shape, "features": dict(answer.features), "aids": aids}


def _face(face: KeptFace) -> dict[str, Any]:
    return {name: plain(getattr(face, name)) for name in _FACE}
