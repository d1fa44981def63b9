"""Messages in German: all that pages say, and errors and remarks that people meet there; the rest is English."""

from bareface.messages.catalogue import Entry
from bareface.messages.de import (
    case,
    core,
    page,
    page_audit,
    page_evaluation,
    page_jobs,
    page_reviews,
    page_suggestions,
    page_watches,
)

_AREAS = (case, core, page, page_evaluation, page_audit, page_jobs, page_reviews, page_suggestions, page_watches)

ENTRIES: dict[str, Entry] = {code: entry for area in _AREAS for code, entry in area.ENTRIES.items()}
