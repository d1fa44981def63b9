"""Accuracy of a network on masked faces, on CelebA's validation identities.

Masks are of the test half, which training never draws; landmarks are YuNet's on the masked photo itself, and masks are
found by the packaged segmenter, so that their errors count. Ids that end in 0 serve for nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bareface.faces.detection.yunet import YunetDetector
from bareface.faces.embedding.by_mask_state import UPPER_FACE_ROWS
from bareface.faces.occlusion.segmenter import OnnxSegmenter
from bareface.faces.occlusion.visible_share import blanked
from bareface.imaging import decode as images
from bareface.imaging.align import align
from bareface.matching.scoring import Columns, matrix
from bareface.models import registry
from bareface.models.sessions import open_session
from bareface.synthesis.mask_specs import Nose
from bareface.synthesis.masks import apply_mask, sample_mask
from bareface.values.face import Float32, Float64, UInt8
from training.occlusion.faces import find

FILL = np.array([122.782, 117.001, 104.298], np.float32)
FMR = (1e-2, 1e-3)
STEP = 32


@dataclass(frozen=True, slots=True, eq=False)
class Chips:
    """Bare chips uint8 [n, 150, 150, 3], the same faces masked and with the mask blanked, and who they show."""

    bare: UInt8
    masked: UInt8
    blanked: UInt8
    subject: NDArray[np.int64]


def chips_of(folder: Path, detector: YunetDetector, nose: Nose | None = None) -> Chips:
    """Load all photos of the identities that end in 0, except those without a face, bare or masked.

    ``nose`` chooses how high the masks are worn; by default as high as they are drawn.
    """
    bare, masked, subjects = [], [], []
    for seed, path in enumerate(sorted(folder.glob("*0/*.jpg"))):
        pixels = images.decode(path).pixels
        landmarks = find(detector, pixels)
        if landmarks is None:
            continue
        worn = apply_mask(pixels, landmarks, sample_mask(seed, half="test", nose=nose)).pixels
        seen = find(detector, worn)
        if seen is None:
            continue
        bare.append(align(pixels, landmarks))
        masked.append(align(worn, seen))
        subjects.append(int(path.parent.name))
    classes = OnnxSegmenter().segment(masked)
    hidden = [blanked(chip, mask, FILL) for chip, mask in zip(masked, classes, strict=True)]
    return Chips(np.stack(bare), np.stack(masked), np.stack(hidden), np.array(subjects))


def templates(path: Path, chips: UInt8, *, mirror: bool = True) -> Float32:
    """Compute vectors float32 [n, 128], the mean over chip and mirror image."""
    session = open_session(path, threads=1)
    name = session.get_inputs()[0].name

    def run(part: UInt8) -> Float32:
        return np.asarray(session.run(None, {name: np.ascontiguousarray(part)})[0], np.float32)

    parts = [chips[start : start + STEP] for start in range(0, len(chips), STEP)]
    return np.concatenate([(run(part) + run(part[:, :, ::-1])) / 2 if mirror else run(part) for part in parts])


def verification(probe: Float32, reference: Float32, subject: NDArray[np.int64]) -> dict[str, float]:
    """Compute TAR at FMR 1e-2 and 1e-3 and EER over all pairs of different photos."""
    return rates(_unit(probe) @ _unit(reference).T, subject)


def rates(scores: Float32 | Float64, subject: NDArray[np.int64]) -> dict[str, float]:
    """Compute the rates of :func:`verification` from scores [n, n]."""
    mated = subject[:, None] == subject[None]
    apart = ~np.eye(len(subject), dtype=bool)
    genuine, impostor = scores[mated & apart], scores[~mated]
    found = {f"TAR at {rate:g}": float((genuine > np.quantile(impostor, 1 - rate)).mean()) for rate in FMR}
    at = np.quantile(impostor, np.linspace(0, 1, 20_001))
    missed, false = np.searchsorted(np.sort(genuine), at) / len(genuine), 1 - np.linspace(0, 1, 20_001)
    return found | {"EER": float(np.maximum(missed, false).min())}


def _unit(vectors: Float32) -> Float64:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float64)


def nearness(found: Float32, wanted: Float32) -> Float64:
    """Compute the cosines of templates after subtracting the space's mean."""
    mean = registry.space_mean("dlib-128")
    return np.asarray((_unit(found - mean) * _unit(wanted - mean)).sum(1))


def row_of(path: Path, chips: Chips, bare: Float32) -> dict[str, float]:
    """Compute a network's row of the table."""
    masked = templates(path, chips.blanked)
    cover = nearness(templates(path, chips.bare), bare)
    crossed = verification(masked, bare, chips.subject)
    both = verification(masked, masked, chips.subject)
    return {
        **{f"masked x bare, {name}": value for name, value in crossed.items()},
        **{f"both masked, {name}": value for name, value in both.items()},
        "to the bare template": float(np.median(nearness(masked, bare))),
        "bare, kept": float(np.median(cover)),
    }


def with_second(path: Path, chips: Chips, bare: Float32) -> dict[str, float]:
    """Compute :func:`row_of` with masked faces compared to both templates of bare ones, as in a search."""
    painted = chips.bare.copy()
    painted[:, UPPER_FACE_ROWS:] = np.round(FILL).astype(np.uint8)
    worn = np.ones(len(bare), bool)
    references = Columns.of(bare, ~worn, templates(path, painted))
    found = rates(matrix(Columns.of(templates(path, chips.blanked), worn), references), chips.subject)
    return {f"masked x bare, {name}": value for name, value in found.items()}
