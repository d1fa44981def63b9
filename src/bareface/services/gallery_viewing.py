"""Pictures of an open gallery for a person to look at: a reference's photo, and its face aligned."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from bareface.errors import BarefaceError, GalleryError, UsageError
from bareface.faces.port import FaceEngine
from bareface.imaging import decode as images
from bareface.imaging.sources import limits_of
from bareface.services.opened import OpenGallery
from bareface.services.reference_numbers import reference_numbers
from bareface.values import arguments
from bareface.values.cases import Control
from bareface.values.context import Context
from bareface.values.correction import SAME_FACE_IOU
from bareface.values.face import Box, Face, Photo, Source
from bareface.values.gallery import Reference

if TYPE_CHECKING:
    from bareface.reports.pictures import FaceView as FaceView


@dataclass(frozen=True, slots=True, eq=False)
class ShownPhoto:
    """A photo as a browser shows it.

    Attributes
    ----------
    picture
        A JPEG, 1,600 pixels long at most.
    size
        Width and height of the upright photo itself, which boxes of faces refer to.
    """

    picture: bytes
    size: tuple[int, int]


def shown_photo(content: bytes, engine: FaceEngine) -> ShownPhoto:
    """Return a photo, given as the bytes of its file, as a browser shows it; ``image.*`` if it cannot be read."""
    from bareface.reports.pictures import photo_picture

    photo = images.decode(content, limits_of(engine))
    return ShownPhoto(photo_picture(photo), photo.size)


def probe_view(face: Face, photo: Photo | None) -> FaceView:
    """Return a probe face aligned, from its photo; without it, its crop."""
    from bareface.reports.pictures import crop_view, face_picture, face_view

    return crop_view(face_picture(face)) if photo is None else face_view(photo, face)


def probe_photo(content: bytes | None, engine: FaceEngine) -> Photo | None:
    """Return the photo of a probe, given as the bytes of its file, as the engine read it."""
    return None if content is None else images.decode(content, limits_of(engine))


@dataclass(frozen=True, slots=True)
class Viewing:
    """Shows what an open gallery's references come from."""

    opened: OpenGallery

    def photo(self, reference_id: int, *, context: Context | None = None) -> bytes:
        """Return the photo of a reference as a JPEG, 1,600 pixels long at most.

        Raises
        ------
        GalleryError
            ``gallery.no-photo``: it was not kept; ``gallery.photo-changed``: there is another one in its place.
        ImageError
            It is not there any more, or cannot be read.
        """
        from bareface.reports.pictures import photo_picture

        with self.opened.recorder.call("Gallery.photo", context) as facts:
            facts.add(references=reference_numbers(reference_id))
            return photo_picture(self._photo(self._reference(reference_id)))

    def view(self, reference_id: int, *, context: Context | None = None) -> FaceView:
        """Return a reference's face aligned, from its photo; without the photo, the kept crop.

        Raises
        ------
        GalleryError
            ``gallery.no-photo``: there is neither.
        """
        from bareface.reports.pictures import crop_view, face_view

        with self.opened.recorder.call("Gallery.view", context) as facts:
            facts.add(references=reference_numbers(reference_id))
            reference = self._reference(reference_id)
            try:
                photo = self._photo(reference)
                return face_view(photo, self._face(photo, reference))
            except BarefaceError:
                with self.opened.store.reading() as reader:
                    crop = reader.crop(reference_id)
                if crop is None:
                    raise
                return crop_view(crop)

    def enhanced(self, reference_id: int, *, context: Context | None = None) -> bytes:
        """Return a reference's face aligned and enhanced, a labelled PNG: a viewing aid, not evidence.

        The restoration is on the gallery's record before this returns.

        Raises
        ------
        UsageError
            ``usage.engine``: this gallery's engine does not restore faces.
        RestorationError
            ``restoration.no-information``: the face cannot be helped.
        GalleryError
            ``gallery.no-photo``: there is no photo, which an enhancement needs.
        """
        with self.opened.recorder.call("Gallery.enhanced", context) as facts:
            facts.add(references=reference_numbers(reference_id))
            reference = self._reference(reference_id)
            return self._enhanced(self._photo(reference).source, reference.box)

    def enhanced_probe(self, photo: bytes, box: Box | None = None, *, context: Context | None = None) -> bytes:
        """Return a face of a photo aligned and enhanced, as :meth:`enhanced` does.

        Parameters
        ----------
        photo
            The bytes of a photo's file.
        box
            Box of the face; the largest face, if not given.
        context
            The caller.

        Raises
        ------
        GalleryError
            ``gallery.face-lost``: there is no such face.
        """
        with self.opened.recorder.call("Gallery.enhanced_probe", context):
            return self._enhanced(photo, box)

    def _enhanced(self, source: Source, box: Box | None) -> bytes:
        from bareface.gallery.restorations_for import record_in
        from bareface.gallery.search_restored import RestoringEngine
        from bareface.reports.pictures import enhanced_view

        engine = self.opened.engine
        if not isinstance(engine, RestoringEngine):
            raise UsageError("usage.engine")
        faces = engine.faces(source, want=())

        def rank(face: Face) -> float:
            return face.box.width * face.box.height if box is None else face.box.iou(box)

        best = max(faces, key=rank, default=None)
        if best is None or (box is not None and rank(best) < SAME_FACE_IOU):
            raise GalleryError("gallery.face-lost")
        return enhanced_view(engine.enhance(best, record=partial(record_in, self.opened.store)), best)

    def control_pairs(
        self, count: int, without: Iterable[int] = (), *, context: Context | None = None
    ) -> tuple[Control, ...]:
        """Draw pairs of faces whose answer is known, to measure people who compare faces.

        Parameters
        ----------
        count
            Number of pairs, up to half of them of one person; a small gallery has fewer.
        without
            Numbers of subjects that take no part.
        context
            The caller.
        """
        from bareface.gallery.control_pairs import control_pairs

        with self.opened.recorder.call("Gallery.control_pairs", context) as facts:
            count = arguments.count("count", count)
            pairs = control_pairs(self.opened.store, count, frozenset(without), random.SystemRandom())
            facts.add(references=(number for one in pairs for number in (one.probe_id, one.reference_id)))
            return pairs

    def _reference(self, number: int) -> Reference:
        with self.opened.store.reading() as reader:
            return reader.find_references(reference_numbers(number))[0]

    def _photo(self, reference: Reference) -> Photo:
        """Read the photo again, if it is still the one that was enrolled."""
        with self.opened.store.reading() as reader:
            (stored,) = reader.photos(reader.photos_with(reference.sha256))
        return images.decode(self.opened.photos.fetch(stored), limits_of(self.opened.engine))

    def _face(self, photo: Photo, reference: Reference) -> Face:
        """Find the reference's face in its photo again: landmarks are needed to align it."""
        (analysis,) = self.opened.engine.stream([photo.source], want=["occlusion"])
        if analysis.error is not None:
            raise analysis.error
        best = max(analysis.faces, key=lambda face: face.box.iou(reference.box), default=None)
        if best is None or best.box.iou(reference.box) < SAME_FACE_IOU:
            raise GalleryError("gallery.face-lost")
        return best
