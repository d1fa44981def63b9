"""Self-contained HTML pages: pictures inside, no script, nothing fetched."""

from bareface.reports.candidates import candidate_report

__all__ = ["candidate_report"]
