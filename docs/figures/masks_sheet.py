"""Draw the contact sheets of simulated masks and degradations: ``python docs/figures/masks_sheet.py [FOLDER]``.

The faces are the two public-domain portraits that come with dependencies (Eileen Collins by NASA, Grace Hopper by the
U.S. Navy). Masks are those of the first seeds, not chosen ones.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import cv2
import matplotlib as mpl
import numpy as np

from bareface.imaging import decode as images
from bareface.imaging.portraits import portraits
from bareface.services.engine import Engine
from bareface.synthesis.degradations import LEVELS, Target, degrade
from bareface.synthesis.mask_shapes import Half, Kind
from bareface.synthesis.masks import apply_mask, sample_mask
from bareface.values.face import Landmarks, UInt8

mpl.use("agg")
from matplotlib import pyplot as plt

COLUMNS = 6
TILE = 220


def faces() -> list[tuple[UInt8, Landmarks]]:
    """Each portrait's head, at its own resolution, with the landmarks of the face in it."""
    engine, found = Engine(), []
    for person in portraits():
        pixels = images.decode(person.photos[0]).pixels
        face = engine.faces(pixels, want=())[0]
        eyes = Target.of(face.landmarks).eyes
        x, y = face.landmarks.points.mean(axis=0)
        left, top = max(round(x - 2 * eyes), 0), max(round(y - 2.1 * eyes), 0)
        head = pixels[top : round(y + 1.9 * eyes), left : round(x + 2 * eyes)]
        points = face.landmarks.points - np.float32([left, top])
        found.append((np.ascontiguousarray(head), Landmarks(points, face.landmarks.scheme)))
    return found


def sheet(path: Path, tiles: Sequence[Sequence[tuple[UInt8, str]]]) -> None:
    """Write rows of captioned pictures."""
    rows, columns = len(tiles), len(tiles[0])
    figure, axes = plt.subplots(rows, columns, figsize=(2.2 * columns, 2.42 * rows), dpi=100, squeeze=False)
    for line, row in zip(axes, tiles, strict=True):
        for axis, (picture, caption) in zip(line, row, strict=True):
            scale = TILE / picture.shape[0]
            axis.imshow(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC))
            axis.set_title(caption, fontsize=6.2, pad=3)
            axis.axis("off")
    figure.subplots_adjust(0.005, 0.005, 0.995, 0.975, 0.02, 0.1)
    figure.canvas.draw()
    images.write(path, np.ascontiguousarray(np.asarray(figure.canvas.buffer_rgba())[..., :3]), quality=80)
    plt.close(figure)


def main(folder: Path) -> None:
    """Write ``masks-train.jpg``, ``masks-test.jpg`` and ``degradations.jpg``."""
    heads = faces()
    for half in get_args(Half):
        rows = []
        for first, kind in enumerate(get_args(Kind)):
            row = []
            for column in range(COLUMNS):
                head, landmarks = heads[column % len(heads)]
                masked = apply_mask(head, landmarks, sample_mask(COLUMNS * first + column, half=half, kind=kind))
                spec = masked.spec
                words = (spec.shape, spec.colour, spec.pattern or "plain", spec.nose, f"{masked.coverage:.0%}")
                row.append((masked.pixels, ", ".join(words)))
            rows.append(row)
        sheet(folder / f"masks-{half}.jpg", rows)
    rows = []
    for index, (name, levels) in enumerate(LEVELS.items()):
        head, landmarks = heads[index % len(heads)]
        target = Target.of(landmarks)
        spoilt = [(degrade(head, target, [step], seed=0), f"{name}, {n}") for n, step in enumerate(levels, 1)]
        rows.append([(head, "as taken"), *spoilt])
    sheet(folder / "degradations.jpg", rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "images")
