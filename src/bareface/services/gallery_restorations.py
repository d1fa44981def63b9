"""Restorations that a gallery keeps on record, so that it refuses pictures of them later."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bareface.messages import Note
from bareface.services.opened import OpenGallery
from bareface.values import arguments
from bareface.values.context import Context

if TYPE_CHECKING:
    from bareface.gallery.restorations import RestorationPage
    from bareface.restoration.base import Provenance, Restored


@dataclass(frozen=True, slots=True)
class Restorations:
    """Keeps restorations in an open gallery."""

    opened: OpenGallery

    def keep_restoration(self, restored: Restored, *, context: Context | None = None) -> bool:
        """Put a restoration of an enrolled photo on the gallery's record; return False if it is not enrolled here.

        The gallery refuses pictures of it from then on, on any machine, until the photo is deleted.
        """
        from bareface.gallery.restorations import keep
        from bareface.restoration.base import Restored

        with self.opened.recorder.call("Gallery.keep_restoration", context) as facts:
            arguments.instance("restored", restored, Restored, Note("argument.restored"))
            with self.opened.store.write() as connection:
                stored = keep(connection, restored)
            facts.add(restorations=int(stored))
            return stored

    def forget_restorations(self, sources: Iterable[str], *, context: Context | None = None) -> int:
        """Take the restorations of photos that are not enrolled off the gallery's record, for good.

        Pictures made of them can be enrolled then, unless their metadata say what they are. Those that the gallery
        could not keep when they were made go, too.

        Parameters
        ----------
        sources
            SHA-256 of the photos, in hex.
        context
            The caller and the purpose.

        Returns
        -------
        int
            The number of restorations.
        """
        from bareface.gallery.restorations import forget
        from bareface.gallery.restorations_for import forget_made_for

        with self.opened.recorder.call("Gallery.forget_restorations", context) as facts:
            digests = [one for one in arguments.texts("sources", sources) if one.isascii()]
            with self.opened.store.reading() as reader:
                strange = [one for one in digests if not reader.photos_with(one)]
            with self.opened.store.write() as connection:
                count = forget(connection, strange)
            if count:
                self.opened.erase()
            count += forget_made_for(self.opened.store, strange)
            facts.add(forgotten_restorations=count)
            return count

    def restorations(self, *, context: Context | None = None) -> tuple[Provenance, ...]:
        """List where each restoration on the gallery's record comes from, oldest first."""
        from bareface.gallery.restorations import entries

        with self.opened.recorder.call("Gallery.restorations", context) as facts:
            with self.opened.store.read() as connection:
                found = entries(connection)
            facts.add(restorations=len(found))
            return found

    def restoration_page(
        self, most: int = 50, before: int | None = None, *, context: Context | None = None
    ) -> RestorationPage:
        """List some of these restorations, latest first, each with its number and the references of its photo.

        Parameters
        ----------
        most
            Number of restorations.
        before
            List only those before this number.
        context
            The caller and the purpose.
        """
        from bareface.gallery.restorations import page

        with self.opened.recorder.call("Gallery.restoration_page", context) as facts:
            most = arguments.row("most", most, 1)
            before = None if before is None else arguments.row("before", before)
            with self.opened.store.read() as connection:
                found = page(connection, most, before)
            facts.add(restorations=len(found.restorations))
            return found
