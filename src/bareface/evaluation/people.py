"""Templates of many people's photos, bare and with simulated masks.

A mask is put on the photo where the landmarks of the bare face say, and the chip is cut by those same landmarks: the
embedder is measured on masked faces, not the detector's failure to find them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bareface.errors import BarefaceError
from bareface.evaluation.protocols import Sample
from bareface.evaluation.run import subject_face
from bareface.faces.analyser import Analyser
from bareface.faces.pipeline import overlapped
from bareface.imaging import decode as images
from bareface.imaging.align import cut
from bareface.matching.scoring import Columns
from bareface.messages import Note
from bareface.synthesis import masks
from bareface.synthesis.mask_shapes import Half
from bareface.synthesis.mask_specs import Nose, sample_mask
from bareface.values.face import Face, Landmarks, MaskState, Photo, Template

Worn: TypeAlias = Literal["partial", "full"]
"""Mask states of a worn mask."""
_WORN: tuple[Worn, ...] = ("partial", "full")
_BATCH = 16


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Templates of people's photos.

    Attributes
    ----------
    names
        Names of all subjects.
    subjects
        int64 [n], the place in `names`.
    sides
        Templates [n] by mask state: ``none``, and simulated ``partial`` and ``full`` if the engine knows masks.
    lost
        Photos without a template, by reason.
    """

    names: tuple[str, ...]
    subjects: NDArray[np.int64]
    sides: Mapping[str, Columns]
    lost: Mapping[str, int]


def embed_people(engine: Analyser, samples: Sequence[Sample], advance: Callable[[], None]) -> People:
    """Embed the subject of each photo; photos without a bare face are left out, as is what no camera took.

    Parameters
    ----------
    engine
        Detector and embedder.
    samples
        Photos.
    advance
        Called after each photo.
    """
    numbers = {name: number for number, name in enumerate(sorted({sample.subject for sample in samples}))}
    worn = _WORN if engine.makes_upper_face else ()
    subjects: list[int] = []
    states: tuple[MaskState, ...] = ("none", *worn)
    templates: dict[MaskState, list[Template]] = {state: [] for state in states}
    lost: Counter[str] = Counter()

    def find(numbered: tuple[int, Sample]) -> dict[MaskState, Face] | str:
        seed, sample = numbered
        try:
            photo = images.decode(sample.path, engine.limits)
            if photo.synthetic:
                return Note("reason.synthetic")
            faces = engine.detect(photo, want=())
            if not faces:
                return Note("note.no-face")
            face = subject_face(faces, photo.size)
            return {"none": face, **{state: masked_face(engine, photo, face, state, seed) for state in worn}}
        except BarefaceError as error:
            return error.code

    def embed(found: list[dict[MaskState, Face] | str]) -> list[dict[MaskState, Template] | str]:
        whole = [(state, face) for faces in found if not isinstance(faces, str) for state, face in faces.items()]
        made = iter(engine.embed([face for _, face in whole], upper_face=True))
        return [faces if isinstance(faces, str) else {state: next(made) for state in faces} for faces in found]

    results: Iterator[dict[MaskState, Template] | str] = overlapped(
        enumerate(samples), find, embed, threads=engine.threads, batch=_BATCH
    )
    for sample, result in zip(samples, results, strict=True):
        if isinstance(result, str):
            lost[result] += 1
        elif result["none"].mask_state != "none":
            lost[Note("reason.masked")] += 1
        else:
            subjects.append(numbers[sample.subject])
            for state, template in result.items():
                templates[state].append(template if state == "none" else replace(template, mask_state=state))
        advance()
    sides: dict[str, Columns] = {state: Columns.of_templates(made) for state, made in templates.items()}
    return People(tuple(numbers), np.array(subjects, np.int64), sides, lost)


def masked_face(
    engine: Analyser, photo: Photo, face: Face, state: Worn | None, seed: int, half: Half = "train"
) -> Face:
    """Return a face with a simulated mask.

    Parameters
    ----------
    engine
        Embedder whose chips to cut.
    photo, face
        A bare face, and its photo.
    state
        ``partial``: a mask that leaves the nose bare; ``full``: one that covers it; None: as common as they are drawn.
    seed, half
        Of the mask, and the half of the masks to draw from.
    """
    noses: dict[Worn | None, Nose | None] = {None: None, "partial": "low", "full": "medium" if seed % 2 else "high"}
    points = Landmarks((face.landmarks.points * photo.scale).astype(np.float32), face.landmarks.scheme)
    worn = masks.apply_mask(photo.pixels, points, sample_mask(seed, half=half, nose=noses[state]))
    # What the detector said of the bare face's mask does not hold for the masked one: the map alone decides.
    chip, computed = cut(worn.pixels, points, engine.geometry)
    return replace(face, chip=chip, mask=None, computed=computed)
