"""Templates of a folder of photos, bare and with a simulated mask, kept under ``out/`` for the next run.

The mask is put on the photo where the landmarks of the *bare* face say, and the chip is cut by those same landmarks:
what is measured is the embedder on masked faces, not the detector's failure to find them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bareface.evaluation.people import Worn, masked_face
from bareface.faces.embedding.by_mask_state import UPPER_FACE_ROWS
from bareface.imaging import decode as images
from bareface.models import registry
from bareface.services.engine import Engine
from bareface.synthesis import masks
from bareface.synthesis.mask_shapes import Half
from bareface.values.face import Face, Float32, Template

BATCH = 32
CUTTING = ("detection", "landmarks", "occlusion")
CACHE = Path("out") / "templates"


@dataclass(frozen=True, slots=True, eq=False)
class Embedded:
    """Faces of a folder with one sub-folder a subject.

    Attributes
    ----------
    subjects
        int64 [n], numbered by the sorted names of the sub-folders.
    bare, masked
        Templates as the network gave them, float32 [n, d].
    covered
        float32 [n, d], what masked faces are held against beside ``bare``; NaN where there is none.
    photos
        Number of photos read, including those without a face.
    """

    subjects: NDArray[np.int64]
    bare: Float32
    masked: Float32
    covered: Float32
    photos: int


def embed_subjects(
    engine: Engine, folders: Sequence[Path], half: Half, *, state: Worn | None = None, cache: Path = CACHE
) -> Embedded:
    """Embed every photo of every subject, or read what an earlier run kept.

    Parameters
    ----------
    engine
        Detector and embedder.
    folders
        One folder a subject.
    half
        Which half of the masks to draw from.
    state
        ``partial``: masks that leave the nose bare; ``full``: others; None: as common as they are drawn.
    cache
        Folder for the kept templates.
    """
    folders = sorted(folders)
    kept = cache / f"{engine.model}-{half}-{_key(engine, folders, half, state)}.npz"
    if kept.is_file():
        with np.load(kept) as stored:
            columns = {field.name: stored[field.name] for field in fields(Embedded)}
        return Embedded(**{**columns, "photos": int(columns["photos"])})
    photos = [(number, path) for number, folder in enumerate(folders) for path in sorted(folder.iterdir())]
    faces = _faces(engine, photos, half, state)
    subjects: list[int] = []
    bare: list[Template] = []
    masked: list[Template] = []
    while batch := list(islice(faces, BATCH)):
        subjects += [number for number, _, _ in batch]
        bare += engine.embed([face for _, face, _ in batch], upper_face=True)
        masked += engine.embed([face for _, _, face in batch])
    none = np.full(len(bare[0].vector), np.nan, np.float32)
    result = Embedded(
        np.array(subjects),
        np.stack([made.vector for made in bare]),
        np.stack([made.vector for made in masked]),
        np.stack([none if made.upper_face is None else made.upper_face for made in bare]),
        len(photos),
    )
    cache.mkdir(parents=True, exist_ok=True)
    np.savez(kept, **{field.name: getattr(result, field.name) for field in fields(Embedded)})
    return result


def _faces(
    engine: Engine, photos: Sequence[tuple[int, Path]], half: Half, state: Worn | None
) -> Iterator[tuple[int, Face, Face]]:
    """Yield subject, bare face and masked face of each photo that has a face."""
    for seed, (number, path) in enumerate(photos):
        photo = images.decode(path)
        found = engine.detect(photo, want=())
        if not found:
            continue
        height, width = photo.pixels.shape[:2]
        # The subject of a portrait stands in its middle; others may look in from the side.
        face = min(found, key=lambda f: abs(f.box.x1 + f.box.x2 - width) + abs(f.box.y1 + f.box.y2 - height))
        yield number, face, masked_face(engine, photo, face, state, seed, half)


def _key(engine: Engine, folders: Sequence[Path], half: Half, state: Worn | None) -> str:
    """Return a key that changes with whatever changes the templates."""
    card = registry.card(engine.model)
    weights = [file.sha256 for file in card.files if file.precision == engine.precision]
    # Detector and occlusion map decide what is cut out.
    weights += [file.sha256 for found in registry.cards() if found.task in CUTTING for file in found.files]
    weights += [str(dict(card.input)), str(UPPER_FACE_ROWS)]
    worn = [half] if state is None else [half, state]
    drawn = [file.read_text() for file in sorted(Path(masks.__file__).parent.glob("mask*.py"))]
    names = [str(folder.resolve()) for folder in folders]
    return hashlib.sha256("\n".join([*weights, engine.detector, *worn, *drawn, *names]).encode()).hexdigest()[:16]
