"""Batches of training samples."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bareface.values.face import UInt8
from training.occlusion.augment import photographed, placed
from training.occlusion.config import CHIP, Config
from training.occlusion.faces import Faces
from training.occlusion.labels import BACKGROUND, OTHER
from training.occlusion.occluders import Occluders


def batches(bare: Faces, masked: Faces, config: Config, steps: range) -> Iterator[tuple[UInt8, UInt8]]:
    """Yield chips uint8 [b, CHIP, CHIP, 3] and classes uint8 [b, CHIP, CHIP], one batch a step.

    A step's batch depends on nothing but the step, so that a resumed run goes on as if it had not stopped.
    """
    occluders = Occluders(bare.pixels)
    for step in steps:
        rng = np.random.default_rng([config.seed, 2, step])
        chips = np.empty((config.batch, CHIP, CHIP, 3), np.uint8)
        classes = np.empty((config.batch, CHIP, CHIP), np.uint8)
        for place in range(config.batch):
            faces = masked if rng.random() < config.masked else bare
            chips[place], classes[place] = _sample(faces, occluders, config, rng)
        yield chips, classes


def _sample(faces: Faces, occluders: Occluders, config: Config, rng: np.random.Generator) -> tuple[UInt8, UInt8]:
    index = rng.integers(len(faces))
    pixels, classes = faces.pixels[index], faces.classes[index]
    if rng.random() < config.occluded:
        pixels, hidden = occluders.put(pixels, faces.points[index], rng)
        # Straps that hang next to the head hide nothing.
        classes = np.where((hidden > 0) & (classes != BACKGROUND), np.uint8(OTHER), classes)
    chip, target = placed(pixels, classes, rng)
    return photographed(chip, rng), target
