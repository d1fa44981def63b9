"""An open gallery, as the services that work on it share it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import cache
from typing import Final, TypeAlias

from bareface.audit.port import AuditLog
from bareface.errors import BarefaceError, UsageError
from bareface.faces.port import FaceEngine
from bareface.gallery.subjects import meant
from bareface.messages import Note
from bareface.models.registry import embedder_of
from bareface.services.recorded import Recorder
from bareface.services.uploads import Uploads
from bareface.storage.index_sync import DerivedIndex
from bareface.storage.job_book import jobs_of
from bareface.storage.photos_on_disk import PhotosOnDisk
from bareface.storage.sqlite.queries import template_counts
from bareface.storage.sqlite.store import Store
from bareface.values import arguments

EngineFor: TypeAlias = "FaceEngine | Callable[[str], FaceEngine] | None"
"""An engine, a function that makes one for an embedder of this name, or None for the packaged one."""


ENGINE: Final = ("model", "space", "precision", "stream")
"""Attributes that an engine has at least."""


@dataclass(frozen=True, slots=True)
class _Chosen:
    """An engine that was chosen for templates: those of a gallery, of a space, and made at once."""

    templates: tuple[str, str | None, int]
    embedder: str
    engine: FaceEngine


class OpenGallery:
    """A gallery's database, its index, its engine, and the record of calls.

    Parameters
    ----------
    store, index
        The database and the index derived from it.
    engine
        Finds faces and makes templates; or a function that makes one for an embedder of this name. By default the
        packaged detector with the embedder of the gallery's templates, loaded when it is first needed.
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
        self._given = engine
        self._chosen: _Chosen | None = None

    @property
    def engine(self) -> FaceEngine:
        """The engine; unless one was given, that of the templates of now, which others may have made anew meanwhile."""
        if self._given is not None and not callable(self._given):
            return self._given
        with self.store.read() as connection:
            state = self.store.state(connection)
            templates = (state.uuid, state.space, state.epoch)
            if self._chosen is not None and self._chosen.templates == templates:
                return self._chosen.engine
            counts = sorted(template_counts(connection), key=lambda one: one.references, reverse=True)
        embedder = embedder_of(state.space, [one.model for one in counts])
        before = self._chosen
        engine = before.engine if before is not None and before.embedder == embedder else self._made(embedder)
        self._chosen = _Chosen(templates, embedder, engine)
        return engine

    def _made(self, embedder: str) -> FaceEngine:
        if callable(self._given):
            engine = self._given(embedder)
            arguments.able("engine", engine, ENGINE, Note("argument.engine-or-none"))
            return engine
        from bareface.services.engine import Engine

        return Engine(embedder=embedder)

    @property
    def photos(self) -> PhotosOnDisk:
        """The photos that references come from."""
        return PhotosOnDisk(self.uploads.folder)

    def erase(self, *, wait: bool = True) -> None:
        """Rewrite database and index, so that nothing deleted can be read from the files; drop unused originals."""
        self.store.check_writable()
        with ExitStack() as each:  # what cannot be removed keeps nothing else
            each.callback(self._rewrite, wait=wait)
            each.callback(self._forget_names)
            self.uploads.sweep()

    def _rewrite(self, *, wait: bool) -> None:
        self.index.discard_file()
        self.store.erase(wait=wait)
        self.index.save()

    def _forget_names(self) -> None:
        """Erase the names that background jobs keep of people who are gone."""
        with self.store.reading() as reader:

            @cache
            def means_somebody(name: str) -> bool:
                with suppress(UsageError):  # of several people
                    return meant(reader, name).number is not None
                return True

            def known(sha256: str, names: Sequence[str]) -> bool:
                return (not sha256 or bool(reader.photos_with(sha256))) and all(map(means_somebody, names))

            jobs_of(self.store.path).forget(known)

    def finish_erasing(self) -> None:
        """Overwrite what a process that was killed had deleted; leave one alone that is still running."""
        if not self.store.read_only and self.store.unerased():
            with suppress(BarefaceError):  # named by a check, or by the next deletion
                self.erase(wait=False)


def _identifier(store: Store) -> str | None:
    """Return the gallery's identifier; None if it is damaged, which a check then says."""
    with suppress(BarefaceError):
        return store.state().uuid
    return None
