"""Suggestions of who unnamed faces could be, and what people answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from bareface.errors import UsageError
from bareface.gallery import suggest as suggesting
from bareface.services.opened import OpenGallery
from bareface.services.reference_numbers import reference_numbers
from bareface.values import arguments
from bareface.values.context import Context
from bareface.values.suggestion import ApartAnswer, ApartPage, SuggestionPage

_MOST = 10
_LONGEST_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Suggests who the unnamed faces of an open gallery could be, and keeps what people answered."""

    opened: OpenGallery

    def suggestions(
        self, after: int = 0, limit: int = 1, *, undecided: bool = False, context: Context | None = None
    ) -> SuggestionPage:
        """Suggest for unnamed faces, one by one, the subject that each resembles most.

        Only a subject that the gallery's calibration takes for a match or a possible one is suggested; without a
        calibration, whoever is most similar. Never suggested are two named subjects, two who are in one photo, and two
        who were told apart (:meth:`tell_apart`, :meth:`split`).

        Parameters
        ----------
        after
            The ``after`` of the page before; 0 begins anew.
        limit
            Number of suggestions, 10 at most. One call looks at a few faces only, so there may be fewer although the
            end is not reached.
        undecided
            Also suggest pairs that nobody could say about.
        context
            The caller.

        Raises
        ------
        GalleryError
            ``gallery.read-only``: no answer could be kept.
        CalibrationError
            ``calibration.format``: the calibration kept for this gallery is damaged.
        """
        with self.opened.recorder.call("Gallery.suggestions", context) as facts:
            after = arguments.row("after", after)
            limit = arguments.count("limit", limit, 1, _MOST)
            self.opened.store.check_writable()
            store, index = self.opened.store, self.opened.index
            page = suggesting.suggest(store, index, after, limit, undecided=bool(undecided))
            facts.add(
                subjects=(one.subject.id for one in page.suggestions),
                references=(one.face.id for one in page.suggestions),
                suggestions=len(page.suggestions),
            )
            return page

    def tell_apart(
        self, one: int, other: int, answer: ApartAnswer = "different", *, context: Context | None = None
    ) -> int | None:
        """Keep that two faces are of different people, or that nobody can say: suggestions respect it.

        It holds for the subjects that the faces belong to, through merges, splits, new names and new templates. It goes
        with either subject's last face.

        Parameters
        ----------
        one, other
            Numbers of references.
        answer
            ``different`` for good; ``cannot say`` until suggestions ask for such pairs again.
        context
            The caller.

        Returns
        -------
        int or None
            The answer's number, to take it back (:meth:`forget_apart`); None where as much was known before.

        Raises
        ------
        UsageError
            ``usage.unknown-reference``; ``usage.suggestion``: both are one subject's.
        """
        with self.opened.recorder.call("Gallery.tell_apart", context) as facts:
            numbers = reference_numbers([one, other])
            facts.add(references=numbers)
            arguments.choice("answer", answer, get_args(ApartAnswer))
            with self.opened.store.writing() as writer:
                first, second = writer.find_references([numbers[0]])[0], writer.find_references([numbers[1]])[0]
                facts.add(subjects=[first.subject_id, second.subject_id])
                if first.subject_id == second.subject_id:
                    raise UsageError("usage.suggestion/one")
                return writer.tell_apart(first.id, second.id, answer)

    def forget_apart(self, answers: int | Sequence[int], *, context: Context | None = None) -> int:
        """Take answers back, by number; returns how many there were."""
        with self.opened.recorder.call("Gallery.forget_apart", context) as facts:
            numbers = [arguments.count("answer", one) for one in ([answers] if isinstance(answers, int) else answers)]
            with self.opened.store.writing() as writer:
                count = writer.forget_apart(numbers)
            facts.add(forgotten_answers=count)
            return count

    def apart_page(self, limit: int = 50, after: int = 0, *, context: Context | None = None) -> ApartPage:
        """List some of the answers that keep faces apart, by number.

        Parameters
        ----------
        limit
            Length of the page.
        after
            Number of the last answer of the page before.
        context
            The caller.
        """
        with self.opened.recorder.call("Gallery.apart_page", context) as facts:
            limit = arguments.count("limit", limit, 1, _LONGEST_PAGE)
            after = arguments.row("after", after)
            with self.opened.store.reading() as reader:
                page = reader.apart_page(limit, after)
            facts.add(references=(face for one in page.answers for face in one.faces), answers=len(page.answers))
            return page
