"""Simulated masks on enlarged chips, worn well and badly."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from bareface.synthesis.masks import apply_mask, sample_mask
from bareface.values.face import Float32, Landmarks, UInt8
from training.occlusion.faces import Faces
from training.occlusion.labels import MASK

# How masks sit: shares of well worn, under the chin, and too high or too small (the chin bare).
_WAYS = (("well", 0.7), ("chin", 0.12), ("small", 0.18))

# Straps often vanish in hair and behind ears: where all masks have them, they are seen where there are none.
_WITHOUT_STRAPS = 0.35
_THIN = np.ones((6, 6), np.uint8)


def masked(faces: Faces, each: int, seed: int) -> Faces:
    """Put `each` masks of the training half on every face, one after the other."""
    count = len(faces) * each
    pixels = np.empty((count, *faces.pixels.shape[1:]), np.uint8)
    classes = np.empty(pixels.shape[:3], np.uint8)
    for place in range(count):
        face = place // each
        rng = np.random.default_rng([seed, 1, place])
        worn, region = _wear(faces.pixels[face], faces.points[face], rng)
        if np.random.default_rng([seed, 3, place]).random() < _WITHOUT_STRAPS:
            worn, region = without_straps(worn, region, faces.pixels[face])
        pixels[place], classes[place] = worn, np.where(region, MASK, faces.classes[face])
    return Faces(pixels, classes, np.repeat(faces.points, each, axis=0))


def relabelled(worn: Faces, bare: UInt8) -> Faces:
    """Relabel masked faces, whose other classes are those of the bare faces, uint8 [n, SIDE, SIDE]."""
    below = np.repeat(bare, len(worn) // len(bare), axis=0)
    return replace(worn, classes=np.where(worn.classes == MASK, np.uint8(MASK), below))


def without_straps(worn: UInt8, region: UInt8, bare: UInt8) -> tuple[UInt8, UInt8]:
    """Take the straps off a mask: picture and region, as of the bare picture where the region is thin."""
    body = cv2.morphologyEx(region, cv2.MORPH_OPEN, _THIN)
    gone = (cv2.dilate(region & (1 - body), np.ones((5, 5), np.uint8)) > 0) & (cv2.dilate(body, _THIN[:3, :3]) == 0)
    return np.where(gone[..., None], bare, worn), body


def _wear(pixels: UInt8, points: Float32, rng: np.random.Generator) -> tuple[UInt8, UInt8]:
    spec = sample_mask(int(rng.integers(2**31)), half="train", nose="low" if rng.random() < 0.15 else None)
    way = rng.choice([name for name, _ in _WAYS], p=[share for _, share in _WAYS])
    if way == "chin":
        spec = replace(spec, nose="low", top=float(rng.uniform(0.9, 1.35)))
    elif way == "small":
        # Carried towards the eyes: the mask shrinks and rises.
        centre = points[:2].mean(axis=0)
        points = (points - centre) * np.float32(rng.uniform(0.75, 0.95)) + centre
    result = apply_mask(pixels, Landmarks(points, "five"), replace(spec, tilt=spec.tilt + float(rng.normal(0, 0.04))))
    return result.pixels, result.region.astype(np.uint8)
