"""A restoration at a glance: the input, the region, the completions and how far they differ, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bareface.messages import Note
from bareface.restoration.base import SIDE, Bool, Restored
from bareface.restoration.exposure import brightened
from bareface.restoration.saving import outlined
from bareface.values.face import UInt8

_ZOOM: Final = 2
_GAP: Final = 8
_CAPTION: Final = 24
_ACROSS: Final = 4
_GROUND, _TEXT = (16, 16, 16), (235, 235, 235)
WIDEST: Final = 60.0
"""Deviation in grey levels that has the spread map's brightest colour."""


def sheet(restored: Restored) -> tuple[UInt8, Bool]:
    """Draw the pictures of one restoration, four in a row.

    Parameters
    ----------
    restored
        The restoration.

    Returns
    -------
    tuple
        The sheet, RGB [H, W, 3] uint8, and where it shows synthetic pixels, bool [H, W].
    """
    big = cv2.resize(restored.region.astype(np.uint8), None, fx=_ZOOM, fy=_ZOOM, interpolation=cv2.INTER_NEAREST) > 0
    tiles: list[tuple[str, UInt8, bool]] = [
        (Note("caption.photo"), _enlarged(restored.source), False),
        (Note("caption.region"), outlined(_enlarged(restored.source), np.asarray(big, bool)), False),
        *(
            (Note("caption.guess", number=number), _enlarged(one.image), True)
            for number, one in enumerate(restored.completions, start=1)
        ),
        (Note("caption.spread", most=WIDEST), spread_map(restored), False),
    ]
    picture, places = _side_by_side([(caption, tile) for caption, tile, _ in tiles])
    synthetic = np.zeros(picture.shape[:2], bool)
    for (left, top), (_, tile, guessed) in zip(places, tiles, strict=True):
        if guessed:
            synthetic[top : top + tile.shape[0], left : left + tile.shape[1]] = big
    return picture, synthetic


def before_and_after(restored: Restored, exposure: float = 1.0) -> UInt8:
    """Draw the face of the photo next to the enhanced one, RGB uint8 [H, W, 3].

    Parameters
    ----------
    restored
        The enhanced face.
    exposure
        Gain in linear light at which it is shown once more; 1 for no third picture.
    """
    made = restored.completions[0].image
    after = Note("caption.recomputed", method=restored.provenance.method)
    tiles = [(Note("caption.photo"), _enlarged(restored.source)), (after, _enlarged(made))]
    if exposure > 1:
        tiles.append((Note("caption.brightened", gain=exposure), _enlarged(brightened(made, exposure))))
    return _side_by_side(tiles)[0]


def stacked(sheets: Sequence[tuple[int, UInt8]]) -> UInt8:
    """Draw the sheets of several faces below each other, each under the face's number; one sheet stays as it is.

    Parameters
    ----------
    sheets
        Numbers of the faces and their sheets, RGB [h, w, 3] uint8 of one width.

    Returns
    -------
    ndarray
        RGB [H, w, 3] uint8.
    """
    if len(sheets) == 1:
        return sheets[0][1]
    font = ImageFont.load_default(14)
    parts: list[UInt8] = []
    for number, drawn in sheets:
        title = Image.new("RGB", (drawn.shape[1], _CAPTION), _GROUND)
        ImageDraw.Draw(title).text((_GAP, 6), Note("caption.face", number=number), fill=_TEXT, font=font)
        parts += [np.asarray(title, np.uint8), drawn]
    return np.concatenate(parts)


def _side_by_side(tiles: Sequence[tuple[str, UInt8]]) -> tuple[UInt8, list[tuple[int, int]]]:
    """Draw pictures of 320 pixels with captions below; also return each position, (left, top)."""
    side, rows = SIDE * _ZOOM, -(-len(tiles) // _ACROSS)
    size = (min(len(tiles), _ACROSS) * (side + _GAP) + _GAP, rows * (side + _CAPTION + _GAP) + _GAP)
    picture, font = Image.new("RGB", size, _GROUND), ImageFont.load_default(14)
    draw = ImageDraw.Draw(picture)
    places = []
    for place, (caption, tile) in enumerate(tiles):
        left = _GAP + place % _ACROSS * (side + _GAP)
        top = _GAP + place // _ACROSS * (side + _CAPTION + _GAP)
        picture.paste(Image.fromarray(tile), (left, top))
        draw.text((left, top + side + 3), caption, fill=_TEXT, font=font)
        places.append((left, top))
    return np.asarray(picture, np.uint8), places


def spread_map(restored: Restored) -> UInt8:
    """Draw the spread in colour, dark where the completions agree: RGB uint8 [320, 320, 3]; grey outside the region."""
    level = np.clip(restored.spread / WIDEST * 255, 0, 255).astype(np.uint8)
    coloured = cv2.cvtColor(cv2.applyColorMap(level, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
    grey = cv2.cvtColor(cv2.cvtColor(restored.source, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return _enlarged(np.where(restored.region[..., None], coloured, grey // 2).astype(np.uint8))


def _enlarged(image: UInt8) -> UInt8:
    return np.asarray(cv2.resize(image, None, fx=_ZOOM, fy=_ZOOM, interpolation=cv2.INTER_NEAREST), np.uint8)
