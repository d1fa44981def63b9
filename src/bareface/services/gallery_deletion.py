"""Deletion from a gallery, without leaving bytes in its files."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bareface.errors import GalleryError, UsageError
from bareface.gallery import delete as deletion
from bareface.gallery import subjects
from bareface.services.opened import OpenGallery
from bareface.services.reference_numbers import reference_numbers
from bareface.values import arguments
from bareface.values.context import Context
from bareface.values.gallery import Deleted


@dataclass(frozen=True, slots=True)
class Deletion:
    """Deletes from an open gallery."""

    opened: OpenGallery

    def delete(
        self,
        *,
        subject: int | str | None = None,
        photo: str | Path | None = None,
        reference: int | Sequence[int] | None = None,
        context: Context | None = None,
    ) -> Deleted:
        """Delete a subject, all faces from a photo, or single references: from database, index and crops.

        Database and index are rewritten, which needs as much free disk again: nothing of what was deleted can be
        read from the gallery's files. What was deleted can be enrolled again; see :meth:`reject`.

        Parameters
        ----------
        subject
            Its number, or its name; what was assigned to it is forgotten with it.
        photo
            Its path; where it lies elsewhere now, it is known by its content.
        reference
            Its number, or several.
        context
            The caller and the purpose.

        Raises
        ------
        UsageError
            ``usage.delete`` unless exactly one of them is given; ``usage.unknown-photo``.
        """
        with self.opened.recorder.call("Gallery.delete", context) as facts:
            if sum(given is not None for given in (subject, photo, reference)) != 1:
                raise UsageError("usage.delete")
            digest = None
            if photo is not None:
                photo = arguments.path("photo", photo)
                digest = deletion.digest_of(photo)
            with self.opened.store.writing() as writer:
                if subject is not None:
                    with suppress(UsageError):  # one that only corrections wait for has no number
                        facts.add(subjects=[subjects.find(writer, subject)])
                    deleted = deletion.delete_subject(writer, subject)
                elif photo is not None:
                    deleted = deletion.delete_photo(writer, photo, digest)
                elif reference is not None:
                    numbers = reference_numbers(reference)
                    facts.add(references=numbers)
                    writer.check_references(numbers)
                    deleted = writer.delete_references(numbers)
                writer.mark_deleted()
            self.opened.erase()
            facts.add(deleted_references=deleted.references, deleted_photos=deleted.photos)
            return deleted

    def scrub(self, *, context: Context | None = None) -> None:
        """Rewrite the gallery's files, as :meth:`delete` does, and finish an interrupted deletion."""
        with self.opened.recorder.call("Gallery.scrub", context):
            self.opened.erase()

    def repair(self, *, context: Context | None = None) -> int:
        """Delete damaged rows of corrections and restorations, which no reference depends on; return how many.

        Their content is lost: a face that one of them rejected or assigned can be enrolled otherwise, a picture
        that was restored can pass for a photo. :meth:`check` names them first.
        """
        with self.opened.recorder.call("Gallery.repair", context) as facts:
            count = self.opened.store.repair()
            facts.add(deleted_rows=count)
            if count:
                with suppress(GalleryError):  # where more is damaged; the next opening tries again
                    self.opened.erase()
            return count
