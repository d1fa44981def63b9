"""Boxes, landmarks and scores drawn into a picture, for a person to check what was found."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bareface.types import Box, Face, Float32, UInt8

_LEGIBLE = 480
"""A picture whose longer side is below this is enlarged first, so that its labels can be read."""

_LINE = (255, 214, 10)
_POINT = (0, 209, 255)
_DARK = (16, 16, 16)
_SHIFT = 4  # OpenCV takes coordinates in 1/16 pixel, which keeps small boxes true


def draw_faces(pixels: UInt8, faces: Sequence[Face], *, scale: float = 1.0) -> UInt8:
    """Draw each face's box, five landmarks, place in the list and detection score.

    Line width, points and text follow the picture's size, each line has a dark edge so that it shows on any
    ground, and a picture smaller than 480 pixels is enlarged by a whole factor before drawing.

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
        RGB [H * k, W * k, 3] uint8, k = 1 for a picture of 480 pixels or more.
    """
    enlarge = max(1, -(-_LEGIBLE // max(pixels.shape[:2])))
    canvas = np.ascontiguousarray(pixels.repeat(enlarge, axis=0).repeat(enlarge, axis=1))
    to_canvas = scale * enlarge
    line = max(2, round(max(canvas.shape[:2]) / 320))
    for face in faces:
        _outline(canvas, face.box, to_canvas, line)
        _points(canvas, face.landmarks.points * to_canvas, line)
    return _labels(canvas, faces, to_canvas, line)


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
    picture = Image.fromarray(canvas)
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(max(13, max(height, width) // 38))
    pad = line + 1
    for number, face in enumerate(faces, start=1):
        text = f"{number}  {face.score:.2f}"
        left, top, right, bottom = draw.textbbox((0, 0), text, font=font)
        label_width, label_height = right - left + 2 * pad, bottom - top + 2 * pad
        x = min(max(0.0, face.box.x1 * to_canvas), width - label_width)
        above = face.box.y1 * to_canvas - label_height - line
        # Above the box where there is room, else below it, else just inside the picture: never over the eyes.
        below = min(face.box.y2 * to_canvas + line, height - label_height)
        y = above if above >= 0 else max(0.0, below)
        draw.rectangle((x, y, x + label_width, y + label_height), fill=_DARK)
        draw.text((x + pad - left, y + pad - top), text, fill=_LINE, font=font)
    return np.asarray(picture, dtype=np.uint8)
