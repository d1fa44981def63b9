"""Faces for tests that only compare templates."""

from __future__ import annotations

import numpy as np

from bareface.values.face import Box, Computed, Face, Landmarks, MaskState, Template


def face(
    source: str = "a.jpg",
    vector: object = 1.0,
    mask_state: MaskState = "none",
    visible: float | None = 1.0,
    upper_face: object = None,
    model: str = "dlib-resnet",
) -> Face:
    """Return a face with this template: a number, or as many as there are, repeated up to dlib's 128."""
    values = np.resize(np.asarray(vector, np.float32), 128)
    second = None if upper_face is None else np.resize(np.asarray(upper_face, np.float32), 128)
    template = Template(values, model, "dlib-128", "float32", mask_state, visible, second)
    pixels = np.zeros((150, 150, 3), np.uint8)
    landmarks = Landmarks(np.zeros((5, 2), np.float32), "five")
    return Face(Box(0, 0, 50, 50), landmarks, 1.0, pixels, pixels, source, computed=Computed.of(template))
