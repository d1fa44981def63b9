"""The candidate-list report: the probe, and the ranked faces side by side with how sure each one is."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bareface.imaging.decode import encode
from bareface.reports.drawing import draw_occlusion
from bareface.reports.page import render
from bareface.reports.pictures import kept_picture
from bareface.reports.wording import GUESSES, LEADS, restored_cells, restored_columns, verdict
from bareface.values.face import Face
from bareface.values.search import Candidate, CandidateList
from bareface.values.words import plural, printable

if TYPE_CHECKING:
    from bareface.gallery.restored_candidates import RestoredSearch

_CERTAIN_DECADES = 4.0
"""The evidence bar is full where one search by a stranger in 10,000 scores as high."""


def candidate_report(
    lists: Sequence[CandidateList],
    *,
    gallery: str,
    crop: Callable[[Candidate], bytes | None],
    notes: Sequence[str] = (),
    base: Path | None = None,
    made: datetime | None = None,
    restored: Sequence[RestoredSearch] = (),
) -> bytes:
    """Render one self-contained HTML page for one or more candidate lists.

    Parameters
    ----------
    lists
        Candidate lists of a search, in the order to show.
    gallery
        The searched gallery's name, as the user gave it.
    crop
        The encoded picture to show for a candidate's reference; None where none is kept. A gallery may come from
        elsewhere: the picture is decoded and encoded again, and left out where that fails.
    notes
        Remarks on the whole search.
    base
        Photos below this folder are shown by their path from it; all others by their whole path.
    made
        When the search was made; now, if not given.
    restored
        For each list, its search with restored faces: tables only, no restored picture.

    Returns
    -------
    bytes
        UTF-8 HTML: all pictures inside, no script, and a content policy that forbids fetching anything.
    """
    several = lists[0].notes if len(lists) > 1 else ()
    shared = [note for note in several if all(note in one.notes for one in lists)]
    made = (made or datetime.now(UTC)).astimezone(UTC)
    return render(
        "candidates.html",
        gallery=gallery,
        made=made,
        when=f"{made.day} {made:%B %Y, %H:%M} UTC",
        notes=tuple(dict.fromkeys((*notes, *shared))),
        leads=LEADS,
        guesses=GUESSES,
        sections=[
            _section(number, entry, crop, base, shared, restored[number - 1] if restored else None)
            for number, entry in enumerate(lists, start=1)
        ],
        models=sorted({f"{face.template.model}, {face.template.precision}" for e in lists for face in e.probe}),
        size=_size(lists),
    )


@dataclass(frozen=True, slots=True)
class _Card:
    """One candidate, ready to show."""

    candidate: Candidate
    name: str
    picture: bytes | None
    source: str
    evidence: float | None


@dataclass(frozen=True, slots=True)
class _Probe:
    """One probe face, ready to show; ``map`` is the aligned face under its occlusion map."""

    face: Face
    picture: bytes
    map: bytes | None
    source: str


@dataclass(frozen=True, slots=True)
class _Table:
    """Table of a search with restored faces: the list's own candidates, and candidates of restored faces only."""

    columns: list[str]
    rows: list[list[str]]
    added: list[list[str]]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Section:
    """One candidate list, ready to show."""

    number: int
    probes: tuple[_Probe, ...]
    verdict: str
    outcome: str
    cards: tuple[_Card, ...]
    notes: tuple[str, ...]
    restored: _Table | None


def _section(
    number: int,
    entry: CandidateList,
    crop: Callable[[Candidate], bytes | None],
    base: Path | None,
    said: Sequence[str],
    restored: RestoredSearch | None,
) -> _Section:
    outcome, summary = verdict(entry.candidates)
    return _Section(
        number=number,
        probes=tuple(
            _Probe(face, encode(face.crop, "JPEG"), _map(face), _place(face.source, base)) for face in entry.probe
        ),
        verdict=summary,
        outcome=outcome,
        cards=tuple(
            _Card(
                candidate=candidate,
                name=printable(candidate.subject or f"Unnamed subject {candidate.subject_id}"),
                picture=kept_picture(crop(candidate)),
                source=_place(candidate.source, base),
                evidence=_evidence(candidate.fpir),
            )
            for candidate in entry.candidates
        ),
        notes=tuple(note for note in entry.notes if note not in said),
        restored=None if restored is None else _table(restored),
    )


def _table(one: RestoredSearch) -> _Table:
    rows, added = ([restored_cells(lead) for lead in leads] for leads in (one.candidates, one.added))
    return _Table(restored_columns(one), rows, added, one.notes)


def _map(face: Face) -> bytes | None:
    return None if face.occlusion is None else encode(draw_occlusion(face.chip, face.occlusion), "JPEG")


def _place(source: str, base: Path | None) -> str:
    if base is None or not Path(source).is_relative_to(base):
        return source
    return Path(source).relative_to(base).as_posix()


def _evidence(fpir: float | None) -> float | None:
    """Return the length of the evidence bar in [0, 1]: logarithmic, since each decade of rarity weighs the same."""
    if fpir is None:
        return None
    return min(1.0, -math.log10(max(fpir, 10**-_CERTAIN_DECADES)) / _CERTAIN_DECADES)


def _size(lists: Sequence[CandidateList]) -> str:
    if not lists:
        return ""
    return f"{plural(lists[0].subjects, 'subject')}, {plural(lists[0].references, 'reference')}"
