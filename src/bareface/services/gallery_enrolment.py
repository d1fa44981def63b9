"""Enrolment: photos, and encodings of other programs, into a gallery."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from bareface.errors import UsageError
from bareface.gallery import enrol as enrolment
from bareface.gallery import import_encodings as importing
from bareface.gallery.enrol_or_refuse import Rules
from bareface.imaging.folders import Entry, Skipped, entries
from bareface.imaging.sources import Held, limits_of
from bareface.services.opened import OpenGallery
from bareface.services.recorded import Facts
from bareface.storage.sqlite.place import files_of
from bareface.system.reading import as_text
from bareface.values import arguments, names
from bareface.values.context import Context
from bareface.values.defaults import MIN_VISIBLE
from bareface.values.enrolment import EnrolOutcome, EnrolReport, UploadedPhoto
from bareface.values.face import Source
from bareface.values.gallery import EnrolProgress


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Enrols into an open gallery."""

    opened: OpenGallery

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
        context: Context | None = None,
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
        context
            The caller and the purpose.

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
        with self.opened.recorder.call("Gallery.enrol", context) as facts:
            wish = _Wish.checked(subject, basis, largest, face, crops, min_visible)
            exclude = arguments.texts("exclude", exclude)
            arguments.called("progress", progress)
            return self._enrol(facts, sources, wish, exclude, progress)

    def enrol_upload(
        self,
        content: bytes,
        subject: str | None = None,
        basis: str | None = None,
        *,
        name: str = "<upload>",
        keep: bool = True,
        largest: bool = False,
        face: int | None = None,
        crops: bool = True,
        min_visible: float = MIN_VISIBLE,
        context: Context | None = None,
    ) -> EnrolOutcome:
        """Enrol one photo that was uploaded.

        Parameters
        ----------
        content
            The file's bytes.
        subject, basis, largest, face, crops, min_visible
            As in :meth:`enrol`.
        name
            The photo's name in the outcome.
        keep
            Keep the original in ``<gallery>-photos``, from which it can be embedded again with another model, until
            the last of its references is deleted. Otherwise only templates and crops are kept.
        context
            The caller and the purpose.

        Raises
        ------
        ImageError, TemplateError, UsageError
            As :meth:`enrol`.
        """
        with self.opened.recorder.call("Gallery.enrol_upload", context) as facts:
            wish = _Wish.checked(subject, basis, largest, face, crops, min_visible)
            self.opened.store.check_writable()
            (outcome,) = self._uploaded(facts, [UploadedPhoto(content, name, wish.subject)], wish.rules, keep=keep)
            return outcome

    def enrol_uploads(
        self,
        photos: Sequence[UploadedPhoto],
        basis: str | None = None,
        *,
        keep: bool = True,
        largest: bool = False,
        crops: bool = True,
        min_visible: float = MIN_VISIBLE,
        save_index: bool = True,
        context: Context | None = None,
    ) -> tuple[EnrolOutcome, ...]:
        """Enrol photos that were uploaded, each with its own name and person; returns an outcome for each, in order.

        Parameters
        ----------
        photos
            The photos.
        basis, largest, crops, min_visible
            As in :meth:`enrol`.
        keep
            As in :meth:`enrol_upload`.
        save_index
            Write the file of the index afterwards. Of many calls, the last one suffices: without it, the next opening
            makes the index again.
        context
            The caller and the purpose.

        Raises
        ------
        TemplateError, UsageError
            As :meth:`enrol`; a name that no subject can have is an outcome.
        """
        with self.opened.recorder.call("Gallery.enrol_uploads", context) as facts:
            rules = _Wish.checked(None, basis, largest, None, crops, min_visible).rules
            self.opened.store.check_writable()
            return self._uploaded(facts, photos, rules, keep=keep, save_index=save_index)

    def import_encodings(
        self, path: str | Path, basis: str | None = None, *, context: Context | None = None
    ) -> EnrolOutcome:
        """Import encodings made by the face_recognition library: all of a file, or none.

        Parameters
        ----------
        path
            A ``.npy``, ``.json`` or ``.csv`` file of 128 numbers and a name each, laid out as
            :mod:`bareface.gallery.encodings` says. Pickle is not read.
        basis
            As in :meth:`enrol`.
        context
            The caller and the purpose.

        Raises
        ------
        GalleryError
            ``gallery.import-read``, ``gallery.import-format``.
        TemplateError
            ``template.space``: the gallery holds templates of another space than ``dlib-128``.
        UsageError
            ``usage.name``: the file has a name that no subject can have.
        """
        with self.opened.recorder.call("Gallery.import_encodings", context) as facts:
            path, basis = arguments.path("path", path), _basis(basis)
            self.opened.store.check_writable()
            self.opened.index.load()
            outcome = importing.import_encodings(self.opened.store, path, basis)
            self.opened.index.save()
            facts.add(enrolled_references=outcome.references)
            return outcome

    def _enrol(
        self,
        facts: Facts,
        sources: Source | Iterable[Source],
        wish: _Wish,
        exclude: Sequence[str] = (),
        progress: EnrolProgress | None = None,
    ) -> EnrolReport:
        skipped, engine = Skipped(), self.opened.engine
        own = files_of(self.opened.store.path)
        walked = entries(sources, wish.subject, limits_of(engine), exclude=exclude, own=own, skipped=skipped)
        photos = tuple(walked)
        if wish.rules.face is not None and len(photos) != 1:
            raise UsageError("usage.face/photos", photos=len(photos))
        self.opened.store.check_writable()
        outcomes = self._stored(facts, photos, wish.rules, progress)
        return EnrolReport(outcomes, skipped.report())

    def _uploaded(
        self, facts: Facts, photos: Sequence[UploadedPhoto], rules: Rules, *, keep: bool, save_index: bool = True
    ) -> tuple[EnrolOutcome, ...]:
        with self.opened.uploads.keeping(photos) if keep else nullcontext() as places:
            contents: list[Held] = [one.content for one in photos]
            sources = contents if places is None else list(map(str, places))
            entries = [Entry(source, one.name, one.subject) for source, one in zip(sources, photos, strict=True)]
            return self._stored(facts, entries, rules, save_index=save_index)

    def _stored(
        self,
        facts: Facts,
        photos: Sequence[Entry],
        rules: Rules,
        progress: EnrolProgress | None = None,
        *,
        save_index: bool = True,
    ) -> tuple[EnrolOutcome, ...]:
        facts.add(photos=len(photos))
        self.opened.index.load()
        try:
            outcomes = enrolment.enrol(self.opened.store, self.opened.engine, photos, rules, progress)
        finally:
            if save_index:
                self.opened.index.save()
        facts.add(enrolled_references=sum(outcome.references for outcome in outcomes))
        return outcomes


@dataclass(frozen=True, slots=True)
class _Wish:
    """Wish of a caller: whose photos they are, and by which rules to enrol them."""

    subject: str | None
    rules: Rules

    @classmethod
    def checked(
        cls, subject: object, basis: object, largest: bool, face: object, crops: bool, min_visible: object
    ) -> _Wish:
        """Check the arguments."""
        name = None if subject is None else names.checked(subject)
        number = None if face is None else arguments.count("face", face, None, code="usage.face")
        share = arguments.number("min_visible", min_visible, 0, 1)
        return cls(name, Rules(_basis(basis), largest, number, crops, share))


def _basis(basis: object) -> str | None:
    """Return a basis as it is kept: bytes of a command line that are not Unicode become escapes."""
    if basis is None:
        return None
    return as_text(arguments.text("basis", basis))
