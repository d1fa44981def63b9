"""The words that the terminal and the reports share, so that one result never reads two ways."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bareface.reports.rarity import odds
from bareface.values.words import percent, plural, printable

if TYPE_CHECKING:
    from bareface.gallery.restored_candidates import RestoredCandidate, RestoredSearch, Standing
    from bareface.values.face import MaskState
    from bareface.values.search import Candidate, Decision

LEADS = "Candidates are leads, not identifications: a person decides. “No match” is an answer."
AGREE = "guesses agree"
GUESSES = (
    "guesses: rank and similarity in a search with each; best: of all these scores, whose rate among strangers has a "
    "calibration of its own; over: guesses above its threshold for a possible match; guesses agree: how many have the "
    "lead among their first five. A guess comes from statistics of other faces and is not evidence."
)
"""Explanation of the columns of a search with restored faces."""


def what_shows(state: MaskState, visible: float | None) -> str:
    """Say how a face wears a mask and how much of it is visible.

    >>> what_shows("full", 0.31), what_shows("none", 0.98), what_shows("none", None)
    ('full mask, 31 % visible', 'no mask, 98 % visible', 'no mask known')
    """
    mask = "no mask" if state == "none" else f"{state} mask"
    if visible is not None:
        return f"{mask}, {percent(visible)} visible"
    return "no mask known" if state == "none" else mask


def verdict(candidates: Sequence[Candidate]) -> tuple[Decision, str]:
    """Return the best decision on a candidate list, and a sentence that sums the list up."""
    if not candidates:
        return "no match", "No match: the gallery has no one to compare with"
    if all(candidate.fpir is None for candidate in candidates):
        return "possible", f"{plural(len(candidates), 'lead')}: no calibration says how sure they are"
    matches = sum(candidate.decision == "match" for candidate in candidates)
    possible = sum(candidate.decision == "possible" for candidate in candidates)
    counts = [plural(matches, "match", "matches")] * bool(matches)
    counts += [plural(possible, "possible match", "possible matches")] * bool(possible)
    if counts:
        return ("match" if matches else "possible"), f"{' and '.join(counts)}, to be checked by a person"
    return "no match", "No match: nobody in this gallery scores higher than strangers do"


def restored_columns(one: RestoredSearch) -> list[str]:
    """Return the headings of the table of a search with restored faces."""
    guesses = len(one.restored.completions) if one.restored else 0
    return ["subject", "photo", *(f"guess {n}" for n in range(1, guesses + 1)), "best", "strangers", "over", AGREE]


def restored_cells(lead: RestoredCandidate) -> list[str]:
    """Return a candidate's row: ranks with similarities, how rare the best is, how many completions agree."""
    agreement = lead.agreement
    rate = "not calibrated" if lead.fpir is None else odds(lead.fpir) + " *" * lead.extrapolated
    return [
        printable(lead.subject or f"unnamed subject {lead.subject_id}"),
        *(_standing(one) for one in (lead.original, *lead.guesses, lead.union)),
        rate,
        "" if agreement.over is None else f"{agreement.over} of {agreement.guesses}",
        agreement.words,
    ]


def _standing(one: Standing) -> str:
    return "–" if one.rank is None else f"{one.rank}: {one.similarity:.3f}"
