"""Cases: searches that are kept for a purpose, compared by people (:mod:`case_reviews`), and reported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, get_args

from bareface.errors import ModelError, UsageError
from bareface.messages import LANGUAGES
from bareface.models import registry
from bareface.reports.cases import Format
from bareface.services.case_desk import who
from bareface.services.case_kept import kept_face, kept_probes, kept_restored
from bareface.services.case_reviews import CaseReviews
from bareface.services.case_watches import CaseWatches
from bareface.services.gallery_viewing import probe_photo
from bareface.values import arguments, names
from bareface.values.cases import Case, KeptFace, KeptLead, KeptRestored, KeptSearch
from bareface.values.context import Context
from bareface.values.gallery import Reference
from bareface.values.search import SearchResult

if TYPE_CHECKING:
    from bareface.models.card import ModelCard
    from bareface.services.gallery_searches import RestoredSearch

MOST_DAYS = 3650
_CARDS = {"bareface": "bareface-detector", "dlib": "dlib-mmod"}
"""Packaged detectors by their short names."""


class Cases(CaseReviews, CaseWatches):
    """The cases of a gallery.

    Parameters
    ----------
    gallery
        The gallery; ``<path>-cases`` next to it keeps the cases.
    audit
        Takes one event for each call; see :class:`bareface.audit.port.AuditLog`.
    clock
        Gives the time, in UTC.
    """

    def open(
        self, name: str, purpose: str, basis: str | None = None, *, days: int = 90, context: Context | None = None
    ) -> Case:
        """Open a case.

        Parameters
        ----------
        name, purpose, basis
            Its name, the purpose of its searches, and their legal basis.
        days
            Days until it is erased with everything in it.
        context
            The caller.

        Raises
        ------
        UsageError
            ``usage.name``, ``usage.value``: no purpose, or days that are not 1 to 3,650.
        """
        with self._call("open", context) as facts:
            name = names.checked(name)
            purpose = arguments.text("purpose", purpose).strip()
            if not purpose:
                raise UsageError("usage.case/purpose")
            days = arguments.count("days", days, 1, MOST_DAYS)
            expires = self._clock() + timedelta(days=days)
            number = self._book.open_case(name, purpose, (basis or "").strip() or None, who(context), expires)
            return self._case(number, facts)

    def list(self, *, context: Context | None = None) -> tuple[Case, ...]:
        """List the cases, latest first; those that have expired are erased now."""
        with self._call("list", context):
            return self._book.cases()

    def get(self, case: int, *, context: Context | None = None) -> Case:
        """Return a case; ``usage.unknown-case``."""
        with self._call("get", context) as facts:
            return self._case(case, facts)

    def close(self, case: int, *, context: Context | None = None) -> Case:
        """Close a case: it takes no further search, and can be read until it expires."""
        with self._call("close", context) as facts:
            self._case(case, facts)
            self._book.close_case(case)
            return self._case(case)

    def erase(self, case: int, *, context: Context | None = None) -> None:
        """Erase a case now, with its pictures, searches, reviews and answers, and what was restored of its probes."""
        with self._call("erase", context) as facts:
            self._case(case, facts)
            self._forget(self._book.sources_of(case), context)
            self._book.erase(case)

    def keep(
        self,
        case: int,
        result: SearchResult,
        photo: bytes | None,
        name: str,
        *,
        context: Context | None = None,
    ) -> KeptSearch:
        """Keep a search in an open case: probe faces and candidates, but not the photo itself.

        Parameters
        ----------
        case
            The case's number.
        result
            The search's result.
        photo
            The bytes of the photo's file, from which the faces are cut; their crops are kept without it.
        name
            The photo's name.
        context
            The caller.

        Raises
        ------
        UsageError
            ``usage.unknown-case``, ``usage.case``: it is closed.
        """
        with self._call("keep", context) as facts:
            if self._case(case, facts).closed is not None:
                raise UsageError("usage.case/closed", number=case)
            there = self._references((one.reference_id for entry in result.lists for one in entry.candidates), context)
            decoded = probe_photo(photo, self._gallery.engine)
            faces = tuple(
                kept_face(number, entry, decoded, there) for number, entry in enumerate(result.lists, start=1)
            )
            size = (result.lists[0].subjects, result.lists[0].references) if result.lists else (0, 0)
            probes = kept_probes(self._gallery, result, photo)
            number = self._book.keep(case, name, who(context), size, faces, self._models(), probes)
            if number is None:  # closed or erased while this was made
                raise UsageError("usage.case/closed", number=self._case(case).id)
            facts.add(faces=len(faces))
            return self._search(number)

    def keep_restored(
        self,
        face: int,
        search: RestoredSearch,
        picture: bytes | None,
        *,
        context: Context | None = None,
    ) -> None:
        """Keep a search with restored versions of a kept face, with their labelled picture.

        Parameters
        ----------
        face
            The kept face's number.
        search
            The search.
        picture
            The picture, a PNG with the band that says what is synthetic; None if nothing was restored.
        context
            The caller.

        Raises
        ------
        UsageError
            ``usage.unknown-search``; ``usage.case``: the case is closed.
        """
        with self._call("keep_restored", context) as facts:
            case = self._case_of(face, facts)
            if case.closed is not None:
                raise UsageError("usage.case/closed", number=case.id)
            there = self._references((one.reference_id for one in (*search.candidates, *search.added)), context)
            if self._book.keep_restored(kept_restored(face, search, picture, who(context), there)) is None:
                raise UsageError("usage.unknown-search", number=face)

    def look(self, search: int, *, context: Context | None = None) -> None:
        """Note that the caller has seen a kept search with its scores, elsewhere than here."""
        with self._call("look", context) as facts:
            self._book.look(self._search(search, facts).id, who(context))

    def restored(self, face: int, *, context: Context | None = None) -> tuple[KeptRestored, ...]:
        """Return the searches with restored versions of a kept face, with today's names."""
        with self._call("restored", context) as facts:
            self._case_of(face, facts)
            return self._restored(face, context)

    def searches(self, case: int, *, context: Context | None = None) -> tuple[KeptSearch, ...]:
        """Return the searches of a case, latest first, without names: a list of them shows no candidate."""
        with self._call("searches", context) as facts:
            self._case(case, facts)
            return self._book.searches(case)

    def search(self, search: int, *, case: int | None = None, context: Context | None = None) -> KeptSearch:
        """Return a kept search with scores and today's names; it is noted that the caller has seen them.

        Parameters
        ----------
        search
            The search's number.
        case
            Number of the case that it has to be in; any by default.
        context
            The caller.

        Raises
        ------
        UsageError
            ``usage.unknown-search``.
        """
        with self._call("search", context) as facts:
            kept = self._search(search, facts, case)
            self._book.look(search, who(context))
            facts.add(subjects=(one.subject_id for face in kept.faces for one in face.candidates))
            return replace(kept, faces=self._named(kept.faces, context))

    def face(self, face: int, *, context: Context | None = None) -> KeptFace:
        """Return a kept probe face, without names; ``usage.unknown-search``."""
        with self._call("face", context) as facts:
            return self._face(face, facts)

    def report(
        self,
        case: int,
        format: Format = "html",
        language: str = "en",
        *,
        made: datetime | None = None,
        context: Context | None = None,
    ) -> bytes:
        """Return the report of a case, one self-contained file; it is noted that the caller has seen its scores.

        Parameters
        ----------
        case
            The case's number.
        format
            ``html`` or ``pdf``.
        language
            Code of its language, ``en`` or ``de``.
        made
            Its date; now, if not given. The same case has the same report at the same date.
        context
            The caller.

        Raises
        ------
        UsageError
            ``usage.unknown-case``, ``usage.value``; ``usage.extra``: the packages for PDF are not installed.
        """
        from bareface.reports.cases import CaseContent, case_report

        with self._call("report", context) as facts:
            arguments.choice("format", format, get_args(Format))
            arguments.choice("language", language, tuple(LANGUAGES))
            opened = self._case(case, facts)
            searches = []
            for kept in self._book.searches(case):
                self._book.look(kept.id, who(context))
                searches.append(replace(kept, faces=self._named(kept.faces, context)))
            reviews = [one for one in self._book.reviews() if one.case_id == case]
            restored = [one for kept in searches for face in kept.faces for one in self._restored(face.id, context)]
            facts.add(searches=len(searches), reviews=len(reviews))
            content = CaseContent(
                opened,
                searches,
                reviews,
                [self._outcome(one, context) for one in reviews if one.complete],
                restored,
                _cards(searches, restored),
                self._gallery.path.name,
                self._rests_on(context),
                cache(lambda number: self._crop(number, context)),
            )
            report = case_report(content, language, made)
            if format == "pdf":
                from bareface.reports.case_pdf import case_pdf

                return case_pdf(report)
            from bareface.reports.case_html import case_html

            return case_html(report)

    def labels(self, case: int, *, context: Context | None = None) -> bytes:
        """Return the answers of a case's complete reviews as labels: a score file (CSV) for evaluation.

        Pairs on which the reviewers disagree or cannot say, reviews of people who had seen the scores, and controls
        are left out.

        Raises
        ------
        UsageError
            ``usage.unknown-case``.
        """
        from bareface.reports.case_labels import labels_csv

        with self._call("labels", context) as facts:
            self._case(case, facts)
            reviews = [one for one in self._book.reviews() if one.case_id == case and one.complete]
            facts.add(reviews=len(reviews))
            for one in reviews:
                self._book.look(one.search_id, who(context))
            return labels_csv(self._outcome(one, context) for one in reviews)

    def _models(self) -> tuple[str, ...]:
        """Return the models that a search of this gallery runs, as far as its engine says."""
        engine = self._gallery.engine
        detector = getattr(engine, "detector", None)
        return (engine.model,) if detector is None else (_CARDS.get(detector, detector), engine.model)

    def _restored(self, face: int, context: Context | None) -> tuple[KeptRestored, ...]:
        kept = self._book.restored(face)
        leads = [lead.reference_id for one in kept for lead in one.leads]
        there = self._references(leads, context) if leads else {}
        return tuple(replace(one, leads=tuple(_named(lead, there) for lead in one.leads)) for one in kept)

    def _rests_on(self, context: Context | None) -> str | None:
        calibration = self._gallery.calibration(context=context)
        return None if calibration is None else calibration.describe()

    def _crop(self, reference: int, context: Context | None) -> bytes | None:
        with suppress(UsageError):  # somebody may be erased at this moment
            return self._gallery.crop(reference, context=context)
        return None


def _named(one: KeptLead, there: Mapping[int, Reference]) -> KeptLead:
    reference = there.get(one.reference_id)
    if reference is None or reference.enrolled != one.enrolled:
        return one
    return replace(one, subject_id=reference.subject_id, subject=reference.subject, source=reference.source)


def _cards(
    searches: Sequence[KeptSearch], restored: Sequence[KeptRestored]
) -> tuple[tuple[str, ModelCard | None], ...]:
    """Return the cards of all models that took part: those noted with a search, and the makers of references."""
    names = {name for kept in searches for name in kept.models}
    names |= {one.model for kept in searches for face in kept.faces for one in face.candidates if one.model}
    names |= {one.model for one in restored if one.model is not None}
    return tuple((name, _card(name)) for name in sorted(names))


def _card(name: str) -> ModelCard | None:
    with suppress(ModelError):
        return registry.card(name)
    return None
