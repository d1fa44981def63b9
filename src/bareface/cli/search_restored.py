"""Tables of searches with restored faces, below the candidate list they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bareface.cli.output import note, print_table
from bareface.reports.wording import restored_cells, restored_columns

if TYPE_CHECKING:
    from bareface.services.gallery_searches import RestoredSearch


def print_restored(one: RestoredSearch) -> None:
    """Print the list's own candidates with their restored scores, then candidates of restored faces only."""
    if one.restored is not None and (one.candidates or one.added):
        columns = restored_columns(one)
        titles = ("Also searched with guesses", "ONLY IN GUESSES, not on the photo's own list")
        for title, leads in zip(titles, (one.candidates, one.added), strict=True):
            if leads:
                rows = [restored_cells(lead) for lead in leads]
                print_table(columns, rows, right=columns[1:-3], long=("subject", "guesses agree"), title=title)
    for remark in one.notes:
        note(remark)
