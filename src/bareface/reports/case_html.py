"""The report of a case as one page that holds its pictures and fetches nothing."""

from __future__ import annotations

from bareface.reports.cases import CaseReport
from bareface.reports.page import render


def case_html(report: CaseReport) -> bytes:
    """Lay a report out as UTF-8 HTML: no script, and a content policy that forbids fetching anything."""
    return render("case.html", report=report, language=report.language)
