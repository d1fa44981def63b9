"""An open gallery, as the services that work on it share it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TypeAlias

from bareface.audit.port import AuditLog
from bareface.errors import BarefaceError, GalleryError
from bareface.faces.port import FaceEngine
from bareface.models.registry import embedder_of
from bareface.services.recorded import Recorder
from bareface.services.uploads import Uploads
from bareface.storage.index_sync import DerivedIndex
from bareface.storage.sqlite.store import Store

EngineFor: TypeAlias = "FaceEngine | Callable[[str], FaceEngine] | None"
"""An engine, a function that makes one for an embedder of this name, or None for the packaged one."""


class OpenGallery:
    """A gallery's database, its index, its engine, and the record of calls.

    Parameters
    ----------
    store, index
        The database and the index derived from it.
    engine
        Finds faces and makes templates; or a function that makes one for an embedder of this name. By default the
        packaged detector with the embedder of the gallery's space, loaded when it is first needed.
    audit
        Takes one event for each call; see :class:`bareface.audit.port.AuditLog`.
    """

    def __init__(
        self, store: Store, index: DerivedIndex, engine: EngineFor = None, audit: AuditLog | None = None
    ) -> None:
        self.store = store
        self.index = index
        self.uploads = Uploads(store)
        self.recorder = Recorder(audit, _identifier(store))
        self._engine = engine

    @property
    def engine(self) -> FaceEngine:
        """The engine, loaded now if none was given."""
        if self._engine is None or callable(self._engine):
            from bareface.services.engine import Engine

            embedder = embedder_of(self.store.state().space)
            self._engine = self._engine(embedder) if callable(self._engine) else Engine(embedder=embedder)
        return self._engine

    def erase(self, *, wait: bool = True) -> None:
        """Rewrite database and index, so that nothing deleted can be read from the files; drop unused originals."""
        self.store.check_writable()
        self.uploads.sweep()
        self.index.discard_file()
        self.store.erase(wait=wait)
        self.index.save()

    def finish_erasing(self) -> None:
        """Overwrite what a process that was killed had deleted; leave one alone that is still running."""
        if not self.store.read_only and self.store.unerased():
            with suppress(GalleryError):  # named by a check
                self.erase(wait=False)


def _identifier(store: Store) -> str | None:
    """Return the gallery's identifier; None if it is damaged, which a check then says."""
    with suppress(BarefaceError):
        return store.state().uuid
    return None
