"""What stands beside a candidate list when faces are restored: tables, and plain values for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bareface.cli.output import note, print_table
from bareface.cli.shapes import plain
from bareface.reports.wording import beside_cells, beside_columns

if TYPE_CHECKING:
    from bareface.gallery.restored_candidates import Beside, Lead


def beside_shape(one: Beside) -> dict[str, Any]:
    """Leads with what each guess says of them; pictures and templates stay out."""
    restored = one.restored
    return {
        "provenance": None if restored is None else plain(restored.provenance),
        "drift": None if restored is None else list(restored.drift),
        "leads": [_lead(lead) for lead in one.leads],
        "brought_up": [_lead(lead) for lead in one.brought_up],
        "notes": list(one.notes),
    }


def _lead(lead: Lead) -> dict[str, Any]:
    agreement = {**plain(lead.agreement), "depends_on_the_guess": lead.agreement.depends}
    return {**plain(lead), "agreement": agreement}


def print_beside(one: Beside) -> None:
    """The table below a candidate list: its own leads first, then those that only guesses brought up."""
    if one.restored is not None and (one.leads or one.brought_up):
        columns = beside_columns(one)
        titles = ("Beside it, the guesses", "ONLY IN GUESSES, not on the photo's own list")
        for title, leads in zip(titles, (one.leads, one.brought_up), strict=True):
            if leads:
                rows = [beside_cells(lead) for lead in leads]
                print_table(columns, rows, right=columns[1:-3], long=("subject", "guesses agree"), title=title)
    for remark in one.notes:
        note(remark)
