"""Calibrate searches with completions: ``python -m training.restoration.union --work FOLDER``.

A search with a masked face and its k completions reports the best of k + 1 scores, which strangers reach more often
than any one of them. So it has a calibration of its own, counted on the best of k + 1, never borrowed from originals.
Only the calibration identities serve (CelebA ids ending in 5, which nothing is trained on): some photos of each in a
simulated mask of the training half, as probes, against all photos bare. Every probe is kept as it is made, so that a
run that was stopped goes on; start in an empty folder when what draws completions has changed.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np

from bareface.calibration.calibration import Calibration, StateCalibration
from bareface.calibration.decision import States
from bareface.calibration.fit import fit_matrix
from bareface.errors import RestorationError
from bareface.gallery.restored_candidates import packaged_name
from bareface.imaging import decode as images
from bareface.imaging.align import cut
from bareface.matching.scoring import Columns, matrix
from bareface.restoration.unmask import MODEL, load, unmask
from bareface.services.engine import Engine
from bareface.synthesis.mask_specs import Nose, sample_mask
from bareface.synthesis.masks import apply_mask
from bareface.values.face import Face, Float32, MaskState
from training.photos import data_folder

COMPLETIONS = (1, 2, 4, 8)
"""Number of completions that a calibration is fitted for; a search with another number has none."""
PACKAGED = Path("src") / "bareface" / "restoration" / "packaged"
_NOSES: dict[MaskState, tuple[Nose, ...]] = {"full": ("medium", "high"), "partial": ("low",)}


def main() -> None:
    """Make the templates, fit, and write one file for each number of completions."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="Folder for the templates.")
    parser.add_argument("--most", type=int, default=4, choices=COMPLETIONS, help="Completions drawn of each probe.")
    parser.add_argument("--probes", type=int, default=2, help="Photos of each person that are worn masks on.")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    engine = Engine(threads=1)
    folders = sorted(place for place in (data_folder() / "train" / "celeba").iterdir() if place.name.endswith("5"))
    photos = [(number, path) for number, folder in enumerate(folders) for path in sorted(folder.iterdir())]
    # Taken once, as the model is, should its file be written anew meanwhile.
    names = {most: packaged_name(engine.model, most) for most in COMPLETIONS if most <= options.most}
    load()
    work = options.work / names[options.most]
    work.mkdir(parents=True, exist_ok=True)
    references = [_kept_reference(engine, path, work / f"{place}-bare.npz") for place, (_, path) in enumerate(photos)]
    entries: dict[int, dict[States, StateCalibration]] = {}
    for state in _NOSES:
        probes: dict[int, Float32] = {}
        seen: dict[int, int] = {}
        for place, (number, path) in enumerate(photos):
            if references[place] is None or seen.get(number, 0) == options.probes:
                continue
            made = _kept_probe(engine, path, state, place, options.most, work / f"{place}-{state}.npz")
            if made is not None:
                probes[place] = made
                seen[number] = seen.get(number, 0) + 1
            if len(probes) % 20 == 0:
                print(state, place, len(probes), flush=True)
        people = np.array([number for number, _ in photos])
        for most in names:
            entries.setdefault(most, {})[state, "none"] = _fitted(probes, references, people, most)
    PACKAGED.mkdir(exist_ok=True)
    for most, found in entries.items():
        basis = (
            f"best of a masked face and its {most} completions ({MODEL}), counted on "
            f"{len(folders)} CelebA calibration identities (masks simulated), {engine.model}, "
            f"fitted {datetime.now(UTC):%Y-%m-%d}"
        )
        target = PACKAGED / names[most]
        target.write_text(Calibration(engine.space, engine.model, basis, found).to_json(), encoding="utf-8")
        for states, one in found.items():
            at = {rate: one.strangers.similarity_at_rate(rate) for rate in (1e-2, 1e-3)}
            print(most, states, {rate: f"{value:.4f}" for rate, value in at.items()}, one.strangers.probes)
        print(f"written: {target}")


def _kept_reference(engine: Engine, path: Path, kept: Path) -> tuple[Float32, Float32] | None:
    """Compute the template and the upper-face template of the bare photo; None without a face."""
    if not kept.is_file():
        face = _subject(engine, path)
        made = None if face is None else engine.embed([face], upper_face=True)[0]
        both = np.zeros((0, 0)) if made is None or made.upper_face is None else np.stack([made.vector, made.upper_face])
        np.savez(kept, both=both.astype(np.float32))
    with np.load(kept) as stored:
        both = stored["both"]
    return (both[0], both[1]) if both.size else None


def _kept_probe(engine: Engine, path: Path, state: MaskState, seed: int, most: int, kept: Path) -> Float32 | None:
    """Compute the templates of the masked face and its completions, float32 [1 + k, d]; None without a mask."""
    if not kept.is_file():
        face = _masked(engine, path, state, seed)
        vectors: Sequence[Float32] = []
        try:
            if face is not None and face.mask_state != "none":
                restored = unmask(engine, face, most, seed)
                vectors = [face.template.vector, *(one.template.vector for one in restored.completions)]
        except RestorationError as error:
            print(path.name, error.code, flush=True)
        np.savez(kept, vectors=np.array(vectors, np.float32))
    with np.load(kept) as stored:
        found: Float32 = stored["vectors"]
    return found if len(found) else None


def _subject(engine: Engine, path: Path) -> Face | None:
    """Select the face nearest the middle, where the subject of a portrait is."""
    photo = images.decode(path)
    height, width = photo.pixels.shape[:2]
    return min(
        engine.detect(photo, want=()),
        key=lambda f: abs(f.box.x1 + f.box.x2 - width) + abs(f.box.y1 + f.box.y2 - height),
        default=None,
    )


def _masked(engine: Engine, path: Path, state: MaskState, seed: int) -> Face | None:
    """Mask the photo's face, aligned by the bare face's landmarks."""
    face = _subject(engine, path)
    if face is None or face.photo is None:
        return None
    noses = _NOSES[state]
    worn = apply_mask(face.photo.pixels, face.landmarks, sample_mask(seed, half="train", nose=noses[seed % len(noses)]))
    chip, computed = cut(worn.pixels, face.landmarks, engine.geometry)
    # What the detector said of the bare face's mask does not hold for the masked one: the map alone decides.
    photo = replace(face.photo, pixels=worn.pixels)
    masked = replace(face, chip=chip, mask=None, photo=photo, computed=computed)
    return engine.complete([masked], ["template"])[0]


def _fitted(
    probes: dict[int, Float32],
    references: Sequence[tuple[Float32, Float32] | None],
    people: np.ndarray[tuple[int], np.dtype[np.int64]],
    most: int,
) -> StateCalibration:
    rows = np.array(sorted(probes))
    columns = np.array([place for place, one in enumerate(references) if one is not None])
    known = [one for one in references if one is not None]
    bare = Columns.of(
        np.stack([one[0] for one in known]), np.zeros(len(known), bool), np.stack([one[1] for one in known])
    )
    best = np.full((len(rows), len(columns)), -np.inf, np.float32)
    for place in range(1 + most):
        vectors = np.stack([probes[row][place] for row in rows])
        best = np.maximum(best, matrix(Columns.of(vectors, np.full(len(rows), place == 0)), bare))
    best[rows[:, None] == columns[None]] = np.nan  # a photo says nothing about itself, masked or not
    return fit_matrix(best, people[rows], people[columns], symmetric=False)


if __name__ == "__main__":
    main()
