"""Faces in photos: find, compare, unmask and enhance them, without a gallery."""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from bareface.audit.port import AuditLog
from bareface.errors import BarefaceError, UsageError
from bareface.imaging import decode as images
from bareface.imaging.decode import Limits as Limits
from bareface.matching.evidence import sort_out
from bareface.services.comparing import compare
from bareface.services.deferred import DeferredEngine, EngineSource
from bareface.services.recorded import Recorder
from bareface.services.restored_photos import FaceChoice, RestoredPhoto, advanced, checked, each, together
from bareface.system.files import check_place, make_folder, output_folder
from bareface.values import arguments
from bareface.values.context import Context
from bareface.values.defaults import MIN_VISIBLE
from bareface.values.face import Face, UInt8
from bareface.values.gallery import Progress
from bareface.values.search import Comparison

if TYPE_CHECKING:
    from bareface.restoration.enhance import Method
    from bareface.restoration.unmask import Region

Photograph: TypeAlias = str | Path | bytes
"""A photo's path, or the bytes of its file."""

_PICTURES = (".png", ".jpg", ".jpeg", ".webp")


@dataclass(frozen=True, slots=True)
class SeenPhoto:
    """Faces of one photo.

    Attributes
    ----------
    source
        The photo's path.
    size
        Its width and height; None if it cannot be read.
    notes
        Remarks on the photo.
    faces
        Its faces, best first.
    drawn
        The picture with the faces drawn in; None if none was asked for.
    error
        Why the photo cannot be read or the picture cannot be written; None if all went well.
    min_face
        Width in pixels of the smallest detectable face.
    """

    source: str
    size: tuple[int, int] | None = None
    notes: tuple[str, ...] = ()
    faces: tuple[Face, ...] = ()
    drawn: Path | None = None
    error: BarefaceError | None = None
    min_face: float | None = None


@dataclass(frozen=True, slots=True)
class ComparedPhotos:
    """Two photos compared.

    Attributes
    ----------
    faces
        Faces of the first and of the second photo, best first; those that show too little come last.
    comparison
        Of the best face of each; None if one photo shows no face.
    """

    faces: tuple[tuple[Face, ...], tuple[Face, ...]]
    comparison: Comparison | None


