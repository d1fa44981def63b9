"""Restorations of artificial faces: smooth random pictures, which alignment can hold on to."""

from __future__ import annotations

import cv2
import numpy as np

from bareface.restoration.base import SIDE, Completion, Provenance, Restored
from bareface.values.face import Template, UInt8


def smooth(seed: int) -> UInt8:
    """Return a random picture of soft shapes, RGB [160, 160, 3]."""
    rng = np.random.default_rng(seed)
    field = sum(
        cv2.GaussianBlur(rng.normal(0, 1, (SIDE, SIDE)).astype(np.float32), (0, 0), width) * width
        for width in (3.0, 8.0, 20.0)
    )
    field = (field - np.min(field)) / np.ptp(field)
    return np.repeat((30 + 200 * field)[..., None], 3, axis=2).astype(np.uint8)


def region() -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Return the lower half of the middle."""
    hidden = np.zeros((SIDE, SIDE), bool)
    hidden[85:150, 30:130] = True
    return hidden


def restored(seed: int) -> Restored:
    """Return two completions of one face."""
    source, hidden = smooth(1000 + seed), region()
    source[hidden] = (90, 120, 160)
    template = Template(np.ones(4, np.float32), "none", "none")
    completions = []
    for number in range(2):
        image = source.copy()
        image[hidden] = smooth(2000 + 10 * seed + number)[hidden]
        completions.append(Completion(image, template))
    provenance = Provenance(
        "unmask", "eigenface", None, None, seed, f"{seed:064x}", 0.4, (), "0.1.0", "2026-11-25T16:00:00+00:00"
    )
    zero = np.zeros((SIDE, SIDE), np.float32)
    return Restored(source, hidden, tuple(completions), zero, provenance, (1 + 0j, 0j), (0.0, 0.0), 0.0)
