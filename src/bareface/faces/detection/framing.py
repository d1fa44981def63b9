"""A border around a picture: a face that fills the frame has no context otherwise."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from bareface.faces.detection.base import Detection
from bareface.values.face import Box, Landmarks, UInt8

LONGEST = 1024
"""Pixels: longer pictures are reduced first. Of a strip, a border in proportion to its length would be gigabytes."""


class Framed(NamedTuple):
    """A picture with a border in pixels, and the factor by which it was reduced before."""

    pixels: UInt8
    border: int
    factor: float

    def box(self, box: Box) -> Box:
        """Map a box to the picture."""
        return Box(*((value - self.border) * self.factor for value in box))

    def face(self, face: Detection) -> Detection:
        """Map a face to the picture."""
        points = ((face.landmarks.points - np.float32(self.border)) * np.float32(self.factor)).astype(np.float32)
        return Detection(self.box(face.box), face.score, Landmarks(points, face.landmarks.scheme), face.mask)


def framed(pixels: UInt8, share: float, colour: tuple[int, int, int]) -> Framed:
    """Add a border as wide as a share of the longer side of a picture."""
    height, width = pixels.shape[:2]
    factor = max(1.0, max(height, width) / LONGEST)
    size = max(1, round(width / factor)), max(1, round(height / factor))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA) if factor > 1 else pixels
    border = round(share * max(size))
    sides = (border, border, border, border)
    whole = cv2.copyMakeBorder(small, *sides, cv2.BORDER_CONSTANT, value=colour)
    return Framed(np.asarray(whole, np.uint8), border, factor)
