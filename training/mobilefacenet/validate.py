"""Accuracy of a network on bare and masked faces of a pool of validation subjects."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bareface.models.sessions import open_session
from bareface.values.face import Float32, Float64, UInt8
from training.convert_mobilefacenet import write
from training.embedding.draw import widened
from training.mobilefacenet.draw import FILL
from training.mobilefacenet.pool import Pool
from training.mobilefacenet.space import STEP, centre, unit

RATES = (1e-2, 1e-3, 1e-4)
EDGE = 1
"""Pixels round a mask that are blanked, too."""
UPPER_FACE_ROWS = 79
"""Row of the chip from which a bare face is painted over for its second template: just below the nose."""


def subject_of(name: str) -> str | None:
    """Return the identity in the name of a CelebA file; None if the name tells none."""
    path = Path(name)
    return path.stem.split("_")[0] if "celeba" in str(path.parent).lower() else None


def views(pool: Pool) -> dict[str, UInt8]:
    """Make chips uint8 [n, 112, 112, 3]: bare, masked with the mask blanked, and bare but painted below the nose."""
    blanked = np.array(pool.masked)
    for number, window in enumerate(blanked):
        window[widened(pool.region(number), EDGE)] = FILL
    covered = centre(np.asarray(pool.bare))
    covered[:, UPPER_FACE_ROWS:] = FILL
    return {"bare": centre(np.asarray(pool.bare)), "masked": centre(blanked), "covered": covered}


def templates(path: Path, chips: UInt8, *, mirror: bool = True) -> Float32:
    """Compute unit templates float32 [n, d], of the mean over chip and mirror image."""
    session = open_session(path)

    def run(part: UInt8) -> Float32:
        return np.asarray(session.run(None, {"pixels": np.ascontiguousarray(part)})[0], np.float32)

    parts = [chips[start : start + STEP] for start in range(0, len(chips), STEP)]
    return unit(np.concatenate([run(part) + run(part[:, :, ::-1]) if mirror else run(part) for part in parts]))


def answers_of(weights: dict[str, Float32], chips: UInt8, *, mirror: bool) -> Float32:
    """Compute unit templates by a network of these weights, stored as they will be: float32 [n, d]."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.onnx"
        write(path, weights, half=True)
        return templates(path, chips, mirror=mirror)


def rates(scores: Float32 | Float64, subjects: NDArray[np.str_]) -> dict[str, float]:
    """Compute TAR at each FMR over all pairs of different photos; scores [n, n]."""
    mated = subjects[:, None] == subjects[None]
    genuine, impostor = scores[mated & ~np.eye(len(subjects), dtype=bool)], np.sort(scores[~mated])
    limits = [impostor[min(len(impostor) - 1, int(np.ceil(len(impostor) * (1 - rate))))] for rate in RATES]
    return {f"{rate:g}": float((genuine > limit).mean()) for rate, limit in zip(RATES, limits, strict=True)}


def table(found: Mapping[str, Float32], subjects: NDArray[np.str_]) -> dict[str, dict[str, float]]:
    """Compute the rates of the comparisons that a search makes; ``found`` holds templates of the three views."""
    bare, masked = found["bare"], found["masked"]
    crossed = masked @ bare.T
    rows = {
        "bare x bare": rates(bare @ bare.T, subjects),
        "masked x bare": rates(crossed, subjects),
        "both masked": rates(masked @ masked.T, subjects),
    }
    if "covered" in found:
        rows["masked x both templates"] = rates((crossed + masked @ found["covered"].T) / 2, subjects)
    return rows


def show(rows: Mapping[str, Mapping[str, float]]) -> str:
    """Format a table's rows as lines."""
    return "\n".join(
        f"{name:>24}: " + "  ".join(f"{rate} {value:.3f}" for rate, value in row.items()) for name, row in rows.items()
    )
