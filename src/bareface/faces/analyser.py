"""Finds the faces in photos and computes what is asked for of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final, Literal, Self

import numpy as np

from bareface.errors import BarefaceError, ModelError
from bareface.faces.complete import Completer, checked_want
from bareface.faces.detection.base import Detection, Detector
from bareface.faces.detection.check_detections import checked as checked_faces
from bareface.faces.embedding.base import Embedder, MaskInfo
from bareface.faces.occlusion.base import Segmenter
from bareface.faces.open_models import open_detector, open_embedder, open_segmenter
from bareface.faces.pipeline import overlapped
from bareface.faces.smallest_face import notes, smallest_face
from bareface.imaging import decode as images
from bareface.imaging.align import SIZES, Geometry, as_geometry, crop, cut
from bareface.imaging.sources import Held, each, hold, name_of
from bareface.messages import Note
from bareface.models.sessions import check_providers
from bareface.values import arguments
from bareface.values.analysis import Analysis
from bareface.values.defaults import DETECTOR, EMBEDDER, SEGMENTER
from bareface.values.face import (
    EVERYTHING,
    Box,
    Face,
    Float32,
    Landmarks,
    Photo,
    Precision,
    Source,
    Template,
    UInt8,
    Want,
)

__all__ = ["Analyser", "Analysis"]

MOST_THREADS: Final = 1024
"""More than any machine makes use of; ONNX Runtime starts as many as it is told to."""


class Analyser:
    """Finds faces and computes what is asked for of them: mask state, occlusion map, quality and templates.

    Parameters
    ----------
    detector
        ``bareface`` (by default) or ``dlib`` (packaged), or the name of a registered detector, e.g. ``yunet``; or any
        :class:`Detector`.
    embedder
        ``bareface-mobile`` by default. Name of an embedder's model card; or any :class:`Embedder`.
    precision
        ``float32``; ``int8``, which is faster and an error on a CPU without VNNI, whose sums could saturate; or
        ``auto``: ``int8`` where the CPU and the embedder have it, else ``float32``. Templates name theirs.
    providers
        ONNX Runtime providers in order of preference (``cpu``, ``cuda``, ...), for every network, that of
        :meth:`enhance` included. One that is absent is an error.
    threads
        Number of photos processed at once, up to 1,024; all cores by default.
    min_face
        Width in pixels of the smallest face to look for; 40 by default. See :meth:`least_face`.
    segmenter
        Source of the occlusion map: ``bareface-occlusion``, any :class:`Segmenter`, or None for none. Embedders whose
        chips are not of the geometry ``dlib-150`` go without, unless they treat masked faces apart.
    limits
        Limits of a photo: see :class:`bareface.imaging.decode.Limits`.

    Examples
    --------
    >>> import bareface
    >>> engine = bareface.Engine()
    >>> faces = engine.faces("photo.jpg")  # doctest: +SKIP
    """

    def __init__(
        self,
        detector: str | Detector = DETECTOR,
        embedder: str | Embedder = EMBEDDER,
        precision: Precision | Literal["auto"] = "float32",
        providers: Sequence[str] | None = None,
        threads: int | None = None,
        min_face: float | None = None,
        segmenter: str | Segmenter | None = SEGMENTER,
        limits: images.Limits = images.DEFAULT_LIMITS,
    ) -> None:
        if min_face is not None:
            min_face = arguments.number("min_face", min_face, 1, code="model.min-face")
        if threads is not None:
            threads = arguments.count("threads", threads, 1, MOST_THREADS, code="model.threads")
        arguments.choice("precision", precision, ("float32", "int8", "auto"), code="model.precision")
        arguments.instance("limits", limits, images.Limits, Note("argument.limits"))
        self.providers = None if providers is None else tuple(check_providers(providers))
        if not isinstance(detector, str):
            arguments.able("detector", detector, ("name", "detect"), Note("argument.detector"))
        if not isinstance(embedder, str):
            methods = ("model", "space", "precision", "geometry", "embed")
            arguments.able("embedder", embedder, methods, Note("argument.embedder"))
            arguments.choice("embedder.geometry", embedder.geometry, tuple(SIZES))
        if segmenter is not None and not isinstance(segmenter, str):
            arguments.able("segmenter", segmenter, ("segment",), Note("argument.segmenter"))
        self._settings = (detector, embedder, precision, providers, threads, min_face, segmenter, limits)
        self.threads = threads or _usable_cores()
        self.min_face = min_face
        self.limits = limits
        self._detector = open_detector(detector, self.providers) if isinstance(detector, str) else detector
        if isinstance(embedder, str):
            embedder = open_embedder(embedder, precision, self.providers, self.threads)
        if embedder.geometry != "dlib-150" and not Completer(embedder, None).makes_upper_face:
            segmenter = None
        if isinstance(segmenter, str):
            segmenter = open_segmenter(segmenter, self.providers)
        self._completer = Completer(embedder, segmenter)

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        """Pickle the settings; another process opens the networks anew."""
        return type(self), self._settings

    @property
    def detector(self) -> str:
        """Name of the detector."""
        return self._detector.name

    @property
    def model(self) -> str:
        """Identifier of the embedder, as its templates carry it."""
        return self._completer.embedder.model

    @property
    def space(self) -> str:
        """The space of its templates."""
        return self._completer.embedder.space

    @property
    def precision(self) -> str:
        """The arithmetic of its embedder."""
        return self._completer.embedder.precision

    @property
    def geometry(self) -> Geometry:
        """The alignment that its embedder takes chips in."""
        return self._completer.embedder.geometry

    @property
    def makes_upper_face(self) -> bool:
        """Whether templates to enrol have ``upper_face``, for faces without a mask."""
        return self._completer.makes_upper_face

    @property
    def covers(self) -> bool:
        """Return ``makes_upper_face``: its name in version 0.1, until version 0.4."""
        return self.makes_upper_face

    @property
    def sees_masks(self) -> bool:
        """Whether it draws occlusion maps, so that templates know how much of a face was visible."""
        return self._completer.segmenter is not None

    def faces(self, source: Source, want: Iterable[Want] = EVERYTHING) -> list[Face]:
        """Find the faces in a photo, best first, with all that is asked for.

        Parameters
        ----------
        source
            A path, the bytes of a file, a file opened in binary mode, a Pillow image, or an RGB array [H, W, 3] uint8.
        want
            Values to compute of each face: any of ``occlusion``, ``quality``, ``template`` and ``upper_face``, or
            nothing. See :data:`bareface.values.face.Want`.

        Raises
        ------
        ImageError
            If the photo cannot be read.
        ModelError
            ``model.output``, ``model.run``: a network failed.
        UsageError
            ``usage.value``: there is nothing of that name to compute.
        """
        return list(self.analyse(source, want).faces)

    @np.errstate(under="ignore")  # also in programs that set NumPy to raise
    def analyse(self, source: Source | Photo, want: Iterable[Want] = EVERYTHING) -> Analysis:
        """Find the faces in a photo; parameters and errors as :meth:`faces` has them, or a decoded photo."""
        known = checked_want(want)
        photo = source if isinstance(source, Photo) else images.decode(source, self.limits)
        faces = self._completer.complete(self._find(photo), known)
        photo = replace(photo, notes=self.notes(photo))
        return Analysis(photo.source, photo, tuple(faces), min_face=self.least_face(photo))

    def detect(self, photo: Photo, want: Iterable[Want] = EVERYTHING) -> list[Face]:
        """Find the faces in a decoded photo, as :meth:`faces` does."""
        arguments.instance("photo", photo, Photo, Note("argument.photo"))
        return list(self.analyse(photo, want).faces)

    def least_face(self, photo: Photo) -> float:
        """Return the width, in pixels of the full-size photo, of the smallest face that is searched for in it.

        That is ``min_face``, or 40 pixels; by default detectors that do not take large photos in tiles (dlib, YuNet)
        look for no face under a fortieth of the longer side. It is more where a huge JPEG was decoded so much
        reduced that such a face has less than 20 pixels left.
        """
        arguments.instance("photo", photo, Photo, Note("argument.photo"))
        images.checked_rgb(photo.pixels, photo.source)  # that of a stream has no pixels left
        return smallest_face(photo, self.min_face, getattr(self._detector, "in_tiles", False))

    def notes(self, photo: Photo) -> tuple[str, ...]:
        """Return the photo's notes, with one more if faces of the requested size were not searched for."""
        return notes(photo, self.least_face(photo), self.min_face)

    @np.errstate(under="ignore")
    def complete(self, faces: Sequence[Face], want: Iterable[Want] = EVERYTHING) -> list[Face]:
        """Return faces with what is asked for, computed in batches unless they have it.

        Parameters
        ----------
        faces
            Faces that an engine found; templates of another space than this engine's are computed again.
        want
            See :meth:`faces`.
        """
        arguments.items("faces", faces, Face, "faces")
        for face in faces:
            own = face.for_embedder
            if not (_is_chip(face.chip, (SIZES["dlib-150"],)) and _is_chip(own, tuple(SIZES.values()))):
                raise arguments.refused("faces", face, Note("argument.faces"))
        return self._completer.complete(faces, checked_want(want))

    def embed(self, faces: Sequence[Face], *, upper_face: bool = False, covered: bool = False) -> list[Template]:
        """Return the templates of faces, computed in batches unless they have them.

        Parameters
        ----------
        faces
            The faces; they stay as they are.
        upper_face
            Return ``enrolment_template`` instead of ``template``.
        covered
            The same: its name in version 0.1, until version 0.4.
        """
        if upper_face or covered:
            return [face.enrolment_template for face in self.complete(faces, ["upper_face"])]
        return [face.template for face in self.complete(faces, ["template"])]

    def segment(self, faces: Sequence[Face]) -> list[Face]:
        """Return faces with occlusion maps: as :meth:`complete`, for programs written for version 0.1."""
        return self.complete(faces, ["occlusion"])

    def embed_chips(self, chips: Sequence[UInt8], masks: Sequence[MaskInfo] | None = None) -> list[Template]:
        """Embed aligned faces, each RGB [S, S, 3] uint8, in one batch.

        Parameters
        ----------
        chips
            The faces, aligned as :attr:`Face.for_embedder` is. Those aligned as :attr:`Face.chip` are converted: their
            templates are a little less exact, since a chip shows less than the photo.
        masks
            Mask states, if known; without them all faces are treated as bare.
        """
        _check_chips(chips)
        if masks is not None:
            arguments.items("masks", masks, MaskInfo, "MaskInfo")
            if len(masks) != len(chips):
                raise arguments.refused("masks", masks, Note("argument.for-each-chip"))
        return self._completer.templates([as_geometry(chip, self.geometry) for chip in chips], masks)

    def embed_upper_faces(self, chips: Sequence[UInt8]) -> Float32:
        """Embed the upper halves of bare, aligned faces in one batch, float32 [n, d].

        Raises
        ------
        ModelError
            ``model.task``: this embedder has no network for it (``makes_upper_face`` is false).
        """
        _check_chips(chips)
        return self._completer.upper_faces([as_geometry(chip, self.geometry) for chip in chips])

    cover_chips = embed_upper_faces
    """Its name in version 0.1, until version 0.4."""

    def stream(
        self,
        sources: Iterable[Source],
        batch: int = 32,
        want: Iterable[Want] = EVERYTHING,
        *,
        covered: bool = False,
    ) -> Iterator[Analysis]:
        """Analyse many photos in order, the stages overlapping and the networks running in batches.

        Parameters
        ----------
        sources
            Photos; a generator is read only a little ahead. Each is taken as it is at that moment, so one buffer may be
            filled again and again.
        batch
            Number of photos in a batch of the networks.
        want
            See :meth:`faces`.
        covered
            Ignored: version 0.1 needed it for ``enrolment_template``. Accepted until version 0.4.

        Yields
        ------
        Analysis
            One for each source, errors included.

        Raises
        ------
        UsageError
            ``usage.forked``: it is read on in a forked process. There, begin a stream of its own.
        """
        batch = arguments.count("batch", batch, 1)
        known = checked_want(want)
        held = ((self._held(source), name_of(source)) for source in each(sources))
        return overlapped(
            held, self._found, lambda found: self._completed(found, known), threads=self.threads, batch=batch
        )

    def _held(self, source: Source) -> Held | BarefaceError:
        try:
            return hold(source, self.limits)
        except BarefaceError as error:
            return error

    def _found(self, held: tuple[Held | BarefaceError, str]) -> Analysis:
        source, name = held
        if isinstance(source, BarefaceError):
            return Analysis(name, None, (), source)
        try:
            photo = images.decode(source, self.limits)
        except BarefaceError as error:
            return Analysis(name, None, (), error)
        faces = tuple(replace(face, photo=None) for face in self._find(photo))
        emptied = replace(photo, pixels=photo.pixels[:0, :0].copy(), notes=self.notes(photo))
        return Analysis(photo.source, emptied, faces, min_face=self.least_face(photo))

    def _completed(self, analyses: Sequence[Analysis], want: frozenset[Want]) -> list[Analysis]:
        """Complete photos together; where a model fails on some of them only, these get its error."""
        try:
            faces = iter(self._completer.complete([face for one in analyses for face in one.faces], want))
        except ModelError:
            tried = [self._completed_alone(one, want) for one in analyses]
            if not any(one.faces for one in tried):
                raise
            return tried
        return [replace(one, faces=tuple(islice(faces, len(one.faces)))) for one in analyses]

    def _completed_alone(self, one: Analysis, want: frozenset[Want]) -> Analysis:
        try:
            return replace(one, faces=tuple(self._completer.complete(one.faces, want)))
        except ModelError as error:
            return Analysis(one.source, one.photo, (), error)

    def _find(self, photo: Photo) -> list[Face]:
        detections = self._detector.detect(photo.pixels, self.least_face(photo) * photo.scale)
        detections = checked_faces(detections, self.detector, photo.pixels.shape[:2])
        return [self._face(photo, detection) for detection in detections]

    def _face(self, photo: Photo, detection: Detection) -> Face:
        full = 1 / photo.scale
        points = (detection.landmarks.points * full).astype(np.float32)
        chip, computed = cut(photo.pixels, detection.landmarks, self.geometry)
        return Face(
            box=Box(*(value * full for value in detection.box)),
            landmarks=Landmarks(points, detection.landmarks.scheme),
            score=detection.score,
            chip=chip,
            crop=crop(photo.pixels, detection.box),
            source=photo.source,
            mask=detection.mask,
            photo=photo,
            computed=computed,
        )


def _check_chips(chips: object) -> None:
    what = Note("argument.chips")
    if isinstance(chips, str | bytes) or not isinstance(chips, Sequence | np.ndarray):
        raise arguments.refused("chips", chips, what)
    for chip in chips:
        if not _is_chip(chip):
            raise arguments.refused("chips", chip, what)


def _is_chip(chip: object, sides: Sequence[int] = ()) -> bool:
    """Tell whether something is RGB [S, S, 3] uint8; S is one of these sides, if there are any."""
    if not (isinstance(chip, np.ndarray) and chip.ndim == 3 and chip.dtype == np.uint8):
        return False
    height, width, channels = chip.shape
    return height == width > 0 and channels == 3 and (not sides or width in sides)


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
