"""Embedders of 112-pixel chips on LFW, MFR2 and groups of people: ``python -m benchmarks.embedders NAME ...``.

Every photo goes through bareface's detector and segmenter once; what they cut is kept in ``--out``, and each embedder
sees the same chips. Photos without a face are left out and counted. Pairs are scored as a search scores them: where
just one face is judged to wear a mask, with the second template of the other. LFW: all pairs of its photos. Groups:
every photo shows another person, so all pairs are non-mated; their false match rate is taken at the threshold that
gives 1e-3 on LFW. MFR2: all pairs of a masked and a bare face, also by the first template alone. All of these sets are
for testing only. Identities of LFW and MFR2 can overlap with what an embedder was trained on.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bareface.faces.detection.bareface_detector import BarefaceDetector
from bareface.faces.embedding.base import MaskInfo
from bareface.faces.occlusion.mask_state import STATES, mask_state
from bareface.faces.occlusion.segmenter import OnnxSegmenter
from bareface.imaging import decode as images
from bareface.imaging.align import align, as_dlib
from bareface.matching.scoring import Columns, matrix
from bareface.models import registry
from bareface.models.sessions import open_session
from bareface.services.engine import Engine
from bareface.values.face import Float32, UInt8
from benchmarks.accuracy import MFR2_PAD, mask_states
from benchmarks.common import print_table, write_json
from training.photos import data_folder

LFW_RATES, GROUP_RATE, MFR2_RATE = (1e-3, 1e-4, 1e-5), 1e-3, 1e-2
LEAST, BATCH = 24.0, 64


@dataclass(frozen=True, slots=True, eq=False)
class Chips:
    """Aligned faces of a set.

    Attributes
    ----------
    names
        Paths below the set's folder, str [n].
    pixels
        uint8 [n, 112, 112, 3].
    state
        Places in :data:`bareface.faces.occlusion.mask_state.STATES`, uint8 [n].
    occlusion
        Maps, uint8 [n, 150, 150].
    missed
        Number of photos without a face.
    """

    names: NDArray[np.str_]
    pixels: UInt8
    state: UInt8
    occlusion: UInt8
    missed: int


def chips_of(folder: Path, file: Path, pad: int) -> Chips:
    """Cut the face nearest to the middle of every photo, or read what an earlier run kept."""
    if not file.is_file():
        detector = BarefaceDetector(open_session(registry.path_of(registry.card("bareface-detector"))))
        segmenter = OnnxSegmenter()
        paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".png"))
        columns: list[tuple[str, UInt8, int, UInt8]] = []
        for path in paths:
            pixels = images.decode(path).pixels
            pixels = cv2.copyMakeBorder(pixels, pad, pad, pad, pad, cv2.BORDER_CONSTANT) if pad else pixels
            faces = detector.detect(pixels, LEAST)
            if not faces:
                continue
            height, width = pixels.shape[:2]
            face = min(faces, key=lambda f: abs(f.box.x1 + f.box.x2 - width) + abs(f.box.y1 + f.box.y2 - height))
            chip = align(pixels, face.landmarks, "arcface-112")
            occlusion = segmenter.segment([as_dlib(chip)])[0]
            state = STATES.index(mask_state(face.mask, occlusion))
            columns.append((str(path.relative_to(folder)), chip, state, occlusion))
        names = [name for name, _, _, _ in columns]
        file.parent.mkdir(parents=True, exist_ok=True)
        np.savez(
            file,
            names=np.array(names),
            pixels=np.stack([chip for _, chip, _, _ in columns]),
            state=np.array([state for _, _, state, _ in columns], np.uint8),
            occlusion=np.stack([occlusion for _, _, _, occlusion in columns]),
            missed=len(paths) - len(names),
        )
    with np.load(file) as stored:
        values = {name: stored[name] for name in ("names", "pixels", "state", "occlusion")}
        return Chips(**values, missed=int(stored["missed"]))


def templates(engine: Engine, chips: Chips) -> tuple[Float32, Float32 | None]:
    """Return templates float32 [n, d] and, if the embedder makes them and a face is masked, second templates of the
    bare faces, NaN for masked ones.
    """
    covered = engine.makes_upper_face and (chips.state > 0).any()
    vectors: list[Float32] = []
    seconds: list[Float32] = []
    for start in range(0, len(chips.pixels), BATCH):
        part = slice(start, start + BATCH)
        pixels = list(chips.pixels[part])
        masks = [
            MaskInfo(STATES[state], occlusion)
            for state, occlusion in zip(chips.state[part], chips.occlusion[part], strict=True)
        ]
        vectors += [template.vector for template in engine.embed_chips(pixels, masks)]
        if covered:
            seconds += list(engine.embed_upper_faces(pixels))
    if not seconds:
        return np.stack(vectors), None
    second = np.stack(seconds)
    second[chips.state > 0] = np.nan
    return np.stack(vectors), second


def scores_of(engine: Engine, chips: Chips) -> Float32:
    """Score all pairs as a search does, float32 [n, n]."""
    vectors, second = templates(engine, chips)
    people = Columns.of(vectors, chips.state > 0, second)
    return matrix(people, people)


def subjects_of(names: NDArray[np.str_]) -> NDArray[np.str_]:
    """Return the folder that each photo lies in."""
    return np.array([Path(name).parent.name for name in names])


def limits(non_mated: Float32, rates: Sequence[float]) -> list[float]:
    """Return the thresholds that each share of the comparisons exceeds."""
    ordered = np.sort(non_mated)
    return [float(ordered[min(len(ordered) - 1, int(np.ceil(len(ordered) * (1 - rate))))]) for rate in rates]


def lfw(engine: Engine, chips: Chips) -> tuple[dict[str, float], float]:
    """Compute TAR at each FMR, and the threshold at the rate that groups are judged at."""
    subjects, scores = subjects_of(chips.names), scores_of(engine, chips)
    upper = np.triu(np.ones(scores.shape, bool), 1)
    mated = subjects[:, None] == subjects[None]
    genuine, non_mated = scores[mated & upper], scores[~mated & upper]
    found = limits(non_mated, LFW_RATES)
    rates = {f"TAR at {rate:g}": float((genuine > limit).mean()) for rate, limit in zip(LFW_RATES, found, strict=True)}
    counts = {"mated": genuine.size, "non-mated": non_mated.size, "judged masked": (chips.state > 0).sum()}
    return {**rates, **{name: float(count) for name, count in counts.items()}}, found[0]


def group(engine: Engine, chips: Chips, threshold: float) -> float:
    """Compute the false match rate of a group of people, one photo each, as a multiple of the rate on LFW."""
    scores = scores_of(engine, chips)[np.triu_indices(len(chips.names), 1)]
    return float((scores > threshold).mean() / GROUP_RATE)


def mfr2(engine: Engine, chips: Chips, labels: Path) -> dict[str, float]:
    """Compute TAR over all pairs of a masked and a bare face, by the labels of the set."""
    vectors, second = templates(engine, chips)
    worn = mask_states(labels)
    masked = np.array([worn[Path(name).stem][0] != "none" for name in chips.names])
    subjects = subjects_of(chips.names)
    mated = (subjects[:, None] == subjects[None])[np.ix_(masked, ~masked)]
    said = chips.state > 0
    columns = {
        "first template": Columns.of(vectors, said),
        "as searched": Columns.of(vectors, said, second),
    }
    rates = {}
    for name, each in columns.items():
        scores = matrix(each, each)[np.ix_(masked, ~masked)]
        (limit,) = limits(scores[~mated], [MFR2_RATE])
        rates[name] = float((scores[mated] > limit).mean())
    return {
        **rates,
        "mated": float(mated.sum()),
        "non-mated": float((~mated).sum()),
        "judged right": _right(said, masked),
    }


def _right(said: NDArray[np.bool_], masked: NDArray[np.bool_]) -> float:
    return float((said == masked).mean())


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("embedders", nargs="*", metavar="NAME", help="none: only cut the chips")
    parser.add_argument("--out", type=Path, default=Path("out/embedders"), help="folder of the chips")
    parser.add_argument("--json", type=Path, default=Path("out/embedders.json"))
    options = parser.parse_args()
    data = data_folder()
    groups = sorted(path.name for path in (data / "groups").iterdir() if path.is_dir())
    sets = {
        "lfw": chips_of(data / "lfw" / "images", options.out / "lfw.npz", 0),
        "mfr2": chips_of(data / "mfr2", options.out / "mfr2.npz", MFR2_PAD),
        **{name: chips_of(data / "groups" / name, options.out / f"{name}.npz", MFR2_PAD) for name in groups},
    }
    print({name: f"{len(chips.names)} faces, {chips.missed} missed" for name, chips in sets.items()})
    results: dict[str, Any] = {"missed": {name: chips.missed for name, chips in sets.items()}, "embedders": {}}
    for name in options.embedders:
        engine = Engine(embedder=name, threads=1)
        rates, threshold = lfw(engine, sets["lfw"])
        results["embedders"][name] = {
            "LFW": rates,
            "groups": {each: group(engine, sets[each], threshold) for each in groups},
            "MFR2": mfr2(engine, sets["mfr2"], data / "mfr2" / "mfr2_labels.txt"),
        }
    if options.embedders:
        _print(results["embedders"])
        write_json(options.json, results)


def _print(found: dict[str, Any]) -> None:
    lfw_keys = [f"TAR at {rate:g}" for rate in LFW_RATES]
    groups = list(next(iter(found.values()))["groups"])
    rows = [
        [
            name,
            *(f"{values['LFW'][key]:.4f}" for key in lfw_keys),
            *(f"{values['groups'][key]:.1f}" for key in groups),
            *(f"{values['MFR2'][key]:.3f}" for key in ("first template", "as searched")),
        ]
        for name, values in found.items()
    ]
    columns = ["embedder", *(f"LFW {key}" for key in lfw_keys), *groups, "MFR2 first", "MFR2 as searched"]
    print_table(
        "Embedders; groups: FMR as a multiple of LFW's 1e-3; MFR2: masked x bare, TAR at FMR 1e-2", columns, rows
    )


if __name__ == "__main__":
    main()
