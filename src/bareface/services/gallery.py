"""The gallery: all that can be done with enrolled faces, in one object.

Each method is written in the service that it belongs to, in this folder: ``gallery_enrolment``, ``gallery_searches``,
``gallery_report``, ``gallery_listing``, ``gallery_viewing``, ``gallery_corrections``, ``gallery_deletion``,
``gallery_suggestions``, ``gallery_upkeep`` and ``gallery_restorations``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Set
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Concatenate, NoReturn, ParamSpec, Self, TypeVar, get_args

from bareface.audit.port import AuditLog
from bareface.errors import GalleryError, UsageError
from bareface.faces.port import FaceEngine
from bareface.messages import Note
from bareface.services.gallery_corrections import Corrections
from bareface.services.gallery_deletion import Deletion
from bareface.services.gallery_enrolment import Enrolment
from bareface.services.gallery_evaluations import Evaluations
from bareface.services.gallery_listing import Listing
from bareface.services.gallery_report import Reports
from bareface.services.gallery_restorations import Restorations
from bareface.services.gallery_searches import Searches
from bareface.services.gallery_suggestions import Suggestions
from bareface.services.gallery_upkeep import Upkeep
from bareface.services.gallery_viewing import Viewing
from bareface.services.opened import ENGINE, EngineFor, OpenGallery
from bareface.services.recorded import check_log
from bareface.storage.open_index import open_index
from bareface.storage.ports import State as State
from bareface.storage.sqlite.store import Store
from bareface.storage.sqlite.transaction import SqliteReader
from bareface.system.files import check_named
from bareface.values import arguments
from bareface.values.face import Precision

Part = TypeVar("Part")
P = ParamSpec("P")
R = TypeVar("R")


def _by(
    part: Callable[[OpenGallery], Part], method: Callable[Concatenate[Part, P], R]
) -> Callable[Concatenate[Gallery, P], R]:
    """Offer a method of a service as the gallery's own, with its signature and documentation."""

    @wraps(method)
    def call(gallery: Gallery, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return method(part(gallery._opened), *args, **kwargs)

    call.__qualname__ = f"Gallery.{method.__name__}"
    return call


class Gallery:
    """A gallery of enrolled faces.

    Use :meth:`open`; close it, or use it in a ``with`` statement. Several processes may use one gallery at once, and
    one object may be used by several threads.

    A subject is given by its number (an int, or a str such as ``#7``) or its name (any other str), a reference by its
    number; where there is none, methods raise ``UsageError`` with the code ``usage.unknown-subject`` or
    ``usage.unknown-reference``. Names are compared as :mod:`bareface.values.names` says; one that cannot be a name is
    ``usage.name``, one that several subjects of an older gallery have is ``usage.ambiguous-subject``.

    Each method takes a ``context``: who calls, and why (:class:`bareface.values.context.Context`).

    Examples
    --------
    >>> import bareface
    >>> with bareface.Gallery.open("people.bareface") as gallery:  # doctest: +SKIP
    ...     gallery.enrol("photos/", basis="consent")
    ...     result = gallery.search("probe.jpg", top=20)
    """

    def __init__(self, opened: OpenGallery) -> None:
        self._opened = opened
        self._store, self._index = opened.store, opened.index

    @classmethod
    def open(
        cls,
        path: str | Path,
        engine: EngineFor = None,
        index: Precision | None = None,
        *,
        create: bool = True,
        audit: AuditLog | None = None,
    ) -> Self:
        """Open a gallery, or make one.

        Parameters
        ----------
        path
            The gallery's file; ``<path>-index`` next to it holds the vector index, which can be deleted at any time.
        engine
            Finds faces and makes templates; or a function that makes one for the embedder that is named to it. By
            default the packaged one, with the embedder of the gallery's templates, loaded when it is first needed.
        index
            Arithmetic of the vector index: ``int8`` (default: a quarter of the memory, the best scored again in
            float32) or ``float32``.
        create
            Make the gallery where there is none. In a ``with`` statement that an exception ends, one that was made
            and in which nothing was stored is removed again.
        audit
            Takes one event for each call of a method, also for one that fails; see
            :class:`bareface.audit.port.AuditLog`. None records nothing. Opening and closing are not calls.

        Raises
        ------
        GalleryError
            ``gallery.missing``, ``gallery.corrupt`` (damaged, or not a gallery), ``gallery.newer`` (made by a later
            version), ``gallery.locked``, ``gallery.read-only``, ``gallery.disk-full``, ``gallery.io``. Every other
            method can raise these, too, except the first and third. ``gallery.name``: the name is too long, or
            that of a file that another gallery keeps.
        UsageError
            ``usage.empty``: an empty path.

        Notes
        -----
        A gallery that may only be read, or lies in such a folder, can be searched, listed and checked. The process may
        be forked while a gallery is open; the child then uses it as its own.
        """
        check_named(arguments.path("path", path))
        arguments.choice("index", index, (None, *get_args(Precision)), code="usage.index")
        if engine is not None and not callable(engine):
            arguments.able("engine", engine, ENGINE, Note("argument.engine-or-none"))
        check_log(audit)
        store = Store(path, create=create)
        opened = OpenGallery(store, open_index(store, index or "int8"), engine, audit)
        opened.finish_erasing()
        return cls(opened)

    def __copy__(self) -> Self:
        return type(self)(self._opened)

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: a database that is open belongs to its process."""
        raise UsageError("usage.pickle", source=str(self.path))

    @property
    def path(self) -> Path:
        """The gallery's file."""
        return self._store.path

    @property
    def engine(self) -> FaceEngine:
        """The engine that finds faces and makes templates."""
        return self._opened.engine

    def ready(self) -> None:
        """Raise an error unless the gallery can be read now; this is no call that leaves an event."""
        self._store.state()

    def gone_since(self, before: State | None, references: Collection[int]) -> tuple[State, Set[int]]:
        """Return the gallery's state now, and which references are gone; this is no call that leaves an event.

        Parameters
        ----------
        before
            State that an earlier call returned, when all of the references were there; None at first.
        references
            Their numbers. If another gallery took this one's place since, all of them are gone.
        """
        with self._store.read() as connection:
            now = self._store.state(connection)
            self._opened.recorder.gallery = now.uuid  # another one may have taken its place
            if before is None or now.token == before.token:
                return now, frozenset()
            if not self._store.follows(connection, before):
                return now, frozenset(references)
            return now, set(references) - SqliteReader(connection).has_references(list(references))

    def follows(self, before: State) -> bool:
        """Return whether this gallery was once in a state: another one, or a copy, may have taken its place since.

        This is no call that leaves an event.
        """
        with self._store.read() as connection:
            return self._store.state(connection).token == before.token or self._store.follows(connection, before)

    def deletions(self) -> int:
        """Return how many references were deleted so far; this is no call that leaves an event."""
        with self._store.reading() as reader:
            return reader.deletions()

    @property
    def id(self) -> str:
        """Permanent identifier of this gallery."""
        return self._store.id

    def highest_reference(self, first: int | None = None) -> int:
        """Return the highest number of a reference, or of the first of them; this is no call that leaves an event."""
        with self._store.reading() as reader:
            return reader.highest_reference(first)

    def close(self) -> None:
        """Save the index and close the database."""
        try:
            self._index.save_if_loaded()
        finally:
            self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()
        else:  # saving the index may fail for the same reason, and would hide it
            if self._store.discard_unused():
                with suppress(GalleryError):
                    self._index.discard_file()
            self._store.close()

    enrol = _by(Enrolment, Enrolment.enrol)
    enrol_upload = _by(Enrolment, Enrolment.enrol_upload)
    enrol_uploads = _by(Enrolment, Enrolment.enrol_uploads)
    import_encodings = _by(Enrolment, Enrolment.import_encodings)

    search = _by(Searches, Searches.search)
    search_template = _by(Searches, Searches.search_template)
    search_restored = _by(Searches, Searches.search_restored)
    search_beside = search_restored
    """Former name of :meth:`search_restored`, until version 0.4."""
    write_report = _by(Reports, Reports.write_report)

    info = _by(Listing, Listing.info)
    subject = _by(Listing, Listing.subject)
    subjects = _by(Listing, Listing.subjects)
    subject_page = _by(Listing, Listing.subject_page)
    reference = _by(Listing, Listing.reference)
    references = _by(Listing, Listing.references)
    references_at = _by(Listing, Listing.references_at)
    reference_page = _by(Listing, Listing.reference_page)
    best_reference = _by(Listing, Listing.best_reference)
    crop = _by(Listing, Listing.crop)
    photo = _by(Viewing, Viewing.photo)
    view = _by(Viewing, Viewing.view)
    enhanced = _by(Viewing, Viewing.enhanced)
    enhanced_probe = _by(Viewing, Viewing.enhanced_probe)
    control_pairs = _by(Viewing, Viewing.control_pairs)

    assign = _by(Corrections, Corrections.assign)
    merge = _by(Corrections, Corrections.merge)
    rename = _by(Corrections, Corrections.rename)
    split = _by(Corrections, Corrections.split)
    reject = _by(Corrections, Corrections.reject)

    suggestions = _by(Suggestions, Suggestions.suggestions)
    tell_apart = _by(Suggestions, Suggestions.tell_apart)
    forget_apart = _by(Suggestions, Suggestions.forget_apart)
    apart_page = _by(Suggestions, Suggestions.apart_page)

    delete = _by(Deletion, Deletion.delete)
    scrub = _by(Deletion, Deletion.scrub)
    repair = _by(Deletion, Deletion.repair)

    check = _by(Upkeep, Upkeep.check)
    evaluate = _by(Evaluations, Evaluations.evaluate)
    evaluation = _by(Evaluations, Evaluations.evaluation)
    evaluation_report = _by(Evaluations, Evaluations.evaluation_report)
    evenness = _by(Evaluations, Evaluations.evenness)

    relink = _by(Upkeep, Upkeep.relink)
    reembed = _by(Upkeep, Upkeep.reembed)
    calibrate = _by(Upkeep, Upkeep.calibrate)
    calibration = _by(Upkeep, Upkeep.calibration)

    keep_restoration = _by(Restorations, Restorations.keep_restoration)
    restorations = _by(Restorations, Restorations.restorations)
    forget_restorations = _by(Restorations, Restorations.forget_restorations)
    restoration_page = _by(Restorations, Restorations.restoration_page)
