"""Faces to fit and validate quality on: original and degraded photos, detected and embedded, kept in ``out/quality``.

A spoilt photo goes the whole way: detection and landmarks are those of the spoilt photo. One in which no face is found
is a failure to acquire; it is counted, and has no quality.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from itertools import islice
from pathlib import Path
from typing import ClassVar, Literal, TypeAlias
from zlib import crc32

import cv2
import numpy as np
from numpy.typing import NDArray

from bareface.errors import EvaluationError
from bareface.evaluation.run import subject_face
from bareface.faces.detection.close_ups import SCORE
from bareface.faces.detection.yunet import YunetDetector
from bareface.faces.embedding.onnx import OnnxEmbedder
from bareface.faces.quality import Measures, measure
from bareface.imaging import decode as images
from bareface.imaging.align import align
from bareface.models import registry
from bareface.services.engine import Engine
from bareface.synthesis.degradations import LEVELS, Degradation, Downsample, Target, degrade
from bareface.synthesis.mask_light import LINEAR, to_srgb
from bareface.synthesis.mask_shapes import Half
from bareface.synthesis.masks import apply_mask, sample_mask
from bareface.values.face import Box, Face, Float32, Float64, Landmarks, UInt8

Sight: TypeAlias = Literal["map", "true", "none"]
"""Whose word on the visible share is taken: the occlusion map's, as ``face.quality`` does; what was covered; none's."""

BATCH = 16
SMALLEST = 12.0
LEVELS_EACH = 5


@dataclass(frozen=True, slots=True)
class Gain:
    """Longer or shorter exposure without noise: linear light times a gain."""

    name: ClassVar[str] = "gain"
    gain: float

    def apply(self, pixels: UInt8, target: Target, rng: np.random.Generator) -> UInt8:
        """See :class:`Degradation`."""
        return np.round(to_srgb(LINEAR[pixels] * np.float32(self.gain)) * 255).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class Tilt:
    """The camera turned about its axis, either way."""

    name: ClassVar[str] = "tilt"
    degrees: float

    def apply(self, pixels: UInt8, target: Target, rng: np.random.Generator) -> UInt8:
        """See :class:`Degradation`."""
        box, (height, width) = target.box, pixels.shape[:2]
        middle = ((box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2)
        turn = cv2.getRotationMatrix2D(middle, self.degrees * rng.choice([-1, 1]), 1.0)
        turned: UInt8 = cv2.warpAffine(
            pixels, turn, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return turned


KINDS: dict[str, tuple[Degradation, ...]] = {
    **LEVELS,
    "small": tuple(Downsample(factor, enlarge=False) for factor in (1.5, 2.0, 2.5, 3.0, 4.0)),
    "bright": tuple(Gain(gain) for gain in (1.6, 2.5, 4.0, 7.0, 12.0)),
    "dark": tuple(Gain(gain) for gain in (0.5, 0.25, 0.12, 0.06, 0.03)),
    "tilt": tuple(Tilt(degrees) for degrees in (10.0, 20.0, 30.0, 45.0, 60.0)),
}
"""Degradations of photos in addition to masks: `LEVELS` and others."""
ALL_KINDS = (*KINDS, "mask")


@dataclass(frozen=True, slots=True)
class Job:
    """One photo and what to do to it: ``clean``, ``mask`` or one of `KINDS` at a level."""

    subject: int
    photo: int
    path: Path
    kind: str = "clean"
    level: int = 0
    half: Half = "train"
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """One row a face.

    Attributes
    ----------
    subject, photo, level
        int64 [n].
    kind
        str [n].
    visible, seen
        float64 [n]: true visible share of the face, and what the occlusion map says.
    chips
        uint8 [n, 150, 150, 3].
    box, points
        float64 [n, 4] and float32 [n, 5, 2], in the spoilt photo's pixels.
    templates
        float32 [n, d], unit length.
    consistency
        float64 [n]: cosine of the templates of chip and mirror image.
    failed
        str [m]: the kinds of the photos in which no face was found.
    scheme
        Of the landmarks.
    """

    subject: NDArray[np.int64]
    photo: NDArray[np.int64]
    level: NDArray[np.int64]
    kind: NDArray[np.str_]
    visible: Float64
    seen: Float64
    chips: UInt8
    box: Float64
    points: Float32
    templates: Float32
    consistency: Float64
    failed: NDArray[np.str_]
    scheme: str

    def measures(self, sight: Sight = "map") -> list[Measures]:
        """Measure each face."""
        shares = {"map": self.seen.tolist(), "true": self.visible.tolist(), "none": [None] * len(self.subject)}
        return [
            measure(
                self.chips[i],
                Box(*self.box[i].tolist()),
                Landmarks(self.points[i], "five" if self.scheme == "five" else "dlib5"),
                shares[sight][i],
                float(self.consistency[i]),
            )
            for i in range(len(self.subject))
        ]


def faces_of(jobs: Iterable[Job], engine: Engine, folder: Path = Path("out") / "quality") -> Faces:
    """Find and embed the faces, or read what an earlier run kept."""
    jobs = list(jobs)
    # Other weights find other faces, and so does another least score.
    tasks = ("detection", "occlusion")
    weights = [file.sha256 for card in registry.cards() if card.task in tasks for file in card.files]
    named = [engine.detector, *weights, str(SCORE), engine.model, repr(KINDS), *map(str, jobs)]
    key = hashlib.sha256("\n".join(named).encode())
    kept = folder / f"{key.hexdigest()[:16]}.npz"
    if not kept.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        made = _made(jobs, engine)
        made_columns = {field.name: np.asarray(getattr(made, field.name)) for field in fields(Faces)}
        np.savez(kept, allow_pickle=False, **made_columns)
    with np.load(kept) as stored:
        columns = {field.name: stored[field.name] for field in fields(Faces)}
    return Faces(**{**columns, "scheme": str(columns["scheme"])})


def _made(jobs: list[Job], engine: Engine) -> Faces:
    card = registry.card(engine.model)
    halves = OnnxEmbedder(replace(card, input={**card.input, "mirror": False}), "float32", threads=engine.threads)
    failed: list[str] = []
    done: list[tuple[Job, float, Face]] = []
    templates: list[Float32] = []
    found = _found(jobs, engine, failed)
    while batch := list(islice(found, BATCH)):
        seen = engine.complete([face for _, _, face in batch], ["occlusion"])
        batch = [(job, visible, face) for (job, visible, _), face in zip(batch, seen, strict=True)]
        chips = [face.chip for _, _, face in batch]
        # What an embedder with `mirror` on its card does, but keeping both halves.
        both = halves.embed([*chips, *(np.ascontiguousarray(chip[:, ::-1]) for chip in chips)])
        templates.append(both.reshape(2, len(batch), -1))
        done += batch
    straight, mirrored = np.concatenate(templates, axis=1)
    mean = straight + mirrored
    return Faces(
        subject=np.array([job.subject for job, _, _ in done]),
        photo=np.array([job.photo for job, _, _ in done]),
        level=np.array([job.level for job, _, _ in done]),
        kind=np.array([job.kind for job, _, _ in done]),
        visible=np.array([visible for _, visible, _ in done]),
        seen=np.array([face.visible for _, _, face in done], np.float64),
        chips=np.stack([face.chip for _, _, face in done]),
        box=np.array([face.box for _, _, face in done], np.float64),
        points=np.stack([face.landmarks.points for _, _, face in done]),
        templates=mean / np.linalg.norm(mean, axis=1, keepdims=True),
        consistency=_cosine(straight.astype(np.float64), mirrored.astype(np.float64)),
        failed=np.array(failed, dtype=np.str_),
        scheme=done[0][2].landmarks.scheme,
    )


def _cosine(a: Float64, b: Float64) -> Float64:
    lengths: Float64 = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return np.einsum("nd,nd->n", a, b) / lengths


def _found(jobs: list[Job], engine: Engine, failed: list[str]) -> Iterator[tuple[Job, float, Face]]:
    """Yield job, visible share and face of each photo with a face."""
    path, pixels, bare = None, np.empty((0, 0, 3), np.uint8), None
    for job in jobs:
        if job.path != path:
            path, pixels = job.path, images.decode(job.path).pixels
            bare = _face(engine, pixels)
        spoilt = None if bare is None else _spoilt(pixels, bare, job)
        face = None if spoilt is None else _face(engine, spoilt[0])
        if face is None or spoilt is None:
            failed.append(job.kind)
            continue
        if engine.geometry != "dlib-150":
            face = replace(face, chip=align(spoilt[0], face.landmarks))
        yield job, spoilt[1], face


def _face(engine: Engine, pixels: UInt8) -> Face | None:
    found = engine.faces(pixels, want=())
    return subject_face(found, (pixels.shape[1], pixels.shape[0])) if found else None


def _spoilt(pixels: UInt8, face: Face, job: Job) -> tuple[UInt8, float] | None:
    """Degrade the photo; also return the share of the face that it still shows; None if that is not possible."""
    if job.kind == "clean":
        return pixels, 1.0
    try:
        if job.kind == "mask":
            masked = apply_mask(pixels, face.landmarks, sample_mask(job.seed, half=job.half))
            return masked.pixels, 1 - masked.coverage
        target = Target.of(face.landmarks)
    except EvaluationError:
        return None
    step = KINDS[job.kind][job.level]
    return degrade(pixels, target, [step], job.seed), 1 - float(getattr(step, "share", 0.0))


def open_engine(detector: str) -> Engine:
    """Open an engine that searches for the smallest faces; the detector by its name, or by YuNet's ONNX file."""
    found_by = YunetDetector(Path(detector)) if detector.endswith(".onnx") else detector
    # Quality says what a photo is worth to the network for bare faces, masked ones included.
    return Engine(detector=found_by, embedder="dlib-resnet", min_face=SMALLEST, threads=1)


def celeba_jobs(folders: list[Path], spoilt: int) -> Iterator[Job]:
    """Return jobs for every photo as it is, and degraded in as many random ways."""
    for subject, folder in enumerate(folders):
        for photo, path in enumerate(sorted(folder.iterdir())):
            rng = np.random.default_rng(crc32(f"{folder.name}/{path.name}".encode()))
            yield Job(subject, photo, path)
            for kind in rng.choice(ALL_KINDS, spoilt, replace=False):
                level, seed = int(rng.integers(LEVELS_EACH)), int(rng.integers(2**31))
                yield Job(subject, photo, path, str(kind), level, "train", seed)
