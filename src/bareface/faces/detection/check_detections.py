"""The check that every detector's faces pass before anything is done with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from bareface.errors import ModelError
from bareface.faces.detection.base import Detection

_BEYOND: Final = 10
"""Largest distance of a face from the photo, in longer sides; faces at an edge extend a little beyond it."""


def checked(found: Sequence[Detection], model: str, size: tuple[int, int]) -> list[Detection]:
    """Return the faces that a detector gave, without those that have no area.

    Parameters
    ----------
    found
        The detector's faces.
    model
        Its name, for messages.
    size
        Height and width of the picture.

    Raises
    ------
    ModelError
        ``model.output``: a face whose numbers are not finite, or that lies far away from the picture.
    """
    for face in found:
        points = np.asarray(face.landmarks.points)
        places = np.array([*face.box, *points.ravel()], np.float64)
        if points.shape != (5, 2) or not np.isfinite([*places, face.score]).all():
            raise ModelError("model.output/face-numbers", model=model)
        if np.abs(places).max() > _BEYOND * max(size):
            raise ModelError("model.output/face-far", model=model)
    return [face for face in found if face.box.area > 0]
