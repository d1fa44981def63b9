"""The interface of face detectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from bareface.values.face import Box, Float32, Landmarks, UInt8


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """A face in a picture: its box and landmarks in that picture's pixels, and the detector's confidence.

    ``mask`` holds the probabilities of the mask states none, partial and full, float32 [3]; None where the detector
    does not say.
    """

    box: Box
    score: float
    landmarks: Landmarks
    mask: Float32 | None = None


@runtime_checkable
class Detector(Protocol):
    """Finds faces with their five landmarks."""

    name: str

    def detect(self, pixels: UInt8, min_face: float) -> list[Detection]:
        """Find faces at least ``min_face`` pixels wide in RGB ``pixels`` [H, W, 3] uint8, best first."""
        ...
