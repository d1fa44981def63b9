"""Listing what a gallery holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bareface.gallery import subjects as subject_names
from bareface.services.opened import OpenGallery
from bareface.services.recorded import Facts
from bareface.services.reference_numbers import reference_numbers
from bareface.storage.ports import GalleryReader
from bareface.storage.sqlite import queries as catalogue
from bareface.values import arguments, names
from bareface.values.context import Context
from bareface.values.gallery import GalleryInfo, Reference, ReferencePage, Subject, SubjectPage

_MOST = 2**31 - 1
"""Rows of a page: SQLite takes longer numbers, but nobody a longer page."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Lists what an open gallery holds."""

    opened: OpenGallery

    def info(self, *, context: Context | None = None) -> GalleryInfo:
        """Count what the gallery holds."""
        with self.opened.recorder.call("Gallery.info", context), self.opened.store.reading() as reader:
            return reader.info(self.opened.store.path)

    def subjects(self, *, context: Context | None = None) -> tuple[Subject, ...]:
        """List all subjects: named ones by name, then unnamed ones by number."""
        with self.opened.recorder.call("Gallery.subjects", context) as facts:
            with self.opened.store.reading() as reader:
                listing = reader.subjects()
            facts.add(listed_subjects=len(listing))
            return listing

    def subject(self, which: int | str, *, context: Context | None = None) -> Subject:
        """Return one subject."""
        with self.opened.recorder.call("Gallery.subject", context) as facts:
            with self.opened.store.reading() as reader:
                one = reader.subject(subject_names.find(reader, which))
            facts.add(subjects=[one.id])
            return one

    def subject_page(
        self,
        limit: int = 50,
        after: tuple[str | None, int] | None = None,
        text: str = "",
        *,
        context: Context | None = None,
    ) -> SubjectPage:
        """List some of the subjects, in the order of :meth:`subjects`.

        Parameters
        ----------
        limit
            Length of the page.
        after
            Name and number of the last subject of the page before.
        text
            List only subjects whose name, or an alias, contains this; case does not count. ``#7`` is number 7.
        context
            The caller and the purpose.
        """
        with self.opened.recorder.call("Gallery.subject_page", context) as facts:
            limit = arguments.count("limit", limit, 1, _MOST)
            text = arguments.text("text", text).strip()
            number = names.number(text) if text.startswith("#") else None
            with self.opened.store.reading() as reader:
                if number is None:
                    page = reader.subject_page(limit, after, text)
                else:
                    there = (reader.subject(number),) if reader.has_subject(number) else ()
                    page = SubjectPage(there if after is None else (), len(there), more=False)
            facts.add(listed_subjects=len(page.subjects))
            return page

    def reference(self, reference_id: int, *, context: Context | None = None) -> Reference:
        """Return one reference."""
        with self.opened.recorder.call("Gallery.reference", context) as facts:
            numbers = reference_numbers(reference_id)
            facts.add(references=numbers)
            with self.opened.store.reading() as reader:
                return reader.find_references(numbers)[0]

    def references_at(self, numbers: Iterable[int], *, context: Context | None = None) -> dict[int, Reference]:
        """Return those of some references that are in the gallery, by number."""
        with self.opened.recorder.call("Gallery.references_at", context) as facts:
            wanted = sorted(set(numbers))
            facts.add(references=wanted)
            with self.opened.store.reading() as reader:
                return {one.id: one for one in reader.find_references(sorted(reader.has_references(wanted)))}

    def reference_page(
        self, limit: int = 50, after: int = 0, subject: int | str | None = None, *, context: Context | None = None
    ) -> ReferencePage:
        """List some of the references by their numbers, of the gallery or of one subject.

        Parameters
        ----------
        limit
            Length of the page.
        after
            Number of the last reference of the page before.
        subject
            List only its references.
        context
            The caller and the purpose.
        """
        with self.opened.recorder.call("Gallery.reference_page", context) as facts:
            limit = arguments.count("limit", limit, 1, _MOST)
            after = arguments.row("after", after)
            with self.opened.store.reading() as reader:
                page = reader.reference_page(limit, after, _number(reader, subject, facts))
            facts.add(listed_references=len(page.references))
            return page

    def references(self, subject: int | str | None = None, *, context: Context | None = None) -> tuple[Reference, ...]:
        """List all references by their numbers, or those of one subject, best quality first."""
        with self.opened.recorder.call("Gallery.references", context) as facts:
            listing = self._references(subject, facts)
            facts.add(listed_references=len(listing))
            return listing

    def best_reference(self, subject: int | str, *, context: Context | None = None) -> Reference:
        """Return a subject's best photo: its reference of the best quality."""
        with self.opened.recorder.call("Gallery.best_reference", context) as facts:
            with self.opened.store.reading() as reader:
                number = subject_names.find(reader, subject)
                facts.add(subjects=[number])
                best = reader.best_reference(number)
            facts.add(references=[best.id])
            return best

    def crop(self, reference_id: int, *, context: Context | None = None) -> bytes | None:
        """Return the kept picture of a reference, a JPEG of 160x160 pixels; None if none was kept."""
        with self.opened.recorder.call("Gallery.crop", context) as facts:
            reference_id = arguments.count(
                "reference_id", reference_id, 0, catalogue.LARGEST, code="usage.unknown-reference"
            )
            facts.add(references=[reference_id])
            with self.opened.store.reading() as reader:
                return reader.crop(reference_id)

    def _references(self, subject: int | str | None, facts: Facts) -> tuple[Reference, ...]:
        with self.opened.store.reading() as reader:
            number = _number(reader, subject, facts)
            return tuple(reader.references()) if number is None else reader.references_of(number)


def _number(reader: GalleryReader, subject: int | str | None, facts: Facts) -> int | None:
    """Return the number of the subject that a listing is restricted to, if it is."""
    if subject is None:
        return None
    number = subject_names.find(reader, subject)
    facts.add(subjects=[number])
    return number
