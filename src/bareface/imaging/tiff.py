"""TIFF: which of its many layouts are read, and how; used by ``images`` only.

Pillow returns some layouts scrambled or as a negative, without an error: what is not known to come out right is
refused. Samples that lie in planes of their own are read one plane at a time, each as a grey TIFF.
``tests/test_images_tiff.py`` holds every combination against pixels that it knows.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final

import numpy as np
from PIL import Image, ImageFile
from PIL.TiffImagePlugin import TiffImageFile

from bareface.imaging.colour import eight_bits
from bareface.messages import Note

# Tags of the TIFF 6.0 specification and its supplements.
_BITS, _COMPRESSION, _PHOTOMETRIC, _STRIP_OFFSETS, _SAMPLES, _STRIP_COUNTS = 258, 259, 262, 273, 277, 279
_PLANAR, _TILE_OFFSETS, _TILE_COUNTS, _INK_SET, _EXTRA, _FORMAT, _SUBSAMPLING = 284, 324, 325, 332, 338, 339, 530
_PLACES: Final = frozenset({_STRIP_OFFSETS, _STRIP_COUNTS, _TILE_OFFSETS, _TILE_COUNTS})
_LAYOUT: Final = (
    *(256, 257, _BITS, _COMPRESSION, _PHOTOMETRIC, 266, 274, _SAMPLES, 278, 292, 293, 317, 320, 322, 323, _FORMAT),
    *_PLACES,
)
"""Tags that a decoder needs: size, fill order, orientation, rows in a strip, fax options, predictor, palette, tile."""

_UNSIGNED, _SIGNED, _FLOAT = 1, 2, 3
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _CMYK, _YCBCR = 0, 1, 2, 5, 6
_RAW: Final = 1
_FAX: Final = (2, 3, 4)
_BY_PLANE: Final = (1, 5, 8, 32773, 32946)  # none, LZW, deflate, PackBits, the older deflate: each plane stands alone
_SEVERAL: Final = {
    (_BLACK_IS_ZERO, ()): "L",
    (_BLACK_IS_ZERO, (1,)): "La",
    (_BLACK_IS_ZERO, (2,)): "LA",
    (_RGB, ()): "RGB",
    (_RGB, (1,)): "RGBa",
    (_RGB, (2,)): "RGBA",
    (_CMYK, ()): "CMYK",
}
"""Mode of samples in planes, by photometric interpretation and the meaning of the first extra sample."""


class Unsupported(Exception):
    """A layout that is not read."""


class _Tiff(TiffImageFile):
    """A TIFF without Pillow's own bound on pixels, which warns at one size, refuses another, and is the program's."""

    def load_prepare(self) -> None:
        """Make room for the pixels, which were counted before; Pillow counts them only if there is none."""
        if self._im is None:
            self.im = Image.new(self.mode, self._tile_size, None).im
        super().load_prepare()


def load(image: ImageFile.ImageFile, data: bytes, notes: list[str]) -> Image.Image:
    """Load the first page, in a mode of 8 bits or less; upright, as Pillow does while loading.

    Parameters
    ----------
    image
        The opened file.
    data
        Its bytes.
    notes
        Receives what the reader should know.

    Raises
    ------
    Unsupported
        A layout that is not read.
    """
    assert isinstance(image, TiffImageFile)
    check(image)
    if _stated(image, _PLANAR, 1) == 2:
        return _from_planes(image, data, notes)
    image.load()
    return _of_eight_bits(image, image, notes)


def opened(file: BytesIO) -> TiffImageFile:
    """Open a file; its pixels are not decoded yet.

    Raises
    ------
    Unsupported
        A layout that is not read.
    """
    if file.getvalue()[:4] == b"MM\0+":
        raise Unsupported(Note("reason.tiff-big"))
    try:
        return _Tiff(file)
    except SyntaxError as error:
        if isinstance(error.__cause__, IndexError):  # Pillow ran out of names for the planes
            raise Unsupported(Note("reason.tiff-planes-further")) from error
        raise


def of_pillow(image: TiffImageFile, notes: list[str]) -> Image.Image:
    """Load the picture of a TIFF that was opened elsewhere, and may be loaded already.

    Raises
    ------
    Unsupported
        A layout that is not read, or was not loaded right.
    """
    check(image)
    if _stated(image, _PLANAR, 1) == 2:
        raise Unsupported(Note("reason.tiff-pillow-planes"))
    image.load()
    return _of_eight_bits(image, image, notes)


def check(image: TiffImageFile) -> None:
    """Refuse layouts that Pillow opens, but returns wrong.

    Raises
    ------
    Unsupported
        The reason.
    """
    tags = image.tag_v2
    compression = _stated(image, _COMPRESSION, _RAW)
    format, bits = _first(tags.get(_FORMAT), _UNSIGNED), _first(tags.get(_BITS), 1)
    if _PHOTOMETRIC not in tags and compression not in _FAX:
        raise Unsupported(Note("reason.tiff-photometric"))
    if format == _SIGNED and bits == 8:
        raise Unsupported(Note("reason.tiff-signed"))
    swapped = image.tag_v2.prefix == b"MM" and compression != _RAW
    if swapped and (format == _FLOAT or (format == _SIGNED and bits > 8)):
        raise Unsupported(Note("reason.tiff-byte-order"))
    if tags.get(_PHOTOMETRIC) == _YCBCR and compression == _RAW and tuple(tags.get(_SUBSAMPLING, (2, 2))) != (1, 1):
        raise Unsupported(Note("reason.tiff-subsampled"))
    if tags.get(_PHOTOMETRIC) == _CMYK and tags.get(_INK_SET, 1) != 1:
        raise Unsupported(Note("reason.tiff-inks"))


def _from_planes(image: TiffImageFile, data: bytes, notes: list[str]) -> Image.Image:
    """Load a picture whose samples lie in planes; a single plane is an ordinary picture."""
    samples, planes = _stated(image, _SAMPLES, 1), _planes(image, data)
    if _stated(image, _COMPRESSION, _RAW) not in (*_BY_PLANE, *(_FAX if samples == 1 else ())):
        raise Unsupported(Note("reason.tiff-planes-compression"))
    if samples == 1:
        plane = next(planes)
        plane.load()
        return _of_eight_bits(plane, image, notes)
    photometric, extra = _stated(image, _PHOTOMETRIC, _WHITE_IS_ZERO), tuple(image.tag_v2.get(_EXTRA, ()))
    if photometric == _RGB and samples == 4 and not extra:
        extra = (2,)  # unsaid, a fourth sample is taken for alpha, as in files without planes
    meaning = extra[:1] if extra[:1] != (0,) else ()
    mode = _SEVERAL.get((_BLACK_IS_ZERO if photometric == _WHITE_IS_ZERO else photometric, meaning))
    bits = set(image.tag_v2.get(_BITS, (1,)))
    if (
        mode is None
        or bits not in ({8}, {16})
        or _first(image.tag_v2.get(_FORMAT), _UNSIGNED) != _UNSIGNED
        or (photometric == _WHITE_IS_ZERO and mode != "L")
    ):
        raise Unsupported(Note("reason.tiff-planes-kind"))
    wanted = len(Image.new(mode, (1, 1)).getbands())
    bands = []
    for plane in planes:
        plane.load()
        bands.append(_of_eight_bits(plane, image, notes))
        if len(bands) == wanted:
            break
    if len(bands) < wanted:
        raise Unsupported(Note("reason.tiff-planes-missing"))
    merged = bands[0] if wanted == 1 else Image.merge(mode, bands)
    merged.info = {key: image.info[key] for key in ("icc_profile",) if key in image.info}
    return merged


def _planes(image: TiffImageFile, data: bytes) -> Iterator[TiffImageFile]:
    """Yield each plane as a grey TIFF of its own: the same bytes with another directory appended."""
    tags, samples = image.tag_v2, _stated(image, _SAMPLES, 1)
    known = {tag: _numbers(tags[tag]) for tag in _LAYOUT if tag in tags} | {_PLANAR: [1]}
    for number in range(samples):
        own = dict(known)
        if samples > 1:
            own |= {_SAMPLES: [1], _BITS: known[_BITS][:1], _PHOTOMETRIC: [min(known[_PHOTOMETRIC][0], _BLACK_IS_ZERO)]}
            for tag in own.keys() & _PLACES:
                each = len(own[tag]) // samples
                own[tag] = own[tag][number * each : (number + 1) * each]
        yield _Tiff(BytesIO(_with_directory(data, own, tags.prefix)))


def _numbers(value: Any) -> list[int]:
    return [int(one) for one in (value if isinstance(value, tuple) else (value,))]


def _with_directory(data: bytes, tags: dict[int, list[int]], prefix: bytes) -> bytes:
    """Append a new directory to a TIFF file's bytes; all its values are 32-bit numbers."""
    order = "<" if prefix == b"II" else ">"
    place = len(data) + len(data) % 2
    further = place + 2 + 12 * len(tags) + 4
    table, values = struct.pack(order + "H", len(tags)), b""
    for tag, numbers in sorted(tags.items()):
        packed = struct.pack(f"{order}{len(numbers)}I", *numbers)
        if len(numbers) > 1:
            packed, values = struct.pack(order + "I", further + len(values)), values + packed
        table += struct.pack(order + "HHI", tag, 4, len(numbers)) + packed
    start = prefix + struct.pack(order + "HI", 42, place)
    return b"".join((start, data[8:], bytes(place - len(data)), table, bytes(4), values))


