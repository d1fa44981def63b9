"""From photos to faces with templates: decoding, detection, alignment and embedding, overlapped and batched."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Literal, Self, TypeVar

import numpy as np

from bareface.errors import BarefaceError, ModelError, UsageError
from bareface.faces.detection.base import Detection, Detector
from bareface.faces.detection.checked import checked as checked_faces
from bareface.faces.embedding.base import Embedder, MaskInfo, UpperFaceEmbedder
from bareface.faces.embedding.checked import checked
from bareface.faces.occlusion.base import Segmenter
from bareface.faces.opening import open_detector, open_embedder, open_segmenter
from bareface.imaging import decode as images
from bareface.imaging.align import Geometry, align, as_dlib, crop
from bareface.imaging.sources import Held, each, hold, name_of
from bareface.messages import Note
from bareface.models import registry
from bareface.models.sessions import check_providers
from bareface.values import arguments
from bareface.values.face import Box, Face, Float32, Landmarks, MaskState, Photo, Precision, Source, Template, UInt8
from bareface.values.words import not_looked_for

T = TypeVar("T")
SMALLEST_FACE = 40.0
FACES_ACROSS = 40
LEAST_DECODED = 20.0  # pixels: of a photo that was decoded reduced, less shows no face


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """What one photo gave.

    Attributes
    ----------
    source
        The photo's name.
    photo
        Its description, with ``pixels`` emptied so that many analyses fit in memory; None if it could not be read.
    faces
        Its faces with their templates, best first.
    error
        Why the photo could not be read, else None.
    min_face
        Width in pixels of the smallest face that was looked for; None where it is not known.
    """

    source: str
    photo: Photo | None
    faces: tuple[Face, ...]
    error: BarefaceError | None = None
    min_face: float | None = None


class Analyser:
    """Finds faces and computes their templates.

    Parameters
    ----------
    detector
        ``bareface`` or ``dlib`` (packaged), or the name of a registered detector, e.g. ``yunet``; or any
        :class:`Detector`.
    embedder
        Name of an embedder's model card; or any :class:`Embedder`.
    precision
        ``float32``; ``int8``, which is faster and an error on a CPU without VNNI, whose sums could saturate; or
        ``auto``: ``int8`` where the CPU and the embedder have it, else ``float32``. Templates name theirs.
    providers
        ONNX Runtime providers in order of preference (``cpu``, ``cuda``, ...), for every network, that of
        :meth:`enhance` included. One that is absent is an error.
    threads
        How many photos are worked on at once; all cores by default.
    min_face
        Width in pixels of the smallest face to look for; 40 by default. See :meth:`least_face`.
    segmenter
        What draws the occlusion map: ``bareface-occlusion``, any :class:`Segmenter`, or None for none. Embedders whose
        chips are not of the geometry ``dlib-150`` go without, unless they treat masked faces apart.
    limits
        What a photo may cost: see :class:`bareface.imaging.decode.Limits`.

    Examples
    --------
    >>> import bareface
    >>> engine = bareface.Engine()
    >>> faces = engine.faces("photo.jpg")  # doctest: +SKIP
    """

    def __init__(
        self,
        detector: str | Detector = "bareface",
        embedder: str | Embedder = "bareface128",
        precision: Precision | Literal["auto"] = "float32",
        providers: Sequence[str] | None = None,
        threads: int | None = None,
        min_face: float | None = None,
        segmenter: str | Segmenter | None = "bareface-occlusion",
        limits: images.Limits = images.DEFAULT_LIMITS,
    ) -> None:
        if min_face is not None:
            min_face = arguments.number("min_face", min_face, 1, code="model.min-face")
        if threads is not None:
            threads = arguments.count("threads", threads, 1, code="model.threads")
        arguments.choice("precision", precision, ("float32", "int8", "auto"), code="model.precision")
        arguments.instance("limits", limits, images.Limits, Note("argument.limits"))
        self.providers = None if providers is None else tuple(check_providers(providers))
        if not isinstance(detector, str):
            arguments.able("detector", detector, ("name", "detect"), Note("argument.detector"))
        if not isinstance(embedder, str):
            methods = ("model", "space", "precision", "geometry", "embed")
            arguments.able("embedder", embedder, methods, Note("argument.embedder"))
        if segmenter is not None and not isinstance(segmenter, str):
            arguments.able("segmenter", segmenter, ("segment",), Note("argument.segmenter"))
        self._settings = (detector, embedder, precision, providers, threads, min_face, segmenter, limits)
        self.threads = threads or _usable_cores()
        self.min_face = min_face
        self.limits = limits
        self._detector = open_detector(detector, self.providers) if isinstance(detector, str) else detector
        self._embedder = (
            open_embedder(embedder, precision, self.providers, self.threads) if isinstance(embedder, str) else embedder
        )
        if self._embedder.geometry != "dlib-150" and not isinstance(self._embedder, UpperFaceEmbedder):
            segmenter = None
        self._segmenter = open_segmenter(segmenter, self.providers) if isinstance(segmenter, str) else segmenter
        self._dimension = registry.space_dimension(self._embedder.space)
        self._embed_upper = self._upper_faces if isinstance(self._embedder, UpperFaceEmbedder) else None

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        """Travel to other processes as settings; networks are opened there anew."""
        return type(self), self._settings

    @property
    def detector(self) -> str:
        """Name of the detector."""
        return self._detector.name

    @property
    def model(self) -> str:
        """Identifier of the embedder, as its templates carry it."""
        return self._embedder.model

    @property
    def space(self) -> str:
        """The space of its templates."""
        return self._embedder.space

    @property
    def precision(self) -> str:
        """The arithmetic of its embedder."""
        return self._embedder.precision

    @property
    def geometry(self) -> Geometry:
        """The alignment its embedder wants its chips in."""
        return self._embedder.geometry

    @property
    def makes_upper_face(self) -> bool:
        """Whether references of bare faces come with an upper-face template."""
        return self._embed_upper is not None

    @property
    def covers(self) -> bool:
        """Return ``makes_upper_face``: its name in version 0.1, until version 0.4."""
        return self.makes_upper_face

    @property
    def sees_masks(self) -> bool:
        """Whether it draws occlusion maps, so that templates know what of a face was visible."""
        return self._segmenter is not None

    def faces(self, source: Source) -> list[Face]:
        """Find the faces in a photo, best first; templates are computed on first use.

        Parameters
        ----------
        source
            A path, the bytes of a file, a file opened in binary mode, a Pillow image, or an RGB array [H, W, 3] uint8.

        Raises
        ------
        ImageError
            Where the photo cannot be read.
        """
        return self.detect(images.decode(source, self.limits))

    def detect(self, photo: Photo) -> list[Face]:
        """Find the faces in a decoded photo, best first."""
        arguments.instance("photo", photo, Photo, Note("argument.photo"))
        found = self._detector.detect(photo.pixels, self.least_face(photo) * photo.scale)
        found = checked_faces(found, self.detector, photo.pixels.shape[:2])
        return [self._face(photo, detection) for detection in found]

    def least_face(self, photo: Photo) -> float:
        """Width, in pixels of the full-size photo, of the smallest face that is looked for in it.

        That is ``min_face``, or 40 pixels; by default detectors that do not take large photos in tiles (dlib, YuNet)
        look for no face under a fortieth of the longer side. It is more where a huge JPEG was decoded so much
        reduced that such a face has less than 20 pixels left.
        """
        arguments.instance("photo", photo, Photo, Note("argument.photo"))
        least = self.min_face or SMALLEST_FACE
        if self.min_face is None and not getattr(self._detector, "in_tiles", False):
            least = max(least, max(photo.size) / FACES_ACROSS)
        return max(least, LEAST_DECODED / photo.scale) if photo.scale < 1 else least

    def notes(self, photo: Photo) -> tuple[str, ...]:
        """The photo's notes, and one more where faces of the size that was asked for were not looked for."""
        least = self.least_face(photo)
        return (*photo.notes, not_looked_for(least)) if least > (self.min_face or SMALLEST_FACE) else photo.notes

    def embed(self, faces: Sequence[Face], *, covered: bool = False) -> list[Template]:
        """Templates of many faces in one batch; the faces remember them.

        With ``covered`` give ``Face.enrolment_template``, at the price of another network's run for each bare face.
        """
        arguments.items("faces", faces, Face, "faces")
        new = [face for face in faces if "template" not in face.__dict__]
        if new:
            for face, template in zip(new, self._templates(new), strict=True):
                # Where functools.cached_property keeps its value.
                face.__dict__["template"] = template
        if not covered:
            return [face.template for face in faces]
        bare = [f for f in faces if "enrolment_template" not in f.__dict__ and f.template.mask_state == "none"]
        if bare and self._embed_upper is not None:
            for face, vector in zip(bare, self._embed_upper([face.chip for face in bare]), strict=True):
                face.__dict__["enrolment_template"] = replace(face.template, upper_face=vector)
        return [face.enrolment_template for face in faces]

    def segment(self, faces: Sequence[Face]) -> None:
        """Draw the occlusion maps of many faces in one batch; the faces remember them."""
        arguments.items("faces", faces, Face, "faces")
        new = [face for face in faces if "occlusion" not in face.__dict__]
        if new and self._segmenter is not None:
            for face, classes in zip(new, self._maps([face.chip for face in new]), strict=True):
                face.__dict__["occlusion"] = classes

    def _maps(self, chips: Sequence[UInt8]) -> UInt8:
        """Occlusion maps in the geometry ``dlib-150``, whatever that of the chips."""
        assert self._segmenter is not None
        return self._segmenter.segment([as_dlib(chip) for chip in chips])

    def _templates(self, faces: Sequence[Face]) -> list[Template]:
        self.segment(faces)
        masks = [MaskInfo(face.mask_state, face.occlusion) for face in faces]
        embedder = self._embedder
        made = (embedder.model, embedder.space, embedder.precision)
        vectors = self._vectors([face.chip for face in faces], masks)
        return [
            Template(vector, *made, face.mask_state, face.visible) for vector, face in zip(vectors, faces, strict=True)
        ]

    def _vectors(self, chips: Sequence[UInt8], masks: Sequence[MaskInfo] | None) -> Float32:
        """What the embedder says of these chips, checked: an embedder may be anybody's."""
        vectors = checked(self._embedder.embed(chips, masks), len(chips), self.model, self._dimension)
        self._dimension = vectors.shape[1]
        return vectors

    def _upper_faces(self, chips: Sequence[UInt8]) -> Float32:
        assert isinstance(self._embedder, UpperFaceEmbedder)
        return checked(self._embedder.embed_upper_faces(chips), len(chips), self.model, self._dimension)

    def embed_chips(self, chips: Sequence[UInt8], masks: Sequence[MaskInfo] | None = None) -> list[Template]:
        """Templates of aligned faces, each RGB [S, S, 3] uint8 in this engine's ``geometry``, in one batch.

        Parameters
        ----------
        chips
            The faces.
        masks
            What is known of their masks; without it all are taken as bare.
        """
        _check_chips(chips)
        if masks is not None:
            arguments.items("masks", masks, MaskInfo, "MaskInfo")
            if len(masks) != len(chips):
                raise arguments.refused("masks", masks, Note("argument.for-each-chip"))
        embedder = self._embedder
        made = (embedder.model, embedder.space, embedder.precision)
        states: list[MaskState] = [mask.state for mask in masks] if masks else ["none"] * len(chips)
        vectors = self._vectors(chips, masks)
        return [Template(vector, *made, state) for vector, state in zip(vectors, states, strict=True)]

    def embed_upper_faces(self, chips: Sequence[UInt8]) -> Float32:
        """Embed the upper halves of bare, aligned faces in one batch, float32 [n, d].

        Raises
        ------
        ModelError
            ``model.task``: this embedder has no network for it (``makes_upper_face`` is false).
        """
        if self._embed_upper is None:
            raise ModelError("model.task/upper-face", model=self.model)
        _check_chips(chips)
        return self._embed_upper(chips) if len(chips) else np.zeros((0, self._dimension or 0), np.float32)

    cover_chips = embed_upper_faces
    """Its name in version 0.1, until version 0.4."""

    def stream(self, sources: Iterable[Source], batch: int = 32, *, covered: bool = False) -> Iterator[Analysis]:
        """Analyse many photos in order, the stages overlapping and the templates computed in batches.

        Parameters
        ----------
        sources
            Photos; a generator is read only a little ahead. Each is taken as it is at that moment, so one buffer may be
            filled again and again.
        batch
            How many photos are taken together for embedding.
        covered
            Whether ``Face.enrolment_template`` is computed in batches, too.

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
        process = os.getpid()
        with ThreadPoolExecutor(self.threads, thread_name_prefix="bareface") as pool:
            photos: deque[Future[Analysis]] = deque()
            chunks: deque[Future[list[Analysis]]] = deque()
            chunk: list[Analysis] = []

            def mine(future: Future[T]) -> T:
                if os.getpid() != process:  # the threads that would give a result are not there
                    raise UsageError("usage.forked")
                return future.result()

            def close_chunk() -> None:
                nonlocal chunk
                chunks.append(pool.submit(self._embedded, chunk, covered))
                chunk = []

            try:
                for source in each(sources):
                    photos.append(pool.submit(self._analyse, self._held(source), name_of(source)))
                    if len(photos) > batch:
                        chunk.append(mine(photos.popleft()))
                    if len(chunk) == batch:
                        close_chunk()
                    while len(chunks) > 2:
                        yield from mine(chunks.popleft())
                while photos:
                    chunk.append(mine(photos.popleft()))
                    if len(chunk) == batch:
                        close_chunk()
                close_chunk()
                while chunks:
                    yield from mine(chunks.popleft())
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def _held(self, source: Source) -> Held | BarefaceError:
        try:
            return hold(source, self.limits)
        except BarefaceError as error:
            return error

    def _analyse(self, source: Held | BarefaceError, name: str) -> Analysis:
        if isinstance(source, BarefaceError):
            return Analysis(name, None, (), source)
        try:
            photo = images.decode(source, self.limits)
        except BarefaceError as error:
            return Analysis(name, None, (), error)
        faces = tuple(replace(face, photo=None) for face in self.detect(photo))
        emptied = replace(photo, pixels=photo.pixels[:0, :0].copy(), notes=self.notes(photo))
        return Analysis(photo.source, emptied, faces, min_face=self.least_face(photo))

    def _embedded(self, analyses: list[Analysis], covered: bool) -> list[Analysis]:
        """The same photos with templates; the model's error where it fails on some of them only."""
        try:
            self._embed_all([face for analysis in analyses for face in analysis.faces], covered)
        except ModelError:
            tried = [self._embedded_alone(analysis, covered) for analysis in analyses]
            if not any(analysis.faces for analysis in tried):
                raise
            return tried
        return analyses

    def _embedded_alone(self, analysis: Analysis, covered: bool) -> Analysis:
        try:
            self._embed_all(analysis.faces, covered)
        except ModelError as error:
            return Analysis(analysis.source, analysis.photo, (), error)
        return analysis

    def _embed_all(self, faces: Sequence[Face], covered: bool, step: int = 32) -> None:
        for start in range(0, len(faces), step):
            self.embed(faces[start : start + step], covered=covered)

    def _face(self, photo: Photo, detection: Detection) -> Face:
        chip = align(photo.pixels, detection.landmarks, self._embedder.geometry)
        cut = crop(photo.pixels, detection.box)
        full = 1 / photo.scale
        box = Box(*(value * full for value in detection.box))
        landmarks = Landmarks((detection.landmarks.points * full).astype(np.float32), detection.landmarks.scheme)
        segment = None if self._segmenter is None else self._maps
        embed, mask = self._templates, detection.mask
        return Face(
            box, landmarks, detection.score, chip, cut, photo.source, embed, mask, segment, photo, self._embed_upper
        )


def _check_chips(chips: object) -> None:
    what = Note("argument.chips")
    if isinstance(chips, str | bytes) or not isinstance(chips, Sequence | np.ndarray):
        raise arguments.refused("chips", chips, what)
    for chip in chips:
        square = isinstance(chip, np.ndarray) and chip.ndim == 3 and chip.shape[0] == chip.shape[1] > 0
        if not square or chip.shape[2] != 3 or chip.dtype != np.uint8:
            raise arguments.refused("chips", chip, what)


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
