"""Corrections that a person makes in a gallery: to whom faces belong, and what subjects are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bareface.gallery import move_faces, subjects
from bareface.services.opened import OpenGallery
from bareface.services.reference_numbers import reference_numbers
from bareface.values import names
from bareface.values.context import Context
from bareface.values.gallery import Deleted, Subject


@dataclass(frozen=True, slots=True)
class Corrections:
    """Corrects an open gallery.

    A correction names a photo by its content and a face by its place, so it holds when the photo is enrolled again.
    Imported templates have no photo: a correction of them holds for them only.
    """

    opened: OpenGallery

    def assign(self, reference: int | Sequence[int], subject: int | str, *, context: Context | None = None) -> Subject:
        """Move faces to a subject, given by number or by name; a new name makes a subject.

        The name of a subject that was merged or renamed means the subject that it is now; ``aliases`` of the result
        lists such names. The correction holds when the photos are enrolled again.
        """
        with self.opened.recorder.call("Gallery.assign", context) as facts:
            numbers = reference_numbers(reference)
            facts.add(references=numbers)
            with self.opened.store.writing() as writer:
                references = writer.find_references(numbers)
                if isinstance(subject, str) and not names.reads_as_number(subject):
                    owner = subjects.named(writer, subject)
                else:
                    owner = subjects.find(writer, subject)
                facts.add(subjects=[owner])
                move_faces.assign(writer, references, owner)
                changed = writer.subject(owner)
            return self._saved(changed)

    def merge(self, kept: int | str, merged: int | str, *, context: Context | None = None) -> Subject:
        """Merge two subjects into the first; photos enrolled under the second's name become the first's from now on.

        That ends when another subject gets the name, by :meth:`split` or :meth:`rename`. To undo a merge, split off
        what was the second's, by its name.

        Raises
        ------
        UsageError
            ``usage.merge``: they are one already.
        """
        with self.opened.recorder.call("Gallery.merge", context) as facts:
            with self.opened.store.writing() as writer:
                owner = subjects.find(writer, kept)
                other = subjects.find(writer, merged)
                facts.add(subjects=[owner, other])
                move_faces.merge(writer, owner, other)
                changed = writer.subject(owner)
            return self._saved(changed)

    def rename(self, subject: int | str, name: str, *, context: Context | None = None) -> Subject:
        """Rename a subject; photos enrolled under the earlier name stay its own.

        Raises
        ------
        UsageError
            ``usage.subject-exists``: there is another subject of that name; ``usage.name``.
        """
        with self.opened.recorder.call("Gallery.rename", context) as facts:
            with self.opened.store.writing() as writer:
                owner = subjects.by_number(writer, subject)
                facts.add(subjects=[owner])
                move_faces.rename(writer, owner, name)
                changed = writer.subject(owner)
            return self._saved(changed)

    def split(
        self,
        reference: int | Sequence[int],
        name: str | None = None,
        *,
        apart: bool = True,
        context: Context | None = None,
    ) -> Subject:
        """Move faces to a new subject; a name that meant another subject since a merge means the new one now.

        Parameters
        ----------
        reference
            Numbers of the faces.
        name
            Name of the new subject, if it gets one.
        apart
            Keep that they are not the person they are taken from: suggestions do not bring them back.
        context
            The caller.

        Raises
        ------
        UsageError
            ``usage.subject-exists``: there is a subject of that name; ``usage.name``.
        """
        with self.opened.recorder.call("Gallery.split", context) as facts:
            numbers = reference_numbers(reference)
            facts.add(references=numbers)
            with self.opened.store.writing() as writer:
                references = writer.find_references(numbers)
                changed = writer.subject(move_faces.split(writer, references, name, apart=bool(apart)))
            facts.add(subjects=[changed.id])
            return self._saved(changed)

    def reject(self, reference: int | Sequence[int], *, erase: bool = True, context: Context | None = None) -> Deleted:
        """Delete faces, and never enrol them again.

        Parameters
        ----------
        reference
            Numbers of the faces.
        erase
            Rewrite the gallery's files at once, so that nothing of the faces can be read from them. Otherwise
            :meth:`scrub` does it, any other deletion, or the next opening: for several rejections in a row.
        context
            The caller.
        """
        with self.opened.recorder.call("Gallery.reject", context) as facts:
            numbers = reference_numbers(reference)
            facts.add(references=numbers)
            with self.opened.store.writing() as writer:
                references = writer.find_references(numbers)
                deleted = move_faces.reject(writer, references)
                writer.mark_deleted()
            if erase:
                self.opened.erase()
            return deleted

    def _saved(self, changed: Subject) -> Subject:
        """Return a subject as the transaction left it: another program may have deleted it since."""
        self.opened.index.save_if_loaded()
        return changed
