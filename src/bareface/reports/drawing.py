"""Faces drawn for a person to check what was found: boxes, landmarks, mask states, and what hides each face."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import TypeAlias

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bareface.faces.occlusion.base import BACKGROUND, CLASSES, DARK_GLASSES, FACE, MASK, OTHER, UNCERTAIN
from bareface.reports.wording import what_shows
from bareface.values.face import Box, Face, Float32, UInt8
from bareface.values.words import percent

_LEGIBLE = 480
"""A picture whose longer side is below this is enlarged first, so that its labels can be read."""

_LINE = (255, 214, 10)
_POINT = (0, 209, 255)
_DARK = (16, 16, 16)
_TEXT = (235, 235, 235)
# Of Okabe and Ito's palette, which the colour-blind tell apart; the background only darkens.
_COLOURS = {
    BACKGROUND: _DARK,
    FACE: (0, 158, 115),
    MASK: (213, 94, 0),
    OTHER: (204, 121, 167),
    DARK_GLASSES: (0, 114, 178),
    UNCERTAIN[0]: (120, 114, 33),
    UNCERTAIN[1]: (240, 228, 66),
}
_OPACITY = 0.5
_LEAST_CHIP = 120
_SMALLEST_TEXT = 13
_ROOM = 1.1  # how much wider than its box a face's label may be
_Font: TypeAlias = ImageFont.FreeTypeFont | ImageFont.ImageFont
_SHIFT = 4  # OpenCV takes coordinates in 1/16 pixel, which keeps small boxes true


def draw_faces(pixels: UInt8, faces: Sequence[Face], *, scale: float = 1.0) -> UInt8:
    """Draw each face's box, five landmarks, place in the list, detection score, mask state and visible share.

    Line width, points and text follow the picture's size, each line has a dark edge so that it shows on any
    ground, and a picture smaller than 480 pixels is enlarged by a whole factor before drawing. Faces with an occlusion
    map are shown once more below the picture: aligned, and aligned under the colours of the map, with a legend.

    Parameters
    ----------
    pixels
        The photo, RGB [H, W, 3] uint8; it is not changed.
    faces
        Faces in pixels of the full-size photo, in the order that numbers them from 1.
    scale
        Width of ``pixels`` over the width of the full-size photo (``Photo.scale``).

    Returns
    -------
    ndarray
        RGB uint8: the picture, [H * k, W * k, 3] with k = 1 from 480 pixels on, and what is shown below it.
    """
    enlarge = max(1, -(-_LEGIBLE // max(pixels.shape[:2])))
    canvas = np.ascontiguousarray(pixels.repeat(enlarge, axis=0).repeat(enlarge, axis=1))
    to_canvas = scale * enlarge
    line = max(2, round(max(canvas.shape[:2]) / 320))
    for face in faces:
        thin = max(2, min(line, round(face.box.width * to_canvas / 24)))  # or small faces vanish behind their frames
        _outline(canvas, face.box, to_canvas, thin)
        _points(canvas, face.landmarks.points * to_canvas, thin)
    labelled = _labels(canvas, faces, to_canvas, line)
    return _with_chips(labelled, [one for one in enumerate(faces, 1) if one[1].occlusion is not None])


def draw_occlusion(chip: UInt8, occlusion: UInt8) -> UInt8:
    """Draw the translucent colours of its occlusion map over an aligned face.

    Parameters
    ----------
    chip
        RGB [S, S, 3] uint8; it is not changed.
    occlusion
        Classes, uint8 [S, S]: places in :data:`bareface.faces.occlusion.base.CLASSES`.

    Returns
    -------
    ndarray
        RGB [S, S, 3] uint8.
    """
    colours = np.array([_COLOURS[number] for number in range(len(CLASSES))], np.float32)[occlusion]
    return np.round(chip * (1 - _OPACITY) + colours * _OPACITY).astype(np.uint8)


@cache
def _font(size: int) -> _Font:
    return ImageFont.load_default(size)


def _fixed(x: float, y: float) -> tuple[int, int]:
    return round(x * 2**_SHIFT), round(y * 2**_SHIFT)


def _outline(canvas: UInt8, box: Box, to_canvas: float, line: int) -> None:
    corners = [value * to_canvas for value in box]
    for colour, width in ((_DARK, line + max(2, line // 2)), (_LINE, line)):
        cv2.rectangle(canvas, _fixed(*corners[:2]), _fixed(*corners[2:]), colour, width, cv2.LINE_AA, shift=_SHIFT)


def _points(canvas: UInt8, points: Float32, line: int) -> None:
    spread = float(np.ptp(points, axis=0).max())
    radius = max(1.5, min(line * 1.5, spread / 12))  # on a far face, points as wide as the lines would cover it
    for x, y in points:
        for colour, size in ((_DARK, radius + max(1.0, radius / 3)), (_POINT, radius)):
            cv2.circle(canvas, _fixed(x, y), round(size * 2**_SHIFT), colour, cv2.FILLED, cv2.LINE_AA, shift=_SHIFT)


def _labels(canvas: UInt8, faces: Sequence[Face], to_canvas: float, line: int) -> UInt8:
    height, width = canvas.shape[:2]
    most = max(_SMALLEST_TEXT, max(height, width) // 38)
    picture = Image.fromarray(canvas)
    draw = ImageDraw.Draw(picture)
    pad = line + 1
    for number, face in enumerate(faces, start=1):
        text = f"{number}  {face.score:.2f}"
        if face.visible is not None:
            # Short, since labels of neighbours hide each other; the words are below the picture.
            text += f"\n{face.mask_state}, {percent(face.visible)}"
        # No wider than the face's own room, or a crowd disappears behind its labels.
        size = most * _ROOM * face.box.width * to_canvas / _font(most).getlength(max(text.split("\n"), key=len))
        if size < _SMALLEST_TEXT:
            text = str(number)
        font = _font(max(_SMALLEST_TEXT, min(most, int(size))))
        left, top, right, bottom = draw.textbbox((0, 0), text, font=font)
        label_width, label_height = right - left + 2 * pad, bottom - top + 2 * pad
        x = max(0.0, min(face.box.x1 * to_canvas, width - label_width))
        above = face.box.y1 * to_canvas - label_height - line
        # Above the box where there is room, else below it, else just inside the picture: never over the eyes.
        below = min(face.box.y2 * to_canvas + line, height - label_height)
        y = above if above >= 0 else max(0.0, below)
        draw.rectangle((x, y, x + label_width, y + label_height), fill=_DARK)
        draw.text((x + pad - left, y + pad - top), text, fill=_LINE, font=font)
    return np.asarray(picture, dtype=np.uint8)


def _with_chips(picture: UInt8, faces: Sequence[tuple[int, Face]]) -> UInt8:
    """Add numbered faces below the picture: each aligned, as it is and under its map, and the legend."""
    if not faces:
        return picture
    # As many rows as columns, so that a crowd's faces take no more room than the crowd.
    side = max(_LEAST_CHIP, int(picture.shape[1] / 2.2 / max(3, math.ceil(len(faces) ** 0.5))))
    font = ImageFont.load_default(side / 9)
    gap = line = round(font.getbbox("Mg")[3])
    captions = [f"{number}  {what_shows(face.mask_state, face.visible)}" for number, face in faces]
    pair = max(2 * side, *(round(font.getlength(caption)) for caption in captions))
    names = [(2 * line + round(font.getlength(name)), number) for number, name in enumerate(CLASSES)]
    width = max(picture.shape[1], pair + 2 * gap)
    places = _flow([pair] * len(faces), width, gap)
    legend = _flow([length for length, _ in names], width, gap)
    row, top = side + line + gap, picture.shape[0] + gap
    below = top + row * (1 + places[-1][1])
    sheet = Image.new("RGB", (width, below + 2 * line * (1 + legend[-1][1])), _DARK)
    sheet.paste(Image.fromarray(picture))
    draw = ImageDraw.Draw(sheet)
    for (_, face), caption, (x, number) in zip(faces, captions, places, strict=True):
        y = top + row * number
        assert face.occlusion is not None
        for column, chip in enumerate((face.chip, draw_occlusion(face.chip, face.occlusion))):
            sheet.paste(Image.fromarray(chip).resize((side, side)), (x + column * side, y))
        draw.text((x, y + side), caption, fill=_LINE, font=font)
    for (_, number), (x, place) in zip(names, legend, strict=True):
        y = below + 2 * line * place
        draw.rectangle((x, y, x + line, y + line), fill=_COLOURS[number], outline=_TEXT)
        draw.text((x + 1.5 * line, y), CLASSES[number], fill=_TEXT, font=font)
    return np.asarray(sheet, dtype=np.uint8)


def _flow(lengths: Sequence[int], width: int, gap: int) -> list[tuple[int, int]]:
    """Return left edge and line of boxes of these widths, set side by side like words in a paragraph."""
    places, x, line = [], gap, 0
    for length in lengths:
        if x > gap and x + length + gap > width:
            x, line = gap, line + 1
        places.append((x, line))
        x += length + gap
    return places
