"""Batches of training samples."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from bareface.values.face import UInt8
from training.occlusion.augment import photographed, placed
from training.occlusion.config import CHIP, Config
from training.occlusion.faces import Faces
from training.occlusion.glasses import wear_glasses
from training.occlusion.labels import BACKGROUND, DARK, FACE, IGNORED, MASK, OTHER
from training.occlusion.occluders import Occluders
from training.occlusion.prints import reprinted, strapped

_THIN = np.ones((6, 6), np.uint8)


def batches(
    bare: Faces, masked: Faces, config: Config, steps: range, real: Faces | None = None
) -> Iterator[tuple[UInt8, UInt8]]:
    """Yield chips uint8 [b, CHIP, CHIP, 3] and classes uint8 [b, CHIP, CHIP], one batch a step.

    A step's batch depends on nothing but the step, so that a resumed run goes on as if it had not stopped.

    Parameters
    ----------
    bare, masked, real
        Faces without a mask, with simulated ones, and with real ones.
    config
        The run.
    steps
        Numbers of the steps.
    """
    occluders = Occluders(bare.pixels, bare.classes)
    for step in steps:
        rng = np.random.default_rng([config.seed, 2, step])
        chips = np.empty((config.batch, CHIP, CHIP, 3), np.uint8)
        classes = np.empty((config.batch, CHIP, CHIP), np.uint8)
        for place in range(config.batch):
            if real is not None and rng.random() < config.real:
                faces = real
            else:
                faces = masked if rng.random() < config.masked else bare
            index = rng.integers(len(faces))
            pixels, target = faces.pixels[index], faces.classes[index]
            if faces is masked:
                pixels, target = _varied(pixels, target, faces.points[index], bare.pixels, config, rng)
            chips[place], classes[place] = _sample(pixels, target, faces.points[index], occluders, config, rng)
        yield chips, classes


def thin(classes: UInt8) -> UInt8:
    """Return where a mask is thinner than six pixels: straps, mostly; uint8 of the same shape, 0 or 1."""
    mask = (classes == MASK).astype(np.uint8)
    opened = np.stack([cv2.morphologyEx(one, cv2.MORPH_OPEN, _THIN) for one in mask])
    return np.asarray(mask & (1 - opened), np.uint8)


def _varied(
    pixels: UInt8, classes: UInt8, points: np.ndarray, textures: UInt8, config: Config, rng: np.random.Generator
) -> tuple[UInt8, UInt8]:
    """Vary a simulated mask: its cloth, its straps."""
    if rng.random() < config.reprinted:
        pixels = reprinted(pixels, classes, textures, rng)
    if rng.random() < config.strapped:
        pixels, classes = strapped(pixels, classes, points, rng)
    return pixels, classes


def _sample(
    pixels: UInt8, classes: UInt8, points: np.ndarray, occluders: Occluders, config: Config, rng: np.random.Generator
) -> tuple[UInt8, UInt8]:
    if rng.random() < config.glasses:
        dark = rng.random() < 0.4
        worn, place = wear_glasses(pixels, points, rng, dark=dark)
        # Some masks are worn over the glasses, some below them.
        over = (classes == MASK) & (rng.random() < 0.6)
        pixels = np.where(over[..., None], pixels, worn)
        if dark:
            covered = (place > 0) & ((classes == FACE) | (classes == OTHER) | ((classes == MASK) & ~over))
            classes = np.where(covered, np.uint8(DARK), classes)
    if rng.random() < config.occluded:
        pixels, hidden = occluders.put(pixels, points, rng)
        # What hangs next to the head hides nothing.
        classes = np.where((hidden > 0) & (classes != BACKGROUND) & (classes != IGNORED), np.uint8(OTHER), classes)
    chip, target = placed(pixels, classes, rng)
    return photographed(chip, rng), target
