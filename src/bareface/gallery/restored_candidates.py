"""Combine a search with a photo and searches with restored versions of its face, next to each other, never instead.

The candidate list of the photo comes first and stays as it is. Each of its candidates also shows its rank and score in
the search with each completion; subjects that only completions found follow. A search with k completions asks k + 1
times and so finds strangers more often: the best score has a calibration of its own
(``python -m training.restoration.union``), never the photo's, and none if none was made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Final

from bareface.calibration.calibration import Calibration
from bareface.calibration.decision import Judge, Judgement
from bareface.errors import ModelError
from bareface.gallery.search import CandidateScore
from bareface.messages import Note
from bareface.models import registry
from bareface.restoration.base import Restored
from bareface.restoration.unmask import MODEL
from bareface.values.face import MaskState
from bareface.values.gallery import Reference
from bareface.values.search import CandidateList, Decision

WITHIN: Final = 5
"""A completion supports a subject that is among its first ``WITHIN`` candidates."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Rank and score of a subject in one search.

    Attributes
    ----------
    rank
        1 for the most similar; None if it was not among the subjects looked at.
    similarity
        As in :class:`bareface.values.search.Candidate`; None likewise.
    """

    rank: int | None = None
    similarity: float | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """Number of completions that support a subject.

    Attributes
    ----------
    guesses
        Number of completions.
    within
        Number that have the subject among their first :data:`WITHIN`.
    over
        Number that score it at least a ``possible`` match; None without a calibration of the best score.
    original
        Whether the photo itself has it among its first :data:`WITHIN`.
    """

    guesses: int
    within: int
    over: int | None
    original: bool

    @property
    def depends(self) -> bool:
        """Whether the subject depends on the completion: neither the photo nor most completions support it.

        >>> Agreement(4, 1, None, False).depends, Agreement(4, 3, None, False).depends, Agreement(4, 1, 0, True).depends
        (True, False, False)
        """
        alone = self.guesses == 1
        return not self.original and self.within > 0 and (alone or 2 * self.within <= self.guesses)

    @property
    def words(self) -> str:
        """The support in words, e.g. ``1 of 4, depends on the guess``."""
        code = "note.agreement/depends" if self.depends else "note.agreement"
        return Note(code, within=self.within, guesses=self.guesses)


@dataclass(frozen=True, slots=True)
class RestoredCandidate:
    """One subject in a search with restored faces.

    Attributes
    ----------
    subject_id, subject
        As in :class:`bareface.values.search.Candidate`.
    reference_id, source
        The subject's reference with the best score of all searches.
    original
        Its standing in the search with the photo; empty if only completions found it.
    guesses
        Its standing in the search with each completion.
    union
        Its rank by the best score of all searches, and that score.
    decision, fpir, extrapolated
        As in :class:`bareface.values.search.Candidate`, for the best score, by a calibration of its own; None, None and
        False without one.
    agreement
        Number of completions that support it.
    """

    subject_id: int
    subject: str | None
    reference_id: int
    source: str
    original: Standing
    guesses: tuple[Standing, ...]
    union: Standing
    decision: Decision | None
    fpir: float | None
    extrapolated: bool
    agreement: Agreement


@dataclass(frozen=True, slots=True, eq=False)
class RestoredSearch:
    """A search with restored faces, next to the candidate list of the photo.

    Attributes
    ----------
    original
        The candidate list of the photo, unchanged.
    restored
        The completions or the enhancement; None if the face was not restored, as the notes say.
    candidates
        One for each candidate of the photo, in its order.
    added
        Subjects not on that list that a completion has among its first :data:`WITHIN`, best first.
    notes
        Remarks for the reader.
    """

    original: CandidateList
    restored: Restored | None
    candidates: tuple[RestoredCandidate, ...] = ()
    added: tuple[RestoredCandidate, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def leads(self) -> tuple[RestoredCandidate, ...]:
        """Return ``candidates``: its name in version 0.1, until version 0.4."""
        return self.candidates

    @property
    def brought_up(self) -> tuple[RestoredCandidate, ...]:
        """Return ``added``: its name in version 0.1, until version 0.4."""
        return self.added


@dataclass(frozen=True, slots=True)
class Union:
    """Rates for the best score of several searches in one gallery.

    Attributes
    ----------
    judge
        Decides on the best of several scores; its calibration is None if there is none.
    probe
        Mask state of the photo.
    """

    judge: Judge
    probe: MaskState

    @property
    def calibration(self) -> Calibration | None:
        """The calibration of the best score; None if there is none."""
        return self.judge.calibration

    def judged(self, similarity: float, reference: MaskState) -> Judgement | None:
        """Judge a best score; None where no calibration covers it."""
        return None if self.calibration is None else self.judge([similarity], [(self.probe, reference)])[0]

    def over(self, similarities: Sequence[float | None], reference: MaskState) -> int | None:
        """Count the similarities that are at least a ``possible`` match."""
        if self.calibration is None:
            return None
        known = [one for one in similarities if one is not None]
        judged = self.judge(known, [(self.probe, reference)] * len(known))
        return sum(one.decision != "no match" for one in judged)


def compare_searches(
    original: CandidateList,
    restored: Restored,
    first: Sequence[CandidateScore],
    guesses: Sequence[Sequence[CandidateScore]],
    named: Mapping[int, Reference],
    union: Union,
) -> RestoredSearch:
    """Combine the searches with a photo and with its restored faces.

    Parameters
    ----------
    original
        The photo's own list.
    restored
        The completions.
    first
        The photo's search as deep as the others, best first.
    guesses
        The search with each completion, best first.
    named
        The references, by number.
    union
        Rates for the best score.
    """
    ranked = [{one.subject_id: (rank, one) for rank, one in enumerate(s, start=1)} for s in (first, *guesses)]
    best: dict[int, CandidateScore] = {}
    for search in ranked:
        for subject, (_, one) in search.items():
            if subject not in best or one.similarity > best[subject].similarity:
                best[subject] = one
    order = sorted(best.values(), key=lambda one: (-one.similarity, one.subject_id))
    place = {one.subject_id: rank for rank, one in enumerate(order, start=1)}

    def lead(subject: int) -> RestoredCandidate:
        at = [_standing(search.get(subject)) for search in ranked]
        one = best[subject]
        about = named[one.reference_id]
        judged = union.judged(one.similarity, about.mask_state)
        agreement = Agreement(
            guesses=len(guesses),
            within=sum(_within(standing) for standing in at[1:]),
            over=union.over([standing.similarity for standing in at[1:]], about.mask_state),
            original=_within(at[0]),
        )
        return RestoredCandidate(
            subject_id=subject,
            subject=about.subject,
            reference_id=one.reference_id,
            source=about.source,
            original=at[0],
            guesses=tuple(at[1:]),
            union=Standing(place[subject], one.similarity),
            decision=None if judged is None else judged.decision,
            fpir=None if judged is None else judged.fpir,
            extrapolated=judged is not None and judged.extrapolated,
            agreement=agreement,
        )

    listed = [candidate.subject_id for candidate in original.candidates]
    raised = {one.subject_id for guess in guesses for one in guess[:WITHIN]} - set(listed)
    return RestoredSearch(
        original=original,
        restored=restored,
        candidates=tuple(lead(subject) for subject in listed if subject in best),
        added=tuple(lead(one.subject_id) for one in order if one.subject_id in raised),
        notes=_notes(restored, union),
    )


def _standing(found: tuple[int, CandidateScore] | None) -> Standing:
    return Standing() if found is None else Standing(found[0], found[1].similarity)


def _within(standing: Standing) -> bool:
    return standing.rank is not None and standing.rank <= WITHIN


def _notes(restored: Restored, union: Union) -> tuple[str, ...]:
    provenance = restored.provenance
    code = "note.guesses" if provenance.kind == "unmask" else "note.enhanced"
    drift = [f"{one:.2f}" for one in restored.drift]
    made_by = Note(code, count=len(restored.completions), method=provenance.method, drift=drift)
    if union.calibration is None:
        return made_by, Note("note.union-uncalibrated")
    return made_by, Note("note.union", basis=union.calibration.basis)


def packaged_name(model: str, completions: int) -> str:
    """Return the file name of the calibration of searches with this many completions by the packaged restorer."""
    digest = registry.card(MODEL).files[0].sha256
    return f"{model}-{completions}-{digest[:8]}.json"


@lru_cache(maxsize=8)
def union_calibration(model: str, completions: int) -> Calibration | None:
    """Return the packaged calibration of the best score of a masked face and its completions; None if there is none.

    Parameters
    ----------
    model
        The embedder.
    completions
        Their number.
    """
    try:
        name = packaged_name(model, completions)
    except ModelError:
        return None
    file = resources.files("bareface.restoration") / "packaged" / name
    return Calibration.from_json(file.read_text(encoding="utf-8")) if file.is_file() else None
