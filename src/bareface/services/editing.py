"""What a person changes in a gallery by hand: deletions and corrections."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from bareface.errors import GalleryError, UsageError
from bareface.gallery import corrections, subjects
from bareface.gallery import delete as deletion
from bareface.storage.derived_index import DerivedIndex
from bareface.storage.sqlite import queries as catalogue
from bareface.storage.sqlite.store import Store
from bareface.values import arguments, names
from bareface.values.gallery import Deleted, Subject


class Editable:
    """The part of :class:`bareface.Gallery` that deletes and corrects."""

    _store: Store
    _index: DerivedIndex

    # Deletion ----------------------------------------------------------------------------------------------

    def delete(
        self,
        *,
        subject: int | str | None = None,
        photo: str | Path | None = None,
        reference: int | Sequence[int] | None = None,
    ) -> Deleted:
        """Delete a subject, all faces from a photo, or single references: from database, index and crops.

        Database and index are written anew, which needs as much free disk again: nothing of what was deleted can be
        read from the gallery's files. What was deleted can be enrolled again; see :meth:`reject`.

        Parameters
        ----------
        subject
            Its number, or its name; what was assigned to it is forgotten with it.
        photo
            Its path; where it lies elsewhere now, it is known by its content.
        reference
            Its number, or several.

        Raises
        ------
        UsageError
            ``usage.delete`` unless exactly one of them is given; ``usage.unknown-photo``.
        """
        if sum(given is not None for given in (subject, photo, reference)) != 1:
            raise UsageError("usage.delete", "name one of a subject, a photo or references to delete.")
        with self._store.write() as connection:
            if subject is not None:
                deleted = deletion.delete_subject(connection, subject)
            elif photo is not None:
                deleted = deletion.delete_photo(connection, arguments.path("photo", photo))
            elif reference is not None:
                numbers = _numbers(reference)
                catalogue.check_references(connection, numbers)
                deleted = deletion.delete_references(connection, numbers)
            self._store.mark_deleted(connection)
        self._erase()
        return deleted

    def scrub(self) -> None:
        """Write the gallery's files anew, as :meth:`delete` does: finishes a deletion that was interrupted."""
        self._erase()

    def repair(self) -> int:
        """Delete damaged rows of corrections and restorations, which no reference depends on; returns how many.

        What they said is forgotten: a face that one of them rejected or assigned can be enrolled otherwise, a picture
        that was restored can pass for a photo. :meth:`check` names them first.
        """
        count = self._store.repair()
        if count:
            with suppress(GalleryError):  # where more is damaged; the next opening tries again
                self._erase()
        return count

    def _erase(self, *, wait: bool = True) -> None:
        self._store.check_writable()
        self._index.discard_file()
        self._store.erase(wait=wait)
        self._index.save()

    def _finish_erasing(self) -> None:
        """Overwrite what was deleted by a process that was killed; one that still works at it is left alone."""
        if not self._store.read_only and self._store.unerased():
            with suppress(GalleryError):  # named by a check
                self._erase(wait=False)

    # Corrections ------------------------------------------------------------------------------------------

    def assign(self, reference: int | Sequence[int], subject: int | str) -> Subject:
        """Give faces to a subject: by number, or by name, which is made where there is none.

        The name of a subject that was merged or renamed means the subject that it is now; ``aliases`` of the result
        lists such names.

        This and the other corrections name a photo by its content and a face by its place, so they hold when the
        photo is enrolled again. (Imported templates have no photo: what is corrected on them holds for them only.)
        """
        with self._store.write() as connection:
            found = catalogue.find_references(connection, _numbers(reference))
            if isinstance(subject, str) and not names.reads_as_number(subject):
                owner = subjects.named(connection, subject)
            else:
                owner = subjects.find(connection, subject)
            corrections.assign(connection, found, owner)
        return self._changed(owner)

    def merge(self, kept: int | str, merged: int | str) -> Subject:
        """Make two subjects one; photos enrolled under the second's name become the first's from now on.

        That ends when another subject gets the name, by :meth:`split` or :meth:`rename`. To undo a merge, split off
        what was the second's, by its name.

        Raises
        ------
        UsageError
            ``usage.merge``: they are one already.
        """
        with self._store.write() as connection:
            owner = subjects.find(connection, kept)
            corrections.merge(connection, owner, subjects.find(connection, merged))
        return self._changed(owner)

    def rename(self, subject: int | str, name: str) -> Subject:
        """Give a subject another name; photos enrolled under the earlier one stay its own.

        Raises
        ------
        UsageError
            ``usage.subject-exists``: there is another subject of that name; ``usage.name``.
        """
        with self._store.write() as connection:
            owner = subjects.by_number(connection, subject)
            corrections.rename(connection, owner, name)
        return self._changed(owner)

    def split(self, reference: int | Sequence[int], name: str | None = None) -> Subject:
        """Make faces a subject of their own; a name that meant another subject since a merge means this one now.

        Raises
        ------
        UsageError
            ``usage.subject-exists``: there is a subject of that name; ``usage.name``.
        """
        with self._store.write() as connection:
            found = catalogue.find_references(connection, _numbers(reference))
            owner = corrections.split(connection, found, name)
        return self._changed(owner)

    def reject(self, reference: int | Sequence[int]) -> Deleted:
        """Delete faces, and never enrol them again."""
        with self._store.write() as connection:
            found = catalogue.find_references(connection, _numbers(reference))
            deleted = corrections.reject(connection, found)
            self._store.mark_deleted(connection)
        self._erase()
        return deleted

    def _changed(self, subject_id: int) -> Subject:
        self._index.save_if_loaded()
        with self._store.read() as connection:
            return catalogue.one_subject(connection, subject_id)


def _numbers(which: object) -> tuple[int, ...]:
    """Reference numbers, of whatever integer type; a truth value is not a number."""
    several: list[Any] = list(which) if isinstance(which, Iterable) and not isinstance(which, str) else [which]
    try:
        if any(isinstance(one, bool) for one in several):
            raise TypeError
        numbers = tuple(map(operator.index, several))
    except TypeError:
        what = f"a reference is given by its number, not by {arguments.shown(which)}."
        raise UsageError("usage.unknown-reference", what) from None
    if not numbers:
        raise UsageError("usage.unknown-reference", "no reference is given.")
    return numbers
