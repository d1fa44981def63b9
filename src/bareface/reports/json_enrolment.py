"""JSON of an enrolment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from bareface.reports.json_plain import plain

if TYPE_CHECKING:
    from bareface.values.enrolment import EnrolReport


def enrolment_json(report: EnrolReport, gallery: str) -> dict[str, Any]:
    """Return outcomes and their counts."""
    return {
        "gallery": gallery,
        "references": report.references,
        "counts": enrol_counts(report),
        "outcomes": plain(report.outcomes),
        "left_out": plain(report.left_out),
    }


def enrol_counts(report: EnrolReport) -> dict[str, int]:
    """Count files by outcome; every outcome has a count."""
    from bareface.values.enrolment import EnrolStatus

    return {status: report.count(status) for status in get_args(EnrolStatus)}
