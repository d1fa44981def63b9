"""Photos analysed once, clean and degraded, and an engine that answers with the stored analyses.

A benchmark that deals the same photos into many galleries enrols them in real galleries and searches these with real
searches; only the networks do not run again. Of each photo the face of its subject is kept
(:func:`bareface.evaluation.run.subject_face`). Degradations are applied to the photo, so that detection and landmarks
are those of the degraded photo; they are measured by the face in the photo as it is, and a photo without one counts as
a failure under every condition.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias
from zlib import crc32

import cv2
import numpy as np

from bareface.errors import EvaluationError
from bareface.evaluation.run import subject_face
from bareface.faces.occlusion.mask_state import STATES
from bareface.imaging import decode as images
from bareface.services.engine import Engine
from bareface.synthesis.degradations import LEVELS, Downsample, Target, degrade
from bareface.synthesis.masks import apply_mask, sample_mask
from bareface.values.analysis import Analysis
from bareface.values.face import (
    EVERYTHING,
    Box,
    Computed,
    Face,
    Landmarks,
    LandmarkScheme,
    Photo,
    Source,
    Template,
    UInt8,
    Want,
)
from benchmarks.digests import DETECTOR, SEGMENTER, digests

Condition: TypeAlias = Literal["clean", "defocus", "low light", "small", "mask"]
LEVEL: Final = 3
"""Level of defocus and low light, counted from 1."""
SMALL_FACE: Final = 48
"""Width of a small face in pixels."""
CHUNK: Final = 100
"""Photos in a file of the cache: what a killed run can lose."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo and its treatment before detection.

    Attributes
    ----------
    subject
        Name of the person.
    path
        The file.
    pad
        Pixels of border, replicated from the edge.
    condition
        What the photo is degraded by.
    """

    subject: str
    path: Path
    pad: int = 0
    condition: Condition = "clean"

    @property
    def key(self) -> bytes:
        """What stands for the picture as a photo source."""
        return f"{self.subject}/{self.path.name} ({self.condition})".encode()

    def under(self, condition: Condition) -> Picture:
        """Return the same photo under another condition."""
        return replace(self, condition=condition)


def treated(pixels: UInt8, face: Face, picture: Picture) -> UInt8 | None:
    """Degrade a photo, RGB [H, W, 3]; None if its landmarks do not allow it.

    Parameters
    ----------
    pixels
        The photo, padded.
    face
        The face in it.
    picture
        Condition; its key is the seed.
    """
    seed = crc32(picture.key)
    try:
        if picture.condition == "mask":
            return apply_mask(pixels, face.landmarks, sample_mask(seed, half="test")).pixels
        if picture.condition == "small":
            step = Downsample(max(1.0, face.box.width / SMALL_FACE), enlarge=False)
            return degrade(pixels, Target.of(face.landmarks), [step], seed)
        return degrade(pixels, Target.of(face.landmarks), [LEVELS[picture.condition][LEVEL - 1]], seed)
    except EvaluationError:
        return None


def padded(path: Path, pad: int) -> UInt8:
    """Read a photo and replicate its edge."""
    pixels = images.decode(path).pixels
    return np.ascontiguousarray(cv2.copyMakeBorder(pixels, pad, pad, pad, pad, cv2.BORDER_REPLICATE), dtype=np.uint8)


def analyses_of(engine: Engine, pictures: Sequence[Picture], folder: Path) -> dict[bytes, Analysis]:
    """Analyse pictures, or read what an earlier run stored.

    Parameters
    ----------
    engine
        Finds faces and makes templates.
    pictures
        With different keys.
    folder
        Of the cache.

    Returns
    -------
    dict
        Analyses by :attr:`Picture.key`, each with the subject's face alone, or with none.
    """
    assert len({picture.key for picture in pictures}) == len(pictures)
    found: dict[bytes, Analysis] = {}
    clean = list(dict.fromkeys(picture.under("clean") for picture in pictures))
    found.update(_chunks(engine, clean, folder, {}))
    for condition in dict.fromkeys(picture.condition for picture in pictures):
        if condition != "clean":
            chosen = [picture for picture in pictures if picture.condition == condition]
            found.update(_chunks(engine, chosen, folder, found))
    return found


def _chunks(
    engine: Engine, pictures: Sequence[Picture], folder: Path, clean: Mapping[bytes, Analysis]
) -> Iterator[tuple[bytes, Analysis]]:
    weights = [*digests(engine, DETECTOR, SEGMENTER).values(), engine.precision]
    for start in range(0, len(pictures), CHUNK):
        chunk = pictures[start : start + CHUNK]
        key = hashlib.sha256("\n".join([*weights, repr(LEVELS), str(SMALL_FACE), str(LEVEL)]).encode())
        for picture in chunk:
            key.update(picture.key + bytes([picture.pad]) + hashlib.sha256(picture.path.read_bytes()).digest())
        file = folder / f"{key.hexdigest()[:24]}.npz"
        if not file.is_file():
            columns = columns_of(_analysed(engine, chunk, clean))
            folder.mkdir(parents=True, exist_ok=True)
            part = file.with_suffix(".part")
            with part.open("wb") as stream:
                np.savez(stream, allow_pickle=False, **columns)
            part.replace(file)
            print(f"analysed: {chunk[0].path.parent.name}, {chunk[0].condition}, {start + len(chunk)}", flush=True)
        with np.load(file) as stored:
            analyses = analyses_from({name: stored[name] for name in stored.files})
        yield from zip((picture.key for picture in chunk), analyses, strict=True)


def _analysed(
    engine: Engine, chunk: Sequence[Picture], clean: Mapping[bytes, Analysis]
) -> Iterator[tuple[str, Face | None]]:
    """Yield each picture's name and its subject's face."""
    sent: list[int] = []

    def sources() -> Iterator[UInt8]:
        for place, picture in enumerate(chunk):
            pixels: UInt8 | None = padded(picture.path, picture.pad)
            if picture.condition != "clean":
                faces = clean[picture.under("clean").key].faces
                pixels = treated(pixels, faces[0], picture) if faces and pixels is not None else None
            if pixels is not None:
                sent.append(place)
                yield pixels

    faces: list[Face | None] = [None] * len(chunk)
    for number, analysis in enumerate(engine.stream(sources(), want=["upper_face"])):
        if analysis.faces and analysis.photo is not None:
            faces[sent[number]] = subject_face(analysis.faces, analysis.photo.size)
    return zip((picture.key.decode() for picture in chunk), faces, strict=True)


def columns_of(rows: Iterable[tuple[str, Face | None]]) -> dict[str, Any]:
    """Return names and faces as columns, one row a picture; ``row`` is the face's row, -1 for none."""
    rows = list(rows)
    faces = [face for _, face in rows if face is not None]
    found = np.array([face is not None for _, face in rows], bool)
    templates = [face.enrolment_template for face in faces]
    upper = [one.vector * np.nan if one.upper_face is None else one.upper_face for one in templates]
    first = templates[0] if templates else Template(np.zeros(0, np.float32), "", "")
    return {
        "name": np.array([name for name, _ in rows], np.str_),
        "row": np.where(found, np.cumsum(found) - 1, -1),
        "vector": np.array([one.vector for one in templates], np.float32),
        "upper": np.array(upper, np.float32),
        "state": np.array([STATES.index(one.mask_state) for one in templates], np.uint8),
        "visible": np.array([np.nan if one.visible is None else one.visible for one in templates]),
        "origin": np.array([first.model, first.space, first.precision], np.str_),
        "chip": np.array([face.chip for face in faces], np.uint8),
        "box": np.array([face.box for face in faces], np.float64),
        "points": np.array([face.landmarks.points for face in faces], np.float32),
        "scheme": np.array([face.landmarks.scheme for face in faces], np.str_),
        "score": np.array([face.score for face in faces], np.float64),
    }