def _of_eight_bits(loaded: Image.Image, image: TiffImageFile, notes: list[str]) -> Image.Image:
    """Convert grey samples of more than 8 bits, or floats, to 8 bits, with 0 as black."""
    if not (loaded.mode.startswith("I") or loaded.mode == "F"):
        return loaded
    bits, format = _first(image.tag_v2.get(_BITS), 1), _first(image.tag_v2.get(_FORMAT), _UNSIGNED)
    values = np.asarray(loaded)
    if format == _FLOAT:
        whites: tuple[float, ...] = (1.0, 255.0, 65535.0)
    elif format == _SIGNED:
        whites = (255.0, 65535.0, 2.0**31 - 1) if bits == 32 else (2.0**15 - 1,)
    elif bits == 32:
        values, whites = values.view(np.uint32), (255.0, 65535.0, 2.0**32 - 1)  # Pillow has no unsigned mode for them
    else:
        whites = (2.0**bits - 1,)
    grey = eight_bits(values, whites, notes, negative=image.tag_v2.get(_PHOTOMETRIC) == _WHITE_IS_ZERO)
    grey.info = loaded.info
    return grey


def _stated(image: TiffImageFile, tag: int, default: int) -> int:
    return _first(image.tag_v2.get(tag), default)


def _first(value: Any, default: int) -> int:
    """Return a tag's value, the first of several."""
    if isinstance(value, tuple):
        value = value[0] if value else None
    return value if isinstance(value, int) else default
