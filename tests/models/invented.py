"""Invented people: pictures of coloured fields, a detector that takes each whole picture for a face, and masks it sees.

Skin has no blue here, so that what has some is a simulated mask.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bareface.faces.detection.base import Detection
from bareface.faces.occlusion.base import FACE, MASK
from bareface.imaging import decode as images
from bareface.imaging.align import SIZES
from bareface.services.engine import Engine
from bareface.values.face import Box, Landmarks, UInt8

SIDE = SIZES["arcface-112"]
POINTS = np.array([(38.3, 51.7), (73.5, 51.5), (56.0, 71.7), (41.5, 92.4), (70.7, 92.2)], np.float32)


class WholePicture:
    """Takes each picture for one upright, aligned face."""

    name = "whole-picture"

    def detect(self, pixels: UInt8, min_face: float) -> list[Detection]:
        height, width = pixels.shape[:2]
        return [Detection(Box(8.0, 8.0, width - 8.0, height - 8.0), 0.9, Landmarks(POINTS, "five"))]


class BlueIsMask:
    """Takes what is blue in the lower half of a chip for a mask."""

    name = "blue-is-mask"

    def segment(self, chips: Sequence[UInt8]) -> UInt8:
        maps = np.where(np.stack(chips)[..., 2] > 24, MASK, FACE).astype(np.uint8)
        maps[:, :60] = FACE
        return maps


def invented_engine(model: str) -> Engine:
    """Return an engine for such pictures."""
    return Engine(detector=WholePicture(), embedder=model, segmenter=BlueIsMask(), threads=1)


def invented_people(folder: Path, count: int, photos: int = 2, *, first: int = 0) -> Path:
    """Write photos of people: fields of their own colours, some lighter and some darker than in the other photos."""
    for number in range(first, first + count):
        own = np.random.default_rng(number).uniform(60, 200, (16, 16, 2))
        (folder / f"p{number}").mkdir(parents=True)
        for photo in range(photos):
            other = np.random.default_rng((number, photo)).normal(0, 25, own.shape)
            pixels = np.zeros((SIDE, SIDE, 3), np.uint8)
            pixels[..., :2] = np.kron(np.clip(own + other, 0, 255), np.ones((7, 7, 1)))
            images.write(folder / f"p{number}" / f"{photo}.png", pixels)
    return folder
