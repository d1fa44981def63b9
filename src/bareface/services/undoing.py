"""Corrections that can be taken back: each is made together with the steps that undo it.

Steps undo where faces belong and what subjects are called. A rejection or a deletion erases, and cannot be undone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import get_args

from bareface.errors import UsageError
from bareface.services.gallery import Gallery
from bareface.services.reference_numbers import reference_numbers
from bareface.values import arguments, names
from bareface.values.context import Context
from bareface.values.gallery import Subject
from bareface.values.suggestion import SuggestionAnswer


@dataclass(frozen=True, slots=True)
class Move:
    """References to give back to a subject, whose number and name are as they were."""

    references: tuple[int, ...]
    subject_id: int
    name: str | None


@dataclass(frozen=True, slots=True)
class After:
    """The part of a gallery that a correction changed, right after it.

    Attributes
    ----------
    gallery
        The gallery's identifier.
    name
        Name of the subject that was made or changed.
    places
        Number, time of enrolment and subject of each reference that was moved: in another gallery, or in a restored
        copy, somebody else's reference can have the number.
    """

    gallery: str
    name: str | None
    places: tuple[tuple[int, datetime, int], ...]


@dataclass(frozen=True, slots=True)
class Undo:
    """Steps that take one correction back.

    Attributes
    ----------
    moves
        References to give back.
    renamed
        Number and earlier name of a subject that was renamed; None if none was.
    after
        State of the gallery after the correction, which is taken back only in that state; None if it does not matter.
    apart
        Numbers of answers that told faces apart.
    """

    moves: tuple[Move, ...] = ()
    renamed: tuple[int, str] | None = None
    after: After | None = None
    apart: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Corrector:
    """Corrects a gallery, and takes corrections back.

    Attributes
    ----------
    gallery
        The gallery; each step is one call of it, with an event of its own.
    context
        The caller and the purpose.
    """

    gallery: Gallery
    context: Context | None = None

    def rename(self, subject: int, name: str) -> tuple[Subject, Undo | None]:
        """Rename a subject; naming an unnamed one cannot be taken back."""
        before = self.gallery.subject(subject, context=self.context).name
        changed = self.gallery.rename(subject, name, context=self.context)
        return changed, None if before is None else self._noted(Undo(renamed=(subject, before)), changed)

    def merge(self, kept: int, merged: int) -> tuple[Subject, Undo]:
        """Merge a subject into another; undoing it splits off whichever had no name or did not keep it."""
        first, second = (self.gallery.references(one, context=self.context) for one in (kept, merged))
        changed = self.gallery.merge(kept, merged, context=self.context)
        moved = first if first[0].subject is None and second[0].subject is not None else second
        undo = Undo((Move(tuple(one.id for one in moved), moved[0].subject_id, moved[0].subject),))
        return changed, self._noted(undo, changed)

    def assign(self, references: Sequence[int], subject: str) -> tuple[Subject, Undo]:
        """Give references to a subject."""
        undo = self._places(references)
        changed = self.gallery.assign(references, subject, context=self.context)
        return changed, self._noted(undo, changed)

    def split(self, references: Sequence[int], name: str | None = None) -> tuple[Subject, Undo]:
        """Move references to a new subject."""
        undo = self._places(references)
        changed = self.gallery.split(references, name, context=self.context)
        return changed, self._noted(undo, changed)

    def answer(self, face: int, candidate: int, answer: SuggestionAnswer) -> tuple[Subject | None, Undo | None]:
        """Answer a suggestion.

        Parameters
        ----------
        face, candidate
            Numbers of the unnamed subject's reference and of the other subject's.
        answer
            ``same`` merges the two; ``different`` and ``cannot say`` are kept; ``not a face`` rejects the face, which
            cannot be taken back, and leaves it to :meth:`Gallery.scrub` to overwrite it.

        Returns
        -------
        tuple
            The subject that was merged into; and how to take the answer back.

        Raises
        ------
        UsageError
            ``usage.unknown-reference``; ``usage.suggestion``: the subject has been named since, or is the other one.
        """
        arguments.choice("answer", answer, get_args(SuggestionAnswer))
        one, other = (self.gallery.reference(number, context=self.context) for number in (face, candidate))
        if one.subject_id == other.subject_id:
            raise UsageError("usage.suggestion/one")
        if one.subject is not None and other.subject is not None:
            raise UsageError("usage.suggestion/named", one=one.subject, other=other.subject)
        if answer == "same":
            return self.merge(other.subject_id, one.subject_id)
        if answer == "not a face":
            self.gallery.reject(face, erase=False, context=self.context)
            return None, None
        number = self.gallery.tell_apart(face, candidate, answer, context=self.context)
        return None, None if number is None else Undo(apart=(number,), after=After(self._identifier(), None, ()))

    def undo(self, undo: Undo) -> Subject | None:
        """Take a correction back; returns the subject that it gave something back to, if it did.

        Raises
        ------
        UsageError
            ``usage.undo``, ``usage.unknown-reference``, ``usage.subject-exists``: the gallery has changed since.
        """
        self._check(undo)
        if undo.renamed is not None:
            return self.gallery.rename(*undo.renamed, context=self.context)
        if undo.apart:
            self.gallery.forget_apart(undo.apart, context=self.context)
        back = [self._back(move) for move in undo.moves]
        return back[-1] if back else None

    def _back(self, move: Move) -> Subject:
        try:
            there = self.gallery.subject(move.subject_id, context=self.context)
        except UsageError:  # it went with its last reference
            return self.gallery.split(move.references, move.name, apart=False, context=self.context)
        if move.name is not None and not names.same(there.name, move.name):
            return self.gallery.split(move.references, move.name, apart=False, context=self.context)
        if move.name is None and there.name is not None:  # a merge named it
            return self.gallery.split(move.references, None, apart=False, context=self.context)
        return self.gallery.assign(move.references, f"#{there.id}", context=self.context)

    def _noted(self, undo: Undo, changed: Subject) -> Undo:
        """Note how a correction left the gallery."""
        moved = (number for move in undo.moves for number in move.references)
        return replace(undo, after=After(self._identifier(), changed.name, tuple(map(self._place, moved))))

    def _check(self, undo: Undo) -> None:
        """Refuse to take a correction back after which somebody changed the same names or faces."""
        if undo.after is None:
            return
        there = undo.after.gallery == self._identifier()
        if there and undo.renamed is not None:
            there = self.gallery.subject(undo.renamed[0], context=self.context).name == undo.after.name
        if not there or any(self._place(place[0]) != place for place in undo.after.places):
            raise UsageError("usage.undo")

    def _identifier(self) -> str:
        return self.gallery.gone_since(None, ())[0].uuid

    def _place(self, number: int) -> tuple[int, datetime, int]:
        one = self.gallery.reference(number, context=self.context)
        return one.id, one.enrolled, one.subject_id

    def _places(self, references: Sequence[int]) -> Undo:
        """Return where references belong now."""
        owners: defaultdict[tuple[int, str | None], list[int]] = defaultdict(list)
        for number in reference_numbers(references):
            one = self.gallery.reference(number, context=self.context)
            owners[one.subject_id, one.subject].append(one.id)
        return Undo(tuple(Move(tuple(several), *owner) for owner, several in owners.items()))
