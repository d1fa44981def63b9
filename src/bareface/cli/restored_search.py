"""What stands beside a candidate list when faces are restored: tables, and plain values for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bareface.cli.output import note, print_table
from bareface.cli.shapes import plain
from bareface.reports.wording import restored_cells, restored_columns

if TYPE_CHECKING:
    from bareface.gallery.restored_candidates import RestoredCandidate, RestoredSearch


def restored_shape(one: RestoredSearch) -> dict[str, Any]:
    """Leads with what each guess says of them; pictures and templates stay out."""
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


def print_restored(one: RestoredSearch) -> None:
    """The table below a candidate list: its own leads first, then those that only guesses brought up."""
    if one.restored is not None and (one.candidates or one.added):
        columns = restored_columns(one)
        titles = ("Beside it, the guesses", "ONLY IN GUESSES, not on the photo's own list")
        for title, leads in zip(titles, (one.candidates, one.added), strict=True):
            if leads:
                rows = [restored_cells(lead) for lead in leads]
                print_table(columns, rows, right=columns[1:-3], long=("subject", "guesses agree"), title=title)
    for remark in one.notes:
        note(remark)
