"""The one door through which every restored picture leaves: labelled for people, for programs, and for good.

A band below the picture says what it is; it extends the canvas, so it covers no pixel. The file's metadata say how it
was made. PNG and WebP keep every pixel; JPEG is written only where its suffix is asked for.
"""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bareface.errors import ImageError
from bareface.imaging import decode as images
from bareface.imaging.decode import EncodeFormat
from bareface.messages import Note
from bareface.restoration.base import Bool, Provenance
from bareface.restoration.provenance import labels_of, sentence
from bareface.system.files import write_atomically
from bareface.values import arguments
from bareface.values.face import UInt8

_QUALITY: Final = 95
_GROUND, _TEXT, _EDGE, _LINE = (16, 16, 16), (255, 214, 10), (16, 16, 16), (255, 214, 10)
_LEAST_TEXT: Final = 11
"""Height of the smallest letters that are read with ease, in pixels."""


def save_picture(
    path: str | Path,
    pixels: UInt8,
    provenance: Provenance,
    *,
    outline: Bool | None = None,
    certificate: str | Path | None = None,
) -> None:
    """Write a restored picture, all of it or nothing; an existing file is replaced.

    Parameters
    ----------
    path
        Ends in ``.png`` or ``.webp`` (lossless) or ``.jpg``; without a suffix ``.png`` is added.
    pixels, provenance, outline, certificate
        As in :func:`encode_picture`.

    Raises
    ------
    ImageError
        ``image.suffix``, and as :func:`encode_picture`.
    RestorationError
        As :func:`encode_picture`.
    UsageError
        ``usage.output``: folder missing, no permission, disk full.
    """
    target = Path(arguments.path("path", path))
    if not target.name:
        raise arguments.refused("path", path, Note("argument.file"))
    if not target.suffix:
        target = target.with_name(f"{target.name}.png")
    format = images.format_for(target)
    write_atomically(target, encode_picture(pixels, provenance, format, outline=outline, certificate=certificate))


def encode_picture(
    pixels: UInt8,
    provenance: Provenance,
    format: EncodeFormat = "PNG",
    *,
    outline: Bool | None = None,
    certificate: str | Path | None = None,
) -> bytes:
    """Encode a restored picture as the bytes of a file, with its band and its metadata.

    Parameters
    ----------
    pixels
        The whole picture, RGB [H, W, 3] uint8; it stands above the band bit for bit, except in a JPEG.
    provenance
        Provenance of the picture.
    format
        ``PNG``, ``WEBP`` (both lossless) or ``JPEG``.
    outline
        The synthetic pixels, bool [H, W], to be outlined; the line lies inside them. None for no outline.
    certificate
        A PEM file with a certificate chain and its private key: a C2PA manifest is signed with it and embedded.

    Raises
    ------
    ImageError
        ``image.array`` for another shape or type, ``image.encode`` if the format cannot hold the picture.
    RestorationError
        ``restoration.c2pa-missing``, ``restoration.certificate``.
    """
    pixels = images.checked_rgb(pixels)
    arguments.instance("provenance", provenance, Provenance, Note("argument.provenance"))
    if outline is not None and (not isinstance(outline, np.ndarray) or outline.shape != pixels.shape[:2]):
        raise arguments.refused("outline", outline, Note("argument.outline"))
    picture = pixels if outline is None else outlined(pixels, outline.astype(bool))
    data = images.encode(
        with_band(picture, sentence(provenance)), format, _QUALITY, lossless=True, labels=labels_of(provenance)
    )
    if certificate is None:
        return data
    from bareface.restoration.manifest import signed

    return signed(data, format, provenance, certificate)


def with_band(pixels: UInt8, text: str) -> UInt8:
    """Add a sentence below a picture, on as many lines as its width needs.

    Parameters
    ----------
    pixels
        RGB [H, W, 3] uint8.
    text
        The sentence.

    Returns
    -------
    ndarray
        RGB [H + h, W, 3] uint8, whose first H rows are ``pixels``.
    """
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.size == 0:
        return pixels  # refused by the encoder, which says why
    width = pixels.shape[1]
    size = max(_LEAST_TEXT, width // 38)
    font = ImageFont.load_default(size)
    pad = max(1, min(size // 2, width // 16))
    lines = _wrapped(text, width - 2 * pad, font)
    step = math.ceil(size * 1.3)
    band = Image.new("RGB", (width, step * len(lines) + 2 * pad), _GROUND)
    draw = ImageDraw.Draw(band)
    for number, line in enumerate(lines):
        draw.text((pad, pad + number * step), line, fill=_TEXT, font=font)
    return np.concatenate([pixels, np.asarray(band, np.uint8)])


def outlined(pixels: UInt8, region: Bool) -> UInt8:
    """Draw a line along the inner edge of a region, light on dark so that it shows on any background.

    Parameters
    ----------
    pixels
        RGB [H, W, 3] uint8; it is not changed.
    region
        Bool [H, W].

    Returns
    -------
    ndarray
        RGB [H, W, 3] uint8; pixels outside the region are those of the picture.

    Raises
    ------
    ImageError
        ``image.array``: picture and region differ in size.
    """
    if region.shape != pixels.shape[:2]:
        raise ImageError("image.array/region", shape=list(region.shape), picture=list(pixels.shape[:2]))
    line = max(1, round(max(region.shape) / 500))
    drawn = pixels.copy()
    rings = [region]
    for _ in range(3):
        # Beyond the picture counts as outside, so that a region at its edge is closed.
        rings.append(_shrunk(rings[-1], line))
    for (outer, inner), colour in zip(pairwise(rings), (_EDGE, _LINE, _EDGE), strict=True):
        drawn[outer & ~inner] = colour
    return drawn


def _shrunk(region: Bool, by: int) -> Bool:
    padded = np.pad(region.astype(np.uint8), by)
    kernel = np.ones((2 * by + 1, 2 * by + 1), np.uint8)
    return np.asarray(cv2.erode(padded, kernel)[by:-by, by:-by], bool)


def _wrapped(text: str, width: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> list[str]:
    """Wrap a text into lines that fit; break words that are too wide, down to one letter a line."""
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".lstrip()
        if font.getlength(joined) <= width:
            lines[-1] = joined
            continue
        if lines[-1]:
            lines.append("")
        for letter in word:
            if lines[-1] and font.getlength(lines[-1] + letter) > width:
                lines.append("")
            lines[-1] += letter
    return lines
