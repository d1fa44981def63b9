"""Results as plain JSON values: the keys are the public attribute names, listed in ``docs/cli.md``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, get_args

if TYPE_CHECKING:
    from bareface.values.enrolment import EnrolReport
    from bareface.values.face import Face
    from bareface.values.search import CandidateList


def plain(value: Any) -> Any:
    """A value, or a record of values, with nothing in it that JSON has no word for."""
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return value if value is None or isinstance(value, bool | int | float | str) else value.item()


def face_shape(face: Face) -> dict[str, Any]:
    """A face: where it is, how sure the detector is, what shows of it, its quality; pictures and template stay out."""
    return {
        "source": face.source,
        "score": float(face.score),
        "box": plain(face.box),
        "landmarks": {"scheme": face.landmarks.scheme, "points": face.landmarks.points.tolist()},
        "mask_state": face.mask_state,
        "visible": plain(face.visible),
        "quality": plain(face.quality),
    }


def list_shape(entry: CandidateList) -> dict[str, Any]:
    """A candidate list with the probe faces it answers."""
    return {
        "probe": [face_shape(face) for face in entry.probe],
        "subjects": entry.subjects,
        "references": entry.references,
        "notes": list(entry.notes),
        "candidates": plain(entry.candidates),
    }


def enrol_counts(report: EnrolReport) -> dict[str, int]:
    """How many files ended how, with a count for every outcome there is."""
    from bareface.values.enrolment import EnrolStatus

    return {status: report.count(status) for status in get_args(EnrolStatus)}
