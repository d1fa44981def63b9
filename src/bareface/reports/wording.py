"""The words that the terminal and the reports share, so that one result never reads two ways."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bareface.messages import Note
from bareface.reports.rarity import odds
from bareface.values.words import printable

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


def what_shows(state: MaskState, visible: float | None) -> Note:
    """Say how a face wears a mask and how much of it is visible.

    >>> what_shows("full", 0.31), what_shows("none", 0.98), what_shows("none", None)
    ('full mask, 31 % visible', 'no mask, 98 % visible', 'no mask known')
    """
    if visible is not None:
        return Note(_SHOWS[state], visible=visible)
    return Note(_MASKS[state])


_SHOWS = {"none": "report.shows/none", "partial": "report.shows/partial", "full": "report.shows/full"}
_MASKS = {"none": "report.mask/none", "partial": "report.mask/partial", "full": "report.mask/full"}


def verdict(candidates: Sequence[Candidate]) -> tuple[Decision, Note]:
    """Return the best decision on a candidate list, and a sentence that sums the list up."""
    if not candidates:
        return "no match", Note("report.verdict/nobody")
    if all(candidate.fpir is None for candidate in candidates):
        return "possible", Note("report.verdict/uncalibrated", leads=len(candidates))
    matches = sum(candidate.decision == "match" for candidate in candidates)
    possible = sum(candidate.decision == "possible" for candidate in candidates)
    if matches and possible:
        return "match", Note("report.verdict/both", matches=matches, possible=possible)
    if matches:
        return "match", Note("report.verdict/match", matches=matches)
    if possible:
        return "possible", Note("report.verdict/possible", possible=possible)
    return "no match", Note("report.verdict/none")


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