def analyses_from(columns: Mapping[str, Any]) -> list[Analysis]:
    """Return analyses as an engine gives them in a stream, from :func:`columns_of`."""
    model, space, precision = map(str, columns["origin"])
    empty = np.zeros((0, 0, 3), np.uint8)
    analyses = []
    for name, row in zip(map(str, columns["name"]), columns["row"].tolist(), strict=True):
        photo = Photo(empty, name, hashlib.sha256(name.encode()).hexdigest(), "array", (0, 0))
        if row < 0:
            analyses.append(Analysis(name, photo, ()))
            continue
        upper, visible = columns["upper"][row], float(columns["visible"][row])
        template = Template(
            vector=columns["vector"][row],
            model=model,
            space=space,
            precision=precision,
            mask_state=STATES[columns["state"][row]],
            visible=None if np.isnan(visible) else visible,
            upper_face=None if np.isnan(upper).any() else upper,
        )
        scheme: LandmarkScheme = "five" if columns["scheme"][row] == "five" else "dlib5"
        face = Face(
            box=Box(*columns["box"][row].tolist()),
            landmarks=Landmarks(columns["points"][row], scheme),
            score=float(columns["score"][row]),
            chip=columns["chip"][row],
            crop=empty,
            source=name,
            computed=Computed.of(template),
        )
        analyses.append(Analysis(name, photo, (face,)))
    return analyses


class StoredEngine:
    """A :class:`bareface.faces.port.FaceEngine` whose photo sources are keys of stored analyses.

    Parameters
    ----------
    engine
        The engine that made them.
    analyses
        By key, as :func:`analyses_of` returns them.
    """

    def __init__(self, engine: Engine, analyses: Mapping[bytes, Analysis]) -> None:
        self.model, self.space, self.precision = engine.model, engine.space, str(engine.precision)
        self.makes_upper_face, self.sees_masks = engine.makes_upper_face, engine.sees_masks
        self._analyses = analyses

    def complete(self, faces: Sequence[Face], want: Iterable[Want]) -> list[Face]:
        """Return the faces: everything about them is stored."""
        return list(faces)

    def stream(
        self, sources: Iterable[Source], batch: int = 32, want: Iterable[Want] = EVERYTHING
    ) -> Iterator[Analysis]:
        """Yield the stored analysis of each key."""
        for source in sources:
            assert isinstance(source, bytes)
            yield self._analyses[source]