class Faces:
    """Finds, compares and restores faces.

    Parameters
    ----------
    engine
        Finds faces and makes templates: an engine, a function that makes one when it is first needed, or None for the
        packaged one.
    limits
        Limits on a photo to restore; by default the engine's own limits.
    audit
        Takes one event for each call; see :class:`bareface.audit.port.AuditLog`.
    """

    def __init__(
        self, engine: EngineSource = None, *, limits: Limits | None = None, audit: AuditLog | None = None
    ) -> None:
        self._engine = DeferredEngine(engine)
        self._limits = limits
        self._recorder = Recorder(audit)

    def find(
        self,
        photos: str | Path | Iterable[str | Path],
        *,
        output: str | Path | None = None,
        progress: Progress | None = None,
        context: Context | None = None,
    ) -> tuple[SeenPhoto, ...]:
        """Find the faces in photos.

        Parameters
        ----------
        photos
            Paths, or one.
        output
            Folder to draw each photo with its faces into, or the picture to write for one photo.
        progress
            Called after each photo.
        context
            The caller and the purpose.

        Returns
        -------
        tuple of SeenPhoto
            One for each photo; one that cannot be read is an error in it, not an exception.

        Raises
        ------
        UsageError
            ``usage.output``: one file for several photos, or a place that cannot be written to.
        """
        with self._recorder.call("Faces.find", context) as facts:
            photos = arguments.file_paths("photos", photos)
            output = None if output is None else arguments.file_path("output", output)
            self._engine.get()  # before a folder is made: it may lack its device
            into = None if output is None else _place_for(photos, output)
            taken = set(_real(photos))  # one may be called as another one's result
            seen: list[SeenPhoto] = []
            for photo in photos:
                seen.append(self._look(photo, into, taken))
                taken |= set(_real([seen[-1].drawn] if seen[-1].drawn else []))
                if progress is not None:
                    progress(len(seen), len(photos))
            facts.add(photos=len(seen), faces=sum(len(one.faces) for one in seen))
            return tuple(seen)

    def compare(
        self, first: Photograph, second: Photograph, *, min_visible: float = MIN_VISIBLE, context: Context | None = None
    ) -> ComparedPhotos:
        """Compare two photos by the best face of each.

        Parameters
        ----------
        first, second
            Paths, or the bytes of files.
        min_visible
            Refuse a face of which a smaller share is visible; 0 refuses none.
        context
            The caller and the purpose.

        Raises
        ------
        ImageError
            A photo cannot be read.
        FaceError
            ``face.hidden``: a photo has no face that shows as much as `min_visible` asks for.
        """
        with self._recorder.call("Faces.compare", context) as facts:
            min_visible = arguments.number("min_visible", min_visible, 0, 1)
            photos = _photograph("first", first), _photograph("second", second)
            faces = tuple(self._ranked(photo, min_visible) for photo in photos)
            facts.add(photos=2, faces=sum(map(len, faces)))
            best = [several[0] for several in faces if several]
            comparison = compare(*best, min_visible=min_visible) if len(best) == 2 else None
            return ComparedPhotos((faces[0], faces[1]), comparison)

    def unmask(
        self,
        photo: str | Path,
        output: str | Path,
        *,
        completions: int = 4,
        seed: int = 0,
        region: Region | str | Path | None = None,
        face: FaceChoice = 1,
        progress: Progress | None = None,
        context: Context | None = None,
    ) -> RestoredPhoto:
        """Complete what a mask hides, several times, and write labelled pictures.

        Parameters
        ----------
        photo
            Path of the photo.
        output
            Folder for the pictures; made if absent.
        completions, seed
            Number of completions to draw, and their random seed.
        region
            The region to fill: a polygon, or the path of a black and white picture of the photo's size; by default the
            region that the mask hides.
        face
            Number of the face, as :meth:`find` orders them, from 1, or ``"all"``: faces that nothing hides, or of which
            hardly anything is seen, are then left as they are.
        progress
            Called after each picture, and with ``"all"`` after each face, too.
        context
            The caller and the purpose.

        Raises
        ------
        RestorationError
            ``restoration.nothing-hidden``, ``restoration.no-evidence`` and others.
        """
        import numpy as np

        from bareface.restoration.picture_names import names_of_restored
        from bareface.restoration.saving import save_picture
        from bareface.restoration.sheet import sheet, stacked
        from bareface.restoration.unmask import place, placed_region

        with self._recorder.call("Faces.unmask", context) as facts:
            photo, output, face = checked(photo, output, face)
            opened = images.decode(photo, self._photo_limits())
            filled = self._grey(Path(region)) if isinstance(region, str | Path) else region
            engine = self._engine.get()
            count = arguments.count("completions", completions, 1, code="restoration.completions")
            with output_folder(output):
                found = engine.detect(opened, want=())
                first = len(found) if face == "all" else 0
                advance = advanced(progress, first + count)
                made, declined = each(
                    found, face, str(photo), lambda one: engine.unmask(one, count, seed, filled), advance
                )
                provenance = together(made, face)
                facts.add(photos=1, faces=len(made), completions=count)
                endings = (".unmask.png", *(f".unmask-{number}.png" for number in range(1, count + 1)))
                replaced = np.logical_or.reduce([placed_region(one, opened.pixels.shape[:2]) for _, one in made])
                with names_of_restored(output, photo.stem, endings, provenance) as (overview, *pictures):
                    save_picture(overview, stacked([(number, sheet(one)[0]) for number, one in made]), provenance)
                    for number, path in enumerate(pictures):
                        placed = opened.pixels
                        for _, one in made:
                            placed = place(one, one.completions[number], placed)
                        save_picture(path, placed, provenance)
                        advance(first + number + 1)
            share = float(replaced.mean())
            return RestoredPhoto(
                opened.source,
                made[0][1],
                overview,
                tuple(pictures),
                share,
                provenance,
                tuple(made),
                tuple(declined),
                notes=opened.notes,
            )

    def enhance(
        self,
        photo: str | Path,
        output: str | Path,
        *,
        method: Method = "bareface",
        fidelity: float = 0.5,
        face: FaceChoice = 1,
        progress: Progress | None = None,
        context: Context | None = None,
    ) -> RestoredPhoto:
        """Make an unclear face clearer, and write labelled pictures.

        The result for an underexposed photo is also shown brightened, for viewing only.

        Parameters
        ----------
        photo, output
            As in :meth:`unmask`.
        face
            Number of the face, as :meth:`find` orders them, from 1, or ``"all"``: faces that cannot be helped are then
            left as they are.
        progress
            Called after each face.
        method, fidelity
            See :func:`bareface.restoration.enhance.enhance`.
        context
            The caller and the purpose.

        Raises
        ------
        RestorationError
            ``restoration.no-information`` and others.
        """
        from bareface.restoration.enhance import place_back
        from bareface.restoration.exposure import brightened, gain
        from bareface.restoration.picture_names import names_of_restored
        from bareface.restoration.saving import save_picture
        from bareface.restoration.sheet import before_and_after, stacked

        with self._recorder.call("Faces.enhance", context) as facts:
            photo, output, face = checked(photo, output, face)
            opened = images.decode(photo, self._photo_limits())
            engine = self._engine.get()
            with output_folder(output):
                found = engine.detect(opened, want=())
                advance = advanced(progress, len(found) if face == "all" else 1)
                made, declined = each(
                    found, face, str(photo), lambda one: engine.enhance(one, method, fidelity), advance
                )
                provenance = together(made, face)
                facts.add(photos=1, faces=len(made))
                longer = gain(opened.pixels)
                endings = [".enhance.png", ".enhanced.png", *([".brightened.png"] if longer > 1 else [])]
                with names_of_restored(output, photo.stem, endings, provenance) as (overview, *whole):
                    sheets = [(number, before_and_after(one, longer)) for number, one in made]
                    save_picture(overview, stacked(sheets), provenance)
                    placed = opened.pixels
                    for _, one in made:
                        placed = place_back(one, placed)
                    save_picture(whole[0], placed, provenance)
                    for path in whole[1:]:
                        stated = replace(provenance, settings=(*provenance.settings, ("exposure", f"{longer:.2f}")))
                        save_picture(path, brightened(placed, longer), stated)
            return RestoredPhoto(
                opened.source,
                made[0][1],
                overview,
                tuple(whole),
                None,
                provenance,
                tuple(made),
                tuple(declined),
                exposure=longer,
                notes=opened.notes,
            )

    def _look(self, path: Path, into: Path | None, taken: Container[str]) -> SeenPhoto:
        """Find the faces of a photo, and draw them into a picture, or into one of a free name in a folder."""
        from bareface.reports.drawing import draw_faces
        from bareface.restoration.picture_names import name_of_drawing
        from bareface.restoration.provenance import labels_of_drawing

        engine = self._engine.get()
        try:
            analysis = engine.analyse(path, want=["quality"])
        except BarefaceError as error:
            return SeenPhoto(str(path), error=error)
        photo, faces, least = analysis.photo, analysis.faces, analysis.min_face
        assert photo is not None
        seen = SeenPhoto(str(path), photo.size, photo.notes, faces, min_face=least)
        if into is None:
            return seen
        try:
            drawn = draw_faces(photo.pixels, list(faces), scale=photo.scale)
            chosen = name_of_drawing(into, path.stem, photo.sha256, taken) if into.is_dir() else nullcontext(into)
            with chosen as target:
                images.write(target, drawn, labels=labels_of_drawing(photo.sha256))
            return replace(seen, drawn=target)
        except BarefaceError as error:
            return replace(seen, error=error)

    def _ranked(self, photo: Path | bytes, min_visible: float) -> tuple[Face, ...]:
        """Return the faces of a photo, best first; those that show too little come last."""
        enough, hidden = sort_out(self._engine.get().faces(photo), min_visible)
        return (*enough, *hidden)

    def _photo_limits(self) -> Limits:
        return self._engine.get().limits if self._limits is None else self._limits

    def _grey(self, path: Path) -> UInt8:
        """Return the luminance of a mask picture."""
        import cv2
        import numpy as np

        colours = images.decode(path, self._photo_limits()).pixels
        grey: UInt8 = np.asarray(cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY), np.uint8)
        return grey


def _real(paths: Iterable[Path]) -> Iterator[str]:
    """Yield real paths; those that no file can have, or that begin in a removed folder, lead nowhere."""
    for path in paths:
        with suppress(ValueError, FileNotFoundError):
            yield os.path.realpath(path)


def _photograph(name: str, photo: Photograph) -> Path | bytes:
    return photo if isinstance(photo, bytes) else arguments.file_path(name, photo)


def _place_for(photos: Sequence[Path], output: Path) -> Path:
    """Return the picture that was named for one photo, or the folder for all of them, which is made."""
    if output.suffix.lower() in _PICTURES and not output.is_dir():
        if len(photos) > 1:
            raise UsageError("usage.output/several", source=str(output))
        check_place(output, photos)
        return output
    return make_folder(output)
