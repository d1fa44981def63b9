"""Listing what a gallery holds."""

from __future__ import annotations

from dataclasses import dataclass

from bareface.gallery import subjects as subject_names
from bareface.services.opened import OpenGallery
from bareface.services.recorded import Facts
from bareface.storage.sqlite import queries as catalogue
from bareface.values import arguments
from bareface.values.context import Context
from bareface.values.gallery import GalleryInfo, Reference, Subject


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

    def references(self, subject: int | str | None = None, *, context: Context | None = None) -> tuple[Reference, ...]:
        """List all references by their numbers, or those of one subject, best quality first."""
        with self.opened.recorder.call("Gallery.references", context) as facts:
            listing = self._references(subject, facts)
            facts.add(listed_references=len(listing))
            return listing

    def best_reference(self, subject: int | str, *, context: Context | None = None) -> Reference:
        """Return a subject's best photo: its reference of the best quality."""
        with self.opened.recorder.call("Gallery.best_reference", context) as facts:
            best = self._references(subject, facts)[0]
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
            if subject is None:
                return tuple(reader.references())
            number = subject_names.find(reader, subject)
            facts.add(subjects=[number])
            return reader.references_of(number)
