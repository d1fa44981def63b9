"""The one service layer: what the command line, REST and Python call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Self, get_args

from bareface.calibration.of_gallery import GalleryCalibration
from bareface.errors import GalleryError, UsageError
from bareface.faces.port import FaceEngine
from bareface.gallery import calibrate as calibrating
from bareface.gallery import enrol as enrolment
from bareface.gallery import import_encodings as importing
from bareface.gallery import maintenance as upkeep
from bareface.gallery import reembed as reembedding
from bareface.gallery import search as searching
from bareface.gallery import subjects
from bareface.imaging.folders import Skipped, as_sources, entries
from bareface.imaging.sources import limits_of
from bareface.matching.evidence import MIN_VISIBLE
from bareface.services.editing import Editable
from bareface.storage.derived_index import DerivedIndex
from bareface.storage.sqlite import queries as catalogue
from bareface.storage.sqlite.rows import check_space
from bareface.storage.sqlite.store import Store
from bareface.system.files import check_named
from bareface.system.reading import as_text
from bareface.values import arguments, names
from bareface.values.enrolment import EnrolOutcome, EnrolReport
from bareface.values.face import Precision, Source
from bareface.values.gallery import (
    CheckReport,
    EnrolProgress,
    GalleryInfo,
    Progress,
    ReembedReport,
    Reference,
    RelinkReport,
    Subject,
)
from bareface.values.search import SearchResult

if TYPE_CHECKING:
    from bareface.gallery.restored_candidates import RestoredSearch
    from bareface.restoration.base import Provenance, Restored


class Gallery(Editable):
    """A gallery of enrolled faces.

    Use :meth:`open`; close it, or use it in a ``with`` statement. Several processes may use one gallery at once, and
    one object may be used by several threads.

    A subject is given by its number (an int, or a str such as ``#7``) or its name (any other str), a reference by its
    number; where there is none, methods raise ``UsageError`` with the code ``usage.unknown-subject`` or
    ``usage.unknown-reference``. Names are compared as :mod:`bareface.values.names` says; one that cannot be a name is
    ``usage.name``, one that several subjects of an older gallery have is ``usage.ambiguous-subject``.

    Examples
    --------
    >>> import bareface
    >>> with bareface.Gallery.open("people.bareface") as gallery:  # doctest: +SKIP
    ...     gallery.enrol("photos/", basis="consent")
    ...     result = gallery.search("probe.jpg", top=20)
    """

    def __init__(self, store: Store, index: DerivedIndex, engine: FaceEngine | None) -> None:
        self._store = store
        self._index = index
        self._engine = engine

    @classmethod
    def open(
        cls, path: str | Path, engine: FaceEngine | None = None, index: Precision | None = None, *, create: bool = True
    ) -> Self:
        """Open a gallery, or make one.

        Parameters
        ----------
        path
            The gallery's file; ``<path>-index`` beside it holds the vector index, which can be deleted at any time.
        engine
            Finds faces and makes templates; the packaged one by default, loaded when it is first needed.
        index
            Arithmetic of the vector index: ``int8`` (default: a quarter of the memory, the best scored again in
            float32) or ``float32``.
        create
            Make the gallery where there is none. In a ``with`` statement that an exception ends, one that was made
            and in which nothing was stored is removed again.

        Raises
        ------
        GalleryError
            ``gallery.missing``, ``gallery.corrupt`` (damaged, or not a gallery), ``gallery.newer`` (made by a later
            version), ``gallery.locked``, ``gallery.read-only``, ``gallery.disk-full``, ``gallery.io``. Every other
            method can raise these, too, except the first and third. ``gallery.name``: the name is too long.
        UsageError
            ``usage.empty``: an empty path.

        Notes
        -----
        A gallery that may only be read, or lies in such a folder, can be searched, listed and checked. The process may
        be forked while a gallery is open; the child then uses it as its own.
        """
        check_named(arguments.path("path", path))
        arguments.choice("index", index, (None, *get_args(Precision)), code="usage.index")
        if engine is not None:
            arguments.able("engine", engine, ("model", "space", "precision", "stream"), "an Engine, or None")
        store = Store(path, create=create)
        opened = cls(store, DerivedIndex(store, index or "int8"), engine)
        opened._finish_erasing()
        return opened

    def __copy__(self) -> Self:
        return type(self)(self._store, self._index, self._engine)

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: a database that is open belongs to its process."""
        raise UsageError(
            "usage.pickle",
            "an open gallery cannot be pickled.",
            source=str(self.path),
            remedy="Pass its path, and open it in the other process with Gallery.open.",
        )

    @property
    def path(self) -> Path:
        """The gallery's file."""
        return self._store.path

    @property
    def engine(self) -> FaceEngine:
        """What finds faces and makes templates."""
        if self._engine is None:
            from bareface.services.engine import Engine

            self._engine = Engine()
        return self._engine

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

    # Enrolment and search ----------------------------------------------------------------------------------

    def enrol(
        self,
        sources: Source | Iterable[Source],
        subject: str | None = None,
        basis: str | None = None,
        *,
        largest: bool = False,
        face: int | None = None,
        crops: bool = True,
        min_visible: float = MIN_VISIBLE,
        exclude: Sequence[str] = (),
        progress: EnrolProgress | None = None,
    ) -> EnrolReport:
        """Enrol photos, or folders of photos.

        A folder of folders names its subjects: photos in ``photos/Ada`` are Ada's. Photos directly in a given folder
        are unnamed, each face its own subject. A file that is already enrolled, at whatever path, is skipped by its
        SHA-256. Standing corrections (:meth:`assign`, :meth:`merge`, :meth:`split`, :meth:`reject`) are applied.

        Photos are stored 32 at a time: when the process dies, what was stored before stays, and the same call does
        the rest.

        Parameters
        ----------
        sources
            A photo (a path, bytes, a file opened in binary mode, a Pillow image or an RGB array [H, W, 3] uint8), or
            several.
        subject
            Name of the subject of all these photos.
        basis
            On what basis these people are enrolled, e.g. ``consent``; kept with each reference.
        largest
            Of several faces in a named person's photo, enrol the largest. Otherwise such a photo is ``ambiguous`` and
            nothing of it is enrolled.
        face
            Enrol this face of one photo: 0 for the best-detected, as :meth:`Engine.faces` orders them.
        crops
            Keep a picture of each face, 160x160. A 16x16 thumbnail is kept in any case, to recognise re-encodings.
        min_visible
            Refuse faces of which a smaller share is visible; 0 refuses none. A photo with no other face is a
            ``failed`` outcome with the code ``face.hidden``.
        exclude
            Leave out files and folders below the given folders that match one of these patterns, e.g. ``"edited-*"``,
            by their name or by their path below the given folder. Hidden ones, and folders such as ``@eaDir`` or
            ``$RECYCLE.BIN``, are left out in any case, unless given themselves.
        progress
            Called after each file, in the order in which files are done.

        Returns
        -------
        EnrolReport
            One outcome a file, in the order of the files; a bad file is an outcome, not an exception. ``left_out`` says
            what was passed over in folders.

        Raises
        ------
        ImageError
            ``image.source``: something that is not a photo source, or an empty path; nothing is enrolled.
        TemplateError
            ``template.space``: the engine's templates do not belong into this gallery.
        UsageError
            ``usage.face``: ``face`` is given, but not exactly one photo; ``usage.name``: ``subject`` cannot be a name.
        """
        if subject is not None:
            subject = names.checked(subject)
        basis = _basis(basis)
        if face is not None:
            face = arguments.count("face", face, None, code="usage.face")  # one that is not there is an outcome
        min_visible = arguments.number("min_visible", min_visible, 0, 1)
        exclude = arguments.texts("exclude", exclude)
        arguments.called("progress", progress)
        skipped = Skipped()
        found = tuple(entries(sources, subject, limits_of(self.engine), exclude=exclude, skipped=skipped))
        if face is not None and len(found) != 1:
            raise UsageError("usage.face", f"a face is chosen, but there are {len(found)} photos, not one.")
        self._store.check_writable()
        rules = enrolment.Rules(basis, largest, face, crops, min_visible)
        self._index.load()
        try:
            outcomes = enrolment.enrol(self._store, self.engine, found, rules, progress)
        finally:
            self._index.save()
        return EnrolReport(outcomes, skipped.report())

    def keep_restoration(self, restored: Restored) -> bool:
        """Put a restoration of an enrolled photo into the gallery's provenance table; False if it is not enrolled here.

        The gallery refuses pictures of it from then on, on any machine, until the photo is deleted.
        """
        from bareface.gallery.restorations import keep
        from bareface.restoration.base import Restored

        arguments.instance("restored", restored, Restored, "what Engine.unmask or Engine.enhance gave")
        with self._store.write() as connection:
            return keep(connection, restored)

    def restorations(self) -> tuple[Provenance, ...]:
        """Where each restoration in the gallery's provenance table comes from, oldest first."""
        from bareface.gallery.restorations import entries as recorded

        with self._store.read() as connection:
            return recorded(connection)

    def import_encodings(self, path: str | Path, basis: str | None = None) -> EnrolOutcome:
        """Enrol encodings made by the face_recognition library: all of a file, or none.

        Parameters
        ----------
        path
            A ``.npy``, ``.json`` or ``.csv`` file of 128 numbers and a name each, laid out as
            :mod:`bareface.gallery.encodings` says. Pickle is not read.
        basis
            As in :meth:`enrol`.

        Raises
        ------
        GalleryError
            ``gallery.import-read``, ``gallery.import-format``.
        TemplateError
            ``template.space``: the gallery holds templates of another space than ``dlib-128``.
        UsageError
            ``usage.name``: the file has a name that no subject can have.
        """
        path, basis = arguments.path("path", path), _basis(basis)
        self._store.check_writable()
        self._index.load()
        outcome = importing.import_encodings(self._store, path, basis)
        self._index.save()
        return outcome

    def search(
        self,
        probe: Source | Iterable[Source],
        top: int = 20,
        same_person: bool = False,
        *,
        min_visible: float = MIN_VISIBLE,
    ) -> SearchResult:
        """Search the gallery.

        Parameters
        ----------
        probe
            A photo (a path, bytes, a file opened in binary mode, a Pillow image or an RGB array [H, W, 3] uint8), or
            several.
        top
            Length of the candidate lists: that many subjects, or all there are.
        same_person
            The probe photos show one person: their largest faces are fused into one probe.
        min_visible
            Refuse probe faces of which a smaller share is visible, with a note; 0 refuses none.

        Returns
        -------
        SearchResult
            One candidate list for every face in the probe photos, photo by photo, best-detected first. In a list each
            subject stands once, with its best reference; equal similarities are ordered by subject number.

        Raises
        ------
        ImageError
            A probe cannot be read, or ``image.no-face``: no probe shows a face. (Where some do, the notes name those
            that do not.)
        FaceError
            ``face.hidden``: no probe shows as much of a face as ``min_visible`` asks for.
        TemplateError
            ``template.space``: the engine's templates cannot be compared with the gallery's.
        CalibrationError
            ``calibration.format``: the calibration kept for this gallery is damaged.
        UsageError
            ``usage.top``: ``top`` is less than 1; ``usage.probe``: no probe is given.
        """
        top = arguments.count("top", top, 1, code="usage.top")
        min_visible = arguments.number("min_visible", min_visible, 0, 1)
        sources = as_sources(probe, limits_of(self.engine))
        if not sources:
            raise UsageError("usage.probe", "no probe is given.")
        check_space(self._store.state(), self.engine.space, self.path)
        probes = searching.probes_of(self.engine, sources, same_person=same_person, min_visible=min_visible)
        calibration = calibrating.calibration_of(self._store, self.engine.space, self.engine.model)
        return searching.search(self._index, self.engine, calibration, probes, top)

    def search_restored(
        self,
        probe: Source | Iterable[Source],
        result: SearchResult,
        *,
        unmask: bool = True,
        enhance: bool = False,
        completions: int = 4,
        seed: int = 0,
    ) -> tuple[RestoredSearch, ...]:
        """Beside a search with photos, search with guesses of what masks hide in them.

        Parameters
        ----------
        probe
            The photos that :meth:`search` was given, again: a generator can be used only once.
        result
            What it gave; its lists come first, and stay as they are.
        unmask
            Complete faces that wear a mask; see :meth:`bareface.Engine.unmask`.
        enhance
            Enhance faces that wear none; see :meth:`bareface.Engine.enhance`.
        completions, seed
            Of each masked face.

        Returns
        -------
        tuple of RestoredSearch
            One for each list; none where neither is asked for. Restored pictures are put on record, never enrolled.

        Raises
        ------
        UsageError
            ``usage.engine``: this gallery's engine does not restore faces.
        RestorationError
            ``restoration.completions``. A face that cannot be restored is a note.
        """
        from bareface.gallery import search_restored as restored

        arguments.instance("result", result, SearchResult, "what Gallery.search gave")
        if not unmask and not enhance:
            return ()
        wish = restored.Wish(unmask, enhance, completions, seed)
        return tuple(
            restored.search_restored(
                self._index, self.engine, as_sources(probe, limits_of(self.engine)), result.lists, wish
            )
        )

    search_beside = search_restored
    """Its name in version 0.1, until version 0.4."""

    def calibrate(self) -> GalleryCalibration:
        """Learn from the named subjects how often strangers score high; searches use it from then on.

        With too few of them nothing changes: the result says how many are missing, and what serves instead.

        Raises
        ------
        GalleryError
            ``gallery.empty``.
        CalibrationError
            ``calibration.scores``, ``calibration.ties``: templates are damaged, or hardly differ.
        """
        return calibrating.calibrate(self._store)

    # What is in it -----------------------------------------------------------------------------------------

    def info(self) -> GalleryInfo:
        """The gallery in figures."""
        with self._store.read() as connection:
            return catalogue.info(connection, self.path)

    def subjects(self) -> tuple[Subject, ...]:
        """All subjects: named ones by name, then unnamed ones by number."""
        with self._store.read() as connection:
            return catalogue.subjects(connection)

    def references(self, subject: int | str | None = None) -> tuple[Reference, ...]:
        """All references by their numbers, or those of one subject, best quality first."""
        with self._store.read() as connection:
            if subject is None:
                return tuple(catalogue.references(connection))
            return catalogue.references_of(connection, subjects.find(connection, subject))

    def best_reference(self, subject: int | str) -> Reference:
        """A subject's best photo: its reference of the best quality."""
        return self.references(subject)[0]

    def crop(self, reference_id: int) -> bytes | None:
        """The kept picture of a reference, a JPEG of 160x160 pixels; None where none was kept."""
        reference_id = arguments.count(
            "reference_id", reference_id, 0, catalogue.LARGEST, code="usage.unknown-reference"
        )
        with self._store.read() as connection:
            return catalogue.crop(connection, reference_id)

    # Upkeep -----------------------------------------------------------------------------------------------

    def relink(self, old_root: str | Path, new_root: str | Path) -> RelinkReport:
        """Point photos to their new paths after their folder was moved, where their content lies there now.

        Raises
        ------
        UsageError
            ``usage.relink``: no photo of the gallery lies below the old folder.
        """
        old_root, new_root = arguments.path("old_root", old_root), arguments.path("new_root", new_root)
        return upkeep.relink(self._store, old_root, new_root)

    def reembed(self, progress: Progress | None = None) -> ReembedReport:
        """Give every reference a template of this gallery's engine, from its own photo, unless it has a complete one.

        Incomplete are templates of an earlier version: without a mask state, or without the second template that masked
        faces are held against. A gallery's own calibration is to be fitted again afterwards.

        Interrupted, it goes on where it stopped. Where the engine's space is another one, the gallery changes to it
        at once when every reference has its template; those named as unresolved keep it from that until their photo
        is found (:meth:`relink`) or they are deleted.
        """
        arguments.called("progress", progress)
        report = reembedding.reembed(self._store, self.engine, progress)
        self._index.save()
        return report

    def check(self) -> CheckReport:
        """Look for damage in database, templates and index (which is repaired), and for photos gone."""
        return upkeep.check(self._store, self._index)


def _basis(basis: object) -> str | None:
    """A basis as it is kept: what is not Unicode, as bytes of a command line may be, becomes escapes."""
    if basis is None:
        return None
    return as_text(arguments.text("basis", basis))
