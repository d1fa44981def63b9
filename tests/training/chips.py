"""One enlarged chip of a public-domain portrait."""

from __future__ import annotations

from functools import cache

import numpy as np

from bareface.imaging import decode as images
from bareface.imaging.align import chip_to_photo
from bareface.services.engine import Engine
from bareface.values.face import Landmarks
from tests.portraits import astronaut
from training.occlusion.config import MARGIN, SIDE
from training.occlusion.faces import Faces, cut, stack
from training.occlusion.labels import FACE

# Eye centres, nose tip and mouth corners on the chip (bareface.imaging.align).
_FIVE = np.array([(46.8, 46.1), (102.4, 46.1), (74.2, 78.8), (50.0, 104.2), (98.8, 104.2)])


@cache
def portrait() -> Faces:
    """Return a bare face whose oval is labelled as face."""
    pixels = images.decode(astronaut()).pixels
    found = max(Engine(threads=1).faces(pixels), key=lambda face: face.box.area)
    a, b = chip_to_photo(found.landmarks)
    points = a * (_FIVE[:, 0] + 1j * _FIVE[:, 1]) + b
    five = Landmarks(np.column_stack([points.real, points.imag]).astype(np.float32), "five")
    chip, _, points_in_chip = cut(pixels, five)
    rows, columns = np.mgrid[:SIDE, :SIDE] - MARGIN
    oval = ((columns - 74.6) / 48) ** 2 + ((rows - 72) / 66) ** 2 < 1
    return stack([(chip, oval.astype(np.uint8) * np.uint8(FACE), points_in_chip)])
